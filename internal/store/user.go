package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/token"
	"tenantry/models"
)

// invitationTTL is how long an invitation can be accepted.
const invitationTTL = 7 * 24 * time.Hour

// InviteUser makes a user and the invitation with which they set their password.
func (s *Store) InviteUser(ctx context.Context, in models.InviteUserInput) (*models.InviteUserPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	u := models.User{Name: required(f, "name", &in.Name, nameMost), Role: in.Role, Status: models.UserStatusInvited, Locale: "en"}
	u.AccountID, u.ID, u.Version = tx.Viewer.AccountID, ids.New(), 1
	if u.Email, err = models.Email(in.Email); err != nil {
		f.add(models.UserErrorCodeInvalid, "The value cannot be used: "+err.Error()+".", "email")
	}
	if err := tx.takeSeat(f); err != nil {
		return nil, err
	}
	if f.any() {
		return &models.InviteUserPayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Memberships").Create(&u).Error; postgres.HasState(err, postgres.UniqueViolation) {
		f.add(models.UserErrorCodeTaken, "Another user has this address.", "email")
		return &models.InviteUserPayload{UserErrors: f.list}, nil
	} else if err != nil {
		return nil, err
	}
	secret, err := tx.invite(u.ID)
	if err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "User", ID: u.ID, Name: u.Name, After: models.Object{"email": u.Email, "name": u.Name, "role": u.Role, "status": u.Status}})
	return &models.InviteUserPayload{User: rows.One("User", u.ID), InvitationToken: &secret, UserErrors: none()}, err
}

// invite makes a new invitation, which takes the place of an older one.
func (tx *Tx) invite(user uuid.UUID) (string, error) {
	t := token.New(tx.Viewer.AccountID, user)
	if err := tx.Where("account_id = ? and user_id = ?", t.Account, user).Delete(&models.Invitation{}).Error; err != nil {
		return "", err
	}
	err := tx.Create(&models.Invitation{AccountID: t.Account, UserID: user, SecretHash: t.Hash(), ExpiresAt: time.Now().Add(invitationTTL)}).Error
	return t.Write(token.Invitation), err
}

// ResetAccess ends a user's sessions, tokens and password, and invites them anew.
func (s *Store) ResetAccess(ctx context.Context, in models.ResetAccessInput) (*models.ResetAccessPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	u, err := find[models.User](tx, "User", in.UserID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	if u.Status == models.UserStatusSuspended {
		f.add(models.UserErrorCodeWrongState, "The user is suspended: reactivate them first.", "userId")
		return &models.ResetAccessPayload{UserErrors: f.list}, nil
	}
	if _, err := tx.endSessions(u.ID); err != nil {
		return nil, err
	}
	revoked, err := tx.revokeTokens(u.ID)
	if err != nil {
		return nil, err
	}
	if err := tx.Exec("delete from app.credentials where account_id = ? and user_id = ?", u.AccountID, u.ID).Error; err != nil {
		return nil, err
	}
	secret, err := tx.invite(u.ID)
	if err != nil {
		return nil, err
	}
	e := entry{Type: "User", ID: u.ID, Name: u.Name}
	if revoked > 0 {
		e.Before, e.After = models.Object{"apiTokens": revoked}, models.Object{"apiTokens": 0}
	}
	err = tx.record(e)
	return &models.ResetAccessPayload{User: rows.One("User", u.ID), InvitationToken: &secret, UserErrors: none()}, err
}

// endSessions signs a user out everywhere, but for sessions to keep: what an issuer gave them so far is over, too.
func (tx *Tx) endSessions(user uuid.UUID, keep ...uuid.UUID) (int64, error) {
	tx.later("select app.end_identities($1)", user)
	q := tx.Where("account_id = ? and user_id = ?", tx.Viewer.AccountID, user)
	if len(keep) > 0 {
		q = q.Where("id not in ?", keep)
	}
	done := q.Delete(&models.Session{})
	return done.RowsAffected, done.Error
}

// EndSessions ends all sessions of a user: admins of anybody, others of themself.
func (s *Store) EndSessions(ctx context.Context, in models.EndSessionsInput) (*models.EndSessionsPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	id, ok := ids.DecodeAs("User", in.UserID)
	if !ok || id != tx.Viewer.UserID && !tx.Viewer.Administers() {
		return nil, problem.Missing()
	}
	var users []models.User
	if err := tx.Where("account_id = ? and id = ?", tx.Viewer.AccountID, id).Find(&users).Error; err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, problem.Missing()
	}
	ended, err := tx.endSessions(id)
	if err == nil {
		err = tx.record(entry{Type: "User", ID: id, Name: users[0].Name, Before: models.Object{"sessions": ended}, After: models.Object{"sessions": 0}})
	}
	return &models.EndSessionsPayload{User: rows.One("User", id), UserErrors: none()}, err
}

