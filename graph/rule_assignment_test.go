package graph

import (
	"fmt"
	"testing"

	"tenantry/internal/ids"
)

const changes = `committed results { user { email } changed before after
	gained { devices deviceGroups tickets tenants } lost { devices deviceGroups tickets tenants } }
	unassignedTickets { totalCount nodes { subject assignee { name } } }`

func counts(devices, groups, tickets, tenants int) string {
	return fmt.Sprintf(`{"deviceGroups":%d,"devices":%d,"tenants":%d,"tickets":%d}`, groups, devices, tenants, tickets)
}

// result is a result of an assignment as its payload has it.
func result(email string, changed bool, before, after, gained, lost string) string {
	return fmt.Sprintf(`{"after":"%s","before":"%s","changed":%v,"gained":%s,"lost":%s,"user":{"email":"%s"}}`, after, before, changed, gained, lost, email)
}

func results(p map[string]any) []string {
	var out []string
	for _, r := range p["results"].([]any) {
		out = append(out, text(r))
	}
	return out
}

func lostTickets(p map[string]any) string { return text(p["unassignedTickets"]) }

func tickets(subjects ...string) string {
	nodes := []any{}
	for _, s := range subjects {
		nodes = append(nodes, map[string]any{"assignee": nil, "subject": s})
	}
	return text(map[string]any{"nodes": nodes, "totalCount": len(subjects)})
}

var nothing = counts(0, 0, 0, 0)

// TestAddingUsersSaysWhatEachGainsAndLoses holds for many at once: in the caller's order, each once,
// the same when tried dry, and again without effect.
func TestAddingUsersSaysWhatEachGainsAndLoses(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	input := in{"tenantId": a.ref("Tenant", "Harbour Clinic"),
		"userIds": a.refs("User", memberOfNone, grandfathered, memberOfOne, memberOfNone, memberOfTwo, admin, idleCustomer, suspended)}
	want := []string{
		result(memberOfNone, true, "TENANTLESS", "ASSIGNED", counts(5, 2, 5, 1), counts(3, 1, 2, 0)),
		result(grandfathered, true, "ALL", "ASSIGNED", nothing, counts(13, 4, 11, 3)),
		result(memberOfOne, true, "ASSIGNED", "ASSIGNED", counts(5, 2, 5, 1), nothing),
		result(memberOfTwo, false, "ASSIGNED", "ASSIGNED", nothing, nothing),
		result(admin, true, "ALL", "ALL", nothing, nothing),
		result(idleCustomer, true, "NONE", "ASSIGNED", counts(5, 2, 5, 1), nothing),
		result(suspended, false, "NONE", "NONE", nothing, nothing),
	}
	unassigned := tickets("Kiln controller lost its clock", "Prepare two loan laptops")
	before := a.state()
	for _, dry := range []bool{true, false} {
		p := c.done("addUsersToTenant", a.with(input, "dryRun", dry), changes)
		expect(t, fmt.Sprintf("dryRun %v is committed", dry), p["committed"], !dry)
		got := results(p)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("dryRun %v, result %d:\n%v\nnot\n%v", dry, i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
			}
		}
		expect(t, fmt.Sprintf("dryRun %v takes from their assignees", dry), lostTickets(p), unassigned)
		if dry {
			expect(t, "a dry run leaves the state", a.state(), before)
		}
	}
	expect(t, "open tickets whose assignee does not see them", a.orphans(), 0)
	expect(t, "who took the loan laptops", one[bool](a, "select assignee_id is null from app.tickets where subject = 'Prepare two loan laptops'"), true)
	expect(t, "entries for members", one[int](a, "select count(*) from app.audit_events where action = 'addUsersToTenant' and object_type = 'User'"), 5)
	expect(t, "who is said to have added them", one[int](a, `select count(*) from app.memberships m join app.users u on u.account_id = m.account_id and u.id = m.added_by_id
		where u.email = $1 and m.tenant_id = $2`, admin, a.key("Northwind IT", "Tenant", "Harbour Clinic")), 7)

	done := a.state()
	p := c.done("addUsersToTenant", input, changes)
	for i, r := range p["results"].([]any) {
		expect(t, fmt.Sprintf("added again, user %d", i), r.(map[string]any)["changed"], false)
	}
	expect(t, "added again, tickets lost", lostTickets(p), tickets())
	expect(t, "added again, the state", a.state(), done)
}

