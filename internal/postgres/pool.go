// Package postgres talks to the database: the pool, the identity that every transaction takes on
// before anything else, and migrations.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/time/rate"
)

// Kind is a kind of viewer: the database role that a transaction switches to.
type Kind string

// The kinds of viewer. All sees all of the account without being an admin.
const (
	Admin    Kind = "admin"
	All      Kind = "all"
	Member   Kind = "member"
	Customer Kind = "customer"
)

// Identity is who a transaction acts for.
type Identity struct {
	Account, Viewer uuid.UUID
	// Credential is the session or API token, which must still hold; uuid.Nil where there is none yet,
	// as while signing in.
	Credential uuid.UUID
	// Version of the viewer's access; with an older one the transaction fails with ErrStale.
	Version int64
	// Tenants in reach, and what stands for more than tenants: the account's own id for tenantless
	// items, models.Everyone and the viewer's own id for articles.
	Tenants []uuid.UUID
	Kind    Kind
}

// ErrStale says that the session or token is over or the viewer's access is no longer what the caller knows.
var ErrStale = errors.New("the viewer's access has changed")

// statementsMost is how many prepared statements a connection keeps, the last used. Nothing of a viewer is in
// them but the kind.
const statementsMost = 200

// connects is how many connections a second may be opened at most, and as many at once, less of a small pool: while
// the database is down every request would try anew.
const connects = 10

// readOnly is the state of an error that says that nothing can be written.
const readOnly = "25006"

// Settings of a pool.
type Settings struct {
	// Size is how many connections there are at most.
	Size int32
	// Statement is how long one statement may take.
	Statement time.Duration
	// Row is how many bytes a row may have; 0: as many as it has.
	Row int
	// Trace sees every batch, and if it is a pgxpool.AcquireTracer every wait for a connection; nil: nobody does.
	Trace pgx.QueryTracer
}

// Open makes a pool for the server's role. It does not wait for the database.
func Open(ctx context.Context, url string, s Settings) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database URL cannot be read: %w", err)
	}
	cfg.MaxConns = s.Size
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.Tracer = s.Trace
	cfg.ConnConfig.RuntimeParams["application_name"] = "tenantry"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(s.Statement.Milliseconds())
	// All statements are short; compiling one takes longer than running it, up to seconds.
	cfg.ConnConfig.RuntimeParams["jit"] = "off"
	// Planning a statement takes longer than running it, too, and its shape leaves the planner little choice.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// What is read often is in memory: a lookup in an index costs hardly more than the next row of a table.
	cfg.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30000"
	cfg.ConnConfig.StatementCacheCapacity = statementsMost
	if cfg.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		cfg.ConnConfig.DescriptionCacheCapacity = 0 // of another way to ask
	}
	closing := cfg.ConnConfig.OnPgError // of what ends a session anyway
	cfg.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		// Once the database is a standby, what follows has to find the one that is not.
		return closing(conn, err) && err.Code != readOnly
	}
	most := min(connects, int(s.Size)+3)
	attempts := rate.NewLimiter(rate.Limit(most), most)
	cfg.BeforeConnect = func(ctx context.Context, _ *pgx.ConnConfig) error {
		if err := attempts.Wait(ctx); err != nil {
			return fmt.Errorf("no connection was opened in time: %w", context.DeadlineExceeded)
		}
		return nil
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		conn.PgConn().Frontend().SetMaxBodyLen(s.Row)
		return teach(ctx, conn)
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// CheckServingRole refuses to serve as a role that the wall does not bind.
func CheckServingRole(ctx context.Context, pool *pgxpool.Pool) error {
	var name string
	var unbound bool
	err := pool.QueryRow(ctx, `select current_user, exists (
	    select from pg_roles r where r.rolname = current_user and (r.rolsuper or r.rolbypassrls or r.rolinherit))
	  or exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
	    where n.nspname = 'app' and c.relowner = (select oid from pg_roles where rolname = current_user))`).Scan(&name, &unbound)
	if err != nil {
		return err
	}
	if unbound {
		return fmt.Errorf("DATABASE_URL signs in as %q, a superuser, an owner of the tables, or a role that inherits or bypasses: "+
			"row level security would not bind it. Use tenantry_server, made by migrations/roles.sql", name)
	}
	return nil
}

const become = `select app.become($1, $2, $3, $4, $5, $6)`

// Begin queues the opening of a transaction: its snapshot and, with writing, its right to write.
func (id Identity) Begin(b *pgx.Batch, writing bool) {
	opening := "begin isolation level repeatable read read only"
	if writing {
		opening = "begin"
	}
	b.Queue(opening)
	id.Become(b, writing)
}

// Become queues what makes an open transaction act as the viewer: first in it but for what needs no
// identity, such as accepting an invitation.
func (id Identity) Become(b *pgx.Batch, writing bool) {
	kind := string(id.Kind)
	if writing {
		kind += "_writer"
	}
	var credential any
	if id.Credential != uuid.Nil {
		credential = Arg(id.Credential)
	}
	b.Queue(become, Arg(id.Account), Arg(id.Viewer), credential, id.Version, IDs(id.Tenants).Text(), kind)
}

// Arg is a value as it is given to a statement. Ids as the plain bytes that they are: by way of their
// driver.Valuer pgx would make text of them and parse it, a fifth of the server's work.
func Arg(v any) any {
	switch v := v.(type) {
	case uuid.UUID:
		return [16]byte(v)
	case []uuid.UUID:
		return IDs(v)
	}
	return v
}

// Stale tells the database's refusal of an identity from other errors.
func Stale(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, ErrStale) || errors.As(err, &pg) && pg.Code == "TN001"
}

// Rollback ends a transaction whatever became of it, even when the caller has gone: else the pool
// would lose the connection.
func Rollback(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
		return
	}
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		_ = conn.Close(ctx)
	}
}
