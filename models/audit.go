package models

import "github.com/google/uuid"

// AuditEvent is what somebody did, or was refused.
type AuditEvent struct {
	Row        `gorm:"embedded"`
	ActorID    *uuid.UUID
	ActorName  string
	ActorIP    string `gorm:"column:actor_ip"`
	RequestID  string
	Action     string
	Outcome    AuditOutcome
	Count      int32
	ObjectType *string
	ObjectID   *uuid.UUID
	ObjectName *string
	TenantID   *uuid.UUID
	TenantName *string
	Before     Object  `gorm:"type:jsonb"`
	After      Object  `gorm:"type:jsonb"`
	Actor      *User   `gorm:"foreignKey:AccountID,ActorID;references:AccountID,ID"`
	Tenant     *Tenant `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (AuditEvent) TableName() string { return "app.audit_events" }
