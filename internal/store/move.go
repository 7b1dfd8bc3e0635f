package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/rows"
	"tenantry/models"
)

// MoveDevices gives devices to another tenant, or to none. They leave their groups, and may enter one there.
func (s *Store) MoveDevices(ctx context.Context, in models.MoveDevicesInput) (*models.MoveDevicesPayload, error) {
	tx, err := s.begin(ctx, in.DeviceIds)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	group, err := tx.groupOf(f, in.GroupID.Value()) // locked before the devices
	if err != nil {
		return nil, err
	}
	devices, held, err := findAllHeld(tx, "Device", in.DeviceIds, func(d models.Device) uuid.UUID { return d.TenantID })
	if err != nil {
		return nil, err
	}
	to := in.TenantID.Value()
	if to == nil && group != nil && group.TenantID != tx.Viewer.AccountID {
		to = refOf("Tenant", &group.TenantID)
	}
	t, err := tx.newItemTenant(f, to)
	if err != nil {
		return nil, err
	}
	if group != nil && t.ID != uuid.Nil && group.TenantID != t.ID {
		f.add(models.UserErrorCodeInvalid, noGroup, "groupId")
	}
	inSession, err := tx.openSessions("device_id", deviceIDs(devices)...)
	if err != nil {
		return nil, err
	}
	var all, moved []uuid.UUID
	var entries []entry
	for _, d := range devices {
		all = append(all, d.ID)
		at, from := indexOf(in.DeviceIds, "Device", d.ID), held[d.TenantID]
		if d.TenantID == t.ID && (group == nil || same(d.GroupID, &group.ID)) {
			continue // where it shall be
		}
		from.mustBeActive(f, "deviceIds", at)
		if d.TenantID != t.ID && slices.Contains(inSession, d.ID) {
			f.add(models.UserErrorCodeSessionOpen, "A remote session on the device is open: end it first.", "deviceIds", at)
		}
		moved = append(moved, d.ID)
		before, after := models.Object{}, models.Object{}
		if d.TenantID != t.ID {
			before["tenantId"], after["tenantId"] = tx.tenantRef(d.TenantID), tx.tenantRef(t.ID)
		}
		if next := idOf(group); !same(d.GroupID, next) {
			before["groupId"], after["groupId"] = refOf("DeviceGroup", d.GroupID), refOf("DeviceGroup", next)
		}
		entries = append(entries, bothSides(entry{Type: "Device", ID: d.ID, Name: d.Name, Before: before, After: after}, from, t)...)
	}
	if f.any() {
		return &models.MoveDevicesPayload{UserErrors: f.list}, nil
	}
	if len(moved) > 0 {
		err := tx.updateAll(&models.Device{}, moved, map[string]any{"tenant_id": t.ID, "group_id": idOf(group)})
		if err != nil {
			return nil, err
		}
	}
	return &models.MoveDevicesPayload{Devices: rows.Among("Device", all), Committed: tx.committed(in.DryRun), UserErrors: none()}, tx.record(entries...)
}

// MoveTicket gives a ticket with its comments to another tenant, or to none.
func (s *Store) MoveTicket(ctx context.Context, in models.MoveTicketInput) (*models.MoveTicketPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	tx.holdAssigneeOf(in.TicketID)
	k, from, err := tx.ticket(in.TicketID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t, err := tx.newItemTenant(f, in.TenantID.Value())
	if err != nil {
		return nil, err
	}
	if t.ID != k.TenantID {
		from.mustBeActive(f, "ticketId")
	}
	if f.any() {
		return &models.MoveTicketPayload{UserErrors: f.list}, nil
	}
	var unassigned []uuid.UUID
	if t.ID != k.TenantID {
		keep := in.KeepPublic.Value() != nil && *in.KeepPublic.Value()
		if unassigned, err = tx.moveTicket(k, from, t, keep); err != nil {
			return nil, err
		}
	}
	return &models.MoveTicketPayload{
		Ticket: rows.One("Ticket", k.ID), Committed: tx.committed(in.DryRun), UnassignedTickets: rows.Among("Ticket", unassigned), UserErrors: none(),
	}, nil
}

// moveTicket writes the move, which comments follow by their key, and keeps rule 7: it answers the
// ticket if that took its assignee.
func (tx *Tx) moveTicket(k *models.Ticket, from, to *tenant, keepPublic bool) (unassigned []uuid.UUID, err error) {
	columns := map[string]any{"tenant_id": to.ID}
	before, after := models.Object{"tenantId": tx.tenantRef(from.ID)}, models.Object{"tenantId": tx.tenantRef(to.ID)}
	if !keepPublic {
		hidden := tx.Exec(hideComments+" where account_id = ? and ticket_id = ? and visibility = 'PUBLIC'", k.AccountID, k.ID)
		if hidden.Error != nil {
			return nil, hidden.Error
		}
		before["publicComments"], after["publicComments"] = hidden.RowsAffected, 0
		// Else it would say when an internal comment was written.
		columns["first_responded_at"] = nil
	}
	if k.AssigneeID != nil && k.Status.Open() {
		// Held already, unless the ticket got another assignee just before it was locked.
		tx.holdAccess(*k.AssigneeID)
		can, err := tx.reaching(*k.AssigneeID, to.ID)
		if err != nil {
			return nil, err
		}
		if !can {
			columns["assignee_id"], unassigned = nil, []uuid.UUID{k.ID}
			before["assigneeId"], after["assigneeId"] = refOf("User", k.AssigneeID), nil
		}
	}
	err = tx.update(&models.Ticket{}, k.ID, columns)
	if err != nil {
		return nil, err
	}
	return unassigned, tx.record(bothSides(entry{Type: "Ticket", ID: k.ID, Name: k.Subject, Before: before, After: after}, from, to)...)
}

// bothSides are the entries of something that leaves one tenant for another: one for each of them.
func bothSides(e entry, from, to *tenant) []entry {
	e.Tenant = from
	if from.ID == to.ID {
		return []entry{e}
	}
	there := e
	there.Tenant = to
	return []entry{e, there}
}

func deviceIDs(devices []models.Device) []uuid.UUID {
	out := make([]uuid.UUID, len(devices))
	for i, d := range devices {
		out[i] = d.ID
	}
	return out
}
