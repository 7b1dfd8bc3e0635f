package graph

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tenantry/internal/ids"
)

// TestErrorCodesOfRootFieldsAreThoseOfTheEvaluator asks for what is refused, on purpose, and says which
// code a viewer of each kind gets; the evaluator must say the same.
func TestErrorCodesOfRootFieldsAreThoseOfTheEvaluator(t *testing.T) {
	d := newDifferential(t, 7)
	me := d.world.people[0]
	var theirs string // a device of another account
	for _, x := range d.world.things["Device"] {
		if x.account() == d.world.people[len(userKinds)].account && d.world.find("Device", me.account, x.key()) == nil {
			theirs = ids.Encode("Device", x.key())
		}
	}
	for _, c := range []struct{ field, admin, member, customer string }{
		{`device(id: "` + theirs + `") { id }`, "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"},
		{`node(id: "nonsense") { id }`, "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"},
		{`tenant(id: "` + ids.Encode("Tenant", me.account) + `") { id }`, "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"},
		{`ticketByNumber(number: 1) { id }`, "NOT_FOUND", "NOT_FOUND", "NOT_FOUND"},
		{`users { totalCount }`, "", "FORBIDDEN", "FORBIDDEN"},
		{`users(first: 101) { totalCount }`, "BAD_USER_INPUT", "FORBIDDEN", "FORBIDDEN"},
		{`auditEvents { totalCount }`, "", "FORBIDDEN", "FORBIDDEN"},
		{`assignableUsers { totalCount }`, "", "NOT_FOUND", "FORBIDDEN"},
		{`assignableUsers(tenantId: "` + ids.Encode("Tenant", me.account) + `") { totalCount }`, "NOT_FOUND", "NOT_FOUND", "FORBIDDEN"},
		{`assignableUsers(tenantId: "") { totalCount }`, "NOT_FOUND", "NOT_FOUND", "FORBIDDEN"},
		{`tenants(filter: { externalRef: ["ra"] }) { totalCount }`, "", "", "FORBIDDEN"},
		{`viewer { tenants(filter: { externalRef: ["ra"] }) { totalCount } }`, "", "", "FORBIDDEN"},
		{`devices(first: 101) { totalCount }`, "BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT"},
		{`devices(first: 1, last: 1) { totalCount }`, "BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT"},
		{`devices(after: "") { totalCount }`, "BAD_CURSOR", "BAD_CURSOR", "BAD_CURSOR"},
		{`tenants(first: 1) { nodes { devices(before: "nonsense") { totalCount } } }`, "BAD_CURSOR", "BAD_CURSOR", "BAD_CURSOR"},
		{`tenants(first: 1) { nodes { users(first: 101) { totalCount } } }`, "BAD_USER_INPUT", "", ""},
	} {
		one := document{text: "{ x: " + c.field + " }", variables: map[string]any{}}
		d.compare("both walls", one)
		for kind, code := range map[int]string{0: c.admin, 1: c.member, 5: c.customer} {
			p := d.world.people[kind]
			if got := d.client(p).do(one.text, nil).code(); got != code {
				t.Errorf("%s asks %s and gets %q, not %q", p.name, c.field, got, code)
			}
		}
		for _, p := range []person{{name: "nobody"}, d.world.people[8], d.world.people[9]} {
			if got := d.client(p).do(one.text, nil); got.code() != "UNAUTHENTICATED" || got.Data != nil {
				t.Errorf("%s asks %s and gets %s", p.name, c.field, got.raw)
			}
		}
	}
}

// TestOneFieldThatFailsInTheDatabaseLeavesTheOthersTheirAnswers: the statements share a round trip.
func TestOneFieldThatFailsInTheDatabaseLeavesTheOthersTheirAnswers(t *testing.T) {
	d := newDifferential(t, 8)
	r := d.client(d.world.people[0]).do(`query($nul: [String!]) {
		missing: ticketByNumber(number: 1) { id }
		broken: tenants(filter: { externalRef: $nul }) { totalCount }
		fine: devices { totalCount }
	}`, map[string]any{"nul": []string{"a\x00b"}})
	codes := map[any]any{}
	for _, e := range r.Errors {
		codes[e.Path[0]] = e.Extensions["code"]
	}
	if len(codes) != 2 || codes["missing"] != "NOT_FOUND" || codes["broken"] != "BAD_USER_INPUT" || r.get("fine", "totalCount") == nil {
		t.Error(r.raw)
	}
}

