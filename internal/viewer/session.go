package viewer

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/token"
	"tenantry/models"
)

// Sessions finds the viewer behind a session token. What it finds it remembers for a while: every
// transaction checks that the session and the access still hold, so that a memory never outlives them.
type Sessions struct {
	pool  *pgxpool.Pool
	known *lru.LRU[token.Token, *Viewer]
}

// NewSessions remembers up to 10,000 viewers for ten minutes.
func NewSessions(pool *pgxpool.Pool) *Sessions {
	return &Sessions{pool: pool, known: lru.NewLRU[token.Token, *Viewer](10_000, nil, 10*time.Minute)}
}

// Find is the viewer of a token; nil when it is malformed, unknown or over, or the user not active.
func (s *Sessions) Find(ctx context.Context, t token.Token) (*Viewer, error) {
	if v, ok := s.known.Get(t); ok && v.ExpiresAt.After(time.Now()) {
		return v, nil
	}
	return s.Read(ctx, t)
}

// Read asks the database for the viewer of a token, whatever is remembered.
func (s *Sessions) Read(ctx context.Context, t token.Token) (*Viewer, error) {
	v := &Viewer{AccountID: t.Account, SessionID: t.ID}
	var role string
	var key []byte
	err := s.pool.QueryRow(ctx,
		`select user_id, name, role, grandfathered, access_version, tenants, cursor_key, expires_at from app.session($1, $2, $3)`,
		t.Account, t.ID, t.Hash()).
		Scan(&v.UserID, &v.Name, &role, &v.Grandfathered, &v.AccessVersion, &v.Memberships, &key, &v.ExpiresAt)
	if errors.Is(err, pgx.ErrNoRows) {
		s.known.Remove(t)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v.Role = models.Role(role)
	if v.Cursors, err = Seal(key); err != nil {
		return nil, err
	}
	s.known.Add(t, v)
	return v, nil
}

// Seal is the cipher that an account's cursors are sealed with.
func Seal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Named is a viewer without a session, as somebody is while signing in.
func Named(account, user uuid.UUID, name string, role models.Role, grandfathered bool, version int64, memberships []uuid.UUID, key []byte) (*Viewer, error) {
	seal, err := Seal(key)
	return &Viewer{
		AccountID: account, UserID: user, Name: name, Role: role, Grandfathered: grandfathered,
		AccessVersion: version, Memberships: memberships, Cursors: seal,
	}, err
}
