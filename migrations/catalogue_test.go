package migrations_test

import (
	"context"
	"testing"

	"tenantry/internal/testdb"
)

// What must not be found in the catalogue, by what it is: the query names what is found.
var forbidden = map[string]string{
	"a function whose search path is not pinned to PostgreSQL's own schema": `select p.oid::regprocedure::text from pg_proc p
		where pronamespace = 'app'::regnamespace and not coalesce('search_path=pg_catalog' = any (proconfig), false)`,
	"a function that is said not to leak":         `select p.oid::regprocedure::text from pg_proc p where pronamespace = 'app'::regnamespace and proleakproof`,
	"a function that everybody may call":          `select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where pronamespace = 'app'::regnamespace and x.grantee = 0`,
	"a function in another language":              `select p.oid::regprocedure::text from pg_proc p join pg_language l on l.oid = p.prolang where pronamespace = 'app'::regnamespace and l.lanname not in ('sql', 'plpgsql')`,
	"a function that runs as somebody else":       `select p.oid::regprocedure::text from pg_proc p where pronamespace = 'app'::regnamespace and proowner <> 'tenantry_owner'::regrole`,
	"a table, sequence or index of somebody else": `select c.oid::regclass::text from pg_class c where relnamespace = 'app'::regnamespace and relowner <> 'tenantry_owner'::regrole`,
	"a type of somebody else":                     `select t.oid::regtype::text from pg_type t where typnamespace = 'app'::regnamespace and typowner <> 'tenantry_owner'::regrole`,
	"a schema that is not the owner's":            `select nspname from pg_namespace where nspname in ('app', 'tenantry_migrations') and nspowner <> 'tenantry_owner'::regrole`,
	"a view, or another way past the rows":        `select c.oid::regclass::text from pg_class c where relkind in ('v', 'm', 'f') and relnamespace::regnamespace::text !~ '^(pg_catalog|information_schema)$'`,
	"a rule":                                      `select rulename from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace = 'app'::regnamespace`,
	"an event trigger":                            `select evtname from pg_event_trigger`,
	"an operator, cast or domain": `select oprname::text from pg_operator where oprnamespace = 'app'::regnamespace union all select castfunc::regprocedure::text from pg_cast where castfunc >= 16384
		union all select typname from pg_type where typnamespace = 'app'::regnamespace and typtype = 'd'`,
	"an extension that nobody needs":    `select extname::text from pg_extension where extname <> 'plpgsql'`,
	"a publication or subscription":     `select pubname::text from pg_publication union all select subname from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())`,
	"a table that others' rows go into": `select inhrelid::regclass::text from pg_inherits join pg_class c on c.oid = inhrelid where c.relnamespace = 'app'::regnamespace`,
	"a grant that may be passed on":     `select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) x where relnamespace = 'app'::regnamespace and x.is_grantable and x.grantee <> c.relowner`,
	"a grant to everybody, or to the server itself": `select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) x where relnamespace = 'app'::regnamespace and x.grantee in (0, 'tenantry_server'::regrole)
		union all select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) x where relnamespace = 'app'::regnamespace and x.grantee in (0, 'tenantry_server'::regrole)`,
	"a right to make temporary or other objects": `select rolname || ' in ' || s from pg_roles r, unnest('{app,public,pg_catalog}'::text[]) s where rolname ~ '^tenantry_' and rolname <> 'tenantry_owner' and has_schema_privilege(r.oid, s, 'create')
		union all select rolname || ' in the database' from pg_roles r where rolname ~ '^tenantry_' and rolname <> 'tenantry_owner' and has_database_privilege(r.oid, current_database(), 'create, temporary')`,
	"a column of the account that can be written": `select c.oid::regclass::text || ' by ' || r.rolname from pg_class c, pg_roles r where relnamespace = 'app'::regnamespace and relkind = 'r' and r.rolname ~ '^tenantry_(admin|all|member|customer)'
		and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id') and has_column_privilege(r.oid, c.oid, 'account_id', 'update')`,
	"a reading role that writes": `select c.oid::regclass::text || ' by ' || r.rolname from pg_class c, pg_roles r where relnamespace = 'app'::regnamespace and relkind = 'r' and r.rolname ~ '^tenantry_(admin|all|member|customer)$'
		and (has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate, references, trigger') or has_any_column_privilege(r.oid, c.oid, 'insert, update, references'))`,
	"a role that empties, refers to or listens to tables": `select c.oid::regclass::text || ' by ' || r.rolname from pg_class c, pg_roles r where relnamespace = 'app'::regnamespace and relkind = 'r' and r.rolname ~ '^tenantry_' and r.rolname <> 'tenantry_owner'
		and (has_table_privilege(r.oid, c.oid, 'truncate, references, trigger') or has_any_column_privilege(r.oid, c.oid, 'references'))`,
}

func TestTheCatalogueHasNothingThatWouldLookPastTheWall(t *testing.T) {
	conn := connect(t, testdb.Open(t).SuperuserURL)
	for what, query := range forbidden {
		for _, name := range lines(t, conn, query) {
			t.Errorf("%s: %s", what, name)
		}
	}
}

// TestTheCatalogueTestsNotice what they are for, when it is there.
func TestTheCatalogueTestsNotice(t *testing.T) {
	conn := connect(t, testdb.Open(t).SuperuserURL)
	for what, statements := range map[string]string{
		"a function whose search path is not pinned to PostgreSQL's own schema": "create function app.x() returns integer language sql set search_path = app, pg_catalog as 'select 1'",
		"a function that is said not to leak":                                   "create function app.x() returns integer language sql leakproof set search_path = pg_catalog as 'select 1'",
		"a function that everybody may call":                                    "grant execute on function app.words to public",
		"a function that runs as somebody else":                                 "alter function app.words owner to postgres",
		"a table, sequence or index of somebody else":                           "create table app.x (n integer)",
		"a view, or another way past the rows":                                  "create view app.x with (security_invoker) as select 1 as n",
		"a rule":                                                                "create rule x as on insert to app.devices do also select 1",
		"an event trigger":                                                      "create function app.x() returns event_trigger language plpgsql as 'begin end'; create event trigger x on sql_drop execute function app.x()",
		"a grant to everybody, or to the server itself":                         "grant select (name) on app.devices to tenantry_server",
		"a grant that may be passed on":                                         "grant select on app.devices to tenantry_member with grant option",
		"a right to make temporary or other objects":                            "do $$ begin execute format('grant temporary on database %I to tenantry_server', current_database()); end $$",
		"a column of the account that can be written":                           "grant update on app.devices to tenantry_member_writer",
		"a reading role that writes":                                            "grant update (name) on app.devices to tenantry_customer",
		"an extension that nobody needs":                                        "create extension pg_trgm",
		"a publication or subscription":                                         "create publication x",
		"a table that others' rows go into":                                     "create table app.x () inherits (app.devices)",
		"an operator, cast or domain":                                           "create domain app.x as integer",
		"a role that empties, refers to or listens to tables":                   "grant trigger on app.devices to tenantry_member_writer",
	} {
		ctx := context.Background()
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, statements); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(lines(t, conn, forbidden[what])) == 0 {
			t.Errorf("%s is not noticed", what)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
