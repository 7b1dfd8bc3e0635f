package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tenantry/internal/ids"
)

// explainedWorld is a random world with some of every kind of item in its first account, and its ids.
func explainedWorld(t *testing.T, seed uint64) (d *differential, items []string) {
	d = newDifferential(t, seed)
	r := rand.New(rand.NewPCG(seed, 5))
	account := d.world.people[0].account
	var users []uuid.UUID
	tenants := []uuid.UUID{account}
	for _, x := range d.world.things["User"] {
		if x.account() == account {
			users = append(users, x.key())
		}
	}
	for _, typ := range []string{"Tenant", "DeviceGroup", "Device", "Ticket", "TicketComment"} {
		for _, x := range d.world.things[typ] {
			if x.account() != account || x.key() == account {
				continue
			}
			if typ == "Tenant" {
				tenants = append(tenants, x.key())
			}
			items = append(items, ids.Encode(typ, x.key()))
		}
	}
	add := func(typ, sql string, args ...any) {
		id := ids.New()
		d.sql(sql, append([]any{account, id}, args...)...)
		items = append(items, ids.Encode(typ, id))
	}
	for _, tenant := range tenants {
		add("Asset", "insert into app.assets (account_id, id, tenant_id, name, kind, status) values ($1, $2, $3, 'asset', 'HARDWARE', 'READY')", tenant)
		add("RemoteSession", `insert into app.remote_sessions (account_id, id, tenant_id, agent_id, mode, status, consent)
			values ($1, $2, $3, $4, 'UNATTENDED', 'ENDED', 'NOT_NEEDED')`, tenant, pick(r, users))
		for _, state := range []string{"DRAFT", "PUBLISHED", "ARCHIVED"} {
			audience := "TENANT"
			if tenant == account {
				audience = "TENANTLESS"
			}
			add("Article", `insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
				values ($1, $2, $3, $4, 'title', '', $5, $6)`, tenant, audience, state, pick(r, users))
		}
	}
	for _, author := range users {
		for _, state := range []string{"IN_REVIEW", "PUBLISHED"} {
			add("Article", `insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
				values ($1, $2, $1, 'ALL_TENANTS', 'title', '', $3, $4)`, state, author)
		}
	}
	add("Article", "insert into app.articles (account_id, id, tenant_id, audience, title, body) values ($1, $2, $1, 'ALL_TENANTS', 'title', '')")
	return d, items
}

// found are those of the ids that a client finds.
func found(c *client, items []string) map[string]bool {
	all := map[string]bool{}
	for some := range slices.Chunk(items, 100) {
		r := c.do("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", map[string]any{"ids": some})
		if code := r.code(); code != "" && code != "UNAUTHENTICATED" {
			c.t.Fatal(r.raw)
		}
		nodes, _ := r.Data["nodes"].([]any)
		for i := range nodes {
			if id, ok := r.get("nodes", i, "id").(string); ok {
				all[id] = true
			}
		}
	}
	return all
}

// explain asks why somebody sees each of the items or not.
func explain(c *client, user, token string, items []string) map[string]map[string]any {
	all := map[string]map[string]any{}
	if token != "" {
		token = fmt.Sprintf(", tokenId: %q", token)
	}
	for some := range slices.Chunk(items, 40) {
		var b strings.Builder
		for i, id := range some {
			fmt.Fprintf(&b, " x%d: accessExplanation(userId: %q, nodeId: %q%s) { allowed rule explanation membership { tenant { id } addedAt } }", i, user, id, token)
		}
		r := c.ok("{"+b.String()+" }", nil)
		for i, id := range some {
			all[id] = r.get(fmt.Sprintf("x%d", i)).(map[string]any)
		}
	}
	return all
}

