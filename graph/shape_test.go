package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/token"
)

// The shapes by which lists stay fast, see internal/read/shape.go: for each kind of viewer it is asked of
// PostgreSQL itself by which indexes a list is read, and how many rows are looked at for it, whether it plans
// for the values of the parameters or for any.

// crowd is an account with 300 tenants: the first has the most tickets, the last have few.
var crowd = uuid.MustParse("0190ffff-0000-7000-8000-000000000001")

const manyTickets = 20000

const crowded = `
	insert into app.accounts (account_id, name, add_on_seats, cursor_key) values (:a, 'Crowd', 100, decode(repeat('07', 32), 'hex'));
	insert into app.tenants (account_id, id, name) values (:a, :a, '');
	insert into app.tenants (account_id, id, name) select :a, :tenant, 'tenant ' || i from generate_series(1, 300) i;
	insert into app.users (account_id, id, email, name, role, status, grandfathered)
		select :a, ('0190fffe-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, replace(name, ' ', '-') || '@crowd.example', name, role, 'ACTIVE', name = 'grandfathered'
		from (values (1, 'admin', 'ADMIN'), (2, 'grandfathered', 'MEMBER'), (3, 'member of none', 'MEMBER'), (4, 'member of one', 'MEMBER'), (5, 'member of few', 'MEMBER'),
			(6, 'member of many', 'MEMBER'), (7, 'member of most', 'MEMBER'), (8, 'customer', 'CUSTOMER')) u (n, name, role);
	insert into app.user_names (account_id, id, name) select account_id, id, name from app.users where account_id = :a;
	insert into app.memberships (account_id, user_id, tenant_id) select :a, u.id, :tenant from app.users u cross join generate_series(1, 300) i
		where u.account_id = :a and case u.name when 'member of one' then i = 2 when 'member of few' then i % 60 = 3 when 'member of many' then i > 200
			when 'member of most' then i < 250 when 'customer' then i % 60 = 3 else false end;
	update app.users u set tenant_count = (select count(*) from app.memberships m where m.account_id = :a and m.user_id = u.id) where u.account_id = :a;
	insert into app.tickets (account_id, id, tenant_id, number, subject, assignee_id, status, priority, created_at, updated_at)
		select :a, ('0190fffd-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, case when n % 100 = 0 then :a else :tenant end, n,
			'ticket',
			case when n / 3 % 4 > 0 then ('0190fffe-0000-7000-8000-' || lpad(to_hex(1 + n % 2), 12, '0'))::uuid end,
			(array['NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED', 'CLOSED', 'CLOSED', 'CLOSED', 'CLOSED', 'CLOSED', 'CLOSED'])[1 + n / 7 % 11], 'HIGH', now() - n * interval '1 minute', now()
		from (select n, 1 + floor(300 * power((n * 7919 % 10007) / 10007.0, 2.5))::int as i from generate_series(1, :many) n) t;
	insert into app.devices (account_id, id, tenant_id, name, platform, kind)
		select :a, ('0190fffc-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, case when n % 50 = 0 then :a else :tenant end, 'device ' || n * 7919 % 10007, 'LINUX', 'SERVER'
		from (select n, 1 + floor(300 * power((n * 7919 % 10007) / 10007.0, 2.5))::int as i from generate_series(1, 4000) n) t`

// newCrowd is the API on that account.
func newCrowd(t *testing.T) (*api, *statements) {
	a := newAPI(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, a.db.SuperuserURL)
	must(t, err)
	defer conn.Close(ctx)
	sql := strings.NewReplacer(":tenant", `('0190fffa-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid`, ":many", strconv.Itoa(manyTickets), ":a", "'"+crowd.String()+"'::uuid").Replace(crowded)
	for _, sql := range []string{"set session_replication_role = replica", sql, "set role tenantry_owner", "select app.recount_tallies()", "reset role", "vacuum analyze"} {
		_, err := conn.Exec(ctx, sql)
		must(t, err)
	}
	seen := &statements{}
	pool, err := postgres.Open(ctx, a.db.ServerURL, postgres.Settings{Size: 1, Statement: 20 * time.Second, Trace: seen})
	must(t, err)
	t.Cleanup(pool.Close)
	a.reader.Pool = pool
	return a, seen
}

