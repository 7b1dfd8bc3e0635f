package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/token"
	"tenantry/models"
)

// CreateAPIToken makes a token for the viewer's programs, of which only a hash is kept.
func (s *Store) CreateAPIToken(ctx context.Context, in models.CreateAPITokenInput) (*models.CreateAPITokenPayload, error) {
	tx, err := s.begin(ctx, in.TenantIds.Value())
	if err != nil {
		return nil, err
	}
	if err := tx.holdSelf(); err != nil {
		return nil, err
	}
	tenants, err := tx.reachedTenants(in.TenantIds.Value())
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t := models.APIToken{
		UserID: tx.Viewer.UserID, Name: required(f, "name", &in.Name, nameMost), Narrowed: in.TenantIds.IsSet(), ExpiresAt: in.ExpiresAt.Value(),
	}
	if only := in.ReadOnly.Value(); only != nil {
		t.ReadOnly = *only
	}
	if t.Narrowed && len(tenants) == 0 {
		f.add(models.UserErrorCodeRequired, "Name at least one tenant, or leave the field out for a token with all of your reach.", "tenantIds")
	}
	if t.ExpiresAt != nil && !t.ExpiresAt.After(time.Now()) {
		f.add(models.UserErrorCodeInvalid, "It is over already: name a moment to come.", "expiresAt")
	}
	if f.any() {
		return &models.CreateAPITokenPayload{UserErrors: f.list}, nil
	}
	secret := token.New(tx.Viewer.AccountID, ids.New())
	text := secret.Write(token.API)
	t.AccountID, t.ID, t.Version = secret.Account, secret.ID, 1
	t.SecretHash, t.LastFour = secret.Hash(), text[len(text)-4:]
	if err := tx.Omit("CreatedAt", "UpdatedAt", "LastUsedAt").Create(&t).Error; err != nil {
		return nil, err
	}
	named := make([]models.APITokenTenant, len(tenants))
	after := models.Object{"name": t.Name, "readOnly": t.ReadOnly, "expiresAt": t.ExpiresAt}
	if t.Narrowed {
		refs := make([]string, len(tenants))
		for i, id := range tenants {
			named[i] = models.APITokenTenant{AccountID: t.AccountID, UserID: t.UserID, TokenID: t.ID, TenantID: id}
			refs[i] = ids.Encode("Tenant", id)
		}
		after["tenantIds"] = refs
		if err := tx.Create(&named).Error; err != nil {
			return nil, err
		}
	}
	err = tx.record(entry{Type: "ApiToken", ID: t.ID, Name: t.Name, After: after})
	return &models.CreateAPITokenPayload{APIToken: rows.One("ApiToken", t.ID), Token: &text, UserErrors: none()}, err
}

// holdSelf keeps the viewer's access as it is until the end, and makes sure that it still is what the
// transaction began with: who was just made a customer, or had their access reset, makes no tokens.
func (tx *Tx) holdSelf() error {
	tx.holdAccess(tx.Viewer.UserID)
	var still int64
	err := tx.Raw(`select count(*) from app.users u join app.sessions s on s.account_id = u.account_id and s.user_id = u.id
		where u.account_id = ? and u.id = ? and u.access_version = ? and u.status = 'ACTIVE' and s.id = ?`,
		tx.Viewer.AccountID, tx.Viewer.UserID, tx.Viewer.AccessVersion, tx.Viewer.SessionID).Scan(&still).Error
	if err == nil && still == 0 {
		err = problem.New(problem.Unavailable, "Your access has just changed: try again.")
	}
	return err
}

// reachedTenants are the tenants that a list of ids names, each once, in order; one out of reach refuses
// the call.
func (tx *Tx) reachedTenants(refs []string) ([]uuid.UUID, error) {
	keys, err := decodeAll("Tenant", refs)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var found []uuid.UUID
	err = tx.Model(&models.Tenant{}).Where("account_id = ? and id in ?", tx.Viewer.AccountID, keys).Pluck("id", &found).Error
	if err == nil && len(found) != len(keys) {
		err = problem.Missing()
	}
	return uniq(found), err
}

// RevokeAPIToken ends a token: admins anybody's, others their own.
func (s *Store) RevokeAPIToken(ctx context.Context, in models.RevokeAPITokenInput) (*models.RevokeAPITokenPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	id, ok := ids.DecodeAs("ApiToken", in.ID)
	if !ok {
		return nil, problem.Missing()
	}
	var found []models.APIToken
	if err := tx.Select("account_id", "id", "user_id", "name").Where("account_id = ? and id = ?", tx.Viewer.AccountID, id).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, problem.Missing()
	}
	err = tx.remove(&models.APIToken{}, id)
	if err == nil {
		err = tx.record(entry{Type: "ApiToken", ID: id, Name: found[0].Name, Before: models.Object{"userId": ids.Encode("User", found[0].UserID)}})
	}
	return &models.RevokeAPITokenPayload{DeletedID: &in.ID, UserErrors: none()}, err
}

// revokeTokens ends all tokens of a user, who is locked, and tells how many there were.
func (tx *Tx) revokeTokens(user uuid.UUID) (int64, error) {
	done := tx.Where("account_id = ? and user_id = ?", tx.Viewer.AccountID, user).Delete(&models.APIToken{})
	return done.RowsAffected, done.Error
}
