package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/token"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// candidate is a user whom an e-mail address may mean.
type candidate struct {
	account           uuid.UUID
	accountName, hash string
	user              *viewer.Viewer
}

// SignIn makes a session for who knows the password. Every failure is the same, and takes as long,
// but for a password that fits users of several accounts: then the account must be named.
func (s *Store) SignIn(ctx context.Context, in models.SignInInput) (*models.SignInPayload, error) {
	f := &faults{}
	refused := func() (*models.SignInPayload, error) {
		f.add(models.UserErrorCodeInvalid, "The e-mail address or the password is wrong, or the user may not sign in.")
		return &models.SignInPayload{UserErrors: f.list}, nil
	}
	email, err := models.Email(in.Email)
	if err != nil {
		email = ""
	}
	end, err := s.attempts.Try(strings.ToLower(email), viewer.From(ctx).IP)
	if err != nil {
		return nil, err
	}
	candidates, err := s.candidates(ctx, email)
	if err != nil {
		return nil, err
	}
	var fitting []candidate
	for _, c := range candidates {
		if name := in.Account.Value(); name != nil && !strings.EqualFold(*name, c.accountName) {
			c.hash = ""
		}
		ok, err := s.passwords.Matches(ctx, in.Password, c.hash)
		if err != nil {
			return nil, err
		}
		if ok {
			fitting = append(fitting, c)
		}
	}
	if len(candidates) == 0 {
		if _, err := s.passwords.Matches(ctx, in.Password, ""); err != nil {
			return nil, err
		}
	}
	end(len(fitting) > 0)
	switch {
	case len(fitting) == 0:
		return refused()
	case len(fitting) > 1:
		f.add(models.UserErrorCodeRequired, "You have users in several accounts: name one.", "account")
		return &models.SignInPayload{UserErrors: f.list}, nil
	}
	tx, err := s.beginAs(ctx, fitting[0].user)
	if postgres.Stale(err) {
		return nil, problem.New(problem.Unavailable, "Your access changed while you signed in: try again.")
	}
	if err != nil {
		return nil, err
	}
	secret, expires, err := tx.startSession(s.sessionTTL)
	if err != nil {
		return nil, err
	}
	// The new session waited for who was resetting the user's access or suspending them meanwhile.
	var still int64
	err = tx.Raw(`select count(*) from app.credentials c join app.users u on u.account_id = c.account_id and u.id = c.user_id
		where c.account_id = ? and c.user_id = ? and u.status = 'ACTIVE'`, tx.Viewer.AccountID, tx.Viewer.UserID).Scan(&still).Error
	if err != nil {
		return nil, err
	}
	if still == 0 {
		tx.Undo()
		return refused()
	}
	if err := tx.record(entry{Type: "User", ID: tx.Viewer.UserID, Name: tx.Viewer.Name}); err != nil {
		return nil, err
	}
	return &models.SignInPayload{Token: &secret, ExpiresAt: &expires, Viewer: rows.Self("Viewer"), UserErrors: none()}, nil
}

func (s *Store) candidates(ctx context.Context, email string) ([]candidate, error) {
	found, err := s.pool.Query(ctx, `select account_id, account_name, user_id, name, password_hash, role, grandfathered, access_version, cursor_key, tenants
		from app.sign_in($1)`, email)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []candidate
	for found.Next() {
		var c candidate
		var user uuid.UUID
		var name, role string
		var grandfathered bool
		var version int64
		var key []byte
		var tenants []uuid.UUID
		if err := found.Scan(&c.account, &c.accountName, &user, &name, &c.hash, &role, &grandfathered, &version, &key, &tenants); err != nil {
			return nil, err
		}
		if c.user, err = viewer.Named(c.account, user, name, models.Role(role), grandfathered, version, tenants, key); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, found.Err()
}

// startSession makes a session of the viewer, and gives the browser its cookie once it is kept.
func (tx *Tx) startSession(ttl time.Duration) (secret string, expires time.Time, err error) {
	t := token.New(tx.Viewer.AccountID, ids.New())
	expires = time.Now().Add(ttl).UTC().Truncate(time.Second)
	// What nobody can use any more has been there long enough for who looks where the user was signed in.
	tx.later("delete from app.sessions where account_id = $1 and user_id = $2 and expires_at < clock_timestamp() - interval '30 days'", t.Account, tx.Viewer.UserID)
	session := models.Session{
		UserID: tx.Viewer.UserID, SecretHash: t.Hash(), IP: tx.asker.IP, UserAgent: tx.asker.UserAgent, ExpiresAt: expires,
	}
	session.AccountID, session.ID, session.Version = t.Account, t.ID, 1
	if err := tx.Omit("CreatedAt", "UpdatedAt").Create(&session).Error; err != nil {
		return "", expires, err
	}
	err = tx.Exec("update app.users set last_sign_in_at = clock_timestamp() where account_id = ? and id = ?", t.Account, tx.Viewer.UserID).Error
	tx.Viewer.SessionID, tx.Viewer.ExpiresAt = t.ID, expires
	secret = t.Write(token.Session)
	tx.Then(func() { tx.asker.SetCookie(secret, expires) })
	return secret, expires, err
}

// AcceptInvitation sets the password of who holds an invitation, and signs them in.
func (s *Store) AcceptInvitation(ctx context.Context, in models.AcceptInvitationInput) (*models.AcceptInvitationPayload, error) {
	f := &faults{}
	mustBePassword(f, in.Password, "password")
	if f.any() {
		return &models.AcceptInvitationPayload{UserErrors: f.list}, nil
	}
	t, ok := token.Read(token.Invitation, in.Token)
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	var tx *Tx
	if ok {
		if tx, err = s.accept(ctx, t, hash); err != nil {
			return nil, err
		}
	}
	if tx == nil {
		f.add(models.UserErrorCodeInvalid, "The invitation is unknown, used or over: ask for a new one.", "token")
		return &models.AcceptInvitationPayload{UserErrors: f.list}, nil
	}
	secret, expires, err := tx.startSession(s.sessionTTL)
	if err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "User", ID: tx.Viewer.UserID, Name: tx.Viewer.Name, After: models.Object{"status": models.UserStatusActive}})
	return &models.AcceptInvitationPayload{Token: &secret, ExpiresAt: &expires, Viewer: rows.Self("Viewer"), UserErrors: none()}, err
}

