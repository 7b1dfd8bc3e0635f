// Package store changes things: every mutation is one transaction that acts as the viewer, keeps the
// rules that need the database, and leaves an audit entry.
package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpg "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"tenantry/internal/password"
	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/viewer"
)

// Store writes through gorm, on connections of the same pool that reads use.
type Store struct {
	pool      *pgxpool.Pool
	sql       *sql.DB
	gorm      *gorm.DB
	passwords *password.Hasher
	attempts  *rate.Attempts
	// sessionTTL is how long a session lasts.
	sessionTTL time.Duration
}

// New makes a store on a pool; attempts counts guesses of passwords.
func New(pool *pgxpool.Pool, passwords *password.Hasher, attempts *rate.Attempts, sessionTTL time.Duration) (*Store, error) {
	db := stdlib.OpenDBFromPool(pool)
	g, err := gorm.Open(gormpg.New(gormpg.Config{Conn: db}), &gorm.Config{
		SkipDefaultTransaction: true, DisableAutomaticPing: true, Logger: logger.Discard,
	})
	return &Store{pool: pool, sql: db, gorm: g, passwords: passwords, attempts: attempts, sessionTTL: sessionTTL}, err
}

// Tx is an open transaction that acts as its viewer.
type Tx struct {
	*gorm.DB
	Viewer *viewer.Viewer
	unit   *Unit
	asker  *viewer.Asker
}

// begin opens the transaction of the mutation as the asker: with the first statement, in whose round trip
// it is. Lists of ids that are too long are refused before.
func (s *Store) begin(ctx context.Context, lists ...[]string) (*Tx, error) {
	who := viewer.From(ctx).Viewer()
	if who == nil {
		return nil, problem.SignIn()
	}
	for _, refs := range lists {
		if len(refs) > idsMost {
			return nil, problem.New(problem.BadUserInput, "At most %d ids in a call.", idsMost)
		}
	}
	tx, err := s.beginAs(ctx, who)
	if err == nil && tx.unit.Key != nil {
		err = tx.claim(*tx.unit.Key)
	}
	return tx, err
}

// beginAs opens the transaction of the mutation as a viewer.
func (s *Store) beginAs(ctx context.Context, who *viewer.Viewer) (*Tx, error) {
	u, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	who.Identity().Begin(&u.pending, true)
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

// Then runs something once the transaction is kept.
func (tx *Tx) Then(f func()) { tx.unit.after = append(tx.unit.after, f) }

// refuse is the answer to an admin's verb that the viewer lacks for what they see. The audit keeps it.
func (tx *Tx) refuse(message string) error {
	tx.unit.refused = true
	return problem.New(problem.Forbidden, "%s", message)
}

// Undo makes the transaction end without effect, as for a dry run.
func (tx *Tx) Undo() { tx.unit.undo = true }