// UpdateUser changes a user. A new role changes the reach at once, and ends grandfathering for good.
func (s *Store) UpdateUser(ctx context.Context, in models.UpdateUserInput, counts bool) (*models.UpdateUserPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	u, last, err := tx.userAndAdmins(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	mustBeVersion(f, in.Version.Value(), u.Version)
	c := newChanges(f)
	c.must("name", "name", u.Name, in.Name, nameMost)
	if in.Locale.IsSet() {
		c.must("locale", "locale", u.Locale, lenient(checked(f, "locale", in.Locale, models.Locale), in.Locale), nameMost)
	}
	choice(c, "role", "role", u.Role, in.Role)
	if _, changed := c.columns["role"]; changed {
		if last {
			f.add(models.UserErrorCodeLastAdmin, lastAdmin, "role")
		}
		if u.Grandfathered {
			c.set("grandfathered", "grandfathered", true, false, false)
		}
	}
	if f.any() {
		return &models.UpdateUserPayload{Results: []*models.AccessChange{}, UserErrors: f.list}, nil
	}
	if c.after["role"] == models.RoleCustomer {
		revoked, err := tx.revokeTokens(u.ID)
		if err != nil {
			return nil, err
		}
		if revoked > 0 {
			c.before["apiTokens"], c.after["apiTokens"] = revoked, 0
		}
	}
	results, unassigned, err := tx.changeUser(u, c, counts)
	return &models.UpdateUserPayload{
		User: rows.One("User", u.ID), Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none(),
	}, err
}

// SuspendUser keeps a user from signing in.
func (s *Store) SuspendUser(ctx context.Context, in models.SuspendUserInput, counts bool) (*models.SuspendUserPayload, error) {
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
		return &models.SuspendUserPayload{Results: []*models.AccessChange{}, UserErrors: f.list}, nil
	}
	c := newChanges(f)
	if u.Status != models.UserStatusSuspended {
		c.set("status", "status", u.Status, models.UserStatusSuspended, models.UserStatusSuspended)
		if _, err := tx.endSessions(u.ID); err != nil {
			return nil, err
		}
	}
	results, unassigned, err := tx.changeUser(u, c, counts)
	return &models.SuspendUserPayload{
		User: rows.One("User", u.ID), Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none(),
	}, err
}

// ReactivateUser lets a suspended user sign in again, or accept the invitation that is still open.
func (s *Store) ReactivateUser(ctx context.Context, in models.ReactivateUserInput, counts bool) (*models.ReactivateUserPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	u, _, err := tx.userAndAdmins(in.ID)
	if err != nil {
		return nil, err
	}
	c := newChanges(f)
	if u.Status == models.UserStatusSuspended {
		if err := tx.takeSeat(f); err != nil {
			return nil, err
		}
		var open int64
		if err := tx.Model(&models.Invitation{}).Where("account_id = ? and user_id = ?", u.AccountID, u.ID).Count(&open).Error; err != nil {
			return nil, err
		}
		next := models.UserStatusActive
		if open > 0 {
			next = models.UserStatusInvited
		}
		c.set("status", "status", u.Status, next, next)
	}
	if f.any() {
		return &models.ReactivateUserPayload{Results: []*models.AccessChange{}, UserErrors: f.list}, nil
	}
	results, unassigned, err := tx.changeUser(u, c, counts)
	return &models.ReactivateUserPayload{
		User: rows.One("User", u.ID), Committed: tx.committed(in.DryRun), Results: results, UnassignedTickets: unassigned, UserErrors: none(),
	}, err
}

const lastAdmin = "They are the account's last active admin: make somebody else one first."

// userAndAdmins locks the account, so that no two calls take admins away at once, and the user. It
// tells whether the user is the last active admin.
func (tx *Tx) userAndAdmins(ref string) (u *models.User, last bool, err error) {
	if _, _, err := tx.seats(); err != nil {
		return nil, false, err
	}
	if u, err = find[models.User](tx, "User", ref); err != nil {
		return nil, false, err
	}
	others, err := tx.otherAdmins(u.ID)
	return u, u.Role == models.RoleAdmin && u.Status == models.UserStatusActive && others == 0, err
}

// otherAdmins counts the active admins besides a user; for as long as the account is locked.
func (tx *Tx) otherAdmins(user uuid.UUID) (n int64, err error) {
	err = tx.Model(&models.User{}).Where("account_id = ? and id <> ? and role = ? and status = ?",
		tx.Viewer.AccountID, user, models.RoleAdmin, models.UserStatusActive).Count(&n).Error
	return n, err
}

// changeUser writes what changes on a user, and what follows for their access.
func (tx *Tx) changeUser(u *models.User, c *changes, counts bool) ([]*models.AccessChange, *rows.Set, error) {
	return tx.changeAccess([]models.User{*u}, nil, counts, func(models.User, *reach) (bool, error) {
		if !c.any() {
			return false, nil
		}
		err := tx.update(&models.User{}, u.ID, c.with())
		if err == nil {
			err = tx.record(entry{Type: "User", ID: u.ID, Name: u.Name, Before: c.before, After: c.after})
		}
		return true, err
	})
}
