package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/internal/viewer"
)

// TestSearchRanksPagesAndSealsItsPlaces: the title before the text before a mistake, the newest first, and
// pages of any size give each once.
func TestSearchRanksPagesAndSealsItsPlaces(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tenant := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	for i, text := range [][2]string{{"old zirconia", ""}, {"aged", "zirconia"}, {"zircomia, misspelt", "zircomia"}, {"zirconia and zirconia", "zirconia"}, {"spoken of", ""}, {"zirconias", ""}} {
		a.sql(`insert into app.tickets (account_id, id, tenant_id, number, subject, description, created_at)
			select account_id, gen_random_uuid(), id, 880000 + $2, $3, $4, now() - interval '1 year' + $2 * interval '1 hour' from app.tenants where id = $1`, tenant, i, text[0], text[1])
	}
	a.sql(`insert into app.devices (account_id, id, tenant_id, name, platform, kind, created_at)
		select account_id, gen_random_uuid(), id, 'ZIRCONIA-1', 'LINUX', 'SERVER', now() - interval '1 year' + interval '90 minutes' from app.tenants where id = $1`, tenant)
	for range 3 {
		a.sql(`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility) select k.account_id, gen_random_uuid(), k.tenant_id, k.id, m.user_id, 'zirconia', 'PUBLIC'
			from app.tickets k join app.memberships m on m.account_id = k.account_id and m.tenant_id = k.tenant_id where k.number in (880000, 880004) limit 4`)
	}
	want := "zirconia and zirconia, ZIRCONIA-1, old zirconia, spoken of, aged, zirconias, zircomia, misspelt"
	c := a.as(memberOfOne)
	const document = `query($t: String!, $n: Int, $after: String, $types: [SearchType!]) { search(text: $t, types: $types, first: $n, after: $after) {
		totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { title } } } }`
	var cursor string
	for _, size := range []int{1, 2, 3, 7, 100} {
		var got []string
		after := any(nil)
		for {
			r := c.ok(document, in{"t": "zirconia", "n": size, "after": after})
			edges, _ := r.get("search", "edges").([]any)
			for _, e := range edges {
				got = append(got, e.(map[string]any)["node"].(map[string]any)["title"].(string))
			}
			expect(t, "how many there are", r.get("search", "totalCount"), 7.0)
			expect(t, "something is before", r.get("search", "pageInfo", "hasPreviousPage"), after != nil)
			if after = r.get("search", "pageInfo", "endCursor"); size == 2 {
				after = r.get("search", "edges", len(edges)-1, "cursor")
			}
			if cursor == "" {
				cursor = after.(string)
			}
			if r.get("search", "pageInfo", "hasNextPage") != true {
				break
			}
		}
		expect(t, fmt.Sprintf("pages of %d", size), strings.Join(got, ", "), want)
	}
	rest := text(c.ok(document, in{"t": "zirconia", "after": cursor}).get("search", "edges"))
	expect(t, "an admin goes on from a member's cursor", text(a.as(admin).ok(document, in{"t": "zirconia", "after": cursor}).get("search", "edges")), rest)
	expect(t, "a customer does", text(a.as(customer).ok(document, in{"t": "zirconia", "after": cursor}).get("search", "edges")), rest)
	for name, variables := range map[string]in{
		"of another text": {"t": "zirconias", "after": cursor}, "with other types": {"t": "zirconia", "types": []string{"TICKET"}, "after": cursor}, "that is made up": {"t": "zirconia", "after": "x"},
	} {
		expect(t, "a cursor "+name, c.do(document, variables).code(), "BAD_CURSOR")
	}
	expect(t, "a cursor of another account", a.as(foreignAdmin).do(document, in{"t": "zirconia", "after": cursor}).code(), "BAD_CURSOR")
	expect(t, "too large a page", c.do(document, in{"t": "zirconia", "n": 101}).code(), "BAD_USER_INPUT")
	expect(t, "only devices", text(c.ok(document, in{"t": "zirconia", "types": []string{"DEVICE"}}).get("search", "totalCount")), "1")
	expect(t, "one type that is no list", text(c.ok(document, in{"t": "zirconia", "types": "DEVICE"}).get("search", "totalCount")), "1")
	expect(t, "no types", text(c.ok(document, in{"t": "zirconia", "types": []string{}}).get("search", "totalCount")), "0")
}

