package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/graph/generated"
	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// press compiles documents and keeps the statements instead of sending them: it needs no database.
type press struct {
	exec       *executor.Executor
	reader     *read.Reader
	who        *viewer.Viewer
	statements []*pgx.QueuedQuery
	failures   []string
}

func newPress() *press {
	p := &press{reader: &read.Reader{Schema: Schema()}}
	g := &guard{reader: p.reader, store: &store.Store{}, denied: func(context.Context, string) {}}
	p.exec = executor.New(generated.NewExecutableSchema(generated.Config{Schema: p.reader.Schema, Resolvers: &Resolver{}, Directives: g.directives()}))
	p.exec.SetParserTokenLimit(1500)
	p.exec.Use(Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50})
	p.exec.SetErrorPresenter(present(slog.New(slog.DiscardHandler), true))
	p.exec.SetRecoverFunc(func(_ context.Context, cause any) error {
		p.failures = append(p.failures, fmt.Sprint("panic: ", cause))
		return problem.New(problem.Internal, "")
	})
	return p
}

// Reading is who asks.
func (p *press) Reading() *viewer.Viewer { return p.who }

// Send keeps the statements and answers none.
func (p *press) Send(_ context.Context, b *pgx.Batch, _ bool) error {
	p.statements = append(p.statements, b.QueuedQueries...)
	return problem.New(problem.Unavailable, "")
}

// askers are viewers of every kind, with reaches of all the sizes that statements differ by.
var askers = func() (all []*viewer.Viewer) {
	account := uuid.MustParse("0190c5b0-0000-7000-8000-00000000000a")
	many := make([]uuid.UUID, 25)
	for i := range many {
		many[i] = uuid.UUID{1, 0x90, byte(i), 6: 0x70, 8: 0x80}
	}
	add := func(role models.Role, grandfathered bool, memberships []uuid.UUID, token *viewer.Token) {
		v, err := viewer.Named(account, uuid.UUID{7, byte(len(all))}, "N", role, grandfathered, 1, memberships, slices.Repeat([]byte{7}, 32))
		if err != nil {
			panic(err)
		}
		v.Token = token
		all = append(all, v)
	}
	for _, role := range []models.Role{models.RoleAdmin, models.RoleMember, models.RoleCustomer} {
		for _, n := range []int{0, 1, 3, len(many)} {
			add(role, false, many[:n], nil)
		}
	}
	add(models.RoleMember, true, nil, nil)
	for _, n := range []int{0, 1, len(many)} {
		add(models.RoleAdmin, false, nil, &viewer.Token{Narrowed: true, Tenants: many[:n]})
		add(models.RoleMember, false, many, &viewer.Token{Narrowed: true, Tenants: many[:n], ReadOnly: true})
	}
	add(models.RoleAdmin, false, nil, &viewer.Token{})
	return all
}()

// bytesMost is how much SQL a document within the limits may become.
const bytesMost = 4 << 20

// print compiles a query for a viewer and tells what is wrong with its statements.
func (p *press) print(who *viewer.Viewer, text string, variables map[string]any) (wrong []string) {
	p.who, p.statements, p.failures = who, nil, nil
	asker := &viewer.Asker{}
	asker.Know(who)
	ctx := graphql.StartOperationTrace(viewer.With(context.Background(), asker))
	op, errs := p.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: text, Variables: variables})
	if errs != nil || op.Operation.Operation != ast.Query {
		return nil
	}
	next, inner := p.exec.DispatchOperation(p.reader.With(ctx, p), op)
	for _, e := range next(inner).Errors {
		if e.Extensions["code"] == "INTERNAL" {
			wrong = append(wrong, e.Error())
		}
	}
	wrong = append(wrong, p.failures...)
	size := 0
	for _, s := range p.statements {
		size += len(s.SQL)
		for _, table := range unguarded(s.SQL) {
			wrong = append(wrong, table+" without the account: "+s.SQL)
		}
		if k := who.Kind(); k == postgres.Member || k == postgres.Customer {
			for _, table := range unreached(s.SQL) {
				wrong = append(wrong, table+" without the viewer's tenants: "+s.SQL)
			}
		}
		if len(s.Arguments) == 0 || s.Arguments[0] != any([16]byte(who.AccountID)) {
			wrong = append(wrong, "the first argument is not the account: "+s.SQL)
		}
		if strings.Contains(s.SQL, "canary") {
			wrong = append(wrong, "a client's text is in the statement: "+s.SQL)
		}
	}
	if size > bytesMost {
		wrong = append(wrong, fmt.Sprintf("%d bytes of SQL", size))
	}
	return wrong
}

