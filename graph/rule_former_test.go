package graph

import (
	"fmt"
	"testing"
)

// TestADeletedUserIsGoneAndTheirWorkStays for everybody who sees it, as a former user's.
func TestADeletedUserIsGoneAndTheirWorkStays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, mia, tom, claire := a.as(admin), a.as(otherAdmin), a.as(memberOfOne), a.as(memberOfTwo), a.as(customer)
	id, gone := a.ref("User", memberOfOne), a.key("Northwind IT", "User", memberOfOne)
	a.follow(t, []step{
		{"a member deletes a user", mia, "deleteUser", in{"id": id}, "FORBIDDEN"},
		{"a member deletes themself", mia, "deleteUser", in{"id": id}, "FORBIDDEN"},
		{"an admin deletes a user of another account", ada, "deleteUser", in{"id": a.foreign("User", foreignAdmin)}, "NOT_FOUND"},
	})
	p := ada.done("deleteUser", in{"id": id}, changes)
	expect(t, "what a member loses", text(p["results"].([]any)[0]), fmt.Sprintf(`{"after":"NONE","before":"ASSIGNED","changed":true,"gained":%s,"lost":%s,"user":null}`, nothing, counts(6, 2, 6, 1)))
	expect(t, "the open tickets of a deleted user", lostTickets(p), tickets("La caisse 3 ne s'allume plus", "Sauvegarde de la comptabilité en échec"))
	for name, answer := range map[string]any{
		"the deleted user asks":           mia.do("{ viewer { tenantAccess } }", nil).code(),
		"who may sign in with their name": outcome(a.as("").mutate("signIn", in{"email": memberOfOne, "password": "demo-password"}, "token")),
		"an admin finds the user":         ada.do("query($id: ID!) { user(id: $id) { name } }", in{"id": id}).code(),
		"an admin finds the node":         ada.do("query($id: ID!) { node(id: $id) { id } }", in{"id": id}).code(),
		"an admin deletes them again":     ada.try("deleteUser", in{"id": id}),
		"an admin makes them a member":    ada.try("setUserTenants", in{"userId": id, "tenantIds": []any{}}),
		"a ticket is given to them":       ada.try("assignTicket", in{"ticketId": a.ref("Ticket", "New starter on Monday"), "userId": id}),
	} {
		want := map[string]string{"the deleted user asks": "UNAUTHENTICATED", "who may sign in with their name": "INVALID input", "a ticket is given to them": "NOT_ASSIGNABLE input.userId"}[name]
		if want == "" {
			want = "NOT_FOUND"
		}
		expect(t, name, answer, want)
	}
	const ticket = `query($id: ID!) { ticket(id: $id) { assignee { id name email role status } comments(first: 1) { nodes { author { name email } } } } }`
	for name, c := range map[string]*client{"an admin": ada, "a member": tom, "a customer": claire} {
		r := c.ok(ticket, in{"id": a.ref("Ticket", "Mise à jour de la caisse 1")})
		expect(t, name+" reads who solved a ticket", text(r.get("ticket", "assignee")), `{"email":null,"id":"*","name":"Former user","role":null,"status":null}`)
		expect(t, name+" reads who commented", text(r.get("ticket", "comments", "nodes", 0, "author")), `{"email":null,"name":"Former user"}`)
	}
	expect(t, "users in lists", text(ada.ok("{ users { totalCount } }", nil).get("users")), `{"totalCount":9}`)
	expect(t, "rows that only the user had", one[int](a, `select (select count(*) from app.memberships where user_id = $1) + (select count(*) from app.sessions where user_id = $1)
		+ (select count(*) from app.credentials where user_id = $1) + (select count(*) from app.sign_in_names where user_id = $1)`, gone), 0)
	expect(t, "the audit has the name", one[string](a, "select object_name || ' ' || (before ->> 'email') from app.audit_events where action = 'deleteUser' and outcome = 'DONE' and object_type = 'User' and tenant_id is null"),
		"Mia Martin "+memberOfOne)
	expect(t, "the address can be invited again", alex.try("inviteUser", in{"email": memberOfOne, "name": "M", "role": "MEMBER"}), "ok")
	a.follow(t, []step{
		{"an admin deletes another", ada, "deleteUser", in{"id": a.ref("User", otherAdmin)}, "ok"},
		{"who is signed out", alex, "createTenant", in{"name": "X"}, "UNAUTHENTICATED"},
		{"the last admin deletes themself", ada, "deleteUser", in{"id": a.ref("User", admin)}, "LAST_ADMIN input.id"},
		{"tries it only", ada, "deleteUser", in{"id": a.ref("User", admin), "dryRun": true}, "LAST_ADMIN input.id"},
		{"makes another admin", ada, "updateUser", in{"id": a.ref("User", memberOfTwo), "role": "ADMIN"}, "ok"},
		{"and deletes themself", ada, "deleteUser", in{"id": a.ref("User", admin)}, "ok"},
		{"and is gone", ada, "createTenant", in{"name": "X"}, "UNAUTHENTICATED"},
	})
}

