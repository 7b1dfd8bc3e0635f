package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tenantry/internal/postgres"
)

// refused are statements that a viewer's role may not run, by what they would do. $1 is the other account.
var refused = map[string]string{
	// Who asks.
	"setting the account":             `select set_config('app.account', '$1', true)`,
	"setting the tenants":             `select set_config('app.tenants', '{$1}', false)`,
	"setting the role":                `select set_config('role', 'tenantry_admin', true)`,
	"resetting the role":              `select set_config('role', 'none', true)`,
	"setting the session's user":      `select set_config('session_authorization', 'tenantry_owner', true)`,
	"setting the search path":         `select set_config('search_path', 'public', true)`,
	"settings by their view":          `update pg_settings set setting = 'public' where name = 'search_path'`,
	"settings by a query in XML":      `select query_to_xml('select set_config(''app.account'', ''$1'', true)', true, true, '')`,
	"a role by a query in XML":        `select query_to_xml('set role tenantry_admin', true, true, '')`,
	"the first role by XML":           `select query_to_xml('reset role', true, true, '')`,
	"a role by statistics of words":   `select * from ts_stat('set role tenantry_admin')`,
	"becoming somebody again":         `select app.become('$1', '$1', null, 1, '{}', 'admin')`,
	"becoming the owner":              `set session authorization tenantry_owner`,
	"becoming the owner by its role":  `set role tenantry_owner`,
	"becoming a superuser":            `set role postgres`,
	"two statements":                  `select 1; set role tenantry_admin`,
	"signing in":                      `select * from app.sign_in('otto@southwind.example')`,
	"reading sessions by their owner": `select * from app.session(null, null, null)`,
	// What others may.
	"a role's attributes":         `alter role tenantry_member bypassrls`,
	"the server's attributes":     `alter role tenantry_server superuser`,
	"a role's settings":           `alter role tenantry_server set row_security = off`,
	"a new role":                  `create role intruder login`,
	"membership in a role":        `grant tenantry_admin to tenantry_customer`,
	"default privileges":          `alter default privileges for role tenantry_owner grant all on tables to public`,
	"policies":                    `create policy wide on app.devices using (true)`,
	"dropping policies":           `drop policy owner on app.devices`,
	"row level security":          `alter table app.devices disable row level security`,
	"emptying a table":            `truncate app.devices`,
	"the system's settings":       `alter system set log_statement = 'all'`,
	"the database's settings":     `do $$ begin execute format('alter database %I set row_security = off', current_database()); end $$`,
	"a blanket statement in a do": `do $$ begin execute 'set session authorization tenantry_owner'; end $$`,
	// What would stand before what is meant.
	"a temporary table":        `create temporary table devices (name text)`,
	"a temporary view":         `create temporary view devices as select 1`,
	"a temporary sequence":     `create temporary sequence s`,
	"a temporary function":     `create function pg_temp.uuid_eq(uuid, uuid) returns boolean language sql as 'select true'`,
	"a temporary type":         `create type pg_temp.uuid as (x integer)`,
	"an operator":              `create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = uuid_ne)`,
	"a cast":                   `create cast (uuid as integer) with inout as implicit`,
	"a function in app":        `create function app.reached(text) returns text language sql as 'select ''true'''`,
	"a function in public":     `create function public.f() returns integer language sql as 'select 1'`,
	"a function that is leaky": `create function pg_temp.leak(text) returns boolean language plpgsql cost 0.0001 as 'begin raise notice ''%'', $1; return true; end'`,
	"a schema":                 `create schema mine`,
	"a view":                   `create view app.v as select * from app.devices`,
	"a rule":                   `create rule r as on select to app.devices do instead select 1`,
	"a trigger":                `create trigger t before insert on app.devices for each row execute function app.touch()`,
	"an event trigger":         `create event trigger t on ddl_command_start execute function app.touch()`,
	"an extension":             `create extension dblink schema app`,
	"a library":                `load 'auto_explain'`,
	// Ways out.
	"another connection":       `select * from dblink('dbname=postgres', 'select 1') as x (n integer)`,
	"a file":                   `select pg_read_file('/etc/passwd')`,
	"a binary file":            `select pg_read_binary_file('PG_VERSION')`,
	"a folder":                 `select pg_ls_dir('.')`,
	"a file's state":           `select pg_stat_file('PG_VERSION')`,
	"a file as a large object": `select lo_import('/etc/passwd')`,
	"a large object as a file": `select lo_export(1, '/tmp/x')`,
	"a large object":           `select lo_from_bytea(0, 'kept for the next viewer')`,
	"a new large object":       `select lo_create(0)`,
	"copying to a program":     `copy (select 1) to program 'id'`,
	"copying to a file":        `copy app.devices to '/tmp/x'`,
	"copying from a program":   `copy app.devices from program 'id'`,
	"copying from a file":      `copy app.devices from '/etc/passwd'`,
	"the server's log":         `select pg_rotate_logfile()`,
	"the server's files":       `select pg_reload_conf()`,
	"ending others":            `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
	"ending oneself":           `select pg_terminate_backend(pg_backend_pid())`,
	"stopping others":          `select pg_cancel_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
	"a lock that outlives it":  `select pg_advisory_lock(1)`,
	"trying a lasting lock":    `select pg_try_advisory_lock(1)`,
	"a replication slot":       `select pg_create_logical_replication_slot('s', 'pgoutput')`,
	"a publication":            `create publication p for all tables`,
	// What the catalogue knows.
	"statistics":                `select * from pg_statistic`,
	"statistics of columns":     `select * from pg_statistic_ext_data`,
	"passwords of roles":        `select rolpassword from pg_authid`,
	"who may connect":           `select * from pg_hba_file_rules`,
	"a sequence's place":        `select last_value from app.due_tallies_id_seq`,
	"a sequence's next":         `select nextval('app.due_tallies_id_seq')`,
	"a sequence's current":      `select currval('app.due_tallies_id_seq')`,
	"passwords":                 `select password_hash from app.credentials`,
	"seals":                     `select cursor_key from app.accounts`,
	"secrets of sessions":       `select secret_hash from app.sessions`,
	"secrets of tokens":         `select secret_hash from app.api_tokens`,
	"names of all accounts":     `select * from app.account_names`,
	"who signs in":              `select * from app.sign_in_names`,
	"which words there are":     `select app.search_query('{canary}', '{canary}', '{1}')`,
	"samples of words":          `select * from app.search_sample('{Device}', 9)`,
	"who reaches a tenant":      `select * from app.reaching('$1', true)`,
	"a row of another account":  `insert into app.devices (account_id, id, tenant_id, name, platform, kind) values ('$1', gen_random_uuid(), '$1', 'x', 'LINUX', 'SERVER')`,
	"moving to another account": `update app.devices set account_id = '$1'`,
	"hiding from the audit":     `delete from app.audit_events`,
}

