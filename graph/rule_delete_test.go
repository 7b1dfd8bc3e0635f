package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

const deleted = itemNumbers + ` unassignedTickets { nodes { subject } }
	affectedUsers { totalCount edges { before after node { email } } } cliff: affectedUsers(filter: { tenantAccess: [TENANTLESS] }) { nodes { email } }`

// furnish gives the clinic an asset, a session and articles of every state, instead of the demo's.
func (a *api) furnish() {
	a.t.Helper()
	for _, table := range []string{"assets", "remote_sessions", "articles"} {
		a.sql("delete from app." + table)
	}
	a.sql(`insert into app.assets (account_id, id, tenant_id, name, tag, kind, status) select account_id, gen_random_uuid(), id, 'Server', 'A-1', 'HARDWARE', 'READY'
		from app.tenants where name in ('Harbour Clinic', 'Atelier Moreau')`)
	a.connect("HC-PACS", "ENDED", "1 h")
	a.sql(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id, reviewer_id, published_at)
		select account_id, gen_random_uuid(), id, 'TENANT', 'About ' || s, 'B', s, $1, $1, case when s = 'PUBLISHED' then now() end
		from app.tenants, unnest(array['DRAFT', 'IN_REVIEW', 'PUBLISHED', 'REJECTED', 'ARCHIVED']) s where name = 'Harbour Clinic'`, a.key("Northwind IT", "User", admin))
}

// affected is a user of whom a deletion says what changes.
func affected(email, before, after string) string {
	return fmt.Sprintf(`{"after":"%s","before":"%s","node":{"email":"%s"}}`, after, before, email)
}

func edges(p map[string]any) string {
	var out []string
	for _, e := range p["affectedUsers"].(map[string]any)["edges"].([]any) {
		out = append(out, text(e))
	}
	return strings.Join(out, "\n")
}

// left counts what still names a tenant, the audit left out.
func (a *api) left(tenant any) int {
	return one[int](a, `select (select count(*) from app.tenants where id = $1) + (select count(*) from app.memberships where tenant_id = $1)
		+ (select count(*) from app.devices where tenant_id = $1) + (select count(*) from app.device_groups where tenant_id = $1)
		+ (select count(*) from app.tickets where tenant_id = $1) + (select count(*) from app.ticket_comments where tenant_id = $1)
		+ (select count(*) from app.remote_sessions where tenant_id = $1) + (select count(*) from app.assets where tenant_id = $1)
		+ (select count(*) from app.articles where tenant_id = $1)`, tenant)
}

// TestATenantIsDeletedWithAPlanOnly and the plan must be whole.
func TestATenantIsDeletedWithAPlanOnly(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.furnish()
	ada := a.as(admin)
	harbour, moreau := a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Atelier Moreau")
	plan := func(fields ...any) in {
		out := in{"id": harbour}
		for i := 0; i < len(fields); i += 2 {
			out[fields[i].(string)] = fields[i+1]
		}
		return out
	}
	a.sql(`insert into app.device_groups (account_id, id, tenant_id, name) select account_id, gen_random_uuid(), id, upper('Servers') from app.tenants where name = 'Lindqvist Timber'`)
	a.sql(`insert into app.device_groups (account_id, id, tenant_id, name) select account_id, gen_random_uuid(), account_id, 'Reception' from app.accounts where name = 'Northwind IT'`)
	a.follow(t, []step{
		{"without a plan", ada, "deleteTenant", plan(), "TENANT_NOT_EMPTY input.plan"},
		{"with a plan of null and an old version", ada, "deleteTenant", plan("plan", nil, "version", 9), "CONFLICT input.version, TENANT_NOT_EMPTY input.plan"},
		{"to nowhere", ada, "deleteTenant", plan("plan", "MOVE"), "REQUIRED input.moveTo"},
		{"to itself", ada, "deleteTenant", plan("plan", "MOVE", "moveTo", harbour), "INVALID input.moveTo"},
		{"to another account's", ada, "deleteTenant", plan("plan", "MOVE", "moveTo", a.foreign("Tenant", "Quay Books")), "NOT_FOUND"},
		{"tenantless and moved", ada, "deleteTenant", plan("plan", "MAKE_TENANTLESS", "moveTo", moreau), "INVALID input.moveTo"},
		{"deleted and members moved", ada, "deleteTenant", plan("plan", "DELETE_ITEMS", "moveMembers", true), "INVALID input.moveMembers"},
		{"where an asset has the tag", ada, "deleteTenant", plan("plan", "MOVE", "moveTo", moreau), "TAKEN input.moveTo"},
		{"where a group has the name, in another case", ada, "deleteTenant", plan("plan", "MOVE", "moveTo", a.ref("Tenant", "Lindqvist Timber")), "TAKEN input.moveTo"},
		{"where a tenantless group has the name", ada, "deleteTenant", plan("plan", "MAKE_TENANTLESS"), "TAKEN input.plan"},
		{"a member deletes it", a.as(memberOfTwo), "deleteTenant", plan("plan", "DELETE_ITEMS"), "FORBIDDEN"},
	})
	p := ada.done("createTenant", in{"name": "Empty"}, "tenant { id }")
	empty := p["tenant"].(map[string]any)["id"]
	ada.done("addUsersToTenant", in{"tenantId": empty, "userIds": a.refs("User", memberOfNone)}, "__typename")
	p = ada.done("deleteTenant", in{"id": empty}, deleted)
	expect(t, "the member of an empty tenant falls over the cliff", edges(p), affected(memberOfNone, "ASSIGNED", "TENANTLESS"))
	expect(t, "a deleted tenant", ada.try("updateTenant", in{"id": empty}), "NOT_FOUND")
	expect(t, "its name is free", ada.try("createTenant", in{"name": "empty"}), "ok")
}

// TestADeletedTenantTakesEverythingAlong in each plan: nothing names it any more but the audit.
func TestADeletedTenantTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	numbers := `{"articles":5,"assets":1,"deviceGroups":2,"devices":5,"remoteSessions":1,"ticketComments":3,"tickets":5}`
	carl := affected(idleCustomer, "ASSIGNED", "ASSIGNED") // a customer of the tenant that gets the items
	tom, sam, nora := affected(memberOfTwo, "ASSIGNED", "ASSIGNED"), affected(suspended, "NONE", "NONE"), affected(memberOfNone, "TENANTLESS", "TENANTLESS")
	for _, plan := range []struct {
		name             string
		input            in
		to, lost, people string
		articles         string
	}{
		{"MOVE", in{}, "Lindqvist Timber", `{"nodes":[{"subject":"Reception 2 cannot print"},{"subject":"File server disk at 91 %"}]}`,
			carl + "\n" + sam + "\n" + tom, "TENANT ARCHIVED, TENANT DRAFT, TENANT IN_REVIEW, TENANT PUBLISHED, TENANT REJECTED"},
		{"MOVE", in{"moveMembers": true}, "Lindqvist Timber", `{"nodes":[]}`, carl + "\n" + sam + "\n" + tom, "TENANT ARCHIVED, TENANT DRAFT, TENANT IN_REVIEW, TENANT PUBLISHED, TENANT REJECTED"},
		{"MAKE_TENANTLESS", in{}, "", `{"nodes":[{"subject":"Reception 2 cannot print"},{"subject":"File server disk at 91 %"}]}`,
			nora + "\n" + sam + "\n" + tom, strings.TrimSuffix(strings.Repeat("TENANTLESS DRAFT, ", 5), ", ")},
		{"DELETE_ITEMS", in{}, "", `{"nodes":[]}`, sam + "\n" + tom, ""},
	} {
		for _, status := range []string{"ACTIVE", "ARCHIVED"} {
			t.Run(fmt.Sprint(plan.name, len(plan.input), status), func(t *testing.T) {
				a := newAPI(t)
				a.furnish()
				a.sql("update app.tenants set status = $1 where name = 'Harbour Clinic'", status)
				a.sql("insert into app.memberships (account_id, user_id, tenant_id) select account_id, $1, id from app.tenants where name = 'Lindqvist Timber'", a.key("Northwind IT", "User", idleCustomer))
				// As after a move: what is elsewhere points at it.
				a.sql("update app.tickets set device_id = $1 where subject = 'Kiln controller lost its clock'", a.key("Northwind IT", "Device", "HC-PACS"))
				a.connect("SAW-OFFICE-1", "ENDED", "1 h")
				a.sql("update app.remote_sessions set ticket_id = $1", a.key("Northwind IT", "Ticket", "Image archive is slow"))
				ada, key := a.as(admin), a.key("Northwind IT", "Tenant", "Harbour Clinic")
				input := a.with(plan.input, "plan", plan.name)
				input["id"] = a.ref("Tenant", "Harbour Clinic")
				to := one[[16]byte](a, "select account_id from app.accounts where name = 'Northwind IT'")
				if plan.to != "" {
					input["moveTo"], to = a.ref("Tenant", plan.to), a.key("Northwind IT", "Tenant", plan.to)
				}
				before := one[int](a, "select count(*) from app.tickets")
				gone := plan.name == "DELETE_ITEMS"
				p := ada.done("deleteTenant", input, deleted)
				expect(t, "items", text(p["items"]), numbers)
				expect(t, "what still names the tenant", a.left(key), 0)
				expect(t, "tickets that lost their assignee", lostTickets(p), plan.lost)
				expect(t, "whose access changes", edges(p), plan.people)
				expect(t, "tickets that are gone", before-one[int](a, "select count(*) from app.tickets"), map[bool]int{true: 5, false: 0}[gone])
				expect(t, "public comments on what moved", one[int](a, "select count(*) from app.ticket_comments c join app.tickets k on k.id = c.ticket_id where visibility = 'PUBLIC' and subject = 'Reception 2 cannot print'"), 0)
				expect(t, "devices there of the tenant's groups", one[int](a, "select count(*) from app.devices d join app.device_groups g on g.id = d.group_id and g.tenant_id = d.tenant_id where d.tenant_id = $1 and d.name like any('{HC-%,RECEPTION-%}')", to),
					map[bool]int{true: 0, false: 4}[gone])
				expect(t, "articles", one[string](a, "select coalesce(string_agg(audience || ' ' || state, ', ' order by state), '') from app.articles"), plan.articles)
				expect(t, "links that lead nowhere", one[int](a, `select (select count(*) from app.tickets k where device_id is not null and not exists (select from app.devices d where d.id = k.device_id))
					+ (select count(*) from app.remote_sessions s where ticket_id is not null and not exists (select from app.tickets k where k.id = s.ticket_id))`), 0)
				expect(t, "open tickets whose assignee does not see them", a.orphans(), 0)
				expect(t, "users whose memberships are counted wrongly", one[int](a, `select count(*) from app.users u where tenant_count <>
					(select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`), 0)
				sides := map[string]int{"": 1, "Lindqvist Timber": 2}[plan.to]
				expect(t, "entries of the tenants", one[int](a, "select count(*) from app.audit_events where action = 'deleteTenant' and object_type = 'Tenant' and tenant_name in ('Harbour Clinic', 'Lindqvist Timber')"), sides)
			})
		}
	}
}

// TestDeletingATenantWhileItIsInUse leaves nothing behind, nobody in it, and no ticket with who does
// not see it.
func TestDeletingATenantWhileItIsInUse(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, gil := a.as(admin), a.as(otherAdmin), a.as(grandfathered)
	nora, tom := a.ref("User", memberOfNone), a.ref("User", memberOfTwo)
	for i := range rounds {
		p := ada.done("createTenant", in{"name": fmt.Sprint("Short-lived ", i)}, "tenant { id }")
		id := p["tenant"].(map[string]any)["id"]
		ada.done("addUsersToTenant", in{"tenantId": id, "userIds": []any{tom}}, "__typename")
		p = gil.done("createTicket", in{"subject": fmt.Sprint("S", i), "tenantId": id, "assigneeId": tom}, "ticket { id }")
		ticket := p["ticket"].(map[string]any)["id"]
		input := in{"id": id, "plan": []string{"MOVE", "MAKE_TENANTLESS", "DELETE_ITEMS"}[i%3]}
		if i%3 == 0 {
			input["moveTo"] = a.ref("Tenant", "Atelier Moreau")
		}
		got := race(
			ada.attempt("deleteTenant", input),
			alex.attempt("addUsersToTenant", in{"tenantId": id, "userIds": []any{nora, tom}}),
			gil.attempt("createTicket", in{"subject": fmt.Sprint("M", i), "tenantId": id, "assigneeId": tom}),
			gil.attempt("updateTicket", in{"id": ticket, "subject": "Changed"}),
			gil.attempt("moveTicket", in{"ticketId": ticket, "tenantId": a.ref("Tenant", "Lindqvist Timber")}),
		)
		expect(t, fmt.Sprintf("round %d: the deletion", i), got[0], "ok")
		for j, outcome := range got {
			if outcome != "ok" && outcome != "NOT_FOUND" && outcome != "NOT_ASSIGNABLE input.assigneeId" {
				t.Errorf("round %d, attempt %d: %s", i, j, outcome)
			}
		}
		expect(t, fmt.Sprintf("round %d: what still names the tenant", i), one[int](a, `select (select count(*) from app.tenants where name like 'Short-lived%')
			+ (select count(*) from app.memberships m where not exists (select from app.tenants t where t.id = m.tenant_id))`), 0)
		expect(t, fmt.Sprintf("round %d: open tickets whose assignee does not see them", i), a.orphans(), 0)
		alex.done("setUserTenants", in{"userId": nora, "tenantIds": []any{}}, "__typename")
	}
}

// TestDeletingATenantAndMovingItsAssetsWaitForEachOtherInOneOrder and neither is told to try again.
func TestDeletingATenantAndMovingItsAssetsWaitForEachOtherInOneOrder(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.furnish()
	ctx := context.Background()
	ada, gil := a.as(admin), a.as(grandfathered)
	harbour := a.key("Northwind IT", "Tenant", "Harbour Clinic")
	asset := encode("Asset", one[[16]byte](a, "select id from app.assets where tenant_id = $1", harbour))
	// The deletion locks the asset, and then waits for an article that somebody holds.
	held, err := a.owner.Begin(ctx)
	must(t, err)
	_, err = held.Exec(ctx, "select from app.articles where tenant_id = $1 for update", harbour)
	must(t, err)
	waiting := func(n int) {
		t.Helper()
		for range 500 {
			var blocked int
			_, err := held.Exec(ctx, "select pg_stat_clear_snapshot()")
			must(t, err)
			must(t, held.QueryRow(ctx, "select count(*) from pg_stat_activity s where s.datname = current_database() and cardinality(pg_blocking_pids(s.pid)) > 0").Scan(&blocked))
			if blocked >= n {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%d do not wait", n)
	}
	deletion, move := make(chan string, 1), make(chan string, 1)
	go func() {
		deletion <- ada.try("deleteTenant", in{"id": encode("Tenant", harbour), "plan": "DELETE_ITEMS"})
	}()
	waiting(1)
	go func() { move <- gil.try("moveAssets", in{"assetIds": []any{asset}, "tenantId": nil}) }()
	waiting(2)
	must(t, held.Rollback(ctx))
	expect(t, "the deletion", <-deletion, "ok")
	expect(t, "the move of what is gone by then", <-move, "NOT_FOUND")
}

// TestADeletionHasMoreTimeThanOtherRequests for admins; what else waits for the same is told to try again.
func TestADeletionHasMoreTimeThanOtherRequests(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *Options) { o.Timeout = time.Second })
	ada, moreau := a.as(admin), in{"id": a.ref("Tenant", "Atelier Moreau"), "plan": "DELETE_ITEMS"}
	ada.ok("{ viewer { tenantAccess } }", nil)
	a.sql("begin")
	a.sql("select from app.tenants where name = 'Atelier Moreau' for update")
	deleted := make(chan string, 1)
	go func() { deleted <- ada.try("deleteTenant", moreau) }()
	expect(t, "archiving what somebody else holds", ada.try("archiveTenant", in{"id": moreau["id"]}), "UNAVAILABLE")
	select {
	case outcome := <-deleted:
		t.Errorf("the deletion did not wait: %s", outcome)
	default:
	}
	a.sql("commit")
	expect(t, "deleting it", <-deleted, "ok")
}
