package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPagesOfAPayloadAreThoseOfItsList: every list of a mutation's payload is walked by its cursors, in dry
// runs of the mutation, and each page is what the whole list has there.
func TestPagesOfAPayloadAreThoseOfItsList(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, s, good := a.as(admin), a.reader.Schema, a.good()
	// More than one of each: users who lose a tenant with the tickets that they work on.
	dubois := in{"tenantId": a.ref("Tenant", "Boulangerie Dubois"), "userIds": a.refs("User", memberOfOne, memberOfTwo)}
	ada.done("addUsersToTenant", dubois, "__typename")
	a.sql(`update app.tickets k set status = 'OPEN', assignee_id = case when k.number % 2 = 0 then $1::uuid else $2::uuid end where tenant_id = $3`,
		a.key("Northwind IT", "User", memberOfOne), a.key("Northwind IT", "User", memberOfTwo), a.key("Northwind IT", "Tenant", "Boulangerie Dubois"))
	good["removeUsersFromTenant"] = dubois
	good["deleteTenant"] = in{"id": dubois["tenantId"], "plan": "MAKE_TENANTLESS"}
	lists, rows := 0, 0
	for _, def := range s.Mutation.Fields {
		input := good[def.Name]
		if len(def.Arguments) > 0 && s.Types[def.Arguments[0].Type.Name()].Fields.ForName("dryRun") != nil {
			input = a.with(input, "dryRun", true)
		}
		for _, f := range s.Types[def.Type.Name()].Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			lists++
			page := func(args string) (ids []string, end string, more bool) {
				p := ada.done(def.Name, input, fmt.Sprintf("%s(%s) { edges { node { id } } pageInfo { hasNextPage endCursor } }", f.Name, args))
				list, _ := p[f.Name].(map[string]any)
				edges, _ := list["edges"].([]any)
				for _, e := range edges {
					ids = append(ids, asJSON(e.(map[string]any)["node"]))
				}
				info, _ := list["pageInfo"].(map[string]any)
				end, _ = info["endCursor"].(string)
				return ids, end, info["hasNextPage"] == true
			}
			all, _, _ := page("first: 100")
			rows += len(all)
			var walked []string
			for args := "first: 1"; ; {
				ids, end, more := page(args)
				walked = append(walked, ids...)
				if !more {
					break
				}
				args = fmt.Sprintf("first: 1, after: %q", end)
			}
			if !slices.Equal(walked, all) {
				t.Errorf("%s of %s walked by its cursors: %v, not %v", f.Name, def.Name, walked, all)
			}
		}
	}
	t.Logf("%d lists of payloads with %d rows", lists, rows)
	if lists < 10 || rows < 15 {
		t.Error("these are too few")
	}
}