// TestSearchFollowsEveryChangeAtOnce.
func TestSearchFollowsEveryChangeAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, claire, nora, tom := a.as(admin), a.as(memberOfOne), a.as(customer), a.as(memberOfNone), a.as(memberOfTwo)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	finds := func(sentence, word string, who ...*client) {
		t.Helper()
		for _, c := range []*client{ada, mia, claire, nora, tom} {
			r := c.ok(`query($t: String!) { search(text: $t) { totalCount nodes { node { id } } } }`, in{"t": word})
			want := 0.0
			if slices.Contains(who, c) {
				want = 1
			}
			expect(t, sentence+", "+text(c.ok("{ viewer { user { name } } }", nil).Data), r.get("search", "totalCount"), want)
		}
	}
	ticket := mia.done("createTicket", in{"subject": "wolfram", "tenantId": dubois}, "ticket { id }")["ticket"].(map[string]any)["id"]
	finds("a new ticket", "wolfram", ada, mia, claire, tom)
	mia.done("updateTicket", in{"id": ticket, "subject": "tungsten", "description": "bismuth"}, "ticket { id }")
	finds("the old subject", "wolfram")
	finds("the new subject", "tungsten", ada, mia, claire, tom)
	finds("the new description", "bismuth", ada, mia, claire, tom)
	mia.done("commentOnTicket", in{"ticketId": ticket, "body": "gallium", "visibility": "PUBLIC"}, "comment { id }")
	mia.done("commentOnTicket", in{"ticketId": ticket, "body": "thallium", "visibility": "INTERNAL"}, "comment { id }")
	finds("a public comment", "gallium", ada, mia, claire, tom)
	finds("an internal comment", "thallium", ada, mia, tom)
	finds("an internal comment, with a mistake", "thalium", ada, mia, tom)
	a.sql("update app.ticket_comments set visibility = case visibility when 'PUBLIC' then 'INTERNAL' else 'PUBLIC' end where body in ('gallium', 'thallium')")
	finds("a comment that became internal", "gallium", ada, mia, tom)
	finds("a comment that became public", "thallium", ada, mia, claire, tom)
	a.sql("update app.tickets set tenant_id = $1, device_id = null where subject = 'tungsten'", a.key("Northwind IT", "Tenant", "Harbour Clinic"))
	finds("a ticket that moved", "tungsten", ada, tom)
	finds("its comment", "thallium", ada, tom)
	a.sql("update app.tickets set tenant_id = account_id where subject = 'tungsten'")
	finds("a ticket that became tenantless", "thallium", ada, nora)

	device := mia.done("createDevice", in{"name": "palladium", "platform": "LINUX", "kind": "SERVER", "tenantId": dubois}, "device { id }")["device"].(map[string]any)["id"]
	finds("a new device", "palladium", ada, mia, claire, tom)
	mia.done("updateDevice", in{"id": device, "serialNumber": "rhodium"}, "device { id }")
	finds("its serial number", "rhodium", ada, mia, claire, tom)
	mia.done("deleteDevice", in{"id": device}, "deletedId")
	finds("a device that was deleted", "palladium")

	ada.done("updateTenant", in{"id": harbour, "name": "Iridium"}, "tenant { id }")
	finds("a tenant with a new name", "iridium", ada, tom)
	finds("its old name", "harbour clinic")
	ada.done("createTenant", in{"name": "Osmium", "dryRun": true}, "committed")
	finds("a tenant that was only tried", "osmium")
	ada.done("addUsersToTenant", in{"tenantId": harbour, "userIds": []any{a.ref("User", memberOfOne)}}, "committed")
	finds("after a membership", "iridium", ada, mia, tom)
	ada.done("removeUsersFromTenant", in{"tenantId": harbour, "userIds": []any{a.ref("User", memberOfOne)}}, "committed")
	finds("after its end", "iridium", ada, tom)

	a.sql(`insert into app.articles (account_id, id, tenant_id, audience, title, body) select account_id, gen_random_uuid(), account_id, 'ALL_TENANTS', 'yttrium', '' from app.tenants where name = 'Iridium'`)
	finds("a draft for all tenants", "yttrium", ada)
	a.sql("update app.articles set state = 'PUBLISHED' where title = 'yttrium'")
	finds("once it is published", "yttrium", ada, mia, claire, nora, tom)
	a.sql("update app.articles set audience = 'TENANT', tenant_id = $1 where title = 'yttrium'", a.key("Northwind IT", "Tenant", "Boulangerie Dubois"))
	finds("once it is one tenant's", "yttrium", ada, mia, claire, tom)
	ada.done("updateUser", in{"id": a.ref("User", memberOfTwo), "name": "Lutetium"}, "user { id }")
	finds("a user with a new name", "lutetium", ada)
	a.sql("delete from app.users where email = $1", idleCustomer)
	finds("a user who was deleted", "carl")
	expect(t, "documents that are of nothing", one[int](a, `select count(*) from app.search_documents where not exists (select from app.tickets t where t.id = object_id)
		and not exists (select from app.devices t where t.id = object_id) and not exists (select from app.users t where t.id = object_id)
		and not exists (select from app.tenants t where t.id = object_id) and not exists (select from app.articles t where t.id = object_id)
		and not exists (select from app.assets t where t.id = object_id)`), 0)
	before := one[string](a, "select md5(string_agg(d::text, '|' order by d::text)) from app.search_documents d")
	a.sql("select app.file_everything()")
	expect(t, "made anew, what search looks in is the same", one[string](a, "select md5(string_agg(d::text, '|' order by d::text)) from app.search_documents d"), before)
}

