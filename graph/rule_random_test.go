package graph

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// sound are the rules that no lifecycle and no move may break, each as what counts their breaches.
var sound = map[string]string{
	"items whose tenant is not there": `select count(*) from (select account_id, tenant_id from app.devices union all select account_id, tenant_id from app.device_groups
		union all select account_id, tenant_id from app.tickets union all select account_id, tenant_id from app.ticket_comments
		union all select account_id, tenant_id from app.remote_sessions union all select account_id, tenant_id from app.assets
		union all select account_id, tenant_id from app.articles union all select account_id, tenant_id from app.memberships) i
		where not exists (select from app.tenants t where t.account_id = i.account_id and t.id = i.tenant_id)`,
	"devices apart from their group":     `select count(*) from app.devices d join app.device_groups g on g.id = d.group_id where g.tenant_id <> d.tenant_id`,
	"comments apart from their ticket":   `select count(*) from app.ticket_comments c join app.tickets k on k.id = c.ticket_id where k.tenant_id <> c.tenant_id`,
	"accounts without an active admin":   `select count(*) from app.accounts a where not exists (select from app.users u where u.account_id = a.account_id and role = 'ADMIN' and u.status = 'ACTIVE')`,
	"users whose tenants are miscounted": `select count(*) from app.users u where tenant_count <> (select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`,
	"open tickets of who is gone": `select count(*) from app.tickets k where status in ('NEW', 'OPEN', 'ON_HOLD') and assignee_id is not null
		and not exists (select from app.users u where u.account_id = k.account_id and u.id = k.assignee_id)`,
	"articles of a tenant that are for all": `select count(*) from app.articles where (audience = 'TENANT') = (tenant_id = account_id)`,
}

// gambler makes random calls.
type gambler struct {
	*api
	*rand.Rand
}

// any is the id of a random object of the first account; now and then one of none.
func (g *gambler) any(typ, table string) string {
	rows, err := g.owner.Query(context.Background(), "select id from app."+table+" t join app.accounts a using (account_id) where a.name = 'Northwind IT' and t.id <> t.account_id order by t.id")
	must(g.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	must(g.t, err)
	if n := len(all); n > 0 && g.IntN(20) > 0 {
		return ids.Encode(typ, all[g.IntN(n)])
	}
	return ids.Encode(typ, ids.New())
}

// call is a random lifecycle or move.
func (g *gambler) call() (name string, input in, payload string) {
	where := any(g.any("Tenant", "tenants"))
	if g.IntN(4) == 0 {
		where = nil
	}
	switch g.IntN(16) {
	case 0:
		return "archiveTenant", in{"id": g.any("Tenant", "tenants")}, "tenant { status } " + itemNumbers
	case 1:
		return "restoreTenant", in{"id": g.any("Tenant", "tenants")}, "tenant { status } " + itemNumbers
	case 2, 7, 8:
		plan := []any{nil, "MOVE", "MAKE_TENANTLESS", "DELETE_ITEMS"}[g.IntN(4)]
		out := in{"id": g.any("Tenant", "tenants"), "plan": plan}
		if plan == "MOVE" {
			out["moveTo"], out["moveMembers"] = g.any("Tenant", "tenants"), g.IntN(2) == 0
		}
		return "deleteTenant", out, deleted
	case 3:
		return "deleteUser", in{"id": g.any("User", "users")}, "results { before after lost { tickets devices tenants } } unassignedTickets { nodes { subject } }"
	case 4, 5, 6, 9:
		list := []any{}
		for range 1 + g.IntN(3) {
			list = append(list, g.any("Device", "devices"))
		}
		out := in{"deviceIds": list, "tenantId": where}
		if g.IntN(3) == 0 {
			out["groupId"] = g.any("DeviceGroup", "device_groups")
		}
		return "moveDevices", out, "devices { nodes { name tenant { name } group { name } } }"
	}
	return "moveTicket", in{"ticketId": g.any("Ticket", "tickets"), "tenantId": where, "keepPublic": g.IntN(2) == 0},
		"ticket { tenant { name } assignee { name } comments { nodes { visibility } } } unassignedTickets { nodes { subject } }"
}

// TestWhateverIsMovedArchivedOrDeletedTheRulesHold and a dry run says what then happens.
func TestWhateverIsMovedArchivedOrDeletedTheRulesHold(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	all := map[string]int{}
	t.Cleanup(func() { // when all have ended
		for _, name := range []string{"archiveTenant", "restoreTenant", "deleteTenant", "deleteUser", "moveDevices", "moveTicket"} {
			if all[name] < 4 {
				t.Errorf("only this went well: %v", all)
			}
		}
	})
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			a.furnish()
			g := &gambler{a, rand.New(rand.NewPCG(seed, 1))}
			ada := a.as(admin)
			agents := []*client{ada, a.as(grandfathered), a.as(memberOfTwo), a.as(memberOfNone)}
			well := map[string]int{}
			for i := range 60 {
				if i%6 == 0 { // what deletions use up, and work
					p := ada.done("createTenant", in{"name": fmt.Sprint("Tenant ", i)}, "tenant { id }")
					id := p["tenant"].(map[string]any)["id"]
					ada.try("addUsersToTenant", in{"tenantId": id, "userIds": []any{g.any("User", "users")}})
					a.sql("insert into app.device_groups (account_id, id, tenant_id, name) select account_id, gen_random_uuid(), id, 'Group' from app.tenants where name = $1", fmt.Sprint("Tenant ", i))
				}
				ada.try("assignTicket", in{"ticketId": g.any("Ticket", "tickets"), "userId": g.any("User", "users")})
				name, input, payload := g.call()
				if input["id"] == a.ref("User", admin) {
					continue // who asks
				}
				who := ada
				if name == "moveDevices" || name == "moveTicket" {
					who = agents[g.IntN(len(agents))]
				}
				before := a.state()
				dry := who.mutate(name, a.with(input, "dryRun", true), payload)
				call := fmt.Sprintf("call %d, %s(%v)", i, name, input)
				expect(t, call+": the state after a dry run", a.state(), before)
				done := who.mutate(name, input, payload)
				expect(t, call+": what the dry run said", outcome(dry)+text(dry.get(name)), outcome(done)+text(done.get(name)))
				if outcome(done) == "ok" {
					well[name]++
				} else {
					expect(t, call+": the state after a refusal", a.state(), before)
				}
				for rule, breaches := range sound {
					expect(t, call+": "+rule, one[int](a, breaches), 0)
				}
				expect(t, call+": open tickets whose assignee does not see them", a.orphans(), 0)
			}
			mu.Lock()
			defer mu.Unlock()
			for name, n := range well {
				all[name] += n
			}
		})
	}
}
