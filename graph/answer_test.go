package graph

import (
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
	const nested = `query($id: ID!, $n: Int!) { device(id: $id) { tickets(first: $n) { nodes { description } } } }`
	for range 3 {
		if r := ada.do(nested, in{"id": device, "n": 4}); r.code() != "COST_LIMIT_EXCEEDED" {
			t.Errorf("four long texts in a row: %.300s", r.raw)
		}
		if r := ada.ok(nested, in{"id": device, "n": 2}); strings.Count(r.raw, long) != 2 {
			t.Errorf("two long texts in a row: %.300s", r.raw)
		}
	}
}
