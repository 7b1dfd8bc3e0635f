package graph

import (
	"fmt"
	"sync"
	"testing"

	"tenantry/internal/demo"
)

const rounds = 20

// race makes attempts at once, and again those that are told to try again; it gives their outcomes.
func race(attempts ...func() string) []string {
	out := make([]string, len(attempts))
	var start, end sync.WaitGroup
	start.Add(1)
	for i, attempt := range attempts {
		end.Go(func() {
			start.Wait()
			for out[i] = "UNAVAILABLE"; out[i] == "UNAVAILABLE"; {
				out[i] = attempt()
			}
		})
	}
	start.Done()
	end.Wait()
	return out
}

func (c *client) attempt(name string, input map[string]any) func() string {
	return func() string { return c.try(name, input) }
}

// TestAssigningATicketWhileItsAssigneeLosesIt never leaves it with who does not see it.
func TestAssigningATicketWhileItsAssigneeLosesIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, gil := a.as(admin), a.as(otherAdmin), a.as(grandfathered)
	tom, nora := a.ref("User", memberOfTwo), a.ref("User", memberOfNone)
	clinic, ticket, loans := a.ref("Tenant", "Harbour Clinic"), a.ref("Ticket", "Image archive is slow"), a.ref("Ticket", "Whose device is UNKNOWN-4F2A?")
	member := in{"tenantId": clinic, "userIds": []any{tom}}
	first := in{"tenantId": clinic, "userIds": []any{nora}}
	both := in{"tenantId": clinic, "userIds": []any{tom, nora}}
	for i := range rounds {
		got := race(
			ada.attempt("removeUsersFromTenant", member), gil.attempt("assignTicket", in{"ticketId": ticket, "userId": tom}),
			alex.attempt("addUsersToTenant", first), gil.attempt("assignTicket", in{"ticketId": loans, "userId": nora}),
			gil.attempt("createTicket", in{"subject": "Made meanwhile", "tenantId": clinic, "assigneeId": tom, "requesterId": tom}),
			gil.attempt("updateTicket", in{"id": a.ref("Ticket", "New starter on Monday"), "status": "ON_HOLD"}),
		)
		for j, want := range []string{"", "NOT_ASSIGNABLE input.userId", "", "NOT_ASSIGNABLE input.userId", "INVALID input.requesterId, NOT_ASSIGNABLE input.assigneeId", ""} {
			if got[j] != "ok" && got[j] != want {
				t.Errorf("round %d, attempt %d: %s", i, j, got[j])
			}
		}
		expect(t, fmt.Sprintf("round %d: open tickets whose assignee does not see them", i), a.orphans(), 0)
		ada.done("addUsersToTenant", both, "__typename")
		ada.done("removeUsersFromTenant", first, "__typename")
	}
}

// TestReopeningATicketWhileItsAssigneeLosesIt keeps rule 7, too.
func TestReopeningATicketWhileItsAssigneeLosesIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, gil := a.as(admin), a.as(otherAdmin), a.as(grandfathered)
	tom, ticket := a.ref("User", memberOfTwo), a.ref("Ticket", "Image archive is slow")
	clinic := in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "userIds": []any{tom}}
	for i := range rounds {
		a.sql("update app.tickets set status = 'RESOLVED', assignee_id = null where subject = 'Image archive is slow'")
		got := race(ada.attempt("removeUsersFromTenant", clinic), gil.attempt("updateTicket", in{"id": ticket, "status": "OPEN"}),
			alex.attempt("assignTicket", in{"ticketId": ticket, "userId": tom}))
		expect(t, fmt.Sprintf("round %d: the removal, the reopening", i), got[0]+" "+got[1], "ok ok")
		expect(t, fmt.Sprintf("round %d: open tickets whose assignee does not see them", i), a.orphans(), 0)
		ada.done("addUsersToTenant", clinic, "__typename")
	}
}

// TestTheLastSeatIsTakenOnce by an invitation and a return at once.
func TestTheLastSeatIsTakenOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex := a.as(admin), a.as(otherAdmin)
	sam := in{"id": a.ref("User", suspended)}
	for i := range rounds {
		a.sql("update app.accounts set add_on_seats = (select count(*) from app.users u where u.account_id = accounts.account_id and status <> 'SUSPENDED') where name = 'Northwind IT'")
		got := race(
			ada.attempt("inviteUser", in{"email": fmt.Sprintf("a%d@x.example", i), "name": "N", "role": "MEMBER"}),
			alex.attempt("inviteUser", in{"email": fmt.Sprintf("b%d@x.example", i), "name": "N", "role": "CUSTOMER"}),
			alex.attempt("reactivateUser", sam),
		)
		well := 0
		for _, outcome := range got {
			if outcome == "ok" {
				well++
			} else {
				expect(t, fmt.Sprintf("round %d: who comes too late", i), outcome, "SEAT_LIMIT_REACHED input")
			}
		}
		expect(t, fmt.Sprintf("round %d: how many got the seat", i), well, 1)
		expect(t, fmt.Sprintf("round %d: users beyond the seats", i), one[int](a, `select greatest(0, count(*) - 1 - a.add_on_seats)::int from app.accounts a
			join app.users u using (account_id) where a.name = 'Northwind IT' and u.status <> 'SUSPENDED' group by a.add_on_seats`), 0)
		ada.done("suspendUser", sam, "__typename")
	}
}