// TestAnAssignmentIsWholeOrNotAtAll refuses a call with one bad id anywhere in its list.
func TestAnAssignmentIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	before := a.state()
	good := a.refs("User", memberOfOne, memberOfNone)
	many := []any{}
	for range 1001 {
		many = append(many, encode("User", ids.New()))
	}
	tenant := a.ref("Tenant", "Harbour Clinic")
	for _, bad := range []string{a.foreign("User", foreignAdmin), encode("User", ids.New()), tenant, "x"} {
		for _, list := range [][]any{{bad, good[0], good[1]}, {good[0], bad, good[1]}, {good[0], good[1], bad}} {
			for _, name := range []string{"addUsersToTenant", "removeUsersFromTenant"} {
				expect(t, name+" with a bad id", c.try(name, in{"tenantId": tenant, "userIds": list}), "NOT_FOUND")
			}
			expect(t, "endGrandfathering with a bad id", c.try("endGrandfathering", in{"userIds": list}), "NOT_FOUND")
		}
	}
	trips := a.trips.Load()
	for name, input := range map[string]in{
		"addUsersToTenant":      {"tenantId": tenant, "userIds": many},
		"removeUsersFromTenant": {"tenantId": tenant, "userIds": many},
		"setUserTenants":        {"userId": good[0], "tenantIds": many},
		"endGrandfathering":     {"userIds": many},
		"addDevicesToGroup":     {"groupId": a.ref("DeviceGroup", "Bureau"), "deviceIds": many}, "removeDevicesFromGroup": {"deviceIds": many},
	} {
		expect(t, name+" with 1,001 ids", c.try(name, input), "BAD_USER_INPUT")
	}
	expect(t, "statements for lists that are too long", a.trips.Load()-trips, int64(0))
	expect(t, "refused assignments leave the state", a.state(), before)
	expect(t, "nobody is added", c.try("addUsersToTenant", in{"tenantId": tenant, "userIds": []any{}}), "ok")
	expect(t, "nobody added leaves the state", a.state(), before)
}

// TestTheCliff takes the tenantless items with the first membership and gives them back with the end
// of the last, at the next query of the same session.
func TestTheCliff(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, nora, gil := a.as(admin), a.as(memberOfNone), a.as(grandfathered)
	sees := func(who *client) string {
		r := who.ok("{ viewer { tenantAccess accessReason tenants { nodes { name } } } devices { totalCount } tickets { totalCount } loaner: devices(filter: { tenantless: true }) { totalCount } }", nil)
		return text(r.Data)
	}
	before := sees(nora)
	tenant := in{"tenantId": a.ref("Tenant", "Atelier Moreau"), "userIds": a.refs("User", memberOfNone)}
	p := c.done("addUsersToTenant", tenant, changes)
	expect(t, "the first membership", results(p)[0], result(memberOfNone, true, "TENANTLESS", "ASSIGNED", counts(1, 0, 1, 1), counts(3, 1, 2, 0)))
	expect(t, "the tickets it takes away", lostTickets(p), tickets("Prepare two loan laptops"))
	expect(t, "a member of one tenant sees", sees(nora),
		`{"devices":{"totalCount":1},"loaner":{"totalCount":0},"tickets":{"totalCount":1},"viewer":{"accessReason":"MEMBERSHIP","tenantAccess":"ASSIGNED","tenants":{"nodes":[{"name":"Atelier Moreau"}]}}}`)
	c.done("assignTicket", in{"ticketId": a.ref("Ticket", "Écran de calibrage décalé"), "userId": a.ref("User", memberOfNone)}, "__typename")
	p = c.done("removeUsersFromTenant", tenant, changes)
	expect(t, "the end of the last membership", results(p)[0], result(memberOfNone, true, "ASSIGNED", "TENANTLESS", counts(3, 1, 2, 0), counts(1, 0, 1, 1)))
	expect(t, "the ticket it takes away", lostTickets(p), tickets("Écran de calibrage décalé"))
	expect(t, "without a membership again", sees(nora), before)

	// Grandfathering ends for good with the first membership.
	sees(gil)
	tenant["userIds"] = a.refs("User", grandfathered)
	c.done("addUsersToTenant", tenant, changes)
	p = c.done("removeUsersFromTenant", tenant, changes)
	expect(t, "a grandfathered member who was in a tenant once", results(p)[0], result(grandfathered, true, "ASSIGNED", "TENANTLESS", counts(3, 1, 2, 0), counts(1, 0, 1, 1)))
	expect(t, "what they see", sees(gil), before)
	p = c.done("endGrandfathering", in{"userIds": tenant["userIds"]}, changes)
	expect(t, "ending what has ended", results(p)[0], result(grandfathered, false, "TENANTLESS", "TENANTLESS", nothing, nothing))
	expect(t, "removing who is no member", results(c.done("removeUsersFromTenant", tenant, changes))[0], result(grandfathered, false, "TENANTLESS", "TENANTLESS", nothing, nothing))
}