// statements are those of the last batch.
type statements struct {
	api
	all []pgx.TraceBatchQueryData
}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	s.all = nil
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	s.all = append(s.all, q)
}

// read runs the statements of the last batch again and tells how they read the rows of a table: by which
// indexes, without the table's name, and how many were looked at.
func (s *statements) read(t *testing.T, a *api, table string, generic bool) (by []string, rows int) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, a.db.ServerURL)
	must(t, err)
	defer conn.Close(ctx)
	mode := "force_custom_plan"
	if generic {
		mode = "force_generic_plan"
	}
	_, err = conn.Exec(ctx, "set jit = off; set random_page_cost = 1.1; set plan_cache_mode = "+mode+"; begin isolation level repeatable read read only")
	must(t, err)
	indexes := map[string]bool{}
	for i, q := range s.all {
		switch {
		case strings.HasPrefix(q.SQL, "select app.become("):
			_, err := conn.Exec(ctx, q.SQL, q.Args...)
			must(t, err)
		case strings.HasPrefix(q.SQL, "/* "):
			name := fmt.Sprintf("s%d", i)
			_, err := conn.Exec(ctx, "prepare "+name+" as "+q.SQL)
			must(t, err)
			var plan []struct{ Plan node }
			must(t, json.Unmarshal(explained(ctx, t, conn, name, q), &plan))
			plan[0].Plan.visit(table, indexes, &rows)
		}
	}
	return slices.Sorted(maps.Keys(indexes)), rows
}

// explained is the plan of a prepared statement, which was run. Its values are given as text.
func explained(ctx context.Context, t *testing.T, conn *pgx.Conn, name string, q pgx.TraceBatchQueryData) []byte {
	t.Helper()
	values := make([]string, len(q.Args))
	description, err := conn.Prepare(ctx, "describe "+name, q.SQL)
	must(t, err)
	for i, arg := range q.Args {
		text, err := conn.TypeMap().Encode(description.ParamOIDs[i], pgx.TextFormatCode, arg, nil)
		must(t, err)
		values[i] = "null"
		if text != nil {
			values[i] = "'" + strings.ReplaceAll(string(text), "'", "''") + "'"
		}
	}
	call := "explain (analyze, format json) execute " + name
	if len(values) > 0 {
		call += "(" + strings.Join(values, ", ") + ")"
	}
	var plan []byte
	must(t, conn.QueryRow(ctx, call, pgx.QueryExecModeSimpleProtocol).Scan(&plan))
	return plan
}

// node is a node of a plan.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Index   string  `json:"Index Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []node
}

func (n node) visit(table string, indexes map[string]bool, rows *int) {
	if n.Loops > 0 && (n.Table == table || strings.HasPrefix(n.Index, table+"_")) {
		indexes[strings.TrimPrefix(n.Index, table+"_")] = true
		*rows += int((n.Rows + n.Removed) * n.Loops)
	}
	for _, p := range n.Plans {
		p.visit(table, indexes, rows)
	}
}

// paged is how many rows the lists are asked for.
const paged = 10

// shapes are what is asked of a list, and the indexes by which it may be read: of who sees all, or most, of the
// account, of who sees one tenant, and of others. Those who see some take the winners by their keys.
var shapes = []struct {
	name, list, filter string
	all, one, some     []string
}{
	{"tickets", "tickets", ``, []string{"created"}, []string{"tenant_created"}, []string{"tenant_created"}},
	{"open tickets", "tickets", `status: [NEW, OPEN, ON_HOLD]`, []string{"created", "open"}, []string{"open"}, []string{"open"}},
	{"new tickets", "tickets", `status: NEW`, []string{"created", "status"}, []string{"open", "status"}, []string{"open", "status"}},
	{"unassigned tickets", "tickets", `unassigned: true`, []string{"created", "assignee"}, []string{"unassigned"}, []string{"unassigned"}},
	{"somebody's tickets", "tickets", `assigneeIds: ["%s"]`, []string{"assignee"}, []string{"assignee", "tenant_created"}, []string{"assignee"}},
	{"somebody's open tickets", "tickets", `assigneeIds: ["%s"], status: [NEW, OPEN, ON_HOLD]`, []string{"assigned_open"}, []string{"assigned_open", "open"}, []string{"assigned_open"}},
	{"devices", "devices", ``, []string{"name"}, []string{"tenant_name"}, []string{"tenant_name"}},
}