// TestAnExplanationSaysWhatTheUserFinds: for everybody and each item of random worlds, with the server's
// wall and the database's, with the database's alone, and with the server's alone.
func TestAnExplanationSaysWhatTheUserFinds(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			d, items := explainedWorld(t, 20+seed)
			c := d.client(d.world.people[0])
			rules := map[any]int{}
			said := map[string]map[string]map[string]any{}
			for _, p := range d.world.people[:len(userKinds)] {
				said[p.name] = explain(c, ids.Encode("User", p.user), "", items)
			}
			compare := func(way string) {
				for _, p := range d.world.people[:len(userKinds)] {
					finds := found(d.client(p), items)
					for _, id := range items {
						e := said[p.name][id]
						if e["allowed"] != finds[id] {
							t.Errorf("%s: %s finds %s: %v, but the explanation is %v", way, p.name, id, finds[id], e)
						}
						member, _ := e["membership"].(map[string]any)
						if (member != nil) != (e["rule"] == "MEMBER_OF_TENANT") || e["explanation"] == "" {
							t.Errorf("%s before %s: %v", p.name, id, e)
						}
						rules[e["rule"]]++
					}
				}
			}
			compare("both walls")
			d.reader.Unscoped = true
			compare("the database's wall alone")
			d.reader.Unscoped = false
			d.wall(false)
			compare("the compiler's wall alone")
			for _, rule := range d.reader.Schema.Types["AccessRule"].EnumValues {
				if rules[rule.Name] == 0 && rule.Name != "TOKEN_NARROWED" {
					t.Errorf("nothing is explained by %s: %v", rule.Name, rules)
				}
			}
		})
	}
}

