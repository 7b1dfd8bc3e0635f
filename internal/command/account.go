package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
)

func accountFlags(f *flag.FlagSet) {
	f.String("confirm", "", "the account's name once more")
}

func account(ctx context.Context, r *run) (int, error) {
	if len(r.words) != 2 || r.words[0] != "delete" {
		return failed, errors.New("say account delete NAME --confirm NAME")
	}
	if r.text("confirm") != r.words[1] {
		return failed, fmt.Errorf("nothing was deleted: repeat the name with --confirm %q", r.words[1])
	}
	db, err := owned(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	deleted, err := deleteAccount(ctx, db.OwnerURL, r.words[1])
	if err := errors.Join(err, db.close()); err != nil {
		return failed, err
	}
	fmt.Fprintln(r.out, deleted)
	return ok, nil
}

// deleteAccount deletes an account with everything, its audit included. Servers may be running: first
// nobody of the account gets in any more, and then what was under way is waited for.
func deleteAccount(ctx context.Context, ownerURL, name string) (string, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	var id uuid.UUID
	err = conn.QueryRow(ctx, "select a.account_id, a.name from app.accounts a join app.account_names n using (account_id) where n.name = lower($1)", name).Scan(&id, &name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("there is no account %q", name)
	}
	if err != nil {
		return "", err
	}
	tables, err := accountTables(ctx, conn)
	if err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "update app.users set status = 'SUSPENDED', grandfathered = false where account_id = $1", id); err != nil {
		return "", err
	}
	const tries = 10
	for try := 1; ; try++ {
		var rows int64
		rows, err = emptyTables(ctx, conn, tables, id)
		if err == nil {
			return fmt.Sprintf("Deleted the account %s: %d rows of %d tables.", name, rows, len(tables)), nil
		}
		// A mutation that began before may have been in the way, or have left something after its table was emptied.
		if !postgres.Temporary(err) && !postgres.HasState(err, postgres.ForeignKeyViolation) || try == tries {
			return "", fmt.Errorf("nothing was deleted, but everybody in the account is suspended: %w", err)
		}
		time.Sleep(time.Duration(try) * 100 * time.Millisecond)
	}
}

// emptyTables deletes an account's rows, in one transaction.
func emptyTables(ctx context.Context, conn *pgx.Conn, tables []string, id uuid.UUID) (rows int64, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, table := range tables {
			done, err := tx.Exec(ctx, "delete from "+table+" where account_id = $1", id)
			if err != nil {
				return err
			}
			rows += done.RowsAffected()
		}
		return nil
	})
	return rows, err
}

// accountTables are all tables with rows of accounts, as the catalogue has them, each before those that
// it points at: a new one is among them before anybody thinks of it.
func accountTables(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	// The newest first: mostly they point at older ones.
	found, err := conn.Query(ctx, `select c.oid::regclass::text,
			array(select distinct k.confrelid::regclass::text from pg_constraint k where k.contype = 'f' and k.conrelid = c.oid and k.confrelid <> c.oid)
		from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
			and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped)
		order by c.oid desc`)
	if err != nil {
		return nil, err
	}
	var all []string
	pointing := map[string]int{} // how many of those that are left point at a table
	targets := map[string][]string{}
	var table string
	var at []string
	_, err = pgx.ForEachRow(found, []any{&table, &at}, func() error {
		all, targets[table] = append(all, table), at
		for _, target := range at {
			pointing[target]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var ordered []string
	for len(ordered) < len(all) {
		before := len(ordered)
		for _, table := range all {
			if _, left := targets[table]; left && pointing[table] == 0 {
				ordered = append(ordered, table)
				for _, target := range targets[table] {
					pointing[target]--
				}
				delete(targets, table)
			}
		}
		if len(ordered) == before {
			return nil, fmt.Errorf("tables point at each other in a circle; left are those besides %s", strings.Join(ordered, ", "))
		}
	}
	return ordered, nil
}
