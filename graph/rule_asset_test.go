package graph

import (
	"fmt"
	"strings"
	"testing"
)

// TestAnAssetHasValuesThatCanBe and the tag of no other asset of its tenant, whatever the case.
func TestAnAssetHasValuesThatCanBe(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia := a.as(admin), a.as(memberOfOne)
	dubois, caisse := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Asset", "Caisse 1")
	asset := func(fields in) in {
		for name, value := range (in{"name": "N", "kind": "HARDWARE", "tenantId": dubois}) {
			fields = a.with(fields, name, value)
		}
		return fields
	}
	update := func(fields in) in { return a.with(fields, "id", caisse) }
	a.follow(t, []step{
		{"a member names a tag that is taken, in another case", mia, "createAsset", asset(in{"tag": " dub-003 "}), "TAKEN input.tag"},
		{"and changes a tag to one", mia, "updateAsset", update(in{"tag": "Dub-003"}), "TAKEN input.tag"},
		{"the own tag in another case", mia, "updateAsset", update(in{"tag": "dub-001"}), "ok"},
		{"a tag of another tenant and another account", mia, "createAsset", asset(in{"tag": "HC-0001"}), "ok"},
		{"a tag with an accent", mia, "createAsset", asset(in{"tag": "été"}), "ok"},
		{"the same in upper case", mia, "createAsset", asset(in{"tag": "ÉTÉ"}), "TAKEN input.tag"},
		{"a tenantless asset with a tenant's tag", ada, "createAsset", in{"name": "N", "kind": "HARDWARE", "tag": "HC-0001"}, "ok"},
		{"two assets without a tag", mia, "createAsset", asset(in{"tag": " "}), "ok"},
		{"everything that is wrong is told at once", mia, "createAsset", a.with(asset(in{"tag": "DUB-001", "purchaseCost": -0.01, "seatsPurchased": -1, "seatsAssigned": -1,
			"deviceId": a.ref("Device", "HC-PACS"), "location": strings.Repeat("x", 201)}), "name", " "),
			"REQUIRED input.name, INVALID input.location, INVALID input.purchaseCost, INVALID input.seatsPurchased, INVALID input.seatsAssigned, INVALID input.deviceId, TAKEN input.tag"},
		{"a part of a cent", mia, "updateAsset", update(in{"purchaseCost": 1.005}), "INVALID input.purchaseCost"},
		{"less than nothing", mia, "updateAsset", update(in{"purchaseCost": -1, "seatsPurchased": -1, "seatsAssigned": -5}),
			"INVALID input.purchaseCost, INVALID input.seatsPurchased, INVALID input.seatsAssigned"},
		{"more than there is room for", mia, "updateAsset", update(in{"purchaseCost": 1e12}), "INVALID input.purchaseCost"},
		{"just not so much", mia, "updateAsset", update(in{"purchaseCost": 999999999999.99}), "ok"},
		{"more people than may", mia, "updateAsset", update(in{"seatsPurchased": 1, "seatsAssigned": 2147483647}), "ok"},
		{"null for what cannot be missing", mia, "updateAsset", update(in{"name": nil, "kind": nil, "status": nil}), "REQUIRED input.name, REQUIRED input.kind, REQUIRED input.status"},
		{"a day that is not", mia, "updateAsset", update(in{"purchasedOn": "2026-02-30"}), "BAD_USER_INPUT"},
		{"a moment for a day", mia, "updateAsset", update(in{"purchasedOn": "2026-02-03T00:00:00Z"}), "BAD_USER_INPUT"},
		{"an old version", mia, "updateAsset", update(in{"version": 1, "name": "X"}), "CONFLICT input.version"},
		{"an old version of what is deleted", mia, "deleteAsset", in{"id": caisse, "version": 1}, "CONFLICT input.version"},
		{"no tenant, by a member of two", a.as(memberOfTwo), "createAsset", in{"name": "N", "kind": "SOFTWARE"}, "REQUIRED input.tenantId"},
		{"no tenant, by a grandfathered member", a.as(grandfathered), "createAsset", in{"name": "N", "kind": "SOFTWARE"}, "ok"},
		{"a tenant, by a member of none", a.as(memberOfNone), "createAsset", asset(in{}), "NOT_FOUND"},
	})
	for _, cost := range []string{`"12"`, "1e400", "true"} {
		r := mia.do(`mutation { updateAsset(input: { id: "`+caisse+`", purchaseCost: `+cost+` }) { userErrors { code } } }`, nil)
		if code := r.code(); code != "BAD_USER_INPUT" && code != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("a cost of %s: %s", cost, r.raw)
		}
	}
	// What is as it was changes nothing and leaves no entry.
	mia.done("updateAsset", update(in{"purchasedOn": "2026-01-31", "purchaseCost": 12, "warrantyUntil": nil}), "__typename")
	before := a.state()
	p := mia.done("updateAsset", update(in{"name": "Caisse 1", "purchasedOn": "2026-01-31", "purchaseCost": 12.00, "warrantyUntil": nil, "seatsPurchased": 1, "deviceId": a.ref("Device", "CAISSE-01")}),
		"asset { purchasedOn purchaseCost warrantyUntil }")
	expect(t, "an update to what it was leaves the state", a.state(), before)
	expect(t, "the day", p["asset"].(map[string]any)["purchasedOn"], "2026-01-31")
	expect(t, "the day in the audit", one[string](a, "select after->>'purchasedOn' from app.audit_events where action = 'updateAsset' order by id desc limit 1"), "2026-01-31")
}

