package graph

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// TestReportsOnDevices change what they say, of all devices or of none.
func TestReportsOnDevices(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, nora, claire := a.as(admin), a.as(memberOfOne), a.as(memberOfNone), a.as(customer)
	caisse, caisse2, pacs, loaner := a.ref("Device", "CAISSE-01"), a.ref("Device", "CAISSE-02"), a.ref("Device", "HC-PACS"), a.ref("Device", "LOANER-A")
	report := func(reports ...any) in { return in{"devices": append([]any{}, reports...)} }
	many := []any{}
	for range 1001 {
		many = append(many, in{"id": caisse})
	}
	a.follow(t, []step{
		{"a customer reports", claire, "reportDevices", report(in{"id": caisse}), "FORBIDDEN"},
		{"a member of one reports on a device that is hidden", mia, "reportDevices", report(in{"id": caisse, "connection": "OFFLINE"}, in{"id": pacs}), "NOT_FOUND"},
		{"on one that is tenantless", mia, "reportDevices", report(in{"id": loaner}), "NOT_FOUND"},
		{"on one of another account", ada, "reportDevices", report(in{"id": a.foreign("Device", "TILL-1")}), "NOT_FOUND"},
		{"on one of another type", ada, "reportDevices", report(in{"id": a.ref("Asset", "Caisse 1")}), "NOT_FOUND"},
		{"on one of nothing", ada, "reportDevices", report(in{"id": encode("Device", ids.New())}), "NOT_FOUND"},
		{"and says something wrong of another", mia, "reportDevices", report(in{"id": caisse, "connection": nil}, in{"id": pacs}), "NOT_FOUND"},
		{"twice on one", mia, "reportDevices", report(in{"id": caisse}, in{"id": caisse2}, in{"id": caisse, "connection": "OFFLINE"}), "INVALID input.devices.2.id"},
		{"that it is not known whether it is connected", mia, "reportDevices", report(in{"id": caisse, "hostname": "x"}, in{"id": caisse2, "connection": nil}), "REQUIRED input.devices.1.connection"},
		{"everything that is wrong is told at once", mia, "reportDevices", report(in{"id": caisse2, "osName": strings.Repeat("x", 201)}, in{"id": caisse, "hostname": "a\x00b", "connection": nil}),
			"INVALID input.devices.0.osName, REQUIRED input.devices.1.connection, INVALID input.devices.1.hostname"},
		{"too many", mia, "reportDevices", in{"devices": many}, "BAD_USER_INPUT"},
		{"nothing", mia, "reportDevices", report(), "ok"},
		{"a member of none reports on a tenantless device", nora, "reportDevices", report(in{"id": loaner, "loggedInUser": "nora"}), "ok"},
		{"and on a tenant's", nora, "reportDevices", report(in{"id": caisse}), "NOT_FOUND"},
	})
	const whole = "devices { nodes { name hostname platform osName osVersion connection lastSeenAt publicIp macAddress agentVersion loggedInUser tags version } }"
	mia.done("reportDevices", report(in{"id": caisse, "macAddress": "m", "agentVersion": "1", "loggedInUser": "u"}), "__typename")
	p := mia.done("reportDevices", report(in{"id": caisse, "lastSeenAt": "2026-01-31T12:00:00.5Z", "osVersion": nil, "publicIp": " "}), whole)
	got := p["devices"].(map[string]any)["nodes"].([]any)[0].(map[string]any)
	expect(t, "absent stays, null clears", text(got), `{"agentVersion":"1","connection":"ONLINE","hostname":"caisse-01","lastSeenAt":"*","loggedInUser":"u","macAddress":"m","name":"CAISSE-01","osName":"Windows 11 Pro","osVersion":null,"platform":"WINDOWS","publicIp":null,"tags":["caisse"],"version":3}`)
	expect(t, "when it was last heard of", got["lastSeenAt"], "2026-01-31T12:00:00.5Z")
	before := a.state()
	mia.done("reportDevices", report(in{"id": caisse, "lastSeenAt": "2026-01-31T12:00:00.5Z", "connection": "ONLINE", "osVersion": nil}, in{"id": caisse2, "hostname": "caisse-02"}), "__typename")
	expect(t, "a report of what is known leaves the state", a.state(), before)
	expect(t, "entries in the audit", one[int](a, "select count(*) from app.audit_events where action = 'reportDevices' and outcome = 'DONE'"), 0)
}

// TestManyReportsAreOneStatement: a thousand take as many round trips as one.
func TestManyReportsAreOneStatement(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, ada := a.as(memberOfOne), a.as(admin)
	a.sql(`insert into app.devices (account_id, id, tenant_id, name, platform, kind)
		select account_id, gen_random_uuid(), id, 'MANY', 'LINUX', 'SERVER' from app.tenants, generate_series(1, 1000) where name = 'Boulangerie Dubois' and external_ref = 'DUB'`)
	one, many, back := []any{}, []any{}, []any{}
	for _, id := range manyKeys(a) {
		many = append(many, in{"id": encode("Device", id), "connection": "ONLINE", "lastSeenAt": "2026-01-31T12:00:00Z", "osName": "Debian"})
		back = append([]any{in{"id": encode("Device", id), "connection": "OVERDUE"}}, back...)
	}
	one = append(one, in{"id": many[0].(in)["id"], "connection": "OFFLINE"})
	trips := func(reports []any) int64 {
		start := a.trips.Load()
		mia.done("reportDevices", in{"devices": reports}, "devices { totalCount }")
		return a.trips.Load() - start
	}
	trips(one) // the first call reads who asks
	few := trips([]any{a.with(one[0].(in), "connection", "OVERDUE")})
	expect(t, "round trips of a thousand reports", trips(many), few)
	// Two at once, in opposite orders, do not wait for each other.
	for range 5 {
		got := race(mia.attempt("reportDevices", in{"devices": many}), ada.attempt("reportDevices", in{"devices": back}))
		expect(t, "two at once", got[0]+" "+got[1], "ok ok")
	}
}

func manyKeys(a *api) (keys [][16]byte) {
	rows, err := a.owner.Query(a.t.(*testing.T).Context(), "select id from app.devices where name = 'MANY'")
	must(a.t, err)
	keys, err = pgx.CollectRows(rows, pgx.RowTo[[16]byte])
	must(a.t, err)
	return keys
}
