package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// Unit is the transaction of one mutation. It opens when the mutation first touches the database, and
// the payload is read in it.
type Unit struct {
	// Action is the mutation's name, for the audit.
	Action string
	// Check refuses a viewer who may not use the mutation.
	Check func(*viewer.Viewer) error
	// Well tells whether nothing has gone wrong so far.
	Well func() bool
	// Key makes it happen once; nil: as often as it is sent.
	Key *Key

	store *Store
	conn  *sql.Conn
	pgx   *pgx.Conn
	tx    *Tx
	// pending are statements that nothing waits for yet: they go with the next that something does.
	pending pgx.Batch
	// stale: the viewer's access was not what is remembered of it; renewed: they were read anew.
	stale, renewed bool
	undo, kept     bool
	// claimed is where the key is kept, outcome what a repeat will get.
	claimed []any
	outcome []byte
	after   []func()
	// refused: the viewer lacks an admin's verb for what they see, and the audit keeps it.
	refused bool
}

type unitKey struct{}

// With starts the unit of a mutation.
func (s *Store) With(ctx context.Context, u *Unit) (context.Context, *Unit) {
	u.store = s
	return context.WithValue(ctx, unitKey{}, u), u
}

// as makes the transaction one that acts as a viewer.
func (u *Unit) as(ctx context.Context, who *viewer.Viewer) *Tx {
	db := u.store.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = line{u.conn, u}
	u.tx = &Tx{DB: db, Viewer: who, unit: u, asker: viewer.From(ctx)}
	return u.tx
}

// flush sends what is pending.
func (u *Unit) flush(ctx context.Context) error {
	if u.pending.Len() == 0 {
		return nil
	}
	b := u.pending
	u.pending = pgx.Batch{}
	err := u.pgx.SendBatch(ctx, &b).Close()
	u.stale = u.stale || postgres.Stale(err)
	if postgres.HasState(err, otherRows) {
		err = problem.Missing()
	}
	return err
}

// Again tells whether the mutation, which has just run, must run once more: what is remembered of the
// viewer did not hold, and nothing was done. They have been read and checked anew then.
func (s *Store) Again(ctx context.Context) (bool, error) {
	u, ok := ctx.Value(unitKey{}).(*Unit)
	if !ok || u.conn == nil {
		return false, nil
	}
	if u.pgx.PgConn().TxStatus() == 'I' && !u.stale && u.Well() { // nobody waited for anything yet
		if err := u.flush(ctx); err != nil && !u.stale {
			return false, err
		}
	}
	if !u.stale || u.renewed {
		return false, nil
	}
	asker, known := viewer.From(ctx), u.tx.Viewer
	postgres.Rollback(ctx, u.pgx)
	_ = u.conn.Close()
	*u = Unit{Action: u.Action, Check: u.Check, Well: u.Well, Key: u.Key, store: s, renewed: true}
	who, err := asker.Renew(ctx, known, nil)
	if err == nil && who == nil {
		err = problem.SignIn()
	}
	if err == nil {
		err = u.Check(who)
	}
	if problem.Is(err, problem.Forbidden) {
		err = errors.Join(s.Denied(ctx, u.Action), err)
	}
	return err == nil, err
}

// abandon ends the transaction without effect, so that another can be opened.
func (u *Unit) abandon(ctx context.Context) {
	postgres.Rollback(ctx, u.pgx)
	_ = u.conn.Close()
	u.conn, u.tx, u.claimed, u.pending = nil, nil, nil, pgx.Batch{}
}

// Reading is the viewer that the payload is read for; nil if nothing was opened.
func (u *Unit) Reading() *viewer.Viewer {
	if u.tx == nil {
		return nil
	}
	return u.tx.Viewer
}

// Send asks for the payload, after what is pending. If nothing can go wrong any more but in the database,
// which then undoes it all, the transaction ends in the same round trip.
func (u *Unit) Send(ctx context.Context, questions *pgx.Batch, sure bool) error {
	u.pending.QueuedQueries = append(u.pending.QueuedQueries, questions.QueuedQueries...)
	if sure && !u.undo && u.Well() {
		u.commit()
	}
	return u.flush(ctx)
}

func (u *Unit) commit() {
	u.pending.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return fmt.Errorf("the transaction ended with %s", tag)
		}
		u.kept = true
		return nil
	})
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
	if !u.kept && well && (!u.undo || u.outcome != nil) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if u.undo {
			u.after = nil
			failed = u.keepAlone(ctx)
		} else {
			u.commit()
			failed = u.flush(ctx)
		}
	}
	if !u.kept {
		postgres.Rollback(ctx, u.pgx)
		return failed
	}
	for _, then := range u.after {
		then()
	}
	return nil
}

// line is the connection as gorm has it: what is pending goes before gorm's statements.
type line struct {
	*sql.Conn
	unit *Unit
}

// ExecContext runs a statement.
func (l line) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := l.unit.flush(ctx); err != nil {
		return nil, err
	}
	return l.Conn.ExecContext(ctx, query, args...)
}

// QueryContext asks for rows.
func (l line) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := l.unit.flush(ctx); err != nil {
		return nil, err
	}
	return l.Conn.QueryContext(ctx, query, args...)
}

// QueryRowContext asks for a row. What is pending may fail: then the transaction has, and this says so.
func (l line) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = l.unit.flush(ctx)
	return l.Conn.QueryRowContext(ctx, query, args...)
}
