package models

import (
	"time"

	"github.com/google/uuid"
)

// Ticket is a request for help, or the report of a fault.
type Ticket struct {
	Row              `gorm:"embedded"`
	TenantID         uuid.UUID
	Number           int32
	Subject          string
	Description      *string
	DeviceID         *uuid.UUID
	AssetID          *uuid.UUID
	RequesterID      *uuid.UUID
	RequesterName    *string
	RequesterEmail   *string
	AssigneeID       *uuid.UUID
	Status           TicketStatus
	Type             TicketType
	Priority         TicketPriority
	Source           *string
	Category         *string
	Tags             Strings `gorm:"type:text[]"`
	DueAt            *time.Time
	FirstRespondedAt *time.Time
	ResolvedAt       *time.Time
	ClosedAt         *time.Time
	Tenant           *Tenant         `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Device           *Device         `gorm:"foreignKey:AccountID,DeviceID;references:AccountID,ID"`
	Asset            *Asset          `gorm:"foreignKey:AccountID,AssetID;references:AccountID,ID"`
	Requester        *User           `gorm:"foreignKey:AccountID,RequesterID;references:AccountID,ID"`
	Assignee         *User           `gorm:"foreignKey:AccountID,AssigneeID;references:AccountID,ID"`
	Comments         []TicketComment `gorm:"foreignKey:AccountID,TicketID;references:AccountID,ID"`
	History          []TicketChange  `gorm:"foreignKey:AccountID,TicketID;references:AccountID,ID"`
	RemoteSessions   []RemoteSession `gorm:"foreignKey:AccountID,TicketID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Ticket) TableName() string { return "app.tickets" }

// Open tells whether the status counts as open.
func (s TicketStatus) Open() bool {
	return s == TicketStatusNew || s == TicketStatusOpen || s == TicketStatusOnHold
}

// To tells whether a ticket may go from one status to another: any to any, but nothing back to NEW,
// and from CLOSED only to OPEN.
func (s TicketStatus) To(next TicketStatus) bool {
	return s == next || next != TicketStatusNew && (s != TicketStatusClosed || next == TicketStatusOpen)
}

// TicketComment is something said on a ticket.
type TicketComment struct {
	Row        `gorm:"embedded"`
	TenantID   uuid.UUID
	TicketID   uuid.UUID
	AuthorID   uuid.UUID
	Body       string
	Visibility CommentVisibility
	Ticket     *Ticket `gorm:"foreignKey:AccountID,TicketID;references:AccountID,ID"`
	Author     *User   `gorm:"foreignKey:AccountID,AuthorID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (TicketComment) TableName() string { return "app.ticket_comments" }

// Audited is what the audit keeps of a whole ticket, by the names of the API.
func (k *Ticket) Audited() Object {
	return Object{
		"number": k.Number, "subject": k.Subject, "description": k.Description, "status": k.Status, "type": k.Type, "priority": k.Priority,
		"source": k.Source, "category": k.Category, "tags": k.Tags, "dueAt": k.DueAt,
	}
}
