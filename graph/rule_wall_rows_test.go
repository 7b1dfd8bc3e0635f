package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/models"
)

// bare is the database's wall with nothing before it: statements typed by hand as a viewer's role, without
// triggers, keys and checks, so that nothing but the policies says what may be read and written.
type bare struct {
	t     *testing.T
	conn  *pgx.Conn
	tried map[string]int
}

// standing is somebody before the wall: what the rules are written with.
type standing struct {
	*guest
	kind postgres.Kind
	// settings are what the transaction knows, reach the tenants in reach as SQL, account and me as SQL.
	settings, reach, account, me string
	members                      bool
}

func (g *guest) standing() standing {
	s := standing{guest: g, kind: postgres.Member, account: "'" + g.account.String() + "'::uuid", me: "'" + g.user.String() + "'::uuid"}
	tenants := g.eyes.memberships(g.user)
	s.members = len(tenants) > 0
	switch {
	case g.eyes.admin():
		s.kind, tenants = postgres.Admin, nil
	case g.eyes.access(g.eyes.me) == "ALL":
		s.kind, tenants = postgres.All, nil
	case !g.eyes.agent():
		s.kind = postgres.Customer
	case len(tenants) == 0:
		tenants = []uuid.UUID{g.account}
	}
	s.reach = "'" + postgres.IDs(tenants).Text() + "'::uuid[]"
	known := slices.Clone(tenants)
	if s.kind == postgres.Member || s.kind == postgres.Customer && s.members {
		known = append(known, models.Everyone)
	}
	if s.kind == postgres.Member {
		known = append(known, g.user)
	}
	s.settings = postgres.IDs(known).Text()
	return s
}

func (s standing) all() bool { return s.kind == postgres.Admin || s.kind == postgres.All }

// items is the rule for rows of a tenant.
func (s standing) items(column string) string {
	if s.all() {
		return "true"
	}
	return column + " = any (" + s.reach + ")"
}

// own is the rule for rows of a user, of which admins have everybody's.
func (s standing) own(column string) string {
	if s.kind == postgres.Admin {
		return "true"
	}
	return column + " = " + s.me
}

// reads is which rows of a table, of their own account, somebody may read at most.
func (s standing) reads(table string, columns []string) string {
	customer := s.kind == postgres.Customer
	switch table {
	case "accounts", "user_names", "ticket_numbers":
		return "true"
	case "users":
		return s.own("id")
	case "sessions", "api_tokens", "api_token_tenants", "credentials", "memberships":
		return s.own("user_id")
	case "idempotency_keys":
		return "user_id = " + s.me
	case "audit_events", "invitations":
		return fmt.Sprint(s.kind == postgres.Admin)
	case "tenants":
		return "id <> account_id and " + s.items("id")
	case "search_documents":
		rule := fmt.Sprintf("(kind <> 'User' or %t) and (not internal or %t)", s.kind == postgres.Admin, !customer)
		if !s.all() {
			rule += " and seen_by = any ('" + s.settings + "'::uuid[])"
		}
		return rule
	case "articles":
		switch {
		case s.all():
			return "true"
		case customer:
			return fmt.Sprintf("state = 'PUBLISHED' and (audience = 'TENANT' and %s or audience = 'ALL_TENANTS' and %t)", s.items("tenant_id"), s.members)
		}
		return "(audience <> 'ALL_TENANTS' and " + s.items("tenant_id") + " or audience = 'ALL_TENANTS' and (state = 'PUBLISHED' or author_id = " + s.me + "))"
	case "ticket_comments":
		if customer {
			return s.items("tenant_id") + " and visibility = 'PUBLIC'"
		}
	}
	if slices.Contains(columns, "tenant_id") {
		return s.items("tenant_id")
	}
	return "false"
}

// changes is which rows they may change or delete at most.
func (s standing) changes(table string, columns []string) string {
	switch {
	case table == "articles" && s.kind == postgres.Member:
		return s.items("tenant_id") + " and audience <> 'ALL_TENANTS'"
	case table == "tickets" && s.kind == postgres.Customer:
		return s.items("tenant_id") + " and requester_id = " + s.me
	}
	return s.reads(table, columns)
}

