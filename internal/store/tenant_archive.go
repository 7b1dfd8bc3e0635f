package store

import (
	"context"

	"tenantry/internal/rows"
	"tenantry/models"
)

// ArchiveTenant freezes the items of a tenant.
func (s *Store) ArchiveTenant(ctx context.Context, in models.ArchiveTenantInput) (*models.ArchiveTenantPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t, items, err := tx.setTenantStatus(f, in.ID, in.Version.Value(), models.TenantStatusArchived)
	if err != nil || f.any() {
		return &models.ArchiveTenantPayload{UserErrors: f.list}, err
	}
	return &models.ArchiveTenantPayload{Tenant: rows.One("Tenant", t.ID), Committed: tx.committed(in.DryRun), Items: items, UserErrors: none()}, nil
}

// RestoreTenant lets the items of an archived tenant change again.
func (s *Store) RestoreTenant(ctx context.Context, in models.RestoreTenantInput) (*models.RestoreTenantPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t, items, err := tx.setTenantStatus(f, in.ID, in.Version.Value(), models.TenantStatusActive)
	if err != nil || f.any() {
		return &models.RestoreTenantPayload{UserErrors: f.list}, err
	}
	return &models.RestoreTenantPayload{Tenant: rows.One("Tenant", t.ID), Committed: tx.committed(in.DryRun), Items: items, UserErrors: none()}, nil
}

// setTenantStatus archives or restores a tenant and tells how many items that concerns: none if it is
// so already. Finding the tenant locks it, and so waits for everybody who is changing an item of it.
func (tx *Tx) setTenantStatus(f *faults, ref string, version *int32, next models.TenantStatus) (*models.Tenant, *models.ItemCounts, error) {
	t, err := find[models.Tenant](tx, "Tenant", ref)
	if err != nil {
		return nil, nil, err
	}
	mustBeVersion(f, version, t.Version)
	if t.Status == next {
		return t, &models.ItemCounts{}, nil
	}
	if next == models.TenantStatusArchived {
		if err := tx.mustHaveNoOpenSession(f, t); err != nil {
			return nil, nil, err
		}
	}
	if f.any() {
		return t, nil, nil
	}
	items, err := tx.countItems(t.ID)
	if err != nil {
		return nil, nil, err
	}
	c := newChanges(f)
	c.set("status", "status", t.Status, next, next)
	err = tx.update(&models.Tenant{}, t.ID, c.with())
	if err == nil {
		err = tx.record(entry{Type: "Tenant", ID: t.ID, Name: t.Name, Tenant: heldTenant(t), Before: c.before, After: c.after})
	}
	return t, items, err
}

// heldTenant is what writes need to know of a tenant that is locked.
func heldTenant(t *models.Tenant) *tenant { return &tenant{ID: t.ID, Name: t.Name, Status: t.Status} }