// TestTheTicketsOfADeletedRequesterDoNotKeepTheirAddress for anybody.
func TestTheTicketsOfADeletedRequesterDoNotKeepTheirAddress(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia := a.as(admin), a.as(memberOfOne)
	const asked = "query($id: ID!) { ticket(id: $id) { requester { name email user { name email } } } }"
	ticket := in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus")}
	expect(t, "a member reads who asked", text(mia.ok(asked, ticket).get("ticket", "requester")), `{"email":"claire@dubois.example","name":"Claire Dubois","user":{"email":null,"name":"Claire Dubois"}}`)
	ada.done("deleteUser", in{"id": a.ref("User", customer)}, "committed")
	for name, c := range map[string]*client{"an admin": ada, "a member": mia} {
		expect(t, name+" reads who asked, and is gone", text(c.ok(asked, ticket).get("ticket", "requester")), `{"email":null,"name":"Former user","user":{"email":null,"name":"Former user"}}`)
	}
}

// TestOfTwoAdminsWhoDeleteEachOtherOneStays whoever comes first.
func TestOfTwoAdminsWhoDeleteEachOtherOneStays(t *testing.T) {
	t.Parallel()
	for i := range 8 {
		a := newAPI(t)
		me, other := a.ref("User", admin), a.ref("User", otherAdmin)
		ada, alex := a.as(admin), a.as(otherAdmin)
		attempts := [][]func() string{
			{ada.attempt("deleteUser", in{"id": other}), alex.attempt("deleteUser", in{"id": me})},
			{ada.attempt("deleteUser", in{"id": me}), alex.attempt("deleteUser", in{"id": other})},
			{ada.attempt("deleteUser", in{"id": me}), alex.attempt("suspendUser", in{"id": other})},
			{ada.attempt("deleteUser", in{"id": other}), alex.attempt("updateUser", in{"id": me, "role": "MEMBER"})},
		}[i%4]
		for _, outcome := range race(attempts...) {
			if outcome != "ok" && outcome != "UNAUTHENTICATED" && outcome != "LAST_ADMIN input.id" && outcome != "FORBIDDEN" && outcome != "NOT_FOUND" && outcome != "LAST_ADMIN input.role" {
				t.Errorf("round %d: %s", i, outcome)
			}
		}
		expect(t, fmt.Sprintf("round %d: active admins", i), one[int](a, `select count(*) from app.users u join app.accounts a using (account_id)
			where a.name = 'Northwind IT' and role = 'ADMIN' and u.status = 'ACTIVE'`), 1)
	}
}

// TestAUserIsDeletedWhileTheyGetWork and is left with none.
func TestAUserIsDeletedWhileTheyGetWork(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, gil := a.as(admin), a.as(otherAdmin), a.as(grandfathered)
	for i := range rounds {
		p := ada.done("inviteUser", in{"email": fmt.Sprintf("t%d@northwind.example", i), "name": "T", "role": "MEMBER"}, "user { id }")
		id := p["user"].(map[string]any)["id"]
		a.sql("update app.users set status = 'ACTIVE' where name = 'T'")
		got := race(
			ada.attempt("deleteUser", in{"id": id}),
			alex.attempt("addUsersToTenant", in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "userIds": []any{id}}),
			gil.attempt("assignTicket", in{"ticketId": a.ref("Ticket", "Whose device is UNKNOWN-4F2A?"), "userId": id}),
			gil.attempt("createTicket", in{"subject": "S", "assigneeId": id, "requesterId": id}),
		)
		expect(t, fmt.Sprintf("round %d: the deletion", i), got[0], "ok")
		expect(t, fmt.Sprintf("round %d: open tickets of who is gone", i), one[int](a, `select count(*) from app.tickets k where status in ('NEW', 'OPEN', 'ON_HOLD') and assignee_id is not null
			and not exists (select from app.users u where u.id = k.assignee_id)`), 0)
		expect(t, fmt.Sprintf("round %d: open tickets whose assignee does not see them", i), a.orphans(), 0)
	}
}
