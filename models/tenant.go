package models

// Tenant is one customer company. The account has one more row, with the account's own id, which
// tenantless items point at; nobody sees that row.
type Tenant struct {
	Row            `gorm:"embedded"`
	Name           string
	ExternalRef    *string
	Status         TenantStatus
	ContactEmail   *string
	Phone          *string
	TimeZone       *string
	Notes          *string
	Devices        []Device        `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	DeviceGroups   []DeviceGroup   `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Tickets        []Ticket        `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	RemoteSessions []RemoteSession `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Assets         []Asset         `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Articles       []Article       `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Tenant) TableName() string { return "app.tenants" }