// TestUsersWithAccessAreThoseWhoFindTheItem, each with the rule that the explanation names.
func TestUsersWithAccessAreThoseWhoFindTheItem(t *testing.T) {
	d, items := explainedWorld(t, 30)
	c := d.client(d.world.people[0])
	want := map[string]map[string]any{}
	for _, x := range d.world.things["User"] {
		if x.account() != d.world.people[0].account {
			continue
		}
		user := ids.Encode("User", x.key())
		for id, e := range explain(c, user, "", items) {
			if want[id] == nil {
				want[id] = map[string]any{}
			}
			if e["allowed"] == true {
				want[id][user] = e["rule"]
			}
		}
	}
	for _, way := range []string{"both walls", "the database's wall alone", "the compiler's wall alone"} {
		d.reader.Unscoped = way == "the database's wall alone"
		d.wall(way != "the compiler's wall alone")
		for some := range slices.Chunk(items, 20) {
			var b strings.Builder
			for i, id := range some {
				fmt.Fprintf(&b, " x%d: usersWithAccess(nodeId: %q) { totalCount edges { rule node { id } } }", i, id)
			}
			r := c.ok("{"+b.String()+" }", nil)
			for i, id := range some {
				of := fmt.Sprintf("x%d", i)
				got := map[string]any{}
				edges, _ := r.get(of, "edges").([]any)
				for n := range edges {
					got[r.get(of, "edges", n, "node", "id").(string)] = r.get(of, "edges", n, "rule")
				}
				expect(t, way+": who sees "+id, fmt.Sprint(got), fmt.Sprint(want[id]))
				expect(t, way+": the count of who sees "+id, r.get(of, "totalCount"), float64(len(want[id])))
			}
		}
	}
	// By pages, each user comes once.
	for _, id := range items[:5] {
		var walked []string
		for cursor := any(nil); len(walked) < 100; {
			r := c.ok(`query($id: ID!, $after: String) { x: usersWithAccess(nodeId: $id, first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
				map[string]any{"id": id, "after": cursor})
			walked = append(walked, keys(r)...)
			if cursor = r.get("x", "pageInfo", "endCursor"); r.get("x", "pageInfo", "hasNextPage") != true {
				break
			}
		}
		slices.Sort(walked)
		expect(t, "who sees "+id+", by pages", fmt.Sprint(walked), fmt.Sprint(slices.Sorted(maps.Keys(want[id]))))
	}
}

// TestAnExplanationOfATokenSaysWhatTheTokenFinds: tokens with all of their owner's reach, such that name
// one, two or lost tenants, and such that are over, of every agent.
func TestAnExplanationOfATokenSaysWhatTheTokenFinds(t *testing.T) {
	d, items := explainedWorld(t, 40)
	c := d.client(d.world.people[0])
	var tenants []uuid.UUID
	for _, x := range d.world.things["Tenant"] {
		if x.account() == d.world.people[0].account && x.key() != x.account() {
			tenants = append(tenants, x.key())
		}
	}
	type held struct {
		p    person
		id   string
		of   string
		asks *client
		said map[string]map[string]any
	}
	var tokens []held
	for i, p := range d.world.people[:len(userKinds)] {
		if userKinds[i].role == "CUSTOMER" {
			continue
		}
		for kind, named := range map[string][]uuid.UUID{
			"all": nil, "one": tenants[:1], "two": tenants[1:3], "three": tenants[2:], "none": {}, "over": tenants,
		} {
			asks, id := d.token(p.account, p.user, named, kind == "over")
			ref := ids.Encode("ApiToken", id)
			tokens = append(tokens, held{p, ref, kind, asks, explain(c, ids.Encode("User", p.user), ref, items)})
		}
	}
	rules := map[any]int{}
	for _, way := range []string{"both walls", "the database's wall alone", "the compiler's wall alone"} {
		d.reader.Unscoped = way == "the database's wall alone"
		d.wall(way != "the compiler's wall alone")
		for _, k := range tokens {
			finds := found(k.asks, items)
			for id, e := range k.said {
				if e["allowed"] != finds[id] {
					t.Errorf("%s: the token (%s) of %s finds %s: %v, but the explanation is %v", way, k.of, k.p.name, id, finds[id], e)
				}
				rules[e["rule"]]++
			}
		}
	}
	if rules["TOKEN_NARROWED"] < 100 || rules["PUBLISHED_TO_ALL"] < 100 || rules["MEMBER_OF_TENANT"] < 100 || rules["NOT_ACTIVE"] < 100 {
		t.Errorf("too little was tried: %v", rules)
	}
}

// TestWhatCannotBeExplainedIsMissing whatever is wrong with it, and only admins ask.
func TestWhatCannotBeExplainedIsMissing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	user, device := a.ref("User", memberOfOne), a.ref("Device", "CAISSE-01")
	account := one[[16]byte](a, "select account_id from app.accounts where name = 'Northwind IT'")
	const ask = `query($user: ID!, $node: ID!, $token: ID) { accessExplanation(userId: $user, nodeId: $node, tokenId: $token) { allowed rule } }`
	const list = `query($node: ID!) { usersWithAccess(nodeId: $node) { totalCount } }`
	good := in{"user": user, "node": device, "token": a.ref("ApiToken", "Till monitoring")}
	expect(t, "an admin asks", text(c.ok(ask, good).Data), `{"accessExplanation":{"allowed":true,"rule":"MEMBER_OF_TENANT"}}`)
	for sentence, bad := range map[string]in{
		"an unknown user": {"user": encode("User", ids.New())}, "a foreign user": {"user": a.foreign("User", foreignAdmin)},
		"a malformed user": {"user": "x"}, "a device for a user": {"user": device},
		"another's token": {"token": a.ref("ApiToken", "Asset register")}, "a foreign token": {"token": a.foreign("ApiToken", "Till reports")},
		"an unknown token": {"token": encode("ApiToken", ids.New())}, "a malformed token": {"token": ""}, "a user for a token": {"token": user},
	} {
		for name, value := range bad {
			expect(t, "an admin asks about "+sentence, c.do(ask, a.with(good, name, value)).code(), "NOT_FOUND")
		}
	}
	for sentence, node := range map[string]string{
		"an unknown device": encode("Device", ids.New()), "a foreign device": a.foreign("Device", "TILL-1"), "what is no id": "x", "an empty id": "",
		"a user": user, "a token": a.ref("ApiToken", "Till monitoring"), "the account": encode("Account", account), "the account as a tenant": encode("Tenant", account),
	} {
		expect(t, "an admin asks about "+sentence, c.do(ask, a.with(good, "node", node)).code(), "NOT_FOUND")
		expect(t, "an admin asks who sees "+sentence, c.do(list, in{"node": node}).code(), "NOT_FOUND")
	}
	for _, email := range []string{memberOfOne, grandfathered, customer} {
		expect(t, email+" asks", a.as(email).do(ask, good).code(), "FORBIDDEN")
		expect(t, email+" asks who sees a device", a.as(email).do(list, good).code(), "FORBIDDEN")
	}
	expect(t, "an admin of another account asks", a.as(foreignAdmin).do(ask, good).code(), "NOT_FOUND")
	expect(t, "an admin of another account asks who sees a device", a.as(foreignAdmin).do(list, good).code(), "NOT_FOUND")
}
