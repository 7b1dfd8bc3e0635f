package models

import (
	"time"

	"github.com/google/uuid"
)

// User is a person who signs in. Only admins and the user see the whole row.
type User struct {
	Row           `gorm:"embedded"`
	Email         string
	Name          string
	Role          Role
	Status        UserStatus
	Grandfathered bool
	// TenantCount is how many memberships there are; the database keeps it.
	TenantCount   int32 `gorm:"->"`
	AccessVersion int64 `gorm:"->"`
	Locale        string
	LastSignInAt  *time.Time
	Memberships   []Membership `gorm:"foreignKey:AccountID,UserID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (User) TableName() string { return "app.users" }

// Access is which tenant items the user sees.
func (u *User) Access() TenantAccess {
	switch {
	case u.Status != UserStatusActive:
		return TenantAccessNone
	case u.Role == RoleAdmin || u.Grandfathered:
		return TenantAccessAll
	case u.TenantCount > 0:
		return TenantAccessAssigned
	case u.Role == RoleMember:
		return TenantAccessTenantless
	}
	return TenantAccessNone
}

// Membership makes a user a member of a tenant.
type Membership struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	UserID    uuid.UUID `gorm:"primaryKey"`
	TenantID  uuid.UUID `gorm:"primaryKey"`
	AddedByID *uuid.UUID
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	AddedBy   *User     `gorm:"foreignKey:AccountID,AddedByID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Membership) TableName() string { return "app.memberships" }

// Session is a place where a user is signed in.
type Session struct {
	Row        `gorm:"embedded"`
	UserID     uuid.UUID
	SecretHash []byte
	IP         string `gorm:"column:ip"`
	UserAgent  string
	ExpiresAt  time.Time
}

// TableName is where the rows are.
func (Session) TableName() string { return "app.sessions" }

// Invitation lets an invited user, or one whose access was reset, set a password.
type Invitation struct {
	AccountID  uuid.UUID `gorm:"primaryKey"`
	UserID     uuid.UUID `gorm:"primaryKey"`
	SecretHash []byte
	ExpiresAt  time.Time
}

// TableName is where the rows are.
func (Invitation) TableName() string { return "app.invitations" }
