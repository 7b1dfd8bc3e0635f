package store

import (
	"context"

	"tenantry/internal/rows"
	"tenantry/models"
)

// DeleteUser deletes a user. What they did stays, with the face that outlives them.
func (s *Store) DeleteUser(ctx context.Context, in models.DeleteUserInput, counts bool) (*models.DeleteUserPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	u, last, err := tx.userAndAdmins(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	if last {
		f.add(models.UserErrorCodeLastAdmin, lastAdmin, "id")
		return &models.DeleteUserPayload{Results: []*models.AccessChange{}, UserErrors: f.list}, nil
	}
	// Access ends first, while there is a user to tell it of: the row goes last.
	results, unassigned, err := tx.changeAccess([]models.User{*u}, nil, counts, func(u models.User, r *reach) (bool, error) {
		err := tx.update(&models.User{}, u.ID, map[string]any{"status": models.UserStatusSuspended, "grandfathered": false})
		if err == nil {
			_, err = tx.setMemberships(u, r, nil)
		}
		return true, err
	})
	if err != nil {
		return nil, err
	}
	// Password, sessions and invitations go with the row they belong to.
	if err := tx.remove(&models.User{}, u.ID); err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "User", ID: u.ID, Name: u.Name, Before: models.Object{
		"email": u.Email, "name": u.Name, "role": u.Role, "status": u.Status, "grandfathered": u.Grandfathered, "locale": u.Locale,
	}})
	return &models.DeleteUserPayload{
		DeletedID: &in.ID, User: rows.One("User", u.ID), Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none(),
	}, err
}