// blind is an author who knows no world.
func blind(seed uint64) *author {
	return &author{Rand: rand.New(rand.NewPCG(seed, 4)), schema: Schema(), w: &world{}}
}

// TestEveryStatementOfEveryDocumentHasAccountAndTenants for every table that it reads, whoever asks.
func TestEveryStatementOfEveryDocumentHasAccountAndTenants(t *testing.T) {
	t.Parallel()
	p, statements, documents := newPress(), 0, 150
	if full {
		documents = 20_000
	}
	texts := []document{{text: everyRoot()}}
	for seed := range documents {
		texts = append(texts, blind(uint64(seed)).write())
	}
	for i, d := range texts {
		for j, who := range askers {
			if i > 0 && (i+j)%3 > 0 {
				continue
			}
			for _, wrong := range p.print(who, d.text, d.variables) {
				t.Errorf("%s\n%s", wrong, d.text)
			}
			statements += len(p.statements)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d statements", statements)
	if statements < 1000 {
		t.Errorf("only %d statements", statements)
	}
}

// everyRoot asks each root field that the author leaves out, whole.
func everyRoot() string {
	s, id := Schema(), ids.Encode("Ticket", uuid.Max)
	return fmt.Sprintf(`{ dashboard %s search(text: "canary", first: 2) { totalCount nodes { title excerpt type node { id __typename } } }
		accessExplanation(userId: %q, nodeId: %q) { allowed rule explanation membership { addedAt tenant { name } addedBy { name } } }
		byToken: accessExplanation(userId: %q, nodeId: %q, tokenId: %q) { allowed rule }
		usersWithAccess(nodeId: %q, first: 3) { totalCount edges { cursor rule node { name } } pageInfo { hasNextPage } }
		tickets(filter: { search: "canary", tenantless: false }) { totalCount nodes { id } } }`,
		everything(s, s.Types["Dashboard"]), ids.Encode("User", uuid.Max), id, ids.Encode("User", uuid.Max), id, ids.Encode("ApiToken", uuid.Max), id)
}

// notices compares how much is found in each of some statements with how much is wrong in it.
func notices(t *testing.T, by func(sql string) []string, statements map[string]int) {
	t.Helper()
	for sql, want := range statements {
		if got := by(sql); len(got) != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

// TestAStatementWithoutTheTenantsIsNoticed, in the same way.
func TestAStatementWithoutTheTenantsIsNoticed(t *testing.T) {
	t.Parallel()
	notices(t, unreached, map[string]int{
		"select k.id from app.devices k where k.account_id = $1 and k.tenant_id = $2":                                                            0,
		"select k.id from app.devices k where k.account_id = $1 and (k.tenant_id = any ($2)) is true":                                            0,
		"select k.id from app.devices k where (k.tenant_id in (select unnest($2::uuid[]))) is true":                                              0,
		"select k.id from app.devices k where k.account_id = $1":                                                                                 1,
		"select k.id from app.devices k where k.account_id = $1 and false":                                                                       0,
		"select k.id from app.devices k where k.account_id = $1 and k.tenant_id = t1.id":                                                         1,
		"select 1 from app.devices d join app.tenants t on t.id = d.tenant_id where (d.tenant_id = any ($2)) is true":                            1,
		"select 1 from unnest($2) u(id) cross join lateral (select k.id from app.tickets k where k.tenant_id = u.id) k":                          0,
		"select y.id from (select k.id from app.tickets k where k.tenant_id = $2) w join app.tickets y on y.account_id = $1 and y.id = w.id":     0,
		"select y.id from (select k.id from app.tickets k where k.account_id = $1) w join app.tickets y on y.account_id = $1 and y.id = w.id":    1,
		"select (select count(*) from app.assets k where k.device_id = t1.id) from app.devices t1 where t1.tenant_id = $2":                       1,
		"select k.id from app.articles k where (k.seen_by = any ($2)) is true union all select k.id from app.articles k where k.account_id = $1": 1,
		"select k.id from app.user_names k where k.account_id = $1":                                                                              0,
	})
}

// TestAStatementWithoutTheAccountIsNoticed: else the tests that look for one would prove nothing.
func TestAStatementWithoutTheAccountIsNoticed(t *testing.T) {
	t.Parallel()
	notices(t, unguarded, map[string]int{
		"select k.id from app.devices k where k.account_id = $1":                                                      0,
		"select k.id from app.devices k where k.tenant_id = $1":                                                       1,
		"select k.id from app.devices k where k.account_id = $1 or k.id = $2":                                         1,
		"select k.id from app.devices k where (k.account_id = $1 or k.id = $2)":                                       1,
		"select k.id from app.devices k where k.account_id = $1 and (k.id = $2 or k.name = '(')":                      0,
		"select 1 from app.devices k left join app.tenants t on t.id = k.tenant_id where k.account_id = $1":           1,
		"select 1 from app.a m join app.b k on k.account_id = m.account_id and k.id = m.b where m.account_id = $1":    1,
		"select 1 from app.a m join app.b k on k.account_id = m.account_id where m.id = $1":                           2,
		"select (select 1 from app.a k where k.id = u.id) from app.u u where u.account_id = $1 and k.account_id = $1": 1,
		"select case when a or b then 1 end from app.u u where u.account_id = $1 and case when c or d then e end":     0,
		"(select 1 from app.u u where u.account_id = $1) union all (select 1 from app.u u where u.id = $2)":           1,
		"select 1 from app.u u where u.account_id = $1 union all select 1 from app.u u where true":                    1,
		"select exists (select from app.u u where u.account_id = $1) or exists (select from app.u u where u.id = $1)": 1,
		"select s.id from app.search($1, $2) s":                                                                       0,
		"select 1 from app.u u where not u.account_id = $1":                                                           1,
	})
}

// FuzzDocuments: no document, whoever sends it, makes the compiler panic, write a statement that reads a
// table without the account, put a client's text into one, or write without end.
func FuzzDocuments(f *testing.F) {
	f.Add(everyRoot(), "{}", byte(0))
	golden, _ := filepath.Glob("testdata/golden/*.graphql")
	for i, name := range golden {
		text, err := os.ReadFile(name)
		must(f, err)
		f.Add(string(text), "{}", byte(i))
	}
	for seed := range uint64(20) {
		d := blind(seed + 1000).write()
		variables, _ := json.Marshal(d.variables)
		f.Add(d.text, string(variables), byte(seed))
	}
	for _, text := range []string{
		`query($f: DeviceFilter) { devices(filter: $f, first: 3) { totalCount } }`, `{ a: nodes(ids: ["canary"]) { ...A ...A } } fragment A on Device { tenant { devices { nodes { ...A } } } }`,
		`{ tickets(filter: { tags: "canary'; --", search: "canary ' or true" }) { nodes { history { nodes { before } } } } }`, `{ node(id: "canary\u0000") { id } }`,
	} {
		f.Add(text, `{"f": {"search": "canary'); drop table app.users; --", "serialNumber": "canary' or '1'='1", "tenantIds": ["canary"]}}`, byte(3))
	}
	p := newPress()
	f.Fuzz(func(t *testing.T, text, variables string, who byte) {
		values := map[string]any{}
		decoder := json.NewDecoder(strings.NewReader(variables))
		decoder.UseNumber()
		if decoder.Decode(&values) != nil || len(text) > 20_000 {
			return
		}
		for _, wrong := range p.print(askers[int(who)%len(askers)], text, values) {
			t.Error(wrong)
		}
	})
}

// FuzzFilters: no filter, order or page of any list makes the database fail, whoever asks, and none gives
// anything of the other account.
func FuzzFilters(f *testing.F) {
	a := newAPI(f)
	lists := (&matrix{differential: &differential{api: a}}).lists()
	parents := map[string]string{}
	for typ := range ids.Types() {
		parents[typ] = a.anyID(typ)
	}
	people := []*client{a.as(admin), a.as(memberOfTwo), a.as(customer), a.as(memberOfNone)}
	for i, l := range lists {
		if def := l.filter(a.reader.Schema); def != nil && l.parent == "Query" {
			all := map[string]any{}
			for _, field := range def.Fields {
				all[field.Name] = fuzzed(a.reader.Schema, field.Type)
				one, _ := json.Marshal(map[string]any{field.Name: all[field.Name]})
				f.Add(byte(i), byte(i), string(one), `{"field": "NAME", "direction": "DESC"}`, 2, "")
			}
			whole, _ := json.Marshal(all)
			f.Add(byte(i), byte(i+1), string(whole), "null", -1, "x")
		}
	}
	f.Fuzz(func(t *testing.T, which, who byte, filter, order string, first int, after string) {
		l, c := lists[int(which)%len(lists)], people[int(who)%len(people)]
		values := in{"n": first, "a": after, "ids": []string{parents[l.parentOr("Device")]}}
		if after == "" {
			values["a"] = nil
		}
		var parsed [2]any
		if json.Unmarshal([]byte(filter), &parsed[0]) != nil || json.Unmarshal([]byte(order), &parsed[1]) != nil {
			return
		}
		vars, args := "$n: Int, $a: String", "first: $n, after: $a"
		for i, name := range []string{"filter", "orderBy"} {
			if arg := l.field.Arguments.ForName(name); arg != nil {
				vars, args, values[name] = vars+", $"+name+": "+arg.Type.String(), args+", "+name+": $"+name, parsed[i]
			}
		}
		a.t = t
		r := c.do(l.document(vars, fmt.Sprintf("x: %s(%s) %s", l.field.Name, args, page)), values)
		switch r.code() {
		case "", "BAD_USER_INPUT", "BAD_CURSOR", "FORBIDDEN", "GRAPHQL_VALIDATION_FAILED", "NOT_FOUND", "COST_LIMIT_EXCEEDED":
		default:
			t.Errorf("%s of %s: %s\n%s", filter, l, r.raw, a.log.String())
		}
		if strings.Contains(strings.ToLower(r.raw), "southwind") {
			t.Errorf("%s of %s: %s", filter, l, r.raw)
		}
	})
}

// parentOr is the type of the objects that have the list, or for the root another.
func (l list) parentOr(other string) string {
	if l.parent == "Query" || l.parent == "Viewer" {
		return other
	}
	return l.parent
}

// fuzzed is a value of an input type at the edge of what it can be.
func fuzzed(s *ast.Schema, t *ast.Type) any {
	if t.Elem != nil {
		return []any{fuzzed(s, t.Elem)}
	}
	switch def := s.Types[t.Name()]; {
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case def.Kind == ast.InputObject:
		at := map[string]string{"Date": "9999-12-31", "DateTime": "9999-12-31T23:59:59.999999999Z"}[def.Fields.ForName("gte").Type.Name()]
		return map[string]any{"gte": at, "lt": at}
	case def.Name == "Boolean":
		return false
	case def.Name == "ID":
		return ids.Encode("Device", uuid.Max)
	case def.Name == "Int":
		return 1<<31 - 1
	}
	return "canary'; --\\ %_ \u2028"
}