// TestTheDatabaseAloneLetsNobodyReadOrWriteBeyondTheirReach tries every table, as everybody, with every
// command that the role is granted.
func TestTheDatabaseAloneLetsNobodyReadOrWriteBeyondTheirReach(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 28)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, m.db.SuperuserURL)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(ctx) })
	w := &bare{t: t, conn: conn, tried: map[string]int{}}
	w.exec("set session_replication_role = replica")
	for _, sql := range w.texts(`select format('alter table %s drop constraint %I', conrelid::regclass, conname) from pg_constraint
			where connamespace = 'app'::regnamespace and contype = 'c'
		union all select format('alter table %s alter %I drop not null', attrelid::regclass, attname) from pg_attribute a join pg_class c on c.oid = attrelid
			where relnamespace = 'app'::regnamespace and relkind = 'r' and attnum > 0 and attnotnull and not attisdropped
			and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))`) {
		w.exec(sql)
	}
	// What only few have is everybody's, so that there is something to let through.
	w.exec("insert into app.credentials (account_id, user_id, password_hash) select account_id, id, 'x' from app.users on conflict do nothing")
	w.exec(`insert into app.invitations (account_id, user_id, secret_hash, expires_at)
		select account_id, id, decode(repeat('00', 32), 'hex'), now() from app.users on conflict do nothing`)
	w.exec(`insert into app.idempotency_keys (account_id, user_id, credential_id, key, field, request_hash)
		select account_id, id, id, 'x', 'x', decode(repeat('00', 32), 'hex') from app.users`)
	w.exec("insert into app.identities (account_id, issuer, subject, user_id) select account_id, 'https://issuer.example', id::text, id from app.users")
	w.exec("insert into app.import_refs (account_id, kind, external_id, id) select account_id, 'x', 'x', account_id from app.accounts")
	tables := w.texts("select relname::text from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r' order by 1")
	for _, table := range tables {
		if !slices.Contains(w.texts("select attname::text from pg_attribute where attrelid = $1::text::regclass", "app."+table), "account_id") {
			continue
		}
		if n := w.count("select count(distinct account_id) from app." + table); n < 2 {
			t.Errorf("%s has rows of %d accounts: nothing of another's could be seen", table, n)
		}
	}
	for _, g := range m.guests() {
		s := g.standing()
		for _, table := range tables {
			columns := w.texts("select attname::text from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped", "app."+table)
			if !slices.Contains(columns, "account_id") {
				continue
			}
			w.read(s, table, columns)
			w.change(s, table, columns)
			w.insert(s, table)
		}
	}
	t.Logf("statements that were tried: %v", w.tried)
	for command, least := range map[string]int{"select": 200, "update": 60, "delete": 40, "insert": 100, "insert what is good": 60} {
		if w.tried[command] < least {
			t.Errorf("%s was tried only %d times", command, w.tried[command])
		}
	}
}

