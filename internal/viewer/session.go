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

	"tenantry/internal/postgres"
	"tenantry/internal/token"
	"tenantry/models"
)

// Sessions finds the viewer behind a session or an API token. What it finds it remembers for a while:
// every transaction checks that the credential and the access still hold, so that a memory never
// outlives them.
type Sessions struct {
	pool  *pgxpool.Pool
	known *lru.LRU[token.Token, *Viewer]
	// used are the API tokens whose use was noted in the last minute, and a second: the database would
	// not note them again any earlier.
	used *lru.LRU[uuid.UUID, struct{}]
}

// NewSessions remembers up to 10,000 viewers for ten minutes.
func NewSessions(pool *pgxpool.Pool) *Sessions {
	return &Sessions{
		pool: pool, known: lru.NewLRU[token.Token, *Viewer](10_000, nil, 10*time.Minute),
		used: lru.NewLRU[uuid.UUID, struct{}](10_000, nil, time.Minute+time.Second),
	}
}

// Find is the viewer of a token; nil when it is malformed, unknown or over, or the user not active.
func (s *Sessions) Find(ctx context.Context, t token.Token) (*Viewer, error) {
	if v, ok := s.known.Get(t); ok && (v.ExpiresAt.IsZero() || v.ExpiresAt.After(time.Now())) {
		return v, nil
	}
	return s.Read(ctx, t, nil)
}

// Read asks the database for the viewer of a token, whatever is remembered; on a connection whose
// transaction was refused, which is ended in the same round trip, or with nil on any.
func (s *Sessions) Read(ctx context.Context, t token.Token, refused *pgx.Conn) (*Viewer, error) {
	v, err := s.read(ctx, t, refused)
	if refused != nil && postgres.HasState(err, "25P02") {
		// The statement was not prepared on this connection yet, which a refused transaction does not allow.
		postgres.Rollback(ctx, refused)
		return s.read(ctx, t, refused)
	}
	return v, err
}

func (s *Sessions) read(ctx context.Context, t token.Token, refused *pgx.Conn) (*Viewer, error) {
	v := &Viewer{AccountID: t.Account}
	var role string
	var key []byte
	var expires *time.Time
	into := []any{&v.UserID, &v.Name, &role, &v.Grandfathered, &v.AccessVersion, &v.Memberships, &v.Share, &key, &expires}
	ask := `select user_id, name, role, grandfathered, access_version, tenants, app.share($1, tenants), cursor_key, expires_at from app.session($1, $2, $3)`
	if t.Kind == token.API {
		v.Token = &Token{ID: t.ID}
		into = append(into, &v.Token.Narrowed, &v.Token.Tenants, &v.Token.ReadOnly)
		ask = `select user_id, name, role, grandfathered, access_version, tenants, app.share($1, tenants), cursor_key, expires_at, narrowed, named, read_only
			from app.api_token($1, $2, $3)`
	} else {
		v.SessionID = t.ID
	}
	var b pgx.Batch
	send := s.pool.SendBatch
	ending := refused != nil && refused.PgConn().TxStatus() != 'I'
	if refused != nil {
		send = refused.SendBatch
	}
	if ending {
		b.Queue("rollback")
	}
	b.Queue(ask, postgres.Arg(t.Account), postgres.Arg(t.ID), t.Hash())
	results := send(ctx, &b)
	defer func() { _ = results.Close() }()
	if ending {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	err := results.QueryRow().Scan(into...)
	if errors.Is(err, pgx.ErrNoRows) {
		s.known.Remove(t)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if v.Role = models.Role(role); expires != nil {
		v.ExpiresAt = *expires
	}
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
