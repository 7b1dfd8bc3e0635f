package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tenantry/internal/ids"
)

// planted is a word that stands in one text of one object, and who may read that text.
type planted struct {
	word, in string
	typ, id  string
	seen     []string
}

// plant writes objects of every kind into every place, with a word of its own in each text.
type plant struct {
	*api
	all []planted
}

// rare makes words that are nowhere else, and too short for mistakes.
func rare(n int) string {
	const consonants, vowels = "qwxzvk", "aeiou"
	return string([]byte{consonants[n%6], vowels[n/6%5], consonants[n/30%6], vowels[n/180%5]})
}

func (p *plant) word(in, typ string, id [16]byte, seen []string) string {
	w := rare(len(p.all))
	p.all = append(p.all, planted{w, in, typ, encode(typ, id), seen})
	return w
}

func newPlant(t *testing.T) *plant {
	p := &plant{api: newAPI(t)}
	account := one[[16]byte](p.api, "select account_id from app.accounts where name = 'Northwind IT'")
	author := p.key("Northwind IT", "User", memberOfTwo)
	agents := map[string][]string{
		"Boulangerie Dubois": {admin, grandfathered, memberOfOne, memberOfTwo},
		"Harbour Clinic":     {admin, grandfathered, memberOfTwo},
		"":                   {admin, grandfathered, memberOfNone},
	}
	n := 0
	for place, who := range agents {
		n++
		tenant, all := account, who
		if place != "" {
			tenant = p.key("Northwind IT", "Tenant", place)
		}
		if place == "Boulangerie Dubois" {
			all = append(slices.Clone(who), customer)
		}
		id := ids.New()
		p.sql(`insert into app.tickets (account_id, id, tenant_id, number, subject, description) values ($1, $2, $3, $4, $5, $6)`, account, id, tenant, 777000+n,
			"On "+p.word("subject", "Ticket", id, all), "It "+p.word("description", "Ticket", id, all)+".")
		p.all = append(p.all, planted{fmt.Sprint(777000 + n), "number", "Ticket", encode("Ticket", id), all})
		for _, c := range []struct {
			visibility string
			seen       []string
		}{{"PUBLIC", all}, {"INTERNAL", who}} {
			p.sql(`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility) values ($1, $2, $3, $4, $5, $6, $7)`,
				account, ids.New(), tenant, id, author, "Said: "+p.word(c.visibility+" comment", "Ticket", id, c.seen), c.visibility)
		}
		id = ids.New()
		p.sql(`insert into app.devices (account_id, id, tenant_id, name, hostname, serial_number, platform, kind) values ($1, $2, $3, $4, $5, $6, 'LINUX', 'SERVER')`, account, id, tenant,
			p.word("name", "Device", id, all)+"-01", p.word("hostname", "Device", id, all)+".local", p.word("serial number", "Device", id, all))
		id = ids.New()
		p.sql(`insert into app.assets (account_id, id, tenant_id, name, tag, serial_number, kind, status) values ($1, $2, $3, $4, $5, $6, 'HARDWARE', 'READY')`, account, id, tenant,
			p.word("name", "Asset", id, all), p.word("tag", "Asset", id, all), p.word("serial number", "Asset", id, all))
		audience := "TENANT"
		if place == "" {
			audience = "TENANTLESS"
		}
		p.article(account, tenant, audience, "PUBLISHED", all)
		p.article(account, tenant, audience, "DRAFT", who)
		if place != "" {
			p.sql("update app.tenants set name = name || ' ' || $2 where id = $1", tenant, p.word("name", "Tenant", tenant, slices.DeleteFunc(slices.Clone(all), func(v string) bool { return v == memberOfNone })))
		}
	}
	everybody := []string{admin, grandfathered, memberOfOne, memberOfTwo, memberOfNone, customer}
	p.article(account, account, "ALL_TENANTS", "PUBLISHED", everybody)
	p.article(account, account, "ALL_TENANTS", "DRAFT", []string{admin, grandfathered, memberOfTwo})
	user := p.key("Northwind IT", "User", memberOfOne)
	p.sql("update app.users set name = $2, email = $3 where id = $1", user, "Mia "+p.word("name", "User", user, []string{admin}),
		p.word("e-mail", "User", user, []string{admin})+"@northwind.example")
	return p
}