func (w *bare) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.conn.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *bare) texts(sql string, args ...any) []string {
	w.t.Helper()
	rows, err := w.conn.Query(context.Background(), sql, args...)
	must(w.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	return all
}

func (w *bare) count(sql string) (n int64) {
	w.t.Helper()
	if err := w.conn.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// as runs a statement as a role that acts for somebody, and undoes it.
func (w *bare) as(s standing, role, sql string, args ...any) (affected int64, err error) {
	w.t.Helper()
	ctx := context.Background()
	tx, err := w.conn.Begin(ctx)
	must(w.t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	_, err = tx.Exec(ctx, "select set_config('app.account', $1, true), set_config('app.viewer', $2, true), set_config('app.tenants', $3, true)", s.account[1:37], s.me[1:37], s.settings)
	must(w.t, err)
	_, err = tx.Exec(ctx, "set local role "+role)
	must(w.t, err)
	tag, err := tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// granted are the columns of a table for which a role has a right.
func (w *bare) granted(role, table, right string) []string {
	return w.texts(`select attname::text from pg_attribute where attrelid = $2::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
		and has_column_privilege($1, attrelid, attnum, $3) order by attname`, role, "app."+table, right)
}

func (w *bare) read(s standing, table string, columns []string) {
	w.t.Helper()
	for _, role := range []string{"tenantry_" + string(s.kind), "tenantry_" + string(s.kind) + "_writer"} {
		if len(w.granted(role, table, "select")) == 0 {
			continue
		}
		w.tried["select"]++
		beyond, err := w.as(s, role, "select from app."+table+" where (account_id = "+s.account+" and "+s.reads(table, columns)+") is not true")
		if err != nil || beyond > 0 {
			w.t.Errorf("%s reads %d rows beyond their reach in %s as %s: %v", s.name, beyond, table, role, err)
		}
	}
}

// change updates and deletes all rows that the policies let through: without a condition, for that would
// bring in the policies for reading.
func (w *bare) change(s standing, table string, columns []string) {
	w.t.Helper()
	role := "tenantry_" + string(s.kind) + "_writer"
	most := w.count("select count(*) from app." + table + " where account_id = " + s.account + " and " + s.changes(table, columns))
	statements := map[string]string{}
	if some := w.granted(role, table, "update"); len(some) > 0 {
		i := max(0, slices.IndexFunc(some, func(c string) bool {
			return c != "tenant_id" && c != "audience" && c != "visibility" && c != "assignee_id"
		}))
		statements["update"] = "update app." + table + " set " + some[i] + " = null"
		w.move(s, role, table, some)
	}
	if w.texts("select has_table_privilege($1, $2, 'delete')::text", role, "app."+table)[0] == "true" {
		statements["delete"] = "delete from app." + table
	}
	for command, sql := range statements {
		w.tried[command]++
		most := most
		if table == "credentials" && command == "update" { // nobody sets another's password, admins neither
			most = 1
		}
		if n, err := w.as(s, role, sql); err != nil || n > most {
			w.t.Errorf("%s, who may change %d rows of %s: %s changes %d: %v", s.name, most, table, sql, n, err)
		}
	}
}

// move puts rows into a tenant that is out of reach.
func (w *bare) move(s standing, role, table string, updatable []string) {
	w.t.Helper()
	if s.all() || !slices.Contains(updatable, "tenant_id") {
		return
	}
	out := s.out(w)
	if n, err := w.as(s, role, "update app."+table+" set tenant_id = $1", out); !postgres.HasState(err, "42501") && n > 0 {
		w.t.Errorf("%s moves rows of %s out of reach: %d, %v", s.name, table, n, err)
	}
}

// out is a tenant that is out of reach.
func (s standing) out(w *bare) uuid.UUID {
	return uuid.MustParse(w.texts("select id::text from app.tenants where account_id = " + s.account + " and id <> account_id and not id = any (" + s.reach + ") limit 1")[0])
}

// insert tries to add a row that is somebody else's in one way or another, beside one that is well.
func (w *bare) insert(s standing, table string) {
	w.t.Helper()
	role := "tenantry_" + string(s.kind) + "_writer"
	columns := w.granted(role, table, "insert")
	if len(columns) == 0 {
		return
	}
	tenant := any(s.out(w))
	if !s.all() {
		in := w.texts("select unnest(" + s.reach + ")::text")
		if len(in) == 0 {
			return
		}
		tenant = in[0]
	}
	good := map[string]any{
		"account_id": s.account[1:37], "id": uuid.New(), "tenant_id": tenant, "user_id": s.me[1:37], "author_id": s.me[1:37], "requester_id": s.me[1:37],
		"actor_id": s.me[1:37], "outcome": "DONE", "visibility": "PUBLIC", "grandfathered": false, "audience": "TENANT", "token_id": uuid.New(),
	}
	bad := map[string]map[string]any{"another account's": {"account_id": w.texts("select account_id::text from app.accounts where account_id <> " + s.account + " limit 1")[0]}}
	another := w.texts("select id::text from app.users where account_id = " + s.account + " and id <> " + s.me + " limit 1")[0]
	if !s.all() {
		bad["out of reach"] = map[string]any{"tenant_id": s.out(w)}
	}
	switch table {
	case "api_tokens", "api_token_tenants", "sessions", "idempotency_keys":
		bad["another's"] = map[string]any{"user_id": another}
	case "audit_events":
		bad["another's"], bad["a refusal"] = map[string]any{"actor_id": another}, map[string]any{"outcome": "DENIED"}
		delete(bad, "out of reach")
	case "ticket_comments":
		bad["another's"] = map[string]any{"author_id": another}
		if s.kind == postgres.Customer {
			bad["internal"] = map[string]any{"visibility": "INTERNAL"}
		}
	case "tickets":
		if s.kind == postgres.Customer {
			bad["another's"] = map[string]any{"requester_id": another}
		}
	case "articles":
		if s.kind == postgres.Member {
			bad["for all"] = map[string]any{"audience": "ALL_TENANTS"}
		}
	case "users":
		bad["grandfathered"] = map[string]any{"grandfathered": true}
	case "tenants":
		bad["the one of the tenantless"] = map[string]any{"id": s.account[1:37]}
	}
	if table == "api_token_tenants" {
		delete(bad, "out of reach") // whoever names one out of reach reaches nothing by it
	}
	put := func(row map[string]any) error {
		given := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { _, known := row[c]; return !known })
		raw, err := json.Marshal(row)
		must(w.t, err)
		list := strings.Join(given, ", ")
		_, err = w.as(s, role, "insert into app."+table+" ("+list+") select "+list+" from jsonb_populate_record(null::app."+table+", $1)", raw)
		return err
	}
	w.tried["insert what is good"]++
	if err := put(good); postgres.HasState(err, "42501") {
		w.t.Errorf("%s cannot insert what is well into %s: %v", s.name, table, err)
	}
	for how, changed := range bad {
		if !slices.Contains(columns, slices.Collect(maps.Keys(changed))[0]) {
			continue
		}
		row := maps.Clone(good)
		maps.Copy(row, changed)
		w.tried["insert"]++
		if err := put(row); !postgres.HasState(err, "42501") {
			w.t.Errorf("%s inserts into %s what is %s: %v", s.name, table, how, err)
		}
	}
}
