package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
)

// TestNoKeyReachesAcrossAccounts: a row cannot point at another account's, and what is unique in one
// account may be the same in another, however somebody writes it.
func TestNoKeyReachesAcrossAccounts(t *testing.T) {
	t.Parallel()
	d := newDifferential(t, 29)
	ctx := context.Background()
	d.sql(`do $$ declare k record; begin for k in select conrelid::regclass as tbl, conname from pg_constraint where connamespace = 'app'::regnamespace and contype = 'c' loop
		execute format('alter table %s drop constraint %I', k.tbl, k.conname); end loop; end $$`) // they would refuse some for other reasons
	d.sql("insert into app.invitations (account_id, user_id, secret_hash, expires_at) select account_id, id, sha256('x'), now() from app.users where status = 'INVITED'")
	type key struct{ Name, Child, Parent, Columns, Named string }
	rows, err := d.owner.Query(ctx, `select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent,
		(select string_agg(quote_ident(attname), ', ' order by n) from unnest(conkey) with ordinality u(k, n) join pg_attribute on attrelid = conrelid and attnum = k where attname <> 'account_id') as columns,
		(select string_agg(quote_ident(attname), ', ' order by n) from unnest(confkey) with ordinality u(k, n) join pg_attribute on attrelid = confrelid and attnum = k where attname <> 'account_id') as named
		from pg_constraint where connamespace = 'app'::regnamespace and contype = 'f' and cardinality(conkey) > 1 order by 1`)
	must(t, err)
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByName[key])
	must(t, err)
	attempt := func(sql string) (int64, error) {
		tx, err := d.owner.Begin(ctx)
		must(t, err)
		defer func() { _ = tx.Rollback(ctx) }()
		tag, err := tx.Exec(ctx, sql)
		if err == nil {
			_, err = tx.Exec(ctx, "set constraints all immediate")
		}
		return tag.RowsAffected(), err
	}
	tried := 0
	for _, k := range keys {
		n, err := attempt(fmt.Sprintf(`update %[1]s c set (%[3]s) = row(%[5]s) from %[2]s p
			where c.ctid = (select ctid from %[1]s where account_id <> p.account_id limit 1) and p.ctid = (select q.ctid from %[2]s q where q.account_id <> (select account_id from %[1]s limit 1)
				and not exists (select from %[2]s o where o.account_id <> q.account_id and (%[4]s) = (%[6]s)) limit 1)`,
			k.Child, k.Parent, k.Columns, qualified("o", k.Named), qualified("p", k.Named), qualified("q", k.Named)))
		switch {
		case postgres.HasState(err, postgres.ForeignKeyViolation):
			tried++
		case err != nil || n > 0:
			t.Errorf("%s of %s: %d rows point at another account's: %v", k.Name, k.Child, n, err)
		default:
			t.Logf("the world has nothing to try %s of %s with", k.Name, k.Child)
		}
	}
	t.Logf("%d of %d foreign keys were tried", tried, len(keys))
	if tried < 20 {
		t.Errorf("only %d foreign keys were tried", tried)
	}

	type unique struct{ Name, Tbl, Columns string }
	rows, err = d.owner.Query(ctx, `select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as tbl,
		(select string_agg(regexp_replace(pg_get_indexdef(i.indexrelid, n, true), '^lower\((.*)\)$', '\1'), ', ' order by n) from generate_series(2, i.indnkeyatts) n) as columns
		from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'app'::regnamespace and i.indisunique and i.indnkeyatts > 1
		and pg_get_indexdef(i.indexrelid, 1, true) = 'account_id' order by 1`)
	must(t, err)
	uniques, err := pgx.CollectRows(rows, pgx.RowToStructByName[unique])
	must(t, err)
	alike := 0
	for _, u := range uniques {
		n, err := attempt(fmt.Sprintf(`update %[1]s c set (%[2]s) = row(%[3]s) from %[1]s p
			where c.ctid = (select ctid from %[1]s where account_id = (select min(account_id::text)::uuid from %[1]s) limit 1)
			and p.ctid = (select ctid from %[1]s where account_id = (select max(account_id::text)::uuid from %[1]s) limit 1)`, u.Tbl, u.Columns, qualified("p", u.Columns)))
		if postgres.HasState(err, postgres.UniqueViolation) {
			t.Errorf("what is unique by %s is so across accounts: %v", u.Name, err)
		}
		if n > 0 {
			alike++
		}
	}
	t.Logf("%d of %d unique keys have the same in two accounts", alike, len(uniques))
	if alike < 8 {
		t.Errorf("only %d unique keys were tried", alike)
	}
}

// qualified are columns of one table.
func qualified(alias, columns string) string {
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}