// TestAStatusCostsSearchNothing: what does not change a searched text writes nothing for search.
func TestAStatusCostsSearchNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	files := func() string {
		return one[string](a, "select md5(string_agg(d.ctid::text || d.xmin::text, '|' order by d.ctid)) from app.search_documents d")
	}
	before, g := files(), a.good()
	ada := a.as(admin)
	ada.done("updateTicket", in{"id": g["updateTicket"]["id"], "status": "CLOSED", "priority": "LOW"}, "ticket { id }")
	ada.done("assignTicket", g["assignTicket"], "ticket { id }")
	ada.done("updateDevice", in{"id": g["updateDevice"]["id"], "tags": []any{"x"}, "platform": "LINUX"}, "device { id }")
	a.sql("update app.tickets set subject = subject, description = description")
	expect(t, "what is filed", files(), before)
}

// TestWhatIsFoundIsWhatIsVisibleAndHasTheWord asks for every word of random worlds as everybody: with both
// walls, with either alone, and with every way that the database has to look.
func TestWhatIsFoundIsWhatIsVisibleAndHasTheWord(t *testing.T) {
	t.Parallel()
	d := newDifferential(t, 7)
	asked := append(slices.Clone(words), "two", "1007", "sn1", "alb", "mail")
	const list = `tickets(first: 100) { nodes { id number subject description comments(first: 80) { nodes { body } } } }
		devices(first: 100) { nodes { id name hostname serialNumber } } tenants(first: 100) { nodes { id name } }
		assets(first: 100) { nodes { id name tag serialNumber } } articles(first: 100) { nodes { id title summary body } }`
	answers := map[string]string{}
	round := func(way string, asked []string) {
		for _, p := range d.asking {
			if p.user == [16]byte{} || d.world.find("User", p.account, p.user).text("status") != "ACTIVE" {
				continue
			}
			c := d.client(p)
			document := list
			if d.world.find("User", p.account, p.user).text("role") == "ADMIN" {
				document += " users(first: 100) { nodes { id name email } }"
			}
			seen := c.ok("{"+document+"}", nil).Data
			for _, word := range asked {
				want := []string{}
				for _, nodes := range seen {
					all, _ := nodes.(map[string]any)["nodes"].([]any)
					for _, n := range all {
						object := n.(map[string]any)
						id := object["id"].(string)
						delete(object, "id")
						if text := strings.ToLower(exactly(object)); has(text, word) {
							want = append(want, id)
						}
						object["id"] = id
					}
				}
				r := c.ok(`query($t: String!) { search(text: $t, first: 100) { totalCount nodes { node { id } } } tickets(first: 100, filter: { search: $t }) { totalCount nodes { id } } }`, in{"t": word})
				got := []string{}
				found, _ := r.get("search", "nodes").([]any)
				for _, n := range found {
					got = append(got, n.(map[string]any)["node"].(map[string]any)["id"].(string))
				}
				sentence := fmt.Sprintf("%s: %s looks for %s", way, p.name, word)
				answer := exactly(got)
				if known, ok := answers[p.name+word]; ok && known != answer {
					t.Errorf("%s: %s, and another way %s", sentence, answer, known)
				}
				answers[p.name+word] = answer
				expect(t, sentence+": how many", r.get("search", "totalCount"), float64(len(got)))
				slices.Sort(got)
				slices.Sort(want)
				expect(t, sentence, exactly(got), exactly(want))
				tickets := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return !strings.HasPrefix(id, "tkt_") })
				expect(t, sentence+" among tickets", r.get("tickets", "totalCount"), float64(len(tickets)))
				list, _ := r.get("tickets", "nodes").([]any)
				expect(t, sentence+" in the list of tickets", len(list), len(tickets))
				if way == "both walls" {
					d.everyWay(t, sentence, p, word)
				}
			}
		}
	}
	round("both walls", asked)
	// More than one is looked for on the way through the list.
	d.sql("create or replace function app.search_few() returns bigint language sql immutable set search_path = pg_catalog as 'select 1::bigint'")
	round("both walls, with lists that are walked through", asked[4:])
	d.wall(false)
	round("the compiler's wall alone", asked[6:])
	d.wall(true)
	d.reader.Unscoped = true
	round("the database's wall alone", asked[6:])
}