// TestWalkingAListByItsCursorsGivesEachElementOnce, forwards and backwards, in every order.
func TestWalkingAListByItsCursorsGivesEachElementOnce(t *testing.T) {
	d := newDifferential(t, 9)
	for _, f := range d.reader.Schema.Query.Fields {
		if !strings.HasSuffix(f.Type.Name(), "Connection") {
			continue
		}
		orders := []string{""}
		if by := f.Arguments.ForName("orderBy"); by != nil {
			for _, v := range d.reader.Schema.Types[d.reader.Schema.Types[by.Type.Name()].Fields.ForName("field").Type.Name()].EnumValues {
				orders = append(orders, ", orderBy: { field: "+v.Name+" }", ", orderBy: { field: "+v.Name+", direction: DESC }")
			}
		}
		for _, p := range d.world.people[:len(userKinds)] {
			c := d.client(p)
			for _, order := range orders {
				whole := c.do("{ x: "+f.Name+"(first: 100"+order+") { nodes { id } } }", nil)
				if whole.code() != "" {
					continue
				}
				all := keys(whole)
				if forwards := d.walk(c, f.Name, "first", "after", "endCursor", "hasNextPage", order); !slices.Equal(forwards, all) {
					t.Errorf("%s walks %s%s forwards: %v, not %v", p.name, f.Name, order, forwards, all)
				}
				backwards := d.walk(c, f.Name, "last", "before", "startCursor", "hasPreviousPage", order)
				slices.Sort(backwards)
				slices.Sort(all)
				if !slices.Equal(backwards, all) {
					t.Errorf("%s walks %s%s backwards: %v, not %v", p.name, f.Name, order, backwards, all)
				}
			}
		}
	}
}

func keys(r reply) (all []string) {
	nodes, _ := r.get("x", "nodes").([]any)
	for i := range nodes {
		all = append(all, fmt.Sprint(r.get("x", "nodes", i, "id")))
	}
	return all
}

func (d *differential) walk(c *client, list, size, from, to, more, order string) (all []string) {
	var cursor any
	for {
		r := c.ok(fmt.Sprintf("query($c: String) { x: %s(%s: 7, %s: $c%s) { nodes { id } pageInfo { %s %s } } }", list, size, from, order, to, more),
			map[string]any{"c": cursor})
		all = append(all, keys(r)...)
		if cursor = r.get("x", "pageInfo", to); r.get("x", "pageInfo", more) != true || len(all) > 1000 {
			return all
		}
	}
}

// TestAQueryOperationIsOneRoundTrip, whatever it asks, once the viewer is known.
func TestAQueryOperationIsOneRoundTrip(t *testing.T) {
	d := newDifferential(t, 10)
	d.author.Rand = rand.New(rand.NewPCG(10, 3))
	once := 0
	for range 40 {
		one := d.author.write()
		for _, p := range d.asking[:8] {
			c := d.client(p)
			c.do(`{ viewer { tenantAccess } }`, nil)
			d.trips.Store(0)
			r := c.do(one.text, one.variables)
			// What the role forbids is refused only once the role was read anew.
			forbidden := int64(0)
			for _, e := range r.Errors {
				if e.Extensions["code"] == "FORBIDDEN" {
					forbidden = 1
				}
			}
			answered := false
			for _, v := range r.Data {
				answered = answered || v != nil && v != "Query"
			}
			trips := d.trips.Load()
			if trips > 1+forbidden || answered && trips == 0 {
				t.Errorf("%s asks in %d round trips:\n%s\n%v", p.name, trips, one.text, one.variables)
			}
			if answered && trips == 1 {
				once++
			}
		}
	}
	if once < 100 {
		t.Errorf("only %d operations were answered at once", once)
	}
}

// TestAfterAChangeOfAccessAQueryReadsTwice: it is refused by the database, then the viewer is read anew.
func TestAfterAChangeOfAccessAQueryReadsTwice(t *testing.T) {
	d := newDifferential(t, 11)
	none := d.world.people[3]
	c := d.client(none)
	const query = `{ viewer { tenantAccess } tenants { totalCount } devices { nodes { tenant { id } } } }`
	if r := c.ok(query, nil); r.get("viewer", "tenantAccess") != "TENANTLESS" || r.get("tenants", "totalCount") != 0.0 {
		t.Fatal(r.raw)
	}
	var tenant [16]byte
	ctx := context.Background()
	must(t, d.owner.QueryRow(ctx, `select d.tenant_id from app.devices d where d.account_id = $1 and d.tenant_id <> $1 limit 1`, none.account).Scan(&tenant))
	_, err := d.owner.Exec(ctx, `insert into app.memberships (account_id, user_id, tenant_id) values ($1, $2, $3)`, none.account, none.user, tenant)
	must(t, err)
	d.trips.Store(0)
	r := c.ok(query, nil)
	// The batch that the database refuses and the one that answers; between them the viewer is read, in
	// the round trip that ends the refused transaction.
	if trips := d.trips.Load(); trips != 3 {
		t.Errorf("%d round trips", trips)
	}
	if r.get("viewer", "tenantAccess") != "ASSIGNED" || r.get("tenants", "totalCount") != 1.0 || r.get("devices", "nodes", 0, "tenant", "id") != ids.Encode("Tenant", tenant) {
		t.Error(r.raw)
	}
	d.trips.Store(0)
	c.ok(query, nil)
	if trips := d.trips.Load(); trips != 1 {
		t.Errorf("then %d round trips", trips)
	}
}
