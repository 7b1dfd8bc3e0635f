// Package store changes things: every mutation is one transaction that acts as the viewer, keeps the
// rules that need the database, and leaves an audit entry.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpg "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// Store writes through gorm, on connections of the same pool that reads use.
type Store struct {
	pool      *pgxpool.Pool
	sql       *sql.DB
	gorm      *gorm.DB
	passwords *password.Hasher
	// sessionTTL is how long a session lasts.
	sessionTTL time.Duration
}

// New makes a store on a pool.
func New(pool *pgxpool.Pool, passwords *password.Hasher, sessionTTL time.Duration) (*Store, error) {
	db := stdlib.OpenDBFromPool(pool)
	g, err := gorm.Open(gormpg.New(gormpg.Config{Conn: db}), &gorm.Config{
		SkipDefaultTransaction: true, DisableAutomaticPing: true, Logger: logger.Discard,
	})
	return &Store{pool: pool, sql: db, gorm: g, passwords: passwords, sessionTTL: sessionTTL}, err
}

// Unit is the transaction of one mutation. It opens when the mutation first touches the database, and
// the payload is read in it.
type Unit struct {
	// Action is the mutation's name, for the audit.
	Action string
	// Check refuses a viewer who may not use the mutation.
	Check func(*viewer.Viewer) error

	store *Store
	conn  *sql.Conn
	pgx   *pgx.Conn
	tx    *Tx
	undo  bool
	after []func()
	// refused: the viewer lacks an admin's verb for what they see, and the audit keeps it.
	refused bool
}

// Tx is an open transaction that acts as its viewer.
type Tx struct {
	*gorm.DB
	Viewer *viewer.Viewer
	unit   *Unit
	asker  *viewer.Asker
}

type unitKey struct{}

// With starts the unit of a mutation.
func (s *Store) With(ctx context.Context, action string, check func(*viewer.Viewer) error) (context.Context, *Unit) {
	u := &Unit{Action: action, Check: check, store: s}
	return context.WithValue(ctx, unitKey{}, u), u
}

// Reading is the connection and viewer that the payload is read with; none if nothing was opened.
func (u *Unit) Reading() (*pgx.Conn, *viewer.Viewer) {
	if u.tx == nil {
		return nil, nil
	}
	return u.pgx, u.tx.Viewer
}

// begin opens the transaction of the mutation as the asker. If their access has changed since they
// were recognized, they are read anew, checked anew, and it is tried once more. Lists of ids that are
// too long are refused before any of it.
func (s *Store) begin(ctx context.Context, lists ...[]string) (*Tx, error) {
	asker := viewer.From(ctx)
	known := asker.Viewer()
	if known == nil {
		return nil, problem.SignIn()
	}
	for _, refs := range lists {
		if len(refs) > idsMost {
			return nil, problem.New(problem.BadUserInput, "At most %d ids in a call.", idsMost)
		}
	}
	tx, err := s.beginAs(ctx, known)
	if !postgres.Stale(err) {
		return tx, err
	}
	who, err := asker.Renew(ctx, known, nil)
	if err != nil {
		return nil, err
	}
	u := ctx.Value(unitKey{}).(*Unit)
	if err := u.Check(who); err != nil {
		if problem.Is(err, problem.Forbidden) {
			err = errors.Join(s.Denied(ctx, u.Action), err)
		}
		return nil, err
	}
	return s.beginAs(ctx, who)
}

// beginAs opens the transaction of the mutation as a viewer.
func (s *Store) beginAs(ctx context.Context, who *viewer.Viewer) (*Tx, error) {
	u, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	var b pgx.Batch
	who.Identity().Begin(&b, true)
	if err := u.pgx.SendBatch(ctx, &b).Close(); err != nil {
		postgres.Rollback(ctx, u.pgx)
		_ = u.conn.Close()
		u.conn = nil
		return nil, err
	}
	return u.as(ctx, who), nil
}

// connect gives the mutation its connection.
func (s *Store) connect(ctx context.Context) (*Unit, error) {
	u, ok := ctx.Value(unitKey{}).(*Unit)
	if !ok || u.conn != nil {
		return nil, errors.New("a transaction opens once, inside a mutation")
	}
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	u.conn = conn
	return u, conn.Raw(func(driver any) error {
		u.pgx = driver.(*stdlib.Conn).Conn()
		return nil
	})
}

// as makes the open transaction one that acts as a viewer, which it has become.
func (u *Unit) as(ctx context.Context, who *viewer.Viewer) *Tx {
	db := u.store.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = u.conn
	u.tx = &Tx{DB: db, Viewer: who, unit: u, asker: viewer.From(ctx)}
	return u.tx
}

// Finish ends the transaction: it is kept only if the mutation and its payload went well, had no user
// errors and was no dry run.
func (u *Unit) Finish(ctx context.Context, well bool) (failed error) {
	if u.conn == nil {
		return nil
	}
	defer func() {
		_ = u.conn.Close()
		if u.refused { // only now: who waits for a second connection with one in hand may wait for ever
			failed = errors.Join(failed, u.store.Denied(ctx, u.Action))
		}
	}()
	if !well || u.undo {
		postgres.Rollback(ctx, u.pgx)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	tag, err := u.pgx.Exec(ctx, "commit")
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("the transaction ended with %s", tag)
	}
	if err != nil {
		postgres.Rollback(ctx, u.pgx)
		return err
	}
	for _, then := range u.after {
		then()
	}
	return nil
}

// Then runs something once the transaction is kept.
func (tx *Tx) Then(f func()) { tx.unit.after = append(tx.unit.after, f) }

// refuse is the answer to an admin's verb that the viewer lacks for what they see. The audit keeps it.
func (tx *Tx) refuse(message string) error {
	tx.unit.refused = true
	return problem.New(problem.Forbidden, "%s", message)
}

// Undo makes the transaction end without effect, as for a dry run.
func (tx *Tx) Undo() { tx.unit.undo = true }