func TestEveryViewersListsAreReadByTheRightIndex(t *testing.T) {
	a, seen := newCrowd(t)
	somebody := ids.Encode("User", uuid.MustParse("0190fffe-0000-7000-8000-000000000001"))
	for _, v := range []struct {
		name, token string
		// tenants is how many are in reach; 0 of all, or of so many that the account's rows are walked.
		tenants int
		// named is how many are in reach if they are not passed by.
		named int
	}{
		{name: "admin"}, {name: "grandfathered"}, {name: "member of most", named: 249},
		{name: "member of none", tenants: 1}, {name: "member of one", tenants: 1},
		{name: "member of few", tenants: 5}, {name: "member of many", tenants: 100}, {name: "customer", tenants: 5},
		{name: "token for three tenants", token: a.narrowed(t, 3), tenants: 3},
	} {
		c := &client{api: a, token: v.token}
		if v.token == "" {
			c = a.as(strings.ReplaceAll(v.name, " ", "-") + "@crowd.example")
		}
		for _, s := range shapes {
			tenants := v.tenants
			if s.list == "devices" { // whose order is not that of time
				tenants += v.named
			}
			// What may be looked at: as many rows as are passed by until a page is full, or each tenant's first, a
			// page of the first tenants (in the order of time no more than can be on it), and the winners. Of all, and of somebody's, PostgreSQL may gather and sort
			// those that meet a filter, if they are as few as here.
			allowed, most := s.all, 50*(paged+1)
			switch {
			case tenants == 1:
				allowed = s.one
			case tenants > 1:
				allowed, most = s.some, 4*tenants+4*min(tenants, paged+1)*(paged+1)+paged+1
				if s.list == "tickets" && tenants > paged+1 {
					most = 5*tenants + 8*(paged+1)
				}
			}
			if s.filter != "" && tenants == 0 || strings.Contains(s.filter, "assignee") {
				most = manyTickets / 3
			}
			cursor := ""
			for _, at := range []string{"first: 10", "last: 10", "first: 10, after: $c", "last: 10, before: $c"} {
				document, variables := `{ list: `+s.list+`(`+at+`, filter: { `+strings.Replace(s.filter, "%s", somebody, 1)+` }) { nodes { id } pageInfo { endCursor } } }`, map[string]any{}
				if strings.Contains(at, "$c") {
					document, variables["c"] = `query($c: String) `+document, cursor
				}
				r := c.ok(document, variables)
				if at == "first: 10" {
					if cursor, _ = r.get("list", "pageInfo", "endCursor").(string); cursor == "" {
						t.Errorf("%s sees no %s", v.name, s.name)
						break
					}
				}
				for _, generic := range []bool{false, true} {
					indexes, rows := seen.read(t, a, s.list, generic)
					wrong := slices.ContainsFunc(indexes, func(i string) bool { return i != "pkey" && !slices.Contains(allowed, i) })
					if wrong || rows > most {
						t.Errorf("%s, %s (%s), generic %v: %d rows of at most %d are read by %q, want %q", v.name, s.name, at, generic, rows, most, indexes, allowed)
					}
				}
			}
		}
	}
}

// narrowed is an API token of the admin that names so many tenants.
func (a *api) narrowed(t *testing.T, tenants int) string {
	t.Helper()
	ctx := context.Background()
	k := token.New(crowd, ids.New())
	_, err := a.owner.Exec(ctx, `insert into app.api_tokens (account_id, id, user_id, name, secret_hash, last_four, narrowed, read_only) values ($1, $2, '0190fffe-0000-7000-8000-000000000001', 'narrow', $3, '1234', true, false)`, crowd, k.ID, k.Hash())
	must(t, err)
	_, err = a.owner.Exec(ctx, `insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) select account_id, '0190fffe-0000-7000-8000-000000000001', $2, id from app.tenants where account_id = $1 and id <> account_id order by id limit $3`, crowd, k.ID, tenants)
	must(t, err)
	return k.Write(token.API)
}
