package store

import (
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/models"
)

// affected are those whose access changes: the members, and the active users whose reach gets items
// that it did not have. Admins and grandfathered members see the same before and after.
func (tx *Tx) affected(d *deletion) ([]uuid.UUID, error) {
	if d.to == nil || *d.items == (models.ItemCounts{}) {
		return d.members, nil
	}
	var gain []uuid.UUID
	q := tx.Model(&models.User{}).Where("account_id = ? and status = 'ACTIVE' and role <> 'ADMIN' and not grandfathered", tx.Viewer.AccountID)
	if d.to.ID == tx.Viewer.AccountID {
		q = q.Where("role = 'MEMBER' and tenant_count = 0")
	} else {
		q = q.Where("id in (select user_id from app.memberships where account_id = ? and tenant_id = ?)", tx.Viewer.AccountID, d.to.ID)
	}
	err := q.Pluck("id", &gain).Error
	return uniq(d.members, gain), err
}

// endTenant ends memberships, does with the items what the plan says, deletes the tenant, and records it.
func (tx *Tx) endTenant(d *deletion) error {
	entries, err := tx.endMemberships(d)
	if err != nil {
		return err
	}
	items := countsOf(d.items)
	gone := entry{Type: "Tenant", ID: d.tenant.ID, Name: d.tenant.Name, Tenant: heldTenant(d.tenant), Before: auditedTenant(d.tenant), After: models.Object{}}
	gone.Before["items"] = items
	if d.plan != nil {
		gone.After["plan"] = *d.plan
	}
	switch {
	case d.to == nil && d.plan != nil:
		err = tx.deleteItems(d.tenant.ID)
	case d.to != nil:
		err = tx.moveItems(d.tenant.ID, d.to.ID)
		if d.to.ID != tx.Viewer.AccountID {
			gone.After["moveTo"], gone.After["moveMembers"] = ids.Encode("Tenant", d.to.ID), d.moveMembers
			entries = append(entries, entry{Type: "Tenant", ID: d.to.ID, Name: d.to.Name, Tenant: d.to, After: models.Object{
				"itemsFrom": ids.Encode("Tenant", d.tenant.ID), "items": items,
			}})
		}
	}
	if err != nil {
		return err
	}
	if err := tx.remove(&models.Tenant{}, d.tenant.ID); err != nil {
		return err
	}
	return tx.record(append(entries, gone)...)
}

// endMemberships ends the memberships of a tenant; those that move begin first.
func (tx *Tx) endMemberships(d *deletion) ([]entry, error) {
	if len(d.members) == 0 {
		return nil, nil
	}
	var users []models.User
	err := tx.Where("account_id = ? and id in ?", tx.Viewer.AccountID, d.members).Order("id").Find(&users).Error
	if err != nil {
		return nil, err
	}
	var there []uuid.UUID
	if d.moveMembers {
		err = tx.Model(&models.Membership{}).Where("account_id = ? and tenant_id = ? and user_id in ?", tx.Viewer.AccountID, d.to.ID, d.members).Pluck("user_id", &there).Error
		if err != nil {
			return nil, err
		}
	}
	var added []models.Membership
	var entries []entry
	for _, u := range users {
		entries = append(entries, entry{Type: "User", ID: u.ID, Name: u.Name, Tenant: heldTenant(d.tenant), Before: models.Object{"member": true}, After: models.Object{"member": false}})
		if d.moveMembers && !slices.Contains(there, u.ID) {
			added = append(added, models.Membership{AccountID: u.AccountID, UserID: u.ID, TenantID: d.to.ID, AddedByID: &tx.Viewer.UserID})
			entries = append(entries, entry{Type: "User", ID: u.ID, Name: u.Name, Tenant: d.to, Before: models.Object{"member": false}, After: models.Object{"member": true}})
		}
	}
	if len(added) > 0 {
		if err := tx.Omit("CreatedAt", "AddedBy").CreateInBatches(&added, 500).Error; err != nil {
			return nil, err
		}
	}
	tx.write(len(d.members), "delete from app.memberships where account_id = $1 and tenant_id = $2", tx.Viewer.AccountID, d.tenant.ID)
	return entries, nil
}

// auditedTenant is what the audit keeps of a whole tenant.
func auditedTenant(t *models.Tenant) models.Object {
	return models.Object{
		"name": t.Name, "externalRef": t.ExternalRef, "status": t.Status, "contactEmail": t.ContactEmail, "phone": t.Phone, "timeZone": t.TimeZone,
		"notes": t.Notes,
	}
}

// countsOf are numbers of items by their names in the API.
func countsOf(n *models.ItemCounts) models.Object {
	return models.Object{
		"devices": n.Devices, "deviceGroups": n.DeviceGroups, "tickets": n.Tickets, "ticketComments": n.TicketComments,
		"remoteSessions": n.RemoteSessions, "assets": n.Assets, "articles": n.Articles,
	}
}