// accept uses up an invitation and opens the mutation's transaction as its user: what it changes is
// kept together with the session and the audit entry. Nil if the invitation is unknown, used or over.
func (s *Store) accept(ctx context.Context, t token.Token, hash string) (*Tx, error) {
	u, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := u.pgx.Exec(ctx, "begin"); err != nil {
		return nil, err
	}
	var name, role string
	var grandfathered bool
	var version int64
	var key []byte
	var tenants []uuid.UUID
	err = u.pgx.QueryRow(ctx, `select name, role, grandfathered, access_version, cursor_key, tenants from app.accept_invitation($1, $2, $3, $4)`,
		t.Account, t.ID, t.Hash(), hash).Scan(&name, &role, &grandfathered, &version, &key, &tenants)
	if errors.Is(err, pgx.ErrNoRows) {
		u.undo = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	who, err := viewer.Named(t.Account, t.ID, name, models.Role(role), grandfathered, version, tenants, key)
	if err != nil {
		return nil, err
	}
	var b pgx.Batch
	who.Identity().Become(&b, true)
	if err := u.pgx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	return u.as(ctx, who), nil
}

// SignOut ends the session that asks.
func (s *Store) SignOut(ctx context.Context) (*models.SignOutPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	err = tx.remove(&models.Session{}, tx.Viewer.SessionID)
	if err == nil {
		err = tx.record(entry{Type: "User", ID: tx.Viewer.UserID, Name: tx.Viewer.Name})
	}
	tx.Then(func() { tx.asker.SetCookie("", time.Time{}) })
	return &models.SignOutPayload{UserErrors: none()}, err
}

// ChangePassword changes the viewer's password and ends all their other sessions.
func (s *Store) ChangePassword(ctx context.Context, in models.ChangePasswordInput) (*models.ChangePasswordPayload, error) {
	asker := viewer.From(ctx)
	f := &faults{}
	mustBePassword(f, in.NewPassword, "newPassword")
	var old string
	err := s.pool.QueryRow(ctx, "select coalesce(app.own_password($1, $2, $3), '')", asker.Token.Account, asker.Token.ID, asker.Token.Hash()).Scan(&old)
	if err != nil {
		return nil, err
	}
	if old == "" { // a session that is over has no password either
		if who, err := asker.Doubt(ctx); err != nil || who == nil {
			return nil, errors.Join(err, problem.SignIn())
		}
	}
	end, err := s.attempts.Try(asker.Token.ID.String(), asker.IP)
	if err != nil {
		return nil, err
	}
	// Both hashes are computed before the transaction: none is held open meanwhile.
	ok, err := s.passwords.Matches(ctx, in.OldPassword, old)
	if err != nil {
		return nil, err
	}
	if end(ok); !ok {
		f.add(models.UserErrorCodeInvalid, "It is not the password so far.", "oldPassword")
	}
	if f.any() {
		return &models.ChangePasswordPayload{UserErrors: f.list}, nil
	}
	hash, err := s.passwords.Hash(ctx, in.NewPassword)
	if err != nil {
		return nil, err
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	tx.write(1, "update app.credentials set password_hash = $1, updated_at = clock_timestamp() where account_id = $2 and user_id = $3",
		hash, tx.Viewer.AccountID, tx.Viewer.UserID)
	_, err = tx.endSessions(tx.Viewer.UserID, tx.Viewer.SessionID)
	if err == nil {
		err = tx.record(entry{Type: "User", ID: tx.Viewer.UserID, Name: tx.Viewer.Name})
	}
	return &models.ChangePasswordPayload{UserErrors: none()}, err
}

func mustBePassword(f *faults, p string, path string) {
	if len(p) < password.Shortest || len(p) > password.Longest {
		f.add(models.UserErrorCodeInvalid, fmt.Sprintf("A password has %d to %d bytes.", password.Shortest, password.Longest), path)
	}
}