// TestAssetsAreLinkedWithinATenant to devices and tickets, and moves alone leave links across.
func TestAssetsAreLinkedWithinATenant(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom, mia, claire := a.as(admin), a.as(memberOfTwo), a.as(memberOfOne), a.as(customer)
	caisse, pacs, loan := a.ref("Asset", "Caisse 1"), a.ref("Asset", "Image archive"), a.ref("Asset", "Loan laptop A")
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	wifi, slow := a.ref("Ticket", "Mot de passe Wi-Fi invité"), a.ref("Ticket", "Image archive is slow")
	a.follow(t, []step{
		{"a member of two links an asset to another tenant's device", tom, "updateAsset", in{"id": caisse, "deviceId": a.ref("Device", "HC-PACS")}, "INVALID input.deviceId"},
		{"an admin a tenant's asset to a tenantless device", ada, "updateAsset", in{"id": caisse, "deviceId": a.ref("Device", "LOANER-A")}, "INVALID input.deviceId"},
		{"an admin a tenantless asset to a tenant's device", ada, "updateAsset", in{"id": loan, "deviceId": a.ref("Device", "CAISSE-01")}, "INVALID input.deviceId"},
		{"an admin a tenantless asset to a tenantless device", ada, "updateAsset", in{"id": loan, "deviceId": a.ref("Device", "LOANER-B")}, "ok"},
		{"a member of two a new asset to another tenant's device", tom, "createAsset", in{"name": "N", "kind": "HARDWARE", "tenantId": dubois, "deviceId": a.ref("Device", "HC-PACS")}, "INVALID input.deviceId"},
		{"a ticket about another tenant's asset", tom, "updateTicket", in{"id": wifi, "assetId": pacs}, "INVALID input.assetId"},
		{"a new ticket about another tenant's asset", tom, "createTicket", in{"subject": "N", "tenantId": dubois, "assetId": pacs}, "INVALID input.assetId"},
		{"a new tenantless ticket about a tenant's asset", ada, "createTicket", in{"subject": "N", "assetId": pacs}, "INVALID input.assetId"},
		{"a ticket about an asset of its tenant", tom, "updateTicket", in{"id": slow, "assetId": pacs}, "ok"},
		{"a customer says the asset", claire, "createTicket", in{"subject": "N", "tenantId": dubois, "assetId": caisse}, "FORBIDDEN"},
		{"an asset moves away from its device and its ticket", tom, "moveAssets", in{"assetIds": []any{pacs}, "tenantId": dubois}, "ok"},
	})
	const edges = `query($asset: ID!, $device: ID!) { asset(id: $asset) { name device { name } } assets(filter: { deviceIds: [$device] }) { totalCount } }`
	ids := in{"asset": pacs, "device": a.ref("Device", "HC-PACS")}
	expect(t, "a member of both sees the link", text(tom.ok(edges, ids).Data), `{"asset":{"device":{"name":"HC-PACS"},"name":"Image archive"},"assets":{"totalCount":1}}`)
	expect(t, "a member of one does not", text(mia.ok(edges, ids).Data), `{"asset":{"device":null,"name":"Image archive"},"assets":{"totalCount":0}}`)
	expect(t, "nor does a customer", text(claire.ok(edges, ids).Data), `{"asset":{"device":null,"name":"Image archive"},"assets":{"totalCount":0}}`)
	// Whoever deletes the asset unlinks the tickets that they do not see, too.
	mia.done("deleteAsset", in{"id": pacs}, "deletedId")
	expect(t, "tickets about what was deleted", one[int](a, "select count(*) from app.tickets k where asset_id is not null and not exists (select from app.assets a where a.id = k.asset_id)"), 0)
}