// has tells whether a word, or one that begins with it, stands in a text.
func has(text, word string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z') }),
		func(w string) bool { return strings.HasPrefix(w, word) })
}

// everyWay looks in the database with bounds that make it look at all that a viewer reaches, at all that have the
// word, and walk by short steps: each finds the same in the same order.
func (d *differential) everyWay(t *testing.T, sentence string, p person, word string) {
	ctx := context.Background()
	who, err := viewer.NewSessions(d.pool).Read(ctx, p.session, nil)
	must(t, err)
	conn, err := d.pool.Acquire(ctx)
	must(t, err)
	defer conn.Release()
	var b pgx.Batch
	who.Identity().Begin(&b, false)
	must(t, conn.SendBatch(ctx, &b).Close())
	defer postgres.Rollback(ctx, conn.Conn())
	look := func() string {
		var found string
		must(t, conn.QueryRow(ctx, `select coalesce(string_agg(rank || ' ' || item, ' ' order by nth), '') from app.search('{Ticket,Device,Asset,Article,Tenant,User}', array[$1], array[$1, $1 || '*'], '{1,1}', null, null, null, 100)
			with ordinality s (rank, moment, sort, item, part, nth)`, word).Scan(&found))
		return found
	}
	want := look()
	for _, bounds := range []string{"0, 'gather', '{}'", "0, 'walk', '{1,1}'", "0, 'walk', '{1,2,4,8,1000}'", "0, 'sort', '{}'", "0, 'own', '{}'", "0, null, '{2}'", "9999, null, '{2,2}'"} {
		d.bounds(bounds)
		expect(t, sentence+" with the bounds "+bounds, look(), want)
	}
	d.bounds("3000, null::text, '{1000,16000}'")
}

// bounds says when the database looks how.
func (d *differential) bounds(values string) {
	d.sql("create or replace function app.search_bounds(out few integer, out way text, out steps integer[]) language sql immutable set search_path = pg_catalog as $$ select " +
		values + "::integer[] $$")
}
