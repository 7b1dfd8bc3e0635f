package graph

import (
	"fmt"
	"strings"
	"testing"

	"tenantry/internal/postgres"
	"tenantry/internal/read"
)

// TestAnAnswerThatIsTooLargeIsRefusedAndSmallerOnesAreNot: too many rows, and one row that is too large by itself, as
// nested lists are.
func TestAnAnswerThatIsTooLargeIsRefusedAndSmallerOnesAreNot(t *testing.T) {
	t.Parallel()
	const most = 30_000
	a := newAPI(t, func(o *Options) {
		pool, err := postgres.Open(t.Context(), o.Reader.Pool.Config().ConnString(), postgres.Settings{Size: 2, Statement: o.Timeout, Row: most})
		must(t, err)
		t.Cleanup(pool.Close)
		o.Reader = &read.Reader{Pool: pool, Schema: o.Reader.Schema, Most: most}
	})
	ada := a.as(admin)
	long := strings.Repeat("x", 9_000)
	for _, subject := range []string{"long", "long", "long", "long"} {
		ada.done("createTicket", in{"subject": subject, "description": long}, "__typename")
	}
	const list = `query($n: Int!) { tickets(first: $n, filter: { search: "long" }) { nodes { description } } }`
	for range 3 { // the connection is left as it was
		if r := ada.do(list, in{"n": 4}); r.code() != "COST_LIMIT_EXCEEDED" || strings.Contains(r.raw, "xxx") {
			t.Errorf("four long texts at once: %.300s", r.raw)
		}
		if r := ada.ok(list, in{"n": 2}); strings.Count(r.raw, long) != 2 {
			t.Errorf("two long texts: %.300s", r.raw)
		}
	}
	if r := ada.do(`{ a: tickets(first: 2, filter: { search: "long" }) { nodes { description } } b: tickets(first: 2, filter: { search: "long" }) { nodes { description } } }`, nil); r.code() != "COST_LIMIT_EXCEEDED" {
		t.Errorf("two and two: %.300s", r.raw)
	}
	nodes, _ := ada.ok(`{ devices(first: 1, filter: { tenantless: true }) { nodes { id } } }`, nil).get("devices", "nodes").([]any)
	device := nodes[0].(map[string]any)["id"]
	for range 4 {
		ada.done("createTicket", in{"subject": "nested", "description": long, "deviceId": device}, "__typename")
	}
	const nested = `query($id: ID!, $n: Int!) { device(id: $id) { tickets(first: $n) { nodes { id description } } } }`
	for range 3 {
		if r := ada.do(nested, in{"id": device, "n": 4}); r.code() != "COST_LIMIT_EXCEEDED" {
			t.Errorf("four long texts in a row: %.300s", r.raw)
		}
		if r := ada.ok(nested, in{"id": device, "n": 2}); strings.Count(r.raw, long) != 2 {
			t.Errorf("two long texts in a row: %.300s", r.raw)
		}
	}
	// What is read once and written under many names.
	var names strings.Builder
	for n := range 4 {
		fmt.Fprintf(&names, " a%d: description", n)
	}
	ticket := ada.ok(nested, in{"id": device, "n": 1}).get("device", "tickets", "nodes", 0, "id")
	var ids []any
	for range 4 {
		ids = append(ids, ticket)
	}
	for what, document := range map[string]string{
		"a row under many names":                  `query($id: ID!, $t: ID!, $ids: [ID!]!) { ticket(id: $t) {` + names.String() + ` } d: device(id: $id) { __typename } n: nodes(ids: $ids) { __typename } }`,
		"a list under many names":                 `query($id: ID!, $t: ID!, $ids: [ID!]!) { tickets(first: 1, filter: { search: "long" }) { a: nodes { description } b: edges { node { description } } c: nodes { description } d: nodes { description } } ticket(id: $t) { id } d: device(id: $id) { __typename } n: nodes(ids: $ids) { __typename } }`,
		"an object that is named often":           `query($id: ID!, $t: ID!, $ids: [ID!]!) { nodes(ids: $ids) { ... on Ticket { description } } ticket(id: $t) { id } d: device(id: $id) { __typename } }`,
		"two fields, each more than a half of it": `query($id: ID!, $t: ID!, $ids: [ID!]!) { x: ticket(id: $t) { description b: description } y: ticket(id: $t) { description b: description } d: device(id: $id) { __typename } n: nodes(ids: $ids) { __typename } }`,
	} {
		if r := ada.do(document, in{"id": device, "t": ticket, "ids": ids}); r.code() != "COST_LIMIT_EXCEEDED" || strings.Count(r.raw, long) > 3 || r.get("d", "__typename") != "Device" {
			t.Errorf("%s: %.300s", what, r.raw)
		}
	}
	// An operation has it once, however many fields and transactions it is of.
	before := ada.ok(`{ tickets { totalCount } }`, nil).get("tickets", "totalCount")
	var fields strings.Builder
	for n := range 4 {
		fmt.Fprintf(&fields, " a%d: createTicket(input: $input) { ticket { description } }", n)
	}
	r := ada.do("mutation($input: CreateTicketInput!) {"+fields.String()+" }", in{"input": in{"subject": "many", "description": long}})
	if strings.Count(r.raw, long) != 3 || r.get("a3") != nil || !strings.Contains(r.raw, "COST_LIMIT_EXCEEDED") {
		t.Errorf("four tickets are made, each told with its text: %.300s", r.raw)
	}
	expect(t, "tickets, where the one that was not told is not made", ada.ok(`{ tickets { totalCount } }`, nil).get("tickets", "totalCount"), any(before.(float64)+3))
}