// TestSettingAUsersTenants makes them exactly those, without the cliff on the way.
func TestSettingAUsersTenants(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, tom := a.as(admin), a.as(memberOfTwo)
	tom.ok("{ devices { totalCount } }", nil)
	user := a.ref("User", memberOfTwo)
	moves := in{"userId": user, "tenantIds": append(a.refs("Tenant", "Lindqvist Timber", "Boulangerie Dubois"), a.ref("Tenant", "Lindqvist Timber"))}
	before := a.state()
	for _, dry := range []bool{true, false} {
		p := c.done("setUserTenants", a.with(moves, "dryRun", dry), changes+" user { tenants { nodes { name } } }")
		expect(t, "moving from one tenant to another", results(p)[0], result(memberOfTwo, true, "ASSIGNED", "ASSIGNED", counts(3, 1, 2, 1), counts(5, 2, 5, 1)))
		expect(t, "the tickets left behind", lostTickets(p), tickets("Reception 2 cannot print", "File server disk at 91 %"))
		expect(t, "the tenants then", text(p["user"]), `{"tenants":{"nodes":[{"name":"Boulangerie Dubois"},{"name":"Lindqvist Timber"}]}}`)
		if dry {
			expect(t, "a dry run leaves the state", a.state(), before)
		}
	}
	expect(t, "what the user sees next", text(tom.ok("{ devices { totalCount } }", nil).Data), `{"devices":{"totalCount":9}}`)
	p := c.done("setUserTenants", in{"userId": user, "tenantIds": []any{}}, changes)
	expect(t, "ending all memberships", results(p)[0], result(memberOfTwo, true, "ASSIGNED", "TENANTLESS", counts(3, 1, 2, 0), counts(9, 3, 8, 2)))
	done := a.state()
	p = c.done("setUserTenants", in{"userId": user, "tenantIds": []any{}}, changes)
	expect(t, "ending none", results(p)[0], result(memberOfTwo, false, "TENANTLESS", "TENANTLESS", nothing, nothing))
	expect(t, "ending none leaves the state", a.state(), done)
	p = c.done("setUserTenants", in{"userId": a.ref("User", idleCustomer), "tenantIds": a.refs("Tenant", "Harbour Clinic")}, changes)
	expect(t, "a customer's first tenant", results(p)[0], result(idleCustomer, true, "NONE", "ASSIGNED", counts(5, 2, 5, 1), nothing))
}

