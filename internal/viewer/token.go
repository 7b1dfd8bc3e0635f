package viewer

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/postgres"
	"tenantry/models"
)

// Token is what an API token leaves of what its owner may.
type Token struct {
	ID uuid.UUID
	// Narrowed tokens are for the tenants that they name, even when none of those is left.
	Narrowed bool
	// Tenants are those that it names, in order.
	Tenants []uuid.UUID
	// ReadOnly tokens change nothing.
	ReadOnly bool
}

// within is the part of a reach that a narrowed token leaves. It never names the account's own id, so
// nothing tenantless is in it.
func (t *Token) within(r Reach) Reach {
	if r.All {
		return Reach{Tenants: t.Tenants}
	}
	return Reach{Tenants: slices.DeleteFunc(slices.Clone(t.Tenants), func(id uuid.UUID) bool { return !r.Holds(id) })}
}

// Narrowed tells whether an API token asks that names tenants.
func (v *Viewer) Narrowed() bool { return v.Token != nil && v.Token.Narrowed }

// ReadOnly tells whether an API token asks that changes nothing.
func (v *Viewer) ReadOnly() bool { return v.Token != nil && v.Token.ReadOnly }

// Owner is the user as they are without a token.
func (v *Viewer) Owner() *Viewer {
	owner := *v
	owner.Token = nil
	return &owner
}

// Administers tells whether the viewer has what only admins of the whole account have: others' data and
// what belongs to no tenant. A narrowed token takes it away.
func (v *Viewer) Administers() bool { return v.Role == models.RoleAdmin && !v.Narrowed() }

// credential is the id of the session or token.
func (v *Viewer) credential() uuid.UUID {
	if v.Token != nil {
		return v.Token.ID
	}
	return v.SessionID
}

// NoteUse notes that an API token was used, once a minute, apart from what it asks: neither waits for
// the other, and neither fails for it.
func (s *Sessions) NoteUse(ctx context.Context, v *Viewer, failed func(error)) {
	if v == nil || v.Token == nil {
		return
	}
	if _, noted := s.used.Get(v.Token.ID); noted {
		return
	}
	s.used.Add(v.Token.ID, struct{}{})
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := s.pool.Exec(ctx, "select app.use_api_token($1, $2)", postgres.Arg(v.AccountID), postgres.Arg(v.Token.ID)); err != nil {
			failed(err)
		}
	}()
}
