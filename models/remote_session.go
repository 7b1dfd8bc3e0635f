package models

import (
	"time"

	"github.com/google/uuid"
)

// RemoteSession is an agent's look at a device from afar. Its status and consent are as last
// written: see ConsentTTL.
type RemoteSession struct {
	Row         `gorm:"embedded"`
	TenantID    uuid.UUID
	DeviceID    *uuid.UUID
	TicketID    *uuid.UUID
	AgentID     uuid.UUID
	Mode        RemoteSessionMode
	Status      RemoteSessionStatus
	Consent     RemoteSessionConsent
	ConsentHash []byte
	Outcome     RemoteSessionOutcome
	StartedAt   *time.Time
	EndedAt     *time.Time
	Notes       *string
	Tenant      *Tenant `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Device      *Device `gorm:"foreignKey:AccountID,DeviceID;references:AccountID,ID"`
	Ticket      *Ticket `gorm:"foreignKey:AccountID,TicketID;references:AccountID,ID"`
	Agent       *User   `gorm:"foreignKey:AccountID,AgentID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (RemoteSession) TableName() string { return "app.remote_sessions" }

// Audited is what the audit keeps of a whole session, by the names of the API.
func (r *RemoteSession) Audited() Object {
	return Object{
		"mode": r.Mode, "status": r.Status, "consent": r.Consent, "outcome": r.Outcome,
		"startedAt": r.StartedAt, "endedAt": r.EndedAt, "notes": r.Notes,
	}
}

// ConsentTTL is how long a request waits for an answer; unanswered, it is declined for every reader.
const ConsentTTL = 60 * time.Second
