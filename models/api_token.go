package models

import (
	"time"

	"github.com/google/uuid"
)

// APIToken lets a user's programs ask.
type APIToken struct {
	Row        `gorm:"embedded"`
	UserID     uuid.UUID
	Name       string
	SecretHash []byte
	LastFour   string
	// Narrowed tokens are for the tenants that they name, and for nothing once all are deleted.
	Narrowed   bool
	ReadOnly   bool
	ExpiresAt  *time.Time
	LastUsedAt *time.Time
}

// TableName is where the rows are.
func (APIToken) TableName() string { return "app.api_tokens" }

// APITokenTenant is a tenant that a narrowed token names.
type APITokenTenant struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	UserID    uuid.UUID
	TokenID   uuid.UUID `gorm:"primaryKey"`
	TenantID  uuid.UUID `gorm:"primaryKey"`
}

// TableName is where the rows are.
func (APITokenTenant) TableName() string { return "app.api_token_tenants" }
