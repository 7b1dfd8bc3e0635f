// Package viewer says who is asking and what they reach. It is the one place where Go turns a user's
// role, flag and memberships into a reach; the database keeps the same rule in its policies.
package viewer

import (
	"context"
	"crypto/cipher"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/internal/token"
	"tenantry/models"
)

// Viewer is an active user with a session or an API token that holds.
type Viewer struct {
	AccountID     uuid.UUID
	UserID        uuid.UUID
	SessionID     uuid.UUID
	Name          string
	Role          models.Role
	Grandfathered bool
	// Memberships are the tenants that the user is a member of, in order, whatever the role.
	Memberships []uuid.UUID
	// Share is about how much of the account's open tickets and of its devices belong to the memberships, if
	// these are many: lists are planned by it, and nothing is decided.
	Share float32
	// AccessVersion is the version of all the above; the database refuses an older one.
	AccessVersion int64
	// ExpiresAt is when the session or token ends by itself; the zero time: never.
	ExpiresAt time.Time
	// Token is the API token that asks; nil for a session.
	Token *Token
	// External: a token of an OpenID Connect issuer asks; it is no session.
	External bool
	// Cursors seals the positions in lists; its key belongs to the account.
	Cursors cipher.AEAD
}

// Reach is the set of tenant items that a viewer may see.
type Reach struct {
	// All is all of the account, tenantless items included.
	All bool
	// Tenants are the tenants whose items are in reach if it is not All; the account's own id stands
	// for the tenantless items.
	Tenants []uuid.UUID
}

// Holds tells whether the items of a tenant are in reach.
func (r Reach) Holds(tenant uuid.UUID) bool { return r.All || slices.Contains(r.Tenants, tenant) }

// Reach is what the viewer may see: all for admins and grandfathered members, else the items of the
// tenants they are a member of; for members without any, the tenantless ones. A token that names
// tenants keeps only those of them.
func (v *Viewer) Reach() Reach {
	if v.Narrowed() {
		return v.Token.within(v.Owner().Reach())
	}
	switch {
	case v.Role == models.RoleAdmin || v.Grandfathered:
		return Reach{All: true}
	case len(v.Memberships) == 0 && v.Role == models.RoleMember:
		return Reach{Tenants: []uuid.UUID{v.AccountID}}
	}
	return Reach{Tenants: v.Memberships}
}

// Readership is the reach as far as articles go: besides the tenants in reach, those for all tenants,
// once they are published for everybody and before, but through a narrowed token, for their author.
func (v *Viewer) Readership() Reach {
	r := v.Reach()
	if r.All || len(r.Tenants) == 0 {
		return r
	}
	tenants := append(slices.Clone(r.Tenants), models.Everyone)
	if v.Role != models.RoleCustomer && !v.Narrowed() {
		tenants = append(tenants, v.UserID)
	}
	return Reach{Tenants: tenants}
}

// Access is the reach in a word.
func (v *Viewer) Access() models.TenantAccess {
	switch r := v.Reach(); {
	case r.All:
		return models.TenantAccessAll
	case len(r.Tenants) == 0:
		return models.TenantAccessNone
	case r.Tenants[0] == v.AccountID:
		return models.TenantAccessTenantless
	}
	return models.TenantAccessAssigned
}

// Reason is what gives the viewer this reach.
func (v *Viewer) Reason() models.AccessReason {
	switch {
	case v.Narrowed():
		return models.AccessReasonToken
	case v.Role == models.RoleAdmin:
		return models.AccessReasonRole
	case v.Grandfathered:
		return models.AccessReasonGrandfathered
	case len(v.Memberships) == 0:
		return models.AccessReasonNoMembership
	}
	return models.AccessReasonMembership
}

// Kind is the database role that the viewer acts as: with a narrowed token that of members, whatever
// its owner is, so that the database narrows too.
func (v *Viewer) Kind() postgres.Kind {
	switch {
	case v.Role == models.RoleCustomer:
		return postgres.Customer
	case v.Narrowed():
		return postgres.Member
	case v.Role == models.RoleAdmin:
		return postgres.Admin
	case v.Grandfathered:
		return postgres.All
	}
	return postgres.Member
}

// Identity is what a transaction becomes for this viewer.
func (v *Viewer) Identity() postgres.Identity {
	return postgres.Identity{
		Account: v.AccountID, Viewer: v.UserID, Credential: v.credential(), Version: v.AccessVersion,
		Tenants: v.Readership().Tenants, Kind: v.Kind(),
	}
}

// AtLeast tells whether the role is as much as another: CUSTOMER < MEMBER < ADMIN.
func (v *Viewer) AtLeast(role models.Role) bool { return rank[v.Role] >= rank[role] }

var rank = map[models.Role]int{models.RoleCustomer: 1, models.RoleMember: 2, models.RoleAdmin: 3}

type key struct{}

// Asker is who sent a request: the viewer, nil when nobody is signed in, and how to read the viewer
// anew once the database has said that their access changed.
type Asker struct {
	mu      sync.Mutex
	viewer  *Viewer
	renewed bool
	// IP is the client's address.
	IP string
	// UserAgent is how the client names itself.
	UserAgent string
	// RequestID is what errors, logs and audit call the request.
	RequestID string
	// Token is what the viewer signed in with, if it is a session or an API token.
	Token token.Token
	// Find is the viewer as they are remembered, or read if they are not; see Read.
	Find func(context.Context) (*Viewer, error)
	// Read asks the database for the viewer: on a connection whose transaction was refused, which it
	// ends in the same round trip, or with nil on any. It gives nil when the session is over.
	Read func(context.Context, *pgx.Conn) (*Viewer, error)
	// SetCookie gives the client's browser the session, or with an empty token takes it away.
	SetCookie func(token string, expires time.Time)
}

// Viewer is who is signed in as far as it is known; nil if nobody is.
func (a *Asker) Viewer() *Viewer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.viewer
}

// Know sets who is signed in.
func (a *Asker) Know(v *Viewer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.viewer = v
}

// Renew reads the viewer anew, since what was known of them does not hold or is doubted; once, if
// several fields of a request ask for it. Nil when the session is over. See Read for the connection.
func (a *Asker) Renew(ctx context.Context, known *Viewer, refused *pgx.Conn) (*Viewer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.viewer != known || a.Read == nil {
		return a.viewer, nil
	}
	v, err := a.Read(ctx, refused)
	if err == nil {
		a.viewer, a.renewed = v, true
	}
	return v, err
}

// Doubt makes sure, once in a request, that what is known of the viewer holds, and gives it.
func (a *Asker) Doubt(ctx context.Context) (*Viewer, error) {
	a.mu.Lock()
	known, renewed := a.viewer, a.renewed
	a.mu.Unlock()
	if renewed {
		return known, nil
	}
	return a.Renew(ctx, known, nil)
}

// With puts the asker of a request into its context.
func With(ctx context.Context, a *Asker) context.Context { return context.WithValue(ctx, key{}, a) }

// From is the asker of the request; without one, nobody.
func From(ctx context.Context) *Asker {
	if a, ok := ctx.Value(key{}).(*Asker); ok {
		return a
	}
	return &Asker{}
}
