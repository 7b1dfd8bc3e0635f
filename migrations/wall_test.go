package migrations_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/golden"
	"tenantry/internal/testdb"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// lines runs a query whose rows have one text each.
func lines(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryTableIsUnderRowLevelSecurityAndForcesIt(t *testing.T) {
	conn := connect(t, testdb.Open(t).SuperuserURL)
	if n := len(lines(t, conn, `select relname::text from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')`)); n < 15 {
		t.Errorf("only %d tables were found", n)
	}
	for _, name := range lines(t, conn, `select relname::text from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p')
		and not (relrowsecurity and relforcerowsecurity)`) {
		t.Errorf("app.%s is not enclosed", name)
	}
	for _, name := range lines(t, conn, `select relname::text from pg_class where relnamespace = 'app'::regnamespace and relkind in ('v', 'm')`) {
		t.Errorf("app.%s is a view: views look past row level security", name)
	}
}

const badPolicies = `select tablename || ': ' || policyname from pg_policies where schemaname = 'app' and not (
	policyname = 'owner' and roles = '{tenantry_owner}'
	or permissive = 'PERMISSIVE' and coalesce(qual, '') || coalesce(with_check, '') !~ ' OR ' and not ('public' = any (roles)) and not ('tenantry_server' = any (roles)) and not ('tenantry_owner' = any (roles))
	  and coalesce(qual, with_check) ~ '^\(+account_id = \( SELECT \(NULLIF\(current_setting\(''app.account''::text, true\), ''''::text\)\)::uuid'
	  and coalesce(with_check, qual) ~ '^\(+account_id = \( SELECT \(NULLIF\(current_setting\(''app.account''::text, true\), ''''::text\)\)::uuid')`

func TestEveryPolicyBeginsWithTheAccount(t *testing.T) {
	db := testdb.Open(t)
	conn := connect(t, db.SuperuserURL)
	for _, name := range lines(t, conn, badPolicies) {
		t.Errorf("%s does not begin with the account, or is for everybody", name)
	}
	// The check itself notices.
	const account = `account_id = (select nullif(current_setting('app.account', true), '')::uuid)`
	for _, wide := range []string{"to tenantry_member using (true)", "using (" + account + ")", "to tenantry_server using (" + account + ")",
		"to tenantry_member using (" + account + " or true)", "to tenantry_member using (tenant_id is not null)"} {
		if _, err := conn.Exec(context.Background(), "create policy wide on app.devices for select "+wide); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, conn, badPolicies); len(got) != 1 || got[0] != "devices: wide" {
			t.Errorf("the policy %q was not noticed: %v", wide, got)
		}
		if _, err := conn.Exec(context.Background(), "drop policy wide on app.devices"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryKeyStartsWithTheAccount(t *testing.T) {
	conn := connect(t, testdb.Open(t).SuperuserURL)
	// Names that are unique on the server, in small tables that only the owner reads; the sessions that wait
	// for an answer, which names no account; and words, each of which begins with its account's mark.
	global := map[string]bool{
		"account_names_pkey": true, "sign_in_names_pkey": true, "remote_sessions_asked": true,
		"search_tickets": true, "search_devices": true, "search_assets": true, "search_articles": true, "search_tenants": true, "search_users": true,
	}
	for _, name := range lines(t, conn, `select i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
		left join pg_attribute a on a.attrelid = c.oid and a.attnum = x.indkey[0]
		where c.relnamespace = 'app'::regnamespace and a.attname is distinct from 'account_id'`) {
		if !global[name] {
			t.Errorf("the index %s does not start with account_id", name)
		}
	}
	for _, name := range lines(t, conn, `select k.conname::text from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
		where k.connamespace = 'app'::regnamespace and k.contype = 'f' and a.attname <> 'account_id'`) {
		t.Errorf("the foreign key %s does not start with account_id", name)
	}
}

func TestNoRoleOfTheServerCanGoRoundTheWall(t *testing.T) {
	db := testdb.Open(t)
	conn := connect(t, db.SuperuserURL)
	for _, name := range lines(t, conn, `select rolname::text from pg_roles where rolname like 'tenantry%'
		and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or (rolcanlogin and rolinherit))`) {
		t.Errorf("the role %s can do more than it should", name)
	}
	server := connect(t, db.ServerURL)
	for _, table := range lines(t, conn, `select relname::text from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'`) {
		if _, err := server.Exec(context.Background(), "select from app."+table); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("without an identity the server reads app.%s: %v", table, err)
		}
	}
	if _, err := server.Exec(context.Background(), "delete from app.audit_events"); err == nil {
		t.Error("the server deletes audit entries")
	}
}

func TestAViewersRoleCannotBecomeAnother(t *testing.T) {
	db := testdb.Open(t)
	owner := connect(t, db.OwnerURL)
	ctx := context.Background()
	if _, err := owner.Exec(ctx, `insert into app.accounts (account_id, name, cursor_key) values ('00000000-0000-7000-8000-000000000001', 'A', decode(repeat('00', 32), 'hex'))`); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(ctx, `insert into app.users (account_id, id, email, name, role, status)
		values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', 'm@a.example', 'M', 'MEMBER', 'ACTIVE')`); err != nil {
		t.Fatal(err)
	}
	server := connect(t, db.ServerURL)
	for name, attempt := range map[string]string{
		"setting the account":       `select set_config('app.account', '00000000-0000-7000-8000-000000000009', true)`,
		"becoming somebody again":   `select app.become('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', null, 1, '{}', 'admin')`,
		"signing in as an operator": `select app.sign_in('m@a.example')`,
		"reading a password's hash": `select password_hash from app.credentials`,
		"reading the seal":          `select cursor_key from app.accounts`,
		"reading a consent's hash":  `select consent_hash from app.remote_sessions`,
		"agreeing for others":       `select app.answer_consent(null, null, true, null, null, null, null, null)`,
		"writing in a reading role": `delete from app.devices`,
		"reading others' audit":     `select from app.audit_events`,
	} {
		tx, err := server.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, `select app.become('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', null, 1, '{}', 'member')`); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, attempt); err == nil {
			t.Errorf("%s is possible", name)
		}
		_ = tx.Rollback(ctx)
	}
}

