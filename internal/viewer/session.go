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

// Sessions finds the viewer behind a session, an API token or a token of an issuer. What it finds it remembers for a
// while: every transaction checks that the credential and the access still hold, so that a memory never outlives them.
type Sessions struct {
	pool     *pgxpool.Pool
	known    *lru.LRU[token.Token, *Viewer]
	external *lru.LRU[External, *Viewer]
	// used are the API tokens whose use was noted in the last minute, and a second: the database would
	// not note them again any earlier.
	used *lru.LRU[uuid.UUID, struct{}]
}

// NewSessions remembers up to 10,000 viewers of each kind for ten minutes.
func NewSessions(pool *pgxpool.Pool) *Sessions {
	const most, long = 10_000, 10 * time.Minute
	return &Sessions{
		pool: pool, known: lru.NewLRU[token.Token, *Viewer](most, nil, long), external: lru.NewLRU[External, *Viewer](most, nil, long),
		used: lru.NewLRU[uuid.UUID, struct{}](most, nil, time.Minute+time.Second),
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
	v := &Viewer{AccountID: t.Account}
	var expires *time.Time
	q := question{of: "app.session($1, $2, $3)", account: "$1::uuid", args: []any{postgres.Arg(t.Account), postgres.Arg(t.ID), t.Hash()},
		more: ", expires_at", into: []any{&expires}}
	if t.Kind == token.API {
		v.Token = &Token{ID: t.ID}
		q.of, q.more = "app.api_token($1, $2, $3)", q.more+", narrowed, named, read_only"
		q.into = append(q.into, &v.Token.Narrowed, &v.Token.Tenants, &v.Token.ReadOnly)
	} else {
		v.SessionID = t.ID
	}
	found, err := s.read(ctx, v, q, refused)
	if err != nil || !found {
		s.known.Remove(t)
		return nil, err
	}
	if expires != nil {
		v.ExpiresAt = *expires
	}
	s.known.Add(t, v)
	return v, nil
}

// question asks for the viewer behind a credential: a function's call with its arguments, which says the account, the
// columns besides those that all have, and where they go.
type question struct {
	of, account string
	args        []any
	more        string
	into        []any
}

// read asks for a viewer; not found, nobody is there.
func (s *Sessions) read(ctx context.Context, v *Viewer, q question, refused *pgx.Conn) (found bool, err error) {
	found, err = s.send(ctx, v, q, refused)
	if refused != nil && postgres.HasState(err, "25P02") {
		// The statement was not prepared on this connection yet, which a refused transaction does not allow.
		postgres.Rollback(ctx, refused)
		return s.send(ctx, v, q, refused)
	}
	return found, err
}

func (s *Sessions) send(ctx context.Context, v *Viewer, q question, refused *pgx.Conn) (found bool, err error) {
	var role string
	var key []byte
	var b pgx.Batch
	send := s.pool.SendBatch
	ending := refused != nil && refused.PgConn().TxStatus() != 'I'
	if refused != nil {
		send = refused.SendBatch
	}
	if ending {
		b.Queue("rollback")
	}
	b.Queue("select "+q.account+", user_id, name, role, grandfathered, access_version, tenants, app.share("+q.account+", tenants), cursor_key"+q.more+" from "+q.of, q.args...)
	results := send(ctx, &b)
	defer func() { _ = results.Close() }()
	if ending {
		if _, err := results.Exec(); err != nil {
			return false, err
		}
	}
	err = results.QueryRow().Scan(append([]any{&v.AccountID, &v.UserID, &v.Name, &role, &v.Grandfathered, &v.AccessVersion, &v.Memberships, &v.Share, &key}, q.into...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	v.Role = models.Role(role)
	v.Cursors, err = Seal(key)
	return err == nil, err
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
