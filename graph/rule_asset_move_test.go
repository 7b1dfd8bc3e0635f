package graph

import (
	"encoding/json"
	"testing"
)

// TestMovingAssets for who sees both ends; tenantless is an end for those who see tenantless items.
func TestMovingAssets(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom, mia, nora, gil := a.as(admin), a.as(memberOfTwo), a.as(memberOfOne), a.as(memberOfNone), a.as(grandfathered)
	dubois, harbour, timber := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Lindqvist Timber")
	caisse, pacs, kiln, loan := a.ref("Asset", "Caisse 1"), a.ref("Asset", "Image archive"), a.ref("Asset", "Kiln controller"), a.ref("Asset", "Loan laptop A")
	move := func(tenant any, assets ...any) in {
		return in{"assetIds": append([]any{}, assets...), "tenantId": tenant}
	}
	many := []any{}
	for range 1001 {
		many = append(many, caisse)
	}
	a.follow(t, []step{
		{"a member of one moves an asset to a tenant out of reach", mia, "moveAssets", move(harbour, caisse), "NOT_FOUND"},
		{"one out of reach to the own tenant", mia, "moveAssets", move(dubois, caisse, pacs), "NOT_FOUND"},
		{"makes one tenantless", mia, "moveAssets", move(nil, caisse), "REQUIRED input.tenantId"},
		{"makes one out of reach tenantless", mia, "moveAssets", move(nil, pacs), "NOT_FOUND"},
		{"a member of two makes one tenantless", tom, "moveAssets", move(nil, caisse), "REQUIRED input.tenantId"},
		{"moves to a third tenant", tom, "moveAssets", move(timber, caisse), "NOT_FOUND"},
		{"a member of none moves a tenantless asset to a tenant", nora, "moveAssets", move(dubois, loan), "NOT_FOUND"},
		{"makes a tenant's asset tenantless", nora, "moveAssets", move(nil, caisse), "NOT_FOUND"},
		{"makes a tenantless asset tenantless", nora, "moveAssets", move(nil, loan), "ok"},
		{"a customer moves an asset", a.as(customer), "moveAssets", move(dubois, caisse), "FORBIDDEN"},
		{"an admin of another account moves one", a.as(foreignAdmin), "moveAssets", move(a.foreign("Tenant", "Quay Books"), caisse), "NOT_FOUND"},
		{"an admin moves one to another account's tenant", ada, "moveAssets", move(a.foreign("Tenant", "Quay Books"), caisse), "NOT_FOUND"},
		{"too many", ada, "moveAssets", in{"assetIds": many, "tenantId": harbour}, "BAD_USER_INPUT"},
		{"as many as may be, all the same", mia, "moveAssets", in{"assetIds": many[1:], "tenantId": dubois}, "ok"},
		{"none", mia, "moveAssets", move(dubois), "ok"},
	})
	// A trial answers what would be, and changes nothing.
	before := a.state()
	const answer = "committed assets { totalCount nodes { name tenant { name } device { name } } }"
	p := tom.done("moveAssets", a.with(move(harbour, caisse), "dryRun", true), answer)
	expect(t, "a trial", text(p), `{"assets":{"nodes":[{"device":{"name":"CAISSE-01"},"name":"Caisse 1","tenant":{"name":"Harbour Clinic"}}],"totalCount":1},"committed":false,"userErrors":[]}`)
	expect(t, "a trial leaves the state", a.state(), before)
	// A move shows at once, to those who see its end.
	tom.done("moveAssets", move(harbour, caisse), answer)
	expect(t, "a member of the old tenant reads it", mia.do("query($id: ID!) { asset(id: $id) { name } }", in{"id": caisse}).code(), "NOT_FOUND")
	expect(t, "a member of both reads it with its device", text(tom.ok("query($id: ID!) { asset(id: $id) { device { name } } }", in{"id": caisse}).Data), `{"asset":{"device":{"name":"CAISSE-01"}}}`)
	gil.done("moveAssets", move(nil, kiln), answer)
	expect(t, "a member of none reads what a grandfathered member made tenantless", nora.do("query($id: ID!) { asset(id: $id) { name } }", in{"id": kiln}).code(), "")
	// Both tenants have it in the audit.
	for _, tenant := range []string{dubois, harbour} {
		got := ada.ok(`query($t: ID!) { auditEvents(filter: { tenantIds: [$t], actions: ["moveAssets"] }) { nodes { objectName before after } } }`, in{"t": tenant}).Data
		want := in{"auditEvents": in{"nodes": []any{in{"objectName": "Caisse 1", "before": in{"tenantId": dubois}, "after": in{"tenantId": harbour}}}}}
		is, _ := json.Marshal(got)
		should, _ := json.Marshal(want)
		expect(t, "the entries of a tenant", string(is), string(should))
	}
}

// TestTagsOfAssetsThatMove are taken at the asset's place in the list, and all is refused.
func TestTagsOfAssetsThatMove(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom := a.as(admin), a.as(memberOfTwo)
	dubois, harbour, timber := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Lindqvist Timber")
	caisse, server, kiln := a.ref("Asset", "Caisse 1"), a.ref("Asset", "File server"), a.ref("Asset", "Kiln controller")
	a.sql("update app.assets set tag = 'hc-0001' where name = 'Caisse 1'")
	a.follow(t, []step{
		{"one has the tag that another has there", tom, "moveAssets", in{"assetIds": a.refs("Asset", "Balance connectée", "Caisse 1"), "tenantId": harbour}, "TAKEN input.assetIds.1"},
		{"a trial of it", tom, "moveAssets", in{"assetIds": []any{caisse}, "tenantId": harbour, "dryRun": true}, "TAKEN input.assetIds.0"},
		{"it is there already, and the other comes", tom, "moveAssets", in{"assetIds": []any{server, caisse}, "tenantId": harbour}, "TAKEN input.assetIds.1"},
		{"two with one tag come together", ada, "moveAssets", in{"assetIds": []any{kiln, server, caisse}, "tenantId": timber}, "TAKEN input.assetIds.2"},
		{"in the other order", ada, "moveAssets", in{"assetIds": []any{caisse, kiln, server}}, "TAKEN input.assetIds.2"},
		{"one of them alone", ada, "moveAssets", in{"assetIds": []any{caisse}, "tenantId": timber}, "ok"},
		{"two without a tag", tom, "updateAsset", in{"id": server, "tag": nil}, "ok"},
		{"go where none is", tom, "moveAssets", in{"assetIds": []any{server}, "tenantId": dubois}, "ok"},
	})
}
