package models

import (
	"time"

	"github.com/google/uuid"
)

// DeviceGroup holds devices of one tenant, or tenantless ones.
type DeviceGroup struct {
	Row         `gorm:"embedded"`
	TenantID    uuid.UUID
	Name        string
	Description *string
	Tenant      *Tenant  `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Devices     []Device `gorm:"foreignKey:AccountID,GroupID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (DeviceGroup) TableName() string { return "app.device_groups" }

// Device is a computer or another machine that is looked after.
type Device struct {
	Row            `gorm:"embedded"`
	TenantID       uuid.UUID
	GroupID        *uuid.UUID
	Name           string
	Hostname       *string
	Platform       DevicePlatform
	Kind           DeviceKind
	OsName         *string
	OsVersion      *string
	Manufacturer   *string
	Model          *string
	SerialNumber   *string
	MacAddress     *string
	PublicIP       *string `gorm:"column:public_ip"`
	AgentVersion   *string
	LoggedInUser   *string
	Connection     DeviceConnectionState
	LastSeenAt     *time.Time
	Tags           Strings         `gorm:"type:text[]"`
	Tenant         *Tenant         `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Group          *DeviceGroup    `gorm:"foreignKey:AccountID,GroupID;references:AccountID,ID"`
	Tickets        []Ticket        `gorm:"foreignKey:AccountID,DeviceID;references:AccountID,ID"`
	RemoteSessions []RemoteSession `gorm:"foreignKey:AccountID,DeviceID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Device) TableName() string { return "app.devices" }

// Audited is what the audit keeps of a whole device, by the names of the API.
func (d *Device) Audited() Object {
	return Object{
		"name": d.Name, "hostname": d.Hostname, "platform": d.Platform, "kind": d.Kind, "osName": d.OsName, "osVersion": d.OsVersion,
		"manufacturer": d.Manufacturer, "model": d.Model, "serialNumber": d.SerialNumber, "macAddress": d.MacAddress,
		"publicIp": d.PublicIP, "agentVersion": d.AgentVersion, "loggedInUser": d.LoggedInUser, "connection": d.Connection,
		"lastSeenAt": d.LastSeenAt, "tags": d.Tags,
	}
}