// TestWhatAnAssetCostIsForAgents by every way to it: a customer reads null, and no filter or order asks
// for it.
func TestWhatAnAssetCostIsForAgents(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const ways = `query($asset: ID!, $device: ID!, $ticket: ID!) { asset(id: $asset) { purchaseCost } node(id: $asset) { ... on Asset { purchaseCost } }
		device(id: $device) { asset { purchaseCost } } ticket(id: $ticket) { asset { purchaseCost } } assets(filter: { ids: [$asset] }) { nodes { purchaseCost } } }`
	ids := in{"asset": a.ref("Asset", "Caisse 3"), "device": a.ref("Device", "CAISSE-03"), "ticket": a.ref("Ticket", "La caisse 3 ne s'allume plus")}
	expect(t, "what an agent reads", strings.Count(a.as(memberOfOne).ok(ways, ids).raw, "612.5"), 5)
	expect(t, "what a customer reads", strings.Count(a.as(customer).ok(ways, ids).raw, `"purchaseCost":null`), 5)
	s := a.reader.Schema
	for _, f := range s.Types["AssetFilter"].Fields {
		if strings.Contains(strings.ToLower(f.Name), "cost") {
			t.Errorf("the filter %s asks for what customers do not see", f.Name)
		}
	}
	for _, v := range s.Types["AssetOrderField"].EnumValues {
		if strings.Contains(v.Name, "COST") {
			t.Errorf("the order %s shows what customers do not see", v.Name)
		}
	}
}

// TestAssetsOfAnArchivedTenantDoNotChange for anybody.
func TestAssetsOfAnArchivedTenantDoNotChange(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	g := a.good()
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Boulangerie Dubois'")
	steps := []step{}
	for _, who := range []string{admin, memberOfOne} {
		for name, path := range map[string]string{"createAsset": "tenantId", "updateAsset": "id", "deleteAsset": "id", "moveAssets": "tenantId", "reportDevices": "devices.0.id"} {
			steps = append(steps, step{who + " calls " + name, a.as(who), name, g[name], "TENANT_ARCHIVED input." + path})
		}
	}
	tom := a.as(memberOfTwo)
	steps = append(steps,
		step{"one leaves it", tom, "moveAssets", in{"assetIds": a.refs("Asset", "Image archive", "Caisse 1"), "tenantId": a.ref("Tenant", "Harbour Clinic")}, "TENANT_ARCHIVED input.assetIds.1"},
		step{"one becomes tenantless", a.as(admin), "moveAssets", in{"assetIds": a.refs("Asset", "Caisse 1")}, "TENANT_ARCHIVED input.assetIds.0"},
		step{"a trial", a.as(admin), "moveAssets", in{"assetIds": a.refs("Asset", "Caisse 1"), "dryRun": true}, "TENANT_ARCHIVED input.assetIds.0"},
		step{"one comes to it", tom, "moveAssets", in{"assetIds": a.refs("Asset", "Image archive"), "tenantId": a.ref("Tenant", "Boulangerie Dubois")}, "TENANT_ARCHIVED input.tenantId"},
		step{"devices of two tenants are reported on", tom, "reportDevices", in{"devices": []any{in{"id": a.ref("Device", "HC-PACS")}, in{"id": a.ref("Device", "CAISSE-02")}}}, "TENANT_ARCHIVED input.devices.1.id"},
		step{"a hidden asset is missing first", a.as(memberOfOne), "updateAsset", in{"id": a.ref("Asset", "Image archive"), "name": "X"}, "NOT_FOUND"},
	)
	a.follow(t, steps)
	expect(t, "a customer reads them", text(a.as(customer).ok("{ assets { totalCount } }", nil).Data), `{"assets":{"totalCount":4}}`)
}

// TestOneTagIsGivenOnce by two calls at once.
func TestOneTagIsGivenOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tom, mia, ada := a.as(memberOfTwo), a.as(memberOfOne), a.as(admin)
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	for i := range rounds {
		a.sql("update app.assets set tenant_id = (select id from app.tenants where name = 'Harbour Clinic'), tag = $1 where name = 'Image archive'", fmt.Sprintf("Race-%d", i))
		got := race(
			mia.attempt("createAsset", in{"name": "N", "kind": "HARDWARE", "tenantId": dubois, "tag": fmt.Sprintf("race-%d", i)}),
			ada.attempt("updateAsset", in{"id": a.ref("Asset", "Caisse 1"), "tag": fmt.Sprintf("RACE-%d", i)}),
			tom.attempt("moveAssets", in{"assetIds": a.refs("Asset", "Image archive"), "tenantId": dubois}),
		)
		won := 0
		for j, want := range []string{"TAKEN input.tag", "TAKEN input.tag", "TAKEN input.assetIds"} {
			switch {
			case got[j] == "ok":
				won++
			case !strings.HasPrefix(got[j], want):
				t.Errorf("round %d, attempt %d: %s", i, j, got[j])
			}
		}
		expect(t, fmt.Sprintf("round %d: who got the tag", i), won, 1)
	}
}
