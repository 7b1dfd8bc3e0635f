package models

import (
	"time"

	"github.com/google/uuid"
)

// TicketChange is one field's change in a ticket's history. The database writes it.
type TicketChange struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	ID        uuid.UUID `gorm:"primaryKey"`
	TenantID  uuid.UUID
	TicketID  uuid.UUID
	ActorID   *uuid.UUID
	Field     string
	// Before and After are values; BeforeID and AfterID objects, of fields that lead to one.
	Before, After     Object `gorm:"type:jsonb"`
	BeforeID, AfterID *uuid.UUID
	CreatedAt         time.Time
}

// TableName is where the rows are.
func (TicketChange) TableName() string { return "app.ticket_changes" }