// narrow are statements that may run and show no more than the viewer sees, nor do their errors.
var narrow = []string{
	`table app.devices`, `table app.tickets`, `table app.ticket_comments`, `table app.users`, `table app.tenants`, `table app.search_documents`, `table app.audit_events`,
	`select d from app.devices d`, `select to_jsonb(d) from app.devices d`, `select name from app.devices tablesample system (100)`,
	`select name from app.devices where ctid >= '(0,0)'`, `select name from only app.devices for share`,
	`select query_to_xml('select * from app.devices', true, true, '')`, `select table_to_xml('app.devices', true, true, '')`,
	`select schema_to_xml('app', true, true, '')`, `select database_to_xml(true, true, '')`, `select query_to_xml('explain analyze select * from app.devices', true, true, '')`,
	`select * from ts_stat('select words from app.search_documents')`,
	`select ts_rewrite('canary', 'select ''canary''::tsquery, array_to_string(array_agg(lexeme), ''|'')::tsquery from app.search_documents, unnest(words)')`,
	// Errors, casts and functions that tell of the values that they are given.
	`select count(*) from app.devices where name::integer > 0`, `select count(*) from app.devices where ('x' || name)::uuid is null`,
	`select count(*) from app.devices where 1 / (length(name) - length(name)) = 1`, `select count(*) from app.devices where name::xml is null`,
	`select count(*) from app.ticket_comments where body::json is null`, `select count(*) from app.ticket_comments where convert_from(body::bytea, 'utf8')::inet is null`,
	`select count(*) from app.devices d join app.tickets t on d.name::integer = t.number`, `select count(*) from app.users where email::integer > 0`,
	`select max(name::integer) over () from app.devices`, `with recursive r (n) as (select name::integer from app.devices union all select n from r) select * from r`,
	`select (select name::integer from app.devices d where d.id = t.device_id) from app.tickets t`,
	`select count(*) from app.devices where name::integer > 0 or account_id is not null`, `select count(*) from app.tenants where notes::integer > 0`,
	`explain (analyze, verbose) select * from app.devices where length(name) > 0`,
	// What the database notes of itself.
	`select * from pg_stats`, `select * from pg_stats_ext`, `select * from pg_stats_ext_exprs`, `select * from pg_stat_activity`, `select * from pg_prepared_statements`,
	`select * from pg_cursors`, `select * from pg_locks`, `select * from pg_sequences`, `select pg_sequence_last_value('app.due_tallies_id_seq')`, `select * from pg_largeobject_metadata`,
	`select * from information_schema.tables`, `select pg_get_functiondef(p.oid) from pg_proc p where pronamespace = 'app'::regnamespace`,
	// What the functions for viewers give.
	`select * from app.search('{Device,Ticket,User,Tenant}', '{canary}', '{canary,canary*}', '{1,1}', null, null, null, 100) s left join app.devices d on d.id = s.item`,
	`select app.search_found('Device', '{canary}', '{canary,canary*}', '{1,1}', true)`, `select app.search_count('{Device,Ticket,User}', '{canary}', '{canary}', '{1}')`,
	`select app.hold_tenant('$1')`, `select app.assignable('$1')`, `select app.is_assignable(id, '$1') from app.user_names`,
	`select app.hold_access(array(select id from app.user_names))`,
	`update app.devices set hostname = hostname returning name`, `delete from app.devices returning name`,
	`grant select on app.credentials to tenantry_customer`, // a warning alone
	`merge into app.devices d using app.tenants t on true when matched then update set name = d.name`,
}