func (p *plant) article(account, tenant [16]byte, audience, state string, seen []string) {
	id := ids.New()
	p.sql(`insert into app.articles (account_id, id, tenant_id, audience, state, title, summary, body, author_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, account, id, tenant, audience, state,
		p.word("title of "+state, "Article", id, seen), p.word("summary of "+state, "Article", id, seen), "# "+p.word("body of "+state, "Article", id, seen), p.key("Northwind IT", "User", memberOfTwo))
}

// lists are the root fields with the filter "search", by type.
var lists = map[string]string{"Ticket": "tickets", "Device": "devices", "Asset": "assets", "Article": "articles", "Tenant": "tenants", "User": "users"}

// TestEachTextIsFoundByWhoMayReadItAndByNobodyElse asks for a word of every searched text of every kind
// of object in every place, as everybody, by search and by the list's filter.
func TestEachTextIsFoundByWhoMayReadItAndByNobodyElse(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	mia := one[string](p.api, "select email from app.users where name like 'Mia %'")
	for _, who := range []string{admin, grandfathered, memberOfOne, memberOfTwo, memberOfNone, customer, idleCustomer, foreignAdmin} {
		c := &client{api: p.api}
		if who == memberOfOne {
			c = p.as(mia)
		} else {
			c = p.as(who)
		}
		for batch := range slices.Chunk(p.all, 5) {
			document := "{"
			for i, x := range batch {
				document += fmt.Sprintf(` s%d: search(text: "%s") { totalCount nodes { type title excerpt node { id } } }`, i, x.word)
				if x.typ != "User" || who == admin || who == foreignAdmin {
					document += fmt.Sprintf(` f%d: %s(filter: { search: "%s" }) { totalCount nodes { id } }`, i, lists[x.typ], x.word)
				}
			}
			r := c.ok(document+" }", nil)
			for i, x := range batch {
				sentence := fmt.Sprintf("%s looks for the %s of %s", who, x.in, x.typ)
				want, count := "[]", 0.0
				if slices.Contains(x.seen, who) {
					want, count = fmt.Sprintf(`[{"id":"%s"}]`, x.id), 1
				}
				var nodes []any
				found, _ := r.get(fmt.Sprintf("s%d", i), "nodes").([]any)
				for _, n := range found {
					nodes = append(nodes, n.(map[string]any)["node"])
					expect(t, sentence+": type", n.(map[string]any)["type"], strings.ToUpper(x.typ))
					if excerpt, _ := n.(map[string]any)["excerpt"].(string); !strings.Contains(excerpt, x.word) {
						t.Errorf("%s: the excerpt is %q", sentence, excerpt)
					}
				}
				if nodes == nil {
					nodes = []any{}
				}
				expect(t, sentence, exactly(nodes), want)
				expect(t, sentence+": count", r.get(fmt.Sprintf("s%d", i), "totalCount"), count)
				if list, ok := r.Data[fmt.Sprintf("f%d", i)].(map[string]any); ok {
					expect(t, sentence+" in the list", exactly(list["nodes"]), want)
					expect(t, sentence+" in the list: count", list["totalCount"], count)
				}
			}
		}
	}
	expect(t, "a member filters users", p.as(memberOfTwo).do(`{ users(filter: { search: "ada" }) { totalCount } }`, nil).code(), "FORBIDDEN")
	expect(t, "a member looks for users", text(p.as(memberOfTwo).ok(`{ search(text: "ada", types: [USER]) { totalCount nodes { title } } }`, nil).Data), `{"search":{"nodes":[],"totalCount":0}}`)
	expect(t, "nobody looks", (&client{api: p.api}).do(`{ search(text: "ada") { totalCount } }`, nil).code(), "UNAUTHENTICATED")
}

// TestWordsAreFoundAsPeopleTypeThem with mistakes, accents, case and signs.
func TestWordsAreFoundAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	lone := "La caisse 3 ne s'allume plus"
	long := strings.Repeat("x", 190)
	c.done("createTicket", in{"subject": "Straße Ærøskøbing İzmir Ёлка"}, "ticket { id }")
	c.done("createTicket", in{"subject": "Serial QX7731 " + long}, "ticket { id }")
	for _, x := range []struct{ sentence, text, want string }{
		{"the word", "allume", lone}, {"in capitals", "ALLUME", lone}, {"the whole subject", lone, lone}, {"two words, in another order", "plus caisse", lone},
		{"a wrong letter", "allune", lone}, {"a wrong first letter", "ellume", lone}, {"a missing letter", "alume", lone}, {"a missing last letter", "allum", lone},
		{"swapped letters", "allmue", lone}, {"a letter too many", "alllume", lone}, {"a letter too many in front", "xallume", lone}, {"two wrong letters", "allunne", ""},
		{"the beginning of the last word", "alluma", lone}, {"a beginning", "all", lone}, {"a beginning of two letters", "al", ""}, {"a beginning that is not last", "all caisse", ""},
		{"a mistake in each of two words", "alume casse", lone}, {"one word of two that is not there", "allume zebra", ""},
		{"a short word with a mistake", "plis", ""}, {"an accent that is missing", "ecran noir", lone}, {"an accent that is there", "écran noir", lone}, {"accents as marks of their own", "e\u0301cran noir", lone},
		{"an accent that is wrong", "êcran noir", lone}, {"a number", "4200", lone}, {"a number with a sign", "#4200", lone}, {"a number that is one off", "4299", ""}, {"a number with a mistake", "42000", ""},
		{"words of the title and of a text", "allume écran", lone}, {"a word of a comment and one of the title", "allume dell", ""}, {"two words of a comment", "commander dell", lone},
		{"sharp s", "strasse", "Straße Ærøskøbing İzmir Ёлка"}, {"ligatures", "aeroskobing", "Straße Ærøskøbing İzmir Ёлка"}, {"a dotted i", "izmir", "Straße Ærøskøbing İzmir Ёлка"},
		{"a word of five in another script, with a letter too many", "елкаа", "Straße Ærøskøbing İzmir Ёлка"}, {"a word of four, with a letter too many", "елкк", ""}, {"another script", "ЕЛКА", "Straße Ærøskøbing İzmir Ёлка"},
		{"a serial number", "qx7731", "Serial QX7731 " + long}, {"a word as long as it may be", long, "Serial QX7731 " + long},
		{"nothing", "", ""}, {"blanks", " \t\n", ""}, {"signs", "!&|():*<->'\"\\%_", ""}, {"a NUL", "allume\x00plus", lone},
		{"operators", "allume & !plus | (", lone}, {"quotes", `'allume' "plus" \`, lone}, {"a star", "allume*", lone}, {"an injection", "allume'); drop table app.tickets; --", ""},
	} {
		r := c.ok(`query($t: String!) { search(text: $t, types: [TICKET], first: 100) { nodes { title } } tickets(filter: { search: $t }) { nodes { subject } } }`, map[string]any{"t": x.text})
		want := `[]`
		if x.want != "" {
			want = exactly([]any{map[string]any{"title": x.want}})
		}
		expect(t, x.sentence, exactly(r.get("search", "nodes")), want)
		expect(t, x.sentence+", in the list", exactly(r.get("tickets", "nodes")), strings.ReplaceAll(want, `"title"`, `"subject"`))
	}
	for _, document := range []string{`query($t: String!) { search(text: $t) { totalCount } }`, `query($t: String!) { devices(filter: { search: $t }) { totalCount } }`} {
		expect(t, "200 characters", c.do(document, map[string]any{"t": strings.Repeat("é ", 100)}).code(), "")
		expect(t, "more than 200 characters", c.do(document, map[string]any{"t": strings.Repeat("é", 201)}).code(), "BAD_USER_INPUT")
	}
}

// exactly is a value as JSON, with its ids.
func exactly(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
