package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/rows"
	"tenantry/models"
)

// AddUsersToTenant makes users members of a tenant.
func (s *Store) AddUsersToTenant(ctx context.Context, in models.AddUsersToTenantInput, counts bool) (*models.AddUsersToTenantPayload, error) {
	tx, err := s.begin(ctx, in.UserIds)
	if err != nil {
		return nil, err
	}
	users, t, err := tx.usersAndTenant(in.UserIds, in.TenantID)
	if err != nil {
		return nil, err
	}
	results, unassigned, err := tx.changeAccess(users, in.UserIds, counts, func(u models.User, r *reach) (bool, error) {
		return tx.setMemberships(u, r, append(slices.Clone(r.tenants), t.ID))
	})
	return &models.AddUsersToTenantPayload{Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none()}, err
}

// RemoveUsersFromTenant ends users' membership of a tenant.
func (s *Store) RemoveUsersFromTenant(ctx context.Context, in models.RemoveUsersFromTenantInput, counts bool) (*models.RemoveUsersFromTenantPayload, error) {
	tx, err := s.begin(ctx, in.UserIds)
	if err != nil {
		return nil, err
	}
	users, t, err := tx.usersAndTenant(in.UserIds, in.TenantID)
	if err != nil {
		return nil, err
	}
	results, unassigned, err := tx.changeAccess(users, in.UserIds, counts, func(u models.User, r *reach) (bool, error) {
		return tx.setMemberships(u, r, slices.DeleteFunc(slices.Clone(r.tenants), func(id uuid.UUID) bool { return id == t.ID }))
	})
	return &models.RemoveUsersFromTenantPayload{Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none()}, err
}

// SetUserTenants makes a user a member of exactly these tenants.
func (s *Store) SetUserTenants(ctx context.Context, in models.SetUserTenantsInput, counts bool) (*models.SetUserTenantsPayload, error) {
	tx, err := s.begin(ctx, in.TenantIds)
	if err != nil {
		return nil, err
	}
	u, err := find[models.User](tx, "User", in.UserID)
	if err != nil {
		return nil, err
	}
	wanted, err := decodeAll("Tenant", in.TenantIds)
	if err != nil {
		return nil, err
	}
	wanted = uniq(wanted)
	for _, id := range wanted {
		if _, err := tx.memberTenant(id); err != nil {
			return nil, err
		}
	}
	results, unassigned, err := tx.changeAccess([]models.User{*u}, nil, counts, func(u models.User, r *reach) (bool, error) {
		return tx.setMemberships(u, r, wanted)
	})
	return &models.SetUserTenantsPayload{
		User: rows.One("User", u.ID), Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none(),
	}, err
}

// EndGrandfathering ends for good that users see all tenants without being a member.
func (s *Store) EndGrandfathering(ctx context.Context, in models.EndGrandfatheringInput, counts bool) (*models.EndGrandfatheringPayload, error) {
	tx, err := s.begin(ctx, in.UserIds)
	if err != nil {
		return nil, err
	}
	users, err := findAll[models.User](tx, "User", in.UserIds)
	if err != nil {
		return nil, err
	}
	results, unassigned, err := tx.changeAccess(users, in.UserIds, counts, func(u models.User, _ *reach) (bool, error) {
		if !u.Grandfathered {
			return false, nil
		}
		err := tx.update(&models.User{}, u.ID, map[string]any{"grandfathered": false})
		if err == nil {
			err = tx.record(entry{
				Type: "User", ID: u.ID, Name: u.Name, Before: models.Object{"grandfathered": true}, After: models.Object{"grandfathered": false},
			})
		}
		return true, err
	})
	return &models.EndGrandfatheringPayload{Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none()}, err
}

// usersAndTenant locks users, in the order of their ids, and then the tenant.
func (tx *Tx) usersAndTenant(userRefs []string, tenantRef string) ([]models.User, *tenant, error) {
	users, err := findAll[models.User](tx, "User", userRefs)
	if err != nil {
		return nil, nil, err
	}
	keys, err := decodeAll("Tenant", []string{tenantRef})
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.memberTenant(keys[0])
	return users, t, err
}

// memberTenant is a tenant that users can be members of: not the one that stands for tenantless items.
func (tx *Tx) memberTenant(id uuid.UUID) (*tenant, error) {
	if id == tx.Viewer.AccountID {
		id = uuid.Nil
	}
	return tx.holdTenant(id)
}

// setMemberships makes a user a member of exactly these tenants, and records what changes.
func (tx *Tx) setMemberships(u models.User, r *reach, wanted []uuid.UUID) (bool, error) {
	var added []models.Membership
	var ended []uuid.UUID
	for _, id := range wanted {
		if !slices.Contains(r.tenants, id) && !slices.ContainsFunc(added, func(m models.Membership) bool { return m.TenantID == id }) {
			added = append(added, models.Membership{AccountID: u.AccountID, UserID: u.ID, TenantID: id, AddedByID: &tx.Viewer.UserID})
		}
	}
	for _, id := range r.tenants {
		if !slices.Contains(wanted, id) {
			ended = append(ended, id)
		}
	}
	if len(added)+len(ended) == 0 {
		return false, nil
	}
	// The new ones first: between them a member must not be without any.
	if len(added) > 0 {
		if err := tx.Omit("CreatedAt", "AddedBy").Create(&added).Error; err != nil {
			return false, err
		}
	}
	if len(ended) > 0 {
		tx.write(len(ended), "delete from app.memberships where account_id = $1 and user_id = $2 and tenant_id = any ($3)", u.AccountID, u.ID, ended)
	}
	var entries []entry
	for _, id := range slices.Concat(tenantsOf(added), ended) {
		t, err := tx.holdTenant(id)
		if err != nil {
			return false, err
		}
		was := slices.Contains(ended, id)
		e := entry{Type: "User", ID: u.ID, Name: u.Name, Tenant: t, Before: models.Object{"member": was}, After: models.Object{"member": !was}}
		if u.Grandfathered {
			e.Before["grandfathered"], e.After["grandfathered"] = true, false
		}
		entries = append(entries, e)
	}
	return true, tx.record(entries...)
}

func tenantsOf(list []models.Membership) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, m := range list {
		out[i] = m.TenantID
	}
	return out
}

// resultsInOrder puts the results in the order of the caller's ids.
func resultsInOrder(byUser map[uuid.UUID]*models.AccessChange, refs []string) []*models.AccessChange {
	out := []*models.AccessChange{}
	for _, ref := range refs {
		id, _ := ids.DecodeAs("User", ref)
		if r, ok := byUser[id]; ok {
			out = append(out, r)
			delete(byUser, id)
		}
	}
	return out
}
