package store

import (
	"context"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/models"
)

const groupNameTaken = "Another group of the tenant has this name."

// CreateDeviceGroup makes a device group.
func (s *Store) CreateDeviceGroup(ctx context.Context, in models.CreateDeviceGroupInput) (*models.CreateDeviceGroupPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t, err := tx.newItemTenant(f, in.TenantID.Value())
	if err != nil {
		return nil, err
	}
	g := models.DeviceGroup{
		TenantID: t.ID, Name: required(f, "name", &in.Name, nameMost), Description: optional(f, "description", in.Description.Value(), models.TextMost),
	}
	g.AccountID, g.ID, g.Version = tx.Viewer.AccountID, ids.New(), 1
	if f.any() {
		return &models.CreateDeviceGroupPayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant").Create(&g).Error; postgres.HasState(err, postgres.UniqueViolation) {
		f.add(models.UserErrorCodeTaken, groupNameTaken, "name")
		return &models.CreateDeviceGroupPayload{UserErrors: f.list}, nil
	} else if err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "DeviceGroup", ID: g.ID, Name: g.Name, Tenant: t, After: models.Object{"name": g.Name, "description": g.Description}})
	return &models.CreateDeviceGroupPayload{DeviceGroup: rows.One("DeviceGroup", g.ID), UserErrors: none()}, err
}

// UpdateDeviceGroup changes a device group.
func (s *Store) UpdateDeviceGroup(ctx context.Context, in models.UpdateDeviceGroupInput) (*models.UpdateDeviceGroupPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	g, t, err := tx.group(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), g.Version)
	c := newChanges(f)
	c.must("name", "name", g.Name, in.Name, nameMost)
	c.text("description", "description", g.Description, in.Description, models.TextMost)
	if f.any() {
		return &models.UpdateDeviceGroupPayload{UserErrors: f.list}, nil
	}
	if c.any() {
		err = tx.update(&models.DeviceGroup{}, g.ID, c.with())
		if err == nil {
			err = tx.flush()
		}
		if postgres.HasState(err, postgres.UniqueViolation) {
			f.add(models.UserErrorCodeTaken, groupNameTaken, "name")
			return &models.UpdateDeviceGroupPayload{UserErrors: f.list}, nil
		}
		if err == nil {
			err = tx.record(entry{Type: "DeviceGroup", ID: g.ID, Name: g.Name, Tenant: t, Before: c.before, After: c.after})
		}
	}
	return &models.UpdateDeviceGroupPayload{DeviceGroup: rows.One("DeviceGroup", g.ID), UserErrors: none()}, err
}

// DeleteDeviceGroup deletes a device group; its devices stay, without a group.
func (s *Store) DeleteDeviceGroup(ctx context.Context, in models.DeleteDeviceGroupInput) (*models.DeleteDeviceGroupPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	g, t, err := tx.group(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), g.Version)
	if f.any() {
		return &models.DeleteDeviceGroupPayload{UserErrors: f.list}, nil
	}
	left := tx.Model(&models.Device{}).Where("account_id = ? and group_id = ?", g.AccountID, g.ID).UpdateColumns(map[string]any{"group_id": nil})
	if left.Error != nil {
		return nil, left.Error
	}
	if err := tx.remove(&models.DeviceGroup{}, g.ID); err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "DeviceGroup", ID: g.ID, Name: g.Name, Tenant: t, Before: models.Object{
		"name": g.Name, "description": g.Description, "devices": left.RowsAffected,
	}})
	return &models.DeleteDeviceGroupPayload{DeletedID: &in.ID, UserErrors: none()}, err
}

// AddDevicesToGroup puts devices into a group of the same tenant.
func (s *Store) AddDevicesToGroup(ctx context.Context, in models.AddDevicesToGroupInput) (*models.AddDevicesToGroupPayload, error) {
	tx, err := s.begin(ctx, in.DeviceIds)
	if err != nil {
		return nil, err
	}
	g, t, err := tx.group(in.GroupID)
	if err != nil {
		return nil, err
	}
	devices, err := findAll[models.Device](tx, "Device", in.DeviceIds)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "groupId")
	for _, d := range devices {
		if d.TenantID != g.TenantID {
			f.add(models.UserErrorCodeInvalid, "The device is of another tenant than the group.", "deviceIds", indexOf(in.DeviceIds, "Device", d.ID))
		}
	}
	if f.any() {
		return &models.AddDevicesToGroupPayload{UserErrors: f.list}, nil
	}
	set, err := tx.regroup(devices, g, map[uuid.UUID]*tenant{g.TenantID: t})
	return &models.AddDevicesToGroupPayload{Devices: set, UserErrors: none()}, err
}

// RemoveDevicesFromGroup takes devices out of their groups.
func (s *Store) RemoveDevicesFromGroup(ctx context.Context, in models.RemoveDevicesFromGroupInput) (*models.RemoveDevicesFromGroupPayload, error) {
	tx, err := s.begin(ctx, in.DeviceIds)
	if err != nil {
		return nil, err
	}
	devices, held, err := findAllHeld(tx, "Device", in.DeviceIds, func(d models.Device) uuid.UUID { return d.TenantID })
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	for _, d := range devices {
		held[d.TenantID].mustBeActive(f, "deviceIds", indexOf(in.DeviceIds, "Device", d.ID))
	}
	if f.any() {
		return &models.RemoveDevicesFromGroupPayload{UserErrors: f.list}, nil
	}
	set, err := tx.regroup(devices, nil, held)
	return &models.RemoveDevicesFromGroupPayload{Devices: set, UserErrors: none()}, err
}
