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
	// Of groups that devices are in the devices' key keeps the tenant, too.
	d.sql("insert into app.device_groups (account_id, id, tenant_id, name) select account_id, gen_random_uuid(), id, 'nothing in it' from app.tenants")
	d.sql("insert into app.idempotency_keys (account_id, user_id, credential_id, key, field, request_hash) select account_id, id, id, 'x', 'x', sha256('x') from app.users")
	d.sql("insert into app.identities (account_id, issuer, subject, user_id) select account_id, 'https://issuer.example', id::text, id from app.users")
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

	// The same column by column and two by two, whether there is a key or not.
	type pointer struct {
		Tbl     string
		Columns []string
	}
	rows, err = d.owner.Query(ctx, `select c.oid::regclass::text as tbl, array_agg(a.attname::text order by a.attnum) as columns from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and a.atttypid = 'uuid'::regtype and a.attname ~ '_id$' and a.attname <> 'account_id'
			and not (c.relname || '.' || a.attname) = any ($1) and not c.relname || '.*' = any ($1) group by c.oid order by 1`, loose)
	must(t, err)
	pointers, err := pgx.CollectRows(rows, pgx.RowToStructByName[pointer])
	must(t, err)
	d.sql(`do $$ begin execute (select 'create temporary table ids as ' || string_agg(format('select account_id, id from %s', attrelid::regclass), ' union all ') from pg_attribute join pg_class c on c.oid = attrelid
		where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and attname = 'id' and atttypid = 'uuid'::regtype); end $$`)
	tried = 0
	for _, p := range pointers {
		for i, one := range p.Columns {
			for _, two := range append([]string{""}, p.Columns[i+1:]...) {
				columns := strings.TrimSuffix(one+", "+two, ", ")
				if d.points(attempt, p.Tbl, columns) {
					tried++
				} else {
					t.Errorf("%s of %s take what another account has, or there is nothing to try it with", columns, p.Tbl)
				}
			}
		}
	}
	t.Logf("%d columns and pairs of columns were tried", tried)

	type unique struct{ Name, Tbl, Columns string }
	rows, err = d.owner.Query(ctx, `select i.indexrelid::regclass::text as name, i.indrelid::regclass::text as tbl, k.columns
		from pg_index i join pg_class c on c.oid = i.indexrelid cross join lateral (
			select string_agg(regexp_replace(pg_get_indexdef(i.indexrelid, n, true), '^lower\((.*)\)$', '\1'), ', ' order by n) as columns from generate_series(1, i.indnkeyatts) n
			where pg_get_indexdef(i.indexrelid, n, true) <> 'account_id') k
		where c.relnamespace = 'app'::regnamespace and i.indisunique and k.columns is not null
			and i.indrelid <> 'app.account_names'::regclass -- which tells accounts apart where somebody signs in
		order by 1`)
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

// loose are columns that may name what their account does not have: the audit's what is gone, links what was moved away
// or deleted (they are looked up in the account), what triggers alone write, and which token sent a key, which is gone perhaps.
var loose = []string{"audit_events.*", "search_documents.*", "tallies.*", "due_tallies.*", "ticket_changes.before_id", "ticket_changes.after_id", "idempotency_keys.credential_id", "events.object_id",
	"assets.device_id", "remote_sessions.device_id", "remote_sessions.ticket_id", "tickets.asset_id", "tickets.device_id"}

// points tells whether columns of rows of a table are kept from ids that are in rows of another account and not in
// their own at all. Rows of several kinds are tried: what keeps one may be a key of another column.
func (d *differential) points(attempt func(string) (int64, error), table, columns string) (kept bool) {
	for n := range 12 {
		rows, err := attempt(fmt.Sprintf(`with own as (select ctid, account_id from %[1]s where account_id = (select min(account_id::text)::uuid from %[1]s) order by md5(ctid::text) offset %[4]d limit 1)
			update %[1]s c set (%[2]s) = row(%[3]s) from (select p.* from %[1]s p, own where p.account_id <> own.account_id and (%[3]s) is not null
				and not exists (select from ids o where o.account_id = own.account_id and o.id in (%[3]s)) order by p.ctid limit 1) p, own where c.ctid = own.ctid`,
			table, columns, qualified("p", columns), n))
		switch {
		case postgres.HasState(err, postgres.ForeignKeyViolation):
			kept = true
		case err == nil && rows > 0:
			return false
		default:
			must(d.t, err)
		}
	}
	return kept
}

// qualified are columns of one table.
func qualified(alias, columns string) string {
	return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
}
