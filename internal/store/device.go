package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/rows"
	"tenantry/models"
)

// CreateDevice makes a device.
func (s *Store) CreateDevice(ctx context.Context, in models.CreateDeviceInput) (*models.CreateDevicePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	group, err := tx.groupOf(f, in.GroupID.Value())
	if err != nil {
		return nil, err
	}
	tenantRef := in.TenantID.Value()
	if tenantRef == nil && group != nil && group.TenantID != tx.Viewer.AccountID {
		ref := ids.Encode("Tenant", group.TenantID)
		tenantRef = &ref
	}
	t, err := tx.newItemTenant(f, tenantRef)
	if err != nil {
		return nil, err
	}
	d := models.Device{
		TenantID: t.ID, Name: required(f, "name", &in.Name, nameMost), Platform: in.Platform, Kind: in.Kind,
		Hostname: optional(f, "hostname", in.Hostname.Value(), nameMost), OsName: optional(f, "osName", in.OsName.Value(), nameMost),
		OsVersion: optional(f, "osVersion", in.OsVersion.Value(), nameMost), Manufacturer: optional(f, "manufacturer", in.Manufacturer.Value(), nameMost),
		Model: optional(f, "model", in.Model.Value(), nameMost), SerialNumber: optional(f, "serialNumber", in.SerialNumber.Value(), nameMost),
		MacAddress: optional(f, "macAddress", in.MacAddress.Value(), nameMost), PublicIP: optional(f, "publicIp", in.PublicIP.Value(), nameMost),
		AgentVersion: optional(f, "agentVersion", in.AgentVersion.Value(), nameMost), LoggedInUser: optional(f, "loggedInUser", in.LoggedInUser.Value(), nameMost),
		Connection: models.DeviceConnectionStateOffline, LastSeenAt: in.LastSeenAt.Value(), Tags: words(f, "tags", in.Tags.Value()),
	}
	if state := in.Connection.Value(); state != nil {
		d.Connection = *state
	}
	if group != nil && !f.any() {
		if group.TenantID != t.ID {
			f.add(models.UserErrorCodeInvalid, noGroup, "groupId")
		}
		d.GroupID = &group.ID
	}
	d.AccountID, d.ID, d.Version = tx.Viewer.AccountID, ids.New(), 1
	if f.any() {
		return &models.CreateDevicePayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant", "Group").Create(&d).Error; err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Device", ID: d.ID, Name: d.Name, Tenant: t, After: auditedDevice(&d)})
	return &models.CreateDevicePayload{Device: rows.One("Device", d.ID), UserErrors: none()}, err
}

// UpdateDevice changes a device.
func (s *Store) UpdateDevice(ctx context.Context, in models.UpdateDeviceInput) (*models.UpdateDevicePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	ref, regroup := in.GroupID.ValueOK()
	group, err := tx.groupOf(f, ref) // locked before the device, as where a group changes
	if err != nil {
		return nil, err
	}
	d, t, err := tx.device(in.ID)
	if err != nil {
		return nil, err
	}
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), d.Version)
	c := newChanges(f)
	c.must("name", "name", d.Name, in.Name, nameMost)
	c.text("hostname", "hostname", d.Hostname, in.Hostname, nameMost)
	choice(c, "platform", "platform", d.Platform, in.Platform)
	choice(c, "kind", "kind", d.Kind, in.Kind)
	c.text("osName", "os_name", d.OsName, in.OsName, nameMost)
	c.text("osVersion", "os_version", d.OsVersion, in.OsVersion, nameMost)
	c.text("manufacturer", "manufacturer", d.Manufacturer, in.Manufacturer, nameMost)
	c.text("model", "model", d.Model, in.Model, nameMost)
	c.text("serialNumber", "serial_number", d.SerialNumber, in.SerialNumber, nameMost)
	c.text("macAddress", "mac_address", d.MacAddress, in.MacAddress, nameMost)
	c.text("publicIp", "public_ip", d.PublicIP, in.PublicIP, nameMost)
	c.text("agentVersion", "agent_version", d.AgentVersion, in.AgentVersion, nameMost)
	c.text("loggedInUser", "logged_in_user", d.LoggedInUser, in.LoggedInUser, nameMost)
	choice(c, "connection", "connection", d.Connection, in.Connection)
	c.moment("lastSeenAt", "last_seen_at", d.LastSeenAt, in.LastSeenAt)
	c.tags(d.Tags, in.Tags)
	if regroup {
		if group != nil && group.TenantID != d.TenantID {
			f.add(models.UserErrorCodeInvalid, noGroup, "groupId")
		}
		if next := idOf(group); !same(next, d.GroupID) {
			c.set("groupId", "group_id", refOf("DeviceGroup", d.GroupID), ref, next)
		}
	}
	if f.any() {
		return &models.UpdateDevicePayload{UserErrors: f.list}, nil
	}
	if c.any() {
		err = tx.update(&models.Device{}, d.ID, c.with())
		if err == nil {
			err = tx.record(entry{Type: "Device", ID: d.ID, Name: d.Name, Tenant: t, Before: c.before, After: c.after})
		}
	}
	return &models.UpdateDevicePayload{Device: rows.One("Device", d.ID), UserErrors: none()}, err
}

