package store

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/rows"
	"tenantry/models"
)

// ReportDevices notes what programs on devices report: all in one statement, and without an entry in
// the audit, which it would drown.
func (s *Store) ReportDevices(ctx context.Context, in models.ReportDevicesInput) (*models.ReportDevicesPayload, error) {
	refs := make([]string, len(in.Devices))
	for i, report := range in.Devices {
		refs[i] = report.ID
	}
	tx, err := s.begin(ctx, refs)
	if err != nil {
		return nil, err
	}
	devices, held, err := findAllHeld(tx, "Device", refs, func(d models.Device) uuid.UUID { return d.TenantID })
	if err != nil {
		return nil, err
	}
	byID := map[uuid.UUID]*models.Device{}
	all := make([]uuid.UUID, len(devices))
	for i := range devices {
		byID[devices[i].ID], all[i] = &devices[i], devices[i].ID
	}
	f := tx.faults()
	var changed []map[string]any
	for i, report := range in.Devices {
		id, _ := ids.DecodeAs("Device", report.ID)
		d := byID[id]
		if d == nil {
			f.add(models.UserErrorCodeInvalid, "The device has a report above.", "devices", i, "id")
			continue
		}
		delete(byID, id)
		held[d.TenantID].mustBeActive(f, "devices", i, "id")
		if row := reported(f, i, d, report); row != nil {
			changed = append(changed, row)
		}
	}
	if f.any() {
		return &models.ReportDevicesPayload{UserErrors: f.list}, nil
	}
	if err := tx.writeReports(changed); err != nil {
		return nil, err
	}
	return &models.ReportDevicesPayload{Devices: rows.Among("Device", all), UserErrors: none()}, nil
}

// reported are the columns of a device after a report; nil if they are as they were.
func reported(f *faults, i int, d *models.Device, in *models.DeviceReportInput) map[string]any {
	c := newChanges(f.tx.faults())
	choice(c, "connection", "connection", d.Connection, in.Connection)
	c.moment("lastSeenAt", "last_seen_at", d.LastSeenAt, in.LastSeenAt)
	c.text("osName", "os_name", d.OsName, in.OsName, nameMost)
	c.text("osVersion", "os_version", d.OsVersion, in.OsVersion, nameMost)
	c.text("hostname", "hostname", d.Hostname, in.Hostname, nameMost)
	c.text("publicIp", "public_ip", d.PublicIP, in.PublicIP, nameMost)
	c.text("macAddress", "mac_address", d.MacAddress, in.MacAddress, nameMost)
	c.text("agentVersion", "agent_version", d.AgentVersion, in.AgentVersion, nameMost)
	c.text("loggedInUser", "logged_in_user", d.LoggedInUser, in.LoggedInUser, nameMost)
	f.take(c.f, "devices", i)
	if !c.any() {
		return nil
	}
	row := map[string]any{
		"id": d.ID, "connection": d.Connection, "last_seen_at": d.LastSeenAt, "os_name": d.OsName, "os_version": d.OsVersion, "hostname": d.Hostname,
		"public_ip": d.PublicIP, "mac_address": d.MacAddress, "agent_version": d.AgentVersion, "logged_in_user": d.LoggedInUser,
	}
	maps.Copy(row, c.columns)
	return row
}

// writeReports writes the columns of devices, which are locked.
func (tx *Tx) writeReports(changed []map[string]any) error {
	if len(changed) == 0 {
		return nil
	}
	list, err := json.Marshal(changed)
	if err != nil {
		return err
	}
	tx.write(len(changed), `update app.devices d set connection = v.connection, last_seen_at = v.last_seen_at, os_name = v.os_name, os_version = v.os_version,
			hostname = v.hostname, public_ip = v.public_ip, mac_address = v.mac_address, agent_version = v.agent_version, logged_in_user = v.logged_in_user
		from jsonb_to_recordset($1::jsonb) v (id uuid, connection text, last_seen_at timestamptz, os_name text, os_version text, hostname text,
			public_ip text, mac_address text, agent_version text, logged_in_user text)
		where d.account_id = $2 and d.id = v.id`, string(list), tx.Viewer.AccountID)
	return nil
}
