package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tenantry/internal/token"
	"tenantry/internal/viewer"
)

// wall switches row level security of all tables on or off.
func (t *trial) wall(ctx context.Context, on bool) error {
	t.oracle.mu.Lock()
	defer t.oracle.mu.Unlock()
	tables, err := t.tables(ctx)
	for _, table := range tables {
		sql := "alter table app." + table.Name + " disable row level security, no force row level security"
		if on {
			sql = "alter table app." + table.Name + " enable row level security, force row level security"
		}
		if _, failed := t.super.Exec(ctx, sql); failed != nil {
			return failed
		}
	}
	return err
}

// unscoped leaves the compiler's scoping out, or puts it back.
func (t *trial) unscoped(yes bool) {
	for _, p := range t.servers {
		p.reader.Unscoped = yes
	}
}

// table is a table of the product: its key besides the account, and what the oracle says of who reads its rows.
type table struct{ Name, Key, Condition string }

// tables are all that there are; it is an error if the oracle does not know one.
func (t *trial) tables(ctx context.Context) ([]table, error) {
	rows, err := t.super.Query(ctx, `select c.relname,
			coalesce((select string_agg('x.' || a.attname, ', ' order by a.attnum) from pg_attribute a
				where a.attrelid = c.oid and a.attnum = any(i.indkey) and a.attname <> 'account_id'), 'x.account_id'),
			coalesce((select o.condition from oracle.tables o where o.name = c.relname), '')
		from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
		where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') order by 1`)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	for _, table := range list {
		if table.Condition == "" {
			return nil, fmt.Errorf("the oracle does not know the table %s", table.Name)
		}
	}
	return list, err
}

// byHand selects the keys of every table as everybody, with SQL as somebody could type it who had taken the place of
// the server: under the identity that the server takes, and nothing else.
func (t *trial) byHand(ctx context.Context) error {
	tables, err := t.tables(ctx)
	if err != nil {
		return err
	}
	active, _, err := t.signedIn(ctx)
	if err != nil {
		return err
	}
	for _, a := range active {
		who, err := t.identity(ctx, a)
		if err != nil {
			return err
		}
		for _, table := range tables {
			sql := "select concat_ws('/', " + table.Key + ") from app." + table.Name + " x"
			if err := t.typed(ctx, a, who, table, sql); err != nil {
				return err
			}
		}
	}
	return nil
}

// identity is who an asker is to the product.
func (t *trial) identity(ctx context.Context, a asker) (*viewer.Viewer, error) {
	for _, kind := range []token.Kind{token.Session, token.API} {
		if secret, ok := token.Read(kind, a.bearer); ok {
			who, err := t.sessions.Find(ctx, secret)
			if err == nil && who == nil {
				err = fmt.Errorf("%s is not signed in", a.name)
			}
			return who, err
		}
	}
	return nil, errors.New("nobody has no identity")
}

// typed runs a statement as somebody, reading and writing, and compares its rows with what the oracle says. A table
// that is not theirs to read at all is as good as an empty one, unless it has items.
func (t *trial) typed(ctx context.Context, a asker, who *viewer.Viewer, of table, sql string) error {
	want, err := t.keys(ctx, t.super, sql+", oracle.eyes e where e.account = $1 and e.eye = $2 and x.account_id = e.account and ("+of.Condition+")", a.account, a.eye)
	if err != nil {
		return fmt.Errorf("the oracle, of %s: %w", of.Name, err)
	}
	for _, writing := range []bool{false, true} {
		tx, err := t.pool.Begin(ctx)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		who.Identity().Become(batch, writing)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return errors.Join(err, tx.Rollback(ctx))
		}
		got, err := t.keys(ctx, tx, sql)
		_ = tx.Rollback(ctx)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "42501" && !strings.Contains(of.Condition, "oracle.at") {
			t.result.comparisons["by hand"]++
			continue
		}
		if err != nil {
			return fmt.Errorf("%s reads %s: %w", a.name, of.Name, err)
		}
		t.result.comparisons["by hand"]++
		t.result.values += len(want)
		if !slices.Equal(got, want) {
			t.result.differences = append(t.result.differences, fmt.Sprintf("seed %d, %s types %s, writing %t: the oracle says %d rows, there are %d", t.seed, a.name, sql, writing, len(want), len(got)))
		}
	}
	return nil
}

// keys are the rows of a statement with one column, in order.
func (t *trial) keys(ctx context.Context, in interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, args ...any) ([]string, error) {
	rows, err := in.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(list)
	return list, err
}