// TestAStatementThatSomebodyInjectsForgesNobodyAndShowsNothingHidden runs each by itself, as each role that a
// viewer acts as. Only SET ROLE and its like would do something, and need a statement of their own, which no
// client has: see wire_test.go.
func TestAStatementThatSomebodyInjectsForgesNobodyAndShowsNothingHidden(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	other := one[uuid.UUID](a, "select account_id from app.accounts where name = 'Southwind Services'")
	dubois := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	// A word in every tenant of both accounts, for items without one, and for what is internal.
	a.sql(`insert into app.devices (account_id, id, tenant_id, name, platform, kind)
		select account_id, gen_random_uuid(), id, 'canary-' || md5(id::text), 'LINUX', 'SERVER' from app.tenants`)
	a.sql(`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility)
		select k.account_id, gen_random_uuid(), k.tenant_id, k.id, (select id from app.users u where u.account_id = k.account_id and u.role = 'ADMIN' limit 1),
			'canary-' || v || md5(k.tenant_id::text), v from app.tickets k, unnest('{PUBLIC,INTERNAL}'::text[]) v`)
	a.sql("update app.tenants set notes = 'canary-note-' || md5(id::text) where id <> account_id")
	a.sql("analyze")
	tries := 0
	for _, v := range []struct {
		email, kind string
		tenants     []uuid.UUID
		seen        string // which tenants' words the viewer sees
	}{
		{admin, "admin", nil, "k.account_id <> $1"},
		{grandfathered, "all", nil, "k.account_id <> $1"},
		{memberOfOne, "member", []uuid.UUID{dubois}, "k.id = $2 and k.account_id <> $1"},
		{customer, "customer", []uuid.UUID{dubois}, "k.id = $2 and k.account_id <> $1"},
	} {
		var hidden []string
		rows, err := a.owner.Query(context.Background(), "select md5(k.id::text) from app.tenants k where not ("+v.seen+") and ($1::uuid, $2::uuid) is not null", other, dubois)
		must(t, err)
		hidden, err = pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		hidden = append(hidden, "argon2", foreignAdmin, one[string](a, "select encode(cursor_key, 'hex') from app.accounts where name = 'Northwind IT'"))
		if v.kind != "admin" {
			hidden = append(hidden, otherAdmin)
		}
		if v.kind == "customer" {
			hidden = append(hidden, "canary-INTERNAL", "canary-note")
		}
		for _, kind := range []string{v.kind, v.kind + "_writer"} {
			try := func(statement string) error {
				tries++
				said, err := a.injected(v.email, kind, v.tenants, strings.ReplaceAll(statement, "$1", other.String()))
				for _, word := range hidden {
					if strings.Contains(said, word) {
						t.Errorf("%s as %s shows %s: %.600s", statement, kind, word, said)
					}
				}
				return err
			}
			for what, statement := range refused {
				if err := try(statement); err == nil {
					t.Errorf("%s is possible as %s: %s", what, kind, statement)
				} else if postgres.HasState(err, "42601") && what != "two statements" {
					t.Errorf("%s is no statement: %v", what, err)
				}
			}
			for _, statement := range narrow {
				_ = try(statement)
			}
		}
	}
	t.Logf("%d statements", tries)
}

// injected runs a statement as a viewer: what it gives, and what its error says. Who asks must be
// the same afterwards.
func (a *api) injected(email, kind string, tenants []uuid.UUID, statement string) (said string, failed error) {
	a.t.Helper()
	ctx := context.Background()
	const identity = `select concat_ws(' ', current_user, session_user, current_setting('role'), current_setting('app.account'), current_setting('app.viewer'), current_setting('app.tenants'),
		current_setting('search_path'), current_setting('row_security'), (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))`
	tx := a.become(email, kind, tenants...)
	defer func() { must(a.t, tx.Rollback(ctx)) }()
	var before, after string
	must(a.t, tx.QueryRow(ctx, identity).Scan(&before))
	rows, err := tx.Query(ctx, statement)
	var b strings.Builder
	if err == nil {
		for rows.Next() {
			for _, value := range rows.RawValues() {
				b.Write(value)
				b.WriteByte(' ')
			}
		}
		err = rows.Err()
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		fmt.Fprintf(&b, "%+v", *pg)
	}
	if err == nil {
		must(a.t, tx.QueryRow(ctx, identity).Scan(&after))
		expect(a.t, statement+" as "+kind+": who asks afterwards", after, before)
	}
	return b.String(), err
}