// TestRolesAndStatusChangeReachAtOnce follows updateUser, suspendUser, reactivateUser and
// endGrandfathering: counts, tickets and the next query of an old session.
func TestRolesAndStatusChangeReachAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	user := func(email string, more in) in {
		more["id"] = a.ref("User", email)
		return more
	}
	tom, gil := a.as(memberOfTwo), a.as(grandfathered)
	steps := []struct {
		sentence, name string
		input          in
		want, lost     string
		who            *client
		sees           string
	}{
		{"a member becomes a customer", "updateUser", user(memberOfTwo, in{"role": "CUSTOMER"}),
			result(memberOfTwo, true, "ASSIGNED", "ASSIGNED", nothing, nothing),
			tickets("Reception 2 cannot print", "Nouvelle imprimante d'étiquettes", "File server disk at 91 %"), tom, `"ASSIGNED" "CUSTOMER" 11`},
		{"a customer becomes an admin", "updateUser", user(memberOfTwo, in{"role": "ADMIN"}),
			result(memberOfTwo, true, "ASSIGNED", "ALL", counts(7, 2, 5, 2), nothing), tickets(), tom, `"ALL" "ADMIN" 18`},
		{"an admin becomes a member", "updateUser", user(memberOfTwo, in{"role": "MEMBER"}),
			result(memberOfTwo, true, "ALL", "ASSIGNED", nothing, counts(7, 2, 5, 2)), tickets(), tom, `"ASSIGNED" "MEMBER" 11`},
		{"a grandfathered member becomes a customer", "updateUser", user(grandfathered, in{"role": "CUSTOMER"}),
			result(grandfathered, true, "ALL", "NONE", nothing, counts(18, 6, 16, 4)), tickets("Kiln controller lost its clock", "New starter on Monday"), gil, `"NONE" "CUSTOMER" 0`},
		{"and a member again, whom nothing makes grandfathered", "updateUser", user(grandfathered, in{"role": "MEMBER"}),
			result(grandfathered, true, "NONE", "TENANTLESS", counts(3, 1, 2, 0), nothing), tickets(), gil, `"TENANTLESS" "MEMBER" 3`},
		{"a member is suspended", "suspendUser", user(memberOfTwo, in{}),
			result(memberOfTwo, true, "ASSIGNED", "NONE", nothing, counts(11, 4, 11, 2)), tickets(), tom, "UNAUTHENTICATED"},
		{"and suspended again", "suspendUser", user(memberOfTwo, in{}), result(memberOfTwo, false, "NONE", "NONE", nothing, nothing), tickets(), tom, "UNAUTHENTICATED"},
		{"and reactivated, with no session left", "reactivateUser", user(memberOfTwo, in{}),
			result(memberOfTwo, true, "NONE", "ASSIGNED", counts(11, 4, 11, 2), nothing), tickets(), tom, "UNAUTHENTICATED"},
		{"and reactivated again", "reactivateUser", user(memberOfTwo, in{}), result(memberOfTwo, false, "ASSIGNED", "ASSIGNED", nothing, nothing), tickets(), tom, "UNAUTHENTICATED"},
	}
	sees := func(who *client) string {
		r := who.do("{ viewer { tenantAccess user { role } } devices { totalCount } }", nil)
		if r.code() != "" {
			return r.code()
		}
		return fmt.Sprintf("%q %q %v", r.get("viewer", "tenantAccess"), r.get("viewer", "user", "role"), r.get("devices", "totalCount"))
	}
	sees(tom)
	sees(gil)
	for _, s := range steps {
		before := a.state()
		p := c.done(s.name, a.with(s.input, "dryRun", true), changes)
		expect(t, s.sentence+" (dry)", results(p)[0], s.want)
		expect(t, s.sentence+" (dry): tickets", lostTickets(p), s.lost)
		expect(t, s.sentence+" (dry): the state", a.state(), before)
		p = c.done(s.name, s.input, changes)
		expect(t, s.sentence, results(p)[0], s.want)
		expect(t, s.sentence+": committed", p["committed"], true)
		expect(t, s.sentence+": tickets", lostTickets(p), s.lost)
		expect(t, s.sentence+": they see", sees(s.who), s.sees)
		expect(t, s.sentence+": rule 7", a.orphans(), 0)
	}
}

// TestMembershipsOfAnArchivedTenantChange and rule 7 applies to its tickets: access is not frozen.
func TestMembershipsOfAnArchivedTenantChange(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, tom := a.as(admin), a.as(memberOfTwo)
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Harbour Clinic'")
	p := c.done("removeUsersFromTenant", in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "userIds": a.refs("User", memberOfTwo)}, changes)
	expect(t, "a member leaves an archived tenant", results(p)[0], result(memberOfTwo, true, "ASSIGNED", "ASSIGNED", nothing, counts(5, 2, 5, 1)))
	expect(t, "its tickets", lostTickets(p), tickets("Reception 2 cannot print", "File server disk at 91 %"))
	expect(t, "the member sees", text(tom.ok("{ tenants { nodes { name } } }", nil).Data), `{"tenants":{"nodes":[{"name":"Boulangerie Dubois"}]}}`)
	p = c.done("addUsersToTenant", in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "userIds": a.refs("User", memberOfTwo)}, changes)
	expect(t, "and comes back", results(p)[0], result(memberOfTwo, true, "ASSIGNED", "ASSIGNED", counts(5, 2, 5, 1), nothing))
}

// TestAPayloadThatCannotBeReadUndoesItsMutation instead of saying that it was done.
func TestAPayloadThatCannotBeReadUndoesItsMutation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	before := a.state()
	r := c.mutate("addUsersToTenant", in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "userIds": a.refs("User", memberOfOne)},
		`committed unassignedTickets(after: "junk") { totalCount }`)
	expect(t, "a bad cursor in the payload", r.code(), "BAD_CURSOR")
	expect(t, "its data", r.get("addUsersToTenant"), nil)
	expect(t, "the state", a.state(), before)
}