func TestPoliciesGrantsAndFunctionsAreAgreedTo(t *testing.T) {
	conn := connect(t, testdb.Open(t).SuperuserURL)
	var b strings.Builder
	section := func(title, sql string) {
		fmt.Fprintf(&b, "# %s\n%s\n\n", title, strings.Join(lines(t, conn, sql), "\n"))
	}
	section("Policies", `select format('%s %s for %s to %s using %s check %s', tablename, policyname, cmd, array_to_string(roles, ','), coalesce(qual, '-'), coalesce(with_check, '-'))
		from pg_policies where schemaname = 'app' order by tablename collate "C", policyname collate "C"`)
	section("Grants on tables", `select format('%s: %s to %s', table_name, string_agg(privilege_type, ', ' order by privilege_type collate "C"), grantee)
		from information_schema.role_table_grants where table_schema = 'app' and grantee <> 'tenantry_owner' group by table_name, grantee order by table_name collate "C", grantee collate "C"`)
	section("Grants on columns alone", `select format('%s: %s (%s) to %s', c.relname, p.privilege_type, string_agg(a.attname, ', ' order by a.attname collate "C"), g.rolname)
		from pg_class c join pg_attribute a on a.attrelid = c.oid cross join lateral aclexplode(a.attacl) p join pg_roles g on g.oid = p.grantee
		where c.relnamespace = 'app'::regnamespace group by c.relname, p.privilege_type, g.rolname order by c.relname collate "C", g.rolname collate "C", p.privilege_type`)
	section("Functions", `select format('%s%s: %s', p.oid::regprocedure, case when prosecdef then ' security definer' end,
		coalesce((select string_agg(coalesce(g.rolname, 'public'), ', ' order by g.rolname collate "C") from aclexplode(p.proacl) x left join pg_roles g on g.oid = x.grantee where g.rolname is distinct from 'tenantry_owner'), '-'))
		from pg_proc p where pronamespace = 'app'::regnamespace order by p.oid::regprocedure::text collate "C"`)
	section("Functions of PostgreSQL that are not for everybody", `select format('%s: %s', p.oid::regprocedure, coalesce(string_agg(coalesce(g.rolname, 'public'), ', ' order by g.rolname collate "C") filter (where x.grantee is not null), '-'))
		from pg_proc p left join pg_init_privs i on i.classoid = 'pg_proc'::regclass and i.objoid = p.oid left join lateral aclexplode(p.proacl) x on x.grantee <> p.proowner
		left join pg_roles g on g.oid = x.grantee
		where p.pronamespace <> 'app'::regnamespace and p.proacl is distinct from i.initprivs group by p.oid order by p.oid::regprocedure::text collate "C"`)
	section("Schemas, the database, and what new objects grant", `select format('%s %s: %s', kind, name, coalesce(string_agg(format('%s to %s', x.privilege_type, coalesce(g.rolname, 'public')), ', ' order by g.rolname collate "C", x.privilege_type) filter (where x.privilege_type is not null), '-'))
		from (select 'schema', nspname::text, nspacl, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
			union all select 'database', 'itself', datacl, datdba from pg_database where datname = current_database()
			union all select 'new ' || case defaclobjtype when 'f' then 'functions' when 'r' then 'tables' when 'S' then 'sequences' else defaclobjtype::text end || ' of', defaclrole::regrole::text, defaclacl, defaclrole from pg_default_acl
			union all select 'sequence', c.relname, c.relacl, c.relowner from pg_class c where c.relnamespace = 'app'::regnamespace and relkind = 'S'
		) o (kind, name, acl, owner) left join lateral aclexplode(o.acl) x on x.grantee <> o.owner left join pg_roles g on g.oid = x.grantee
		group by kind, name order by kind, name collate "C"`)
	section("Roles", `select format('%s%s%s; member of %s; %s', rolname, case when rolcanlogin then ' signs in' end, case when rolinherit then ' inherits' end,
			coalesce((select string_agg(m.roleid::regrole::text || case when m.admin_option then ' AS ADMIN' else '' end, ', ' order by m.roleid::regrole::text collate "C") from pg_auth_members m where m.member = r.oid), 'none'),
			coalesce(array_to_string(rolconfig, ', '), 'no settings'))
		from pg_roles r where rolname like 'tenantry%' order by rolname collate "C"`)
	golden.Compare(t, "testdata/wall.txt", b.String())
}