// DeleteDevice deletes a device; its tickets stay, without a device.
func (s *Store) DeleteDevice(ctx context.Context, in models.DeleteDeviceInput) (*models.DeleteDevicePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	d, t, err := tx.device(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), d.Version)
	if err := tx.noOpenSession(f, d.ID, "id"); err != nil {
		return nil, err
	}
	if f.any() {
		return &models.DeleteDevicePayload{UserErrors: f.list}, nil
	}
	if err := tx.remove(&models.Device{}, d.ID); err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Device", ID: d.ID, Name: d.Name, Tenant: t, Before: auditedDevice(d)})
	return &models.DeleteDevicePayload{DeletedID: &in.ID, UserErrors: none()}, err
}

// auditedDevice is what the audit keeps of a whole device.
func auditedDevice(d *models.Device) models.Object {
	whole := d.Audited()
	whole["groupId"] = refOf("DeviceGroup", d.GroupID)
	return whole
}

const noGroup = "There is no such group in the device's tenant."

func (tx *Tx) device(ref string) (*models.Device, *tenant, error) {
	d, err := find[models.Device](tx, "Device", ref)
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.holdTenant(d.TenantID)
	return d, t, err
}

func (tx *Tx) group(ref string) (*models.DeviceGroup, *tenant, error) {
	g, err := find[models.DeviceGroup](tx, "DeviceGroup", ref)
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.holdTenant(g.TenantID)
	return g, t, err
}

// groupOf is the group that a device shall be in. One that cannot be linked to, for whatever reason,
// is the same fault.
func (tx *Tx) groupOf(f *faults, ref *string) (*models.DeviceGroup, error) {
	if ref == nil {
		return nil, nil
	}
	g, err := find[models.DeviceGroup](tx, "DeviceGroup", *ref)
	if isMissing(err) {
		f.add(models.UserErrorCodeInvalid, noGroup, "groupId")
		return nil, nil
	}
	return g, err
}

// regroup puts devices into a group, or with nil into none, and records each that changes.
func (tx *Tx) regroup(devices []models.Device, g *models.DeviceGroup, held map[uuid.UUID]*tenant) (*rows.Set, error) {
	next := idOf(g)
	var all, moved []uuid.UUID
	var entries []entry
	for _, d := range devices {
		all = append(all, d.ID)
		if !same(next, d.GroupID) {
			moved = append(moved, d.ID)
			entries = append(entries, entry{
				Type: "Device", ID: d.ID, Name: d.Name, Tenant: held[d.TenantID],
				Before: models.Object{"groupId": refOf("DeviceGroup", d.GroupID)}, After: models.Object{"groupId": refOf("DeviceGroup", next)},
			})
		}
	}
	if len(moved) > 0 {
		err := tx.updateAll(&models.Device{}, moved, map[string]any{"group_id": next})
		if err != nil {
			return nil, err
		}
	}
	return rows.Among("Device", all), tx.record(entries...)
}

func idOf(g *models.DeviceGroup) *uuid.UUID {
	if g == nil {
		return nil
	}
	return &g.ID
}

func same(a, b *uuid.UUID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// refOf is the opaque id of what a column points at, for the audit.
func refOf(typ string, id *uuid.UUID) *string {
	if id == nil {
		return nil
	}
	ref := ids.Encode(typ, *id)
	return &ref
}

// indexOf is where an id stands in the caller's list.
func indexOf(refs []string, typ string, id uuid.UUID) int {
	return slices.Index(refs, ids.Encode(typ, id))
}