// TestTwoAdminsCannotTakeEachOtherAway and leave nobody.
func TestTwoAdminsCannotTakeEachOtherAway(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	me, other := a.ref("User", admin), a.ref("User", otherAdmin)
	for i := range rounds {
		ada, alex := a.as(admin), a.as(otherAdmin)
		first, second := ada.attempt("suspendUser", in{"id": other}), alex.attempt("suspendUser", in{"id": me})
		if i%2 == 1 {
			first, second = ada.attempt("updateUser", in{"id": me, "role": "MEMBER"}), alex.attempt("updateUser", in{"id": other, "role": "CUSTOMER"})
		}
		for _, outcome := range race(first, second) {
			if outcome != "ok" && outcome != "UNAUTHENTICATED" && outcome != "LAST_ADMIN input.id" && outcome != "LAST_ADMIN input.role" && outcome != "FORBIDDEN" {
				t.Errorf("round %d: %s", i, outcome)
			}
		}
		expect(t, fmt.Sprintf("round %d: active admins", i), one[int](a, `select count(*) from app.users u join app.accounts a using (account_id)
			where a.name = 'Northwind IT' and role = 'ADMIN' and u.status = 'ACTIVE'`), 1)
		a.sql("update app.users set role = 'ADMIN', status = 'ACTIVE' where email in ($1, $2)", admin, otherAdmin)
	}
}

// TestTheSameUserIsAddedOnce however many add them at once, each in another order.
func TestTheSameUserIsAddedOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex := a.as(admin), a.as(otherAdmin)
	tenant := a.ref("Tenant", "Atelier Moreau")
	there, back := a.refs("User", memberOfOne, memberOfTwo, memberOfNone), a.refs("User", memberOfNone, memberOfTwo, memberOfOne)
	for i := range rounds {
		for _, name := range []string{"addUsersToTenant", "removeUsersFromTenant"} {
			for _, outcome := range race(ada.attempt(name, in{"tenantId": tenant, "userIds": there}), alex.attempt(name, in{"tenantId": tenant, "userIds": back}),
				alex.attempt("setUserTenants", in{"userId": a.ref("User", idleCustomer), "tenantIds": []any{tenant}})) {
				expect(t, fmt.Sprintf("round %d: %s", i, name), outcome, "ok")
			}
			want := map[string]int{"addUsersToTenant": 4, "removeUsersFromTenant": 1}[name]
			expect(t, "members after "+name, one[int](a, "select count(*) from app.memberships where tenant_id = $1", a.key("Northwind IT", "Tenant", "Atelier Moreau")), want)
			expect(t, "users whose memberships are counted wrongly", one[int](a, `select count(*) from app.users u where tenant_count <>
				(select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`), 0)
		}
	}
	expect(t, "entries of memberships", one[int](a, "select count(*) from app.audit_events where action in ('addUsersToTenant', 'removeUsersFromTenant') and object_type = 'User'"), 2*3*rounds)
}

// TestOfTwoUpdatesOfAVersionOneIsAConflict so that none is lost.
func TestOfTwoUpdatesOfAVersionOneIsAConflict(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex := a.as(admin), a.as(otherAdmin)
	device := a.ref("Device", "CAISSE-01")
	for i := range rounds {
		got := race(ada.attempt("updateDevice", in{"id": device, "version": i + 1, "name": fmt.Sprint("ada", i)}),
			alex.attempt("updateDevice", in{"id": device, "version": i + 1, "name": fmt.Sprint("alex", i)}))
		if both := got[0] + got[1]; both != "okCONFLICT input.version" && both != "CONFLICT input.versionok" {
			t.Fatalf("round %d: %v", i, got)
		}
	}
}

// TestSigningInDuringAResetLeavesNoSession with a password that is none any more.
func TestSigningInDuringAResetLeavesNoSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, nobody, nora := a.as(admin), a.as(""), a.key("Northwind IT", "User", memberOfNone)
	for i := range rounds {
		a.sql(`insert into app.credentials (account_id, user_id, password_hash) select account_id, $1, password_hash from app.credentials
			where user_id = $2 on conflict do nothing`, nora, a.key("Northwind IT", "User", memberOfOne))
		got := race(nobody.attempt("signIn", in{"email": memberOfNone, "password": demo.Password}),
			ada.attempt("resetAccess", in{"userId": a.ref("User", memberOfNone)}))
		expect(t, fmt.Sprintf("round %d: the reset", i), got[1], "ok")
		expect(t, fmt.Sprintf("round %d: sessions after it", i), one[int](a, "select count(*) from app.sessions where user_id = $1", nora), 0)
	}
}

// TestSigningInWhileAccessChanges is answered, and the session has the new reach.
func TestSigningInWhileAccessChanges(t *testing.T) {
	t.Parallel()
	var a *api
	var ada, nobody *client
	for i := range rounds {
		if i%8 == 0 { // sooner than the attempts are too many
			a = newAPI(t)
			ada, nobody = a.as(admin), a.as("")
		}
		name := []string{"suspendUser", "reactivateUser"}[i%2]
		got := race(nobody.attempt("signIn", in{"email": memberOfOne, "password": demo.Password}), ada.attempt(name, in{"id": a.ref("User", memberOfOne)}))
		if got[0] != "ok" && got[0] != "INVALID input" || got[1] != "ok" {
			t.Errorf("round %d: %v", i, got)
		}
		expect(t, fmt.Sprintf("round %d: sessions of who is suspended", i), one[int](a, `select count(*) from app.sessions s
			join app.users u on u.account_id = s.account_id and u.id = s.user_id where u.status = 'SUSPENDED'`), 0)
	}
}
