package models

import (
	"errors"
	"math"
	"time"

	"github.com/google/uuid"
)

// Asset is something that a tenant owns or has licensed: hardware or software.
type Asset struct {
	Row            `gorm:"embedded"`
	TenantID       uuid.UUID
	Name           string
	Tag            *string
	Kind           AssetKind
	Status         AssetStatus
	Manufacturer   *string
	Model          *string
	SerialNumber   *string
	DeviceID       *uuid.UUID
	Location       *string
	PurchasedOn    *time.Time `gorm:"type:date"`
	PurchaseCost   *float64
	WarrantyUntil  *time.Time `gorm:"type:date"`
	SeatsPurchased *int32
	SeatsAssigned  *int32
	ContractEndsOn *time.Time `gorm:"type:date"`
	Tenant         *Tenant    `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Device         *Device    `gorm:"foreignKey:AccountID,DeviceID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Asset) TableName() string { return "app.assets" }

// Audited is what the audit keeps of a whole asset, by the names of the API.
func (a *Asset) Audited() Object {
	return Object{
		"name": a.Name, "tag": a.Tag, "kind": a.Kind, "status": a.Status, "manufacturer": a.Manufacturer, "model": a.Model,
		"serialNumber": a.SerialNumber, "location": a.Location, "purchasedOn": Day(a.PurchasedOn), "purchaseCost": a.PurchaseCost,
		"warrantyUntil": Day(a.WarrantyUntil), "seatsPurchased": a.SeatsPurchased, "seatsAssigned": a.SeatsAssigned,
		"contractEndsOn": Day(a.ContractEndsOn),
	}
}

// Cost is an error for what is not a sum of money as it is stored: twelve digits before the point and
// two after it.
func Cost(x float64) error {
	if x >= 0 && x < 1e12 && math.Round(x*100)/100 == x {
		return nil
	}
	return errors.New("it is not less than 0, below 1,000,000,000,000, and has two decimals at most")
}

// Day is a date as the API writes it; nil if there is none.
func Day(t *time.Time) *string {
	if t == nil {
		return nil
	}
	day := t.Format(time.DateOnly)
	return &day
}
