package models

import (
	"time"

	"github.com/google/uuid"
)

// Account is one managed-service provider. Its id is the account id that all rows carry.
type Account struct {
	AccountID  uuid.UUID `gorm:"primaryKey"`
	Name       string
	AddOnSeats int32
	Version    int32
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// IncludedSeats is how many users come with the MSP plan; each add-on seat adds one.
const IncludedSeats = 1

// TableName is where the rows are.
func (Account) TableName() string { return "app.accounts" }
