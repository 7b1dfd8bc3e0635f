package viewer

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
)

// External is who an OpenID Connect issuer says that somebody is.
type External struct {
	// Issuer and Subject are theirs for good.
	Issuer, Subject string
	// Account is the name of the account that they come to.
	Account string
	// Email is their address, if the issuer has verified it: by it they are found the first time.
	Email string
	// IssuedAt and ExpiresAt are of the token, in seconds of Unix.
	IssuedAt, ExpiresAt int64
}

// Expires is when the token is over.
func (e External) Expires() time.Time { return time.Unix(e.ExpiresAt, 0) }

// FindExternal is the viewer whom an issuer knows; nil if there is no such active user.
func (s *Sessions) FindExternal(ctx context.Context, e External) (*Viewer, error) {
	if v, ok := s.external.Get(e); ok && v.ExpiresAt.After(time.Now()) {
		return v, nil
	}
	return s.ReadExternal(ctx, e, nil)
}

// ReadExternal asks the database for them, as Read does.
func (s *Sessions) ReadExternal(ctx context.Context, e External, refused *pgx.Conn) (*Viewer, error) {
	v := &Viewer{External: true, ExpiresAt: e.Expires()}
	asker := From(ctx)
	found, err := s.read(ctx, v, question{of: "app.identity($1, $2, $3, $4, $5, $6, $7, $8)", account: "account_id", args: []any{
		e.Account, e.Issuer, e.Subject, e.Email, time.Unix(e.IssuedAt, 0), postgres.Arg(ids.New()), asker.IP, asker.RequestID,
	}}, refused)
	if err != nil || !found || !v.ExpiresAt.After(time.Now()) {
		s.external.Remove(e)
		return nil, err
	}
	s.external.Add(e, v)
	return v, nil
}
