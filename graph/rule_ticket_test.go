package graph

import (
	"fmt"
	"testing"

	"tenantry/internal/ids"
)

var statuses = []string{"NEW", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"}

// TestTheStatesOfATicket tries every way from one status to another, and what it sets and clears.
func TestTheStatesOfATicket(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(memberOfTwo)
	ticket := in{"id": a.ref("Ticket", "Image archive is slow")}
	for _, from := range statuses {
		for _, to := range statuses {
			a.sql(`update app.tickets set status = $1, resolved_at = case when $1 = 'RESOLVED' then now() end, closed_at = case when $1 = 'CLOSED' then now() end
				where subject = 'Image archive is slow'`, from)
			want := "ok"
			if from != to && (to == "NEW" || from == "CLOSED" && to != "OPEN") {
				want = "WRONG_STATE input.status"
			}
			before := a.state()
			r := c.mutate("updateTicket", a.with(ticket, "status", to), "ticket { status resolvedAt closedAt }")
			way := "from " + from + " to " + to
			expect(t, way, outcome(r), want)
			if want != "ok" || from == to {
				expect(t, way+": the state", a.state(), before)
			}
			if want == "ok" {
				expect(t, way+": status", r.get("updateTicket", "ticket", "status"), to)
				expect(t, way+": resolvedAt is set", r.get("updateTicket", "ticket", "resolvedAt") != nil, to == "RESOLVED")
				expect(t, way+": closedAt is set", r.get("updateTicket", "ticket", "closedAt") != nil, to == "CLOSED")
			}
		}
	}
}

// TestReopeningUnassignsWhoCannotHoldTheTicket and keeps who can; while it is over they stay.
func TestReopeningUnassignsWhoCannotHoldTheTicket(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, claire := a.as(admin), a.as(customer)
	ticket := in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus")}
	assignee := "ticket { assignee { name } status }"
	claire.done("updateTicket", a.with(ticket, "status", "CLOSED"), "__typename")
	p := claire.done("updateTicket", a.with(ticket, "status", "OPEN"), assignee)
	expect(t, "a customer reopens what its assignee still sees", text(p["ticket"]), `{"assignee":{"name":"Mia Martin"},"status":"OPEN"}`)
	claire.done("updateTicket", a.with(ticket, "status", "CLOSED"), "__typename")
	p = ada.done("setUserTenants", in{"userId": a.ref("User", memberOfOne), "tenantIds": a.refs("Tenant", "Harbour Clinic")}, changes)
	expect(t, "the open ones are taken from the member", lostTickets(p), tickets("Sauvegarde de la comptabilité en échec"))
	expect(t, "the closed one is not", one[bool](a, "select assignee_id is not null from app.tickets where subject = $1", "La caisse 3 ne s'allume plus"), true)
	p = claire.done("updateTicket", a.with(ticket, "status", "OPEN"), assignee)
	expect(t, "a customer reopens what its assignee does not see", text(p["ticket"]), `{"assignee":null,"status":"OPEN"}`)
	for i, from := range []string{"RESOLVED", "CLOSED"} {
		a.sql("update app.tickets set status = $1, assignee_id = $2 where subject = 'Image archive is slow'", from, a.key("Northwind IT", "User", []string{suspended, idleCustomer}[i]))
		p = ada.done("updateTicket", in{"id": a.ref("Ticket", "Image archive is slow"), "status": "OPEN"}, assignee)
		expect(t, "an admin reopens a "+from+" ticket of who is no active agent", text(p["ticket"]), `{"assignee":null,"status":"OPEN"}`)
	}
	expect(t, "rule 7", a.orphans(), 0)
}

// TestWhoCannotBeAssignedGetsOneAnswer for whatever reason.
func TestWhoCannotBeAssignedGetsOneAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, tom := a.as(memberOfOne), a.as(memberOfTwo)
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	ticket := a.ref("Ticket", "Mot de passe Wi-Fi invité")
	before, answer, created := a.state(), "", ""
	for name, user := range map[string]string{
		"who is suspended": a.ref("User", suspended), "who is invited": a.ref("User", "ivy@northwind.example"), "who is a customer": a.ref("User", customer),
		"who sees other tenants": a.ref("User", memberOfNone), "who is of another account": a.foreign("User", foreignAdmin), "who never was": encode("User", ids.New()),
		"who is a device": a.ref("Device", "CAISSE-01"), "who is nonsense": "x",
	} {
		r := mia.mutate("assignTicket", in{"ticketId": ticket, "userId": user}, "ticket { id }")
		expect(t, "assigning "+name, outcome(r), "NOT_ASSIGNABLE input.userId")
		n := mia.mutate("createTicket", in{"subject": "N", "tenantId": dubois, "assigneeId": user}, "ticket { id }")
		expect(t, "creating for "+name, outcome(n), "NOT_ASSIGNABLE input.assigneeId")
		if answer == "" {
			answer, created = body(r), body(n)
		}
		expect(t, "the answer for "+name, body(r)+body(n), answer+created)
	}
	expect(t, "the state", a.state(), before)
	for _, can := range []string{memberOfOne, memberOfTwo, grandfathered, admin} {
		expect(t, can+" is assigned", tom.try("assignTicket", in{"ticketId": ticket, "userId": a.ref("User", can)}), "ok")
	}
	expect(t, "assigned to nobody", tom.try("assignTicket", in{"ticketId": ticket}), "ok")
	tenantless := a.ref("Ticket", "Whose device is UNKNOWN-4F2A?")
	expect(t, "a tenantless ticket for a member of none", a.as(grandfathered).try("assignTicket", in{"ticketId": tenantless, "userId": a.ref("User", memberOfNone)}), "ok")
	expect(t, "a tenantless ticket for a member of one", a.as(memberOfNone).try("assignTicket", in{"ticketId": tenantless, "userId": a.ref("User", memberOfOne)}), "NOT_ASSIGNABLE input.userId")
	expect(t, "a tenantless ticket named by a member of one", mia.try("assignTicket", in{"ticketId": tenantless, "userId": a.ref("User", memberOfOne)}), "NOT_FOUND")

	// Requesters: an active user who sees the ticket, customers too; any other INVALID.
	for user, want := range map[string]string{customer: "ok", memberOfTwo: "ok", admin: "ok", idleCustomer: "INVALID input.requesterId", memberOfNone: "INVALID input.requesterId",
		suspended: "INVALID input.requesterId", "ivy@northwind.example": "INVALID input.requesterId"} {
		expect(t, user+" as requester", mia.try("createTicket", in{"subject": "N", "tenantId": dubois, "requesterId": a.ref("User", user)}), want)
	}
	expect(t, "a requester who is two", mia.try("createTicket", in{"subject": "N", "tenantId": dubois, "requesterId": a.ref("User", customer), "requesterName": "Z"}), "INVALID input.requesterId")
}

// TestWhatACustomerMayDoWithTickets: create, close and reopen own ones, comment in public.
func TestWhatACustomerMayDoWithTickets(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	claire := a.as(customer)
	own, other := a.ref("Ticket", "La caisse 3 ne s'allume plus"), a.ref("Ticket", "Mot de passe Wi-Fi invité")
	hold, resolved := a.ref("Ticket", "Nouvelle imprimante d'étiquettes"), a.ref("Ticket", "Mise à jour de la caisse 1")
	a.follow(t, []step{
		{"resolves the own", claire, "updateTicket", in{"id": own, "status": "RESOLVED"}, "FORBIDDEN"},
		{"puts the own on hold", claire, "updateTicket", in{"id": own, "status": "ON_HOLD"}, "FORBIDDEN"},
		{"makes the own new", claire, "updateTicket", in{"id": own, "status": "NEW"}, "FORBIDDEN"},
		{"opens what is on hold, not closed", claire, "updateTicket", in{"id": hold, "status": "OPEN"}, "FORBIDDEN"},
		{"closes another's", claire, "updateTicket", in{"id": other, "status": "CLOSED"}, "FORBIDDEN"},
		{"closes a hidden one", claire, "updateTicket", in{"id": a.ref("Ticket", "VPN for Dr Okafor"), "status": "CLOSED"}, "NOT_FOUND"},
		{"changes the own subject", claire, "updateTicket", in{"id": own, "subject": "X"}, "FORBIDDEN"},
		{"assigns the own", claire, "assignTicket", in{"ticketId": own, "userId": nil}, "FORBIDDEN"},
		{"closes the own with an old version", claire, "updateTicket", in{"id": own, "status": "CLOSED", "version": 99}, "CONFLICT input.version"},
		{"closes the own", claire, "updateTicket", in{"id": own, "status": "CLOSED"}, "ok"},
		{"reopens the own", claire, "updateTicket", in{"id": own, "status": "OPEN"}, "ok"},
		{"reopens a resolved one", claire, "updateTicket", in{"id": resolved, "status": "OPEN"}, "ok"},
		{"closes one on hold", claire, "updateTicket", in{"id": hold, "status": "CLOSED"}, "ok"},
		{"comments inside", claire, "commentOnTicket", in{"ticketId": own, "body": "x", "visibility": "INTERNAL"}, "FORBIDDEN"},
		{"comments inside on a hidden one", claire, "commentOnTicket", in{"ticketId": a.ref("Ticket", "VPN for Dr Okafor"), "body": "x", "visibility": "INTERNAL"}, "NOT_FOUND"},
		{"comments on another's of the tenant", claire, "commentOnTicket", in{"ticketId": other, "body": "x", "visibility": "PUBLIC"}, "ok"},
		{"says nothing", claire, "commentOnTicket", in{"ticketId": own, "body": " ", "visibility": "PUBLIC"}, "REQUIRED input.body"},
	})
	p := claire.done("createTicket", in{"subject": "Neu", "tenantId": a.ref("Tenant", "Boulangerie Dubois")}, "ticket { id requester { name user { name } } status }")
	mine := p["ticket"].(map[string]any)
	expect(t, "who asks in a customer's ticket", text(mine["requester"]), `{"name":"Claire Dubois","user":{"name":"Claire Dubois"}}`)
	expect(t, "closing what was just made", claire.try("updateTicket", in{"id": mine["id"], "status": "CLOSED"}), "ok")
	// Without the membership the own tickets are hidden, too.
	a.as(admin).done("setUserTenants", in{"userId": a.ref("User", customer), "tenantIds": []any{}}, "__typename")
	expect(t, "the own ticket of a tenant that was left", claire.try("updateTicket", in{"id": own, "status": "CLOSED"}), "NOT_FOUND")
}

// TestInternalCommentsLeaveNoTrace for customers: neither version nor time; public ones do.
func TestInternalCommentsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, claire := a.as(memberOfOne), a.as(customer)
	ticket := a.ref("Ticket", "Mot de passe Wi-Fi invité")
	see := func(c *client) string {
		r := c.ok(`query($id: ID!) { ticket(id: $id) { version updatedAt firstRespondedAt comments { totalCount nodes { body } } } }`, in{"id": ticket})
		return fmt.Sprint(r.Data)
	}
	comment := func(c *client, visibility string) {
		c.done("commentOnTicket", in{"ticketId": ticket, "body": visibility, "visibility": visibility}, "__typename")
	}
	before := see(claire)
	comment(mia, "INTERNAL")
	expect(t, "after an internal comment a customer sees", see(claire), before)
	comment(claire, "PUBLIC")
	expect(t, "a customer answers first", one[bool](a, "select first_responded_at is null and version = 2 from app.tickets where subject = 'Mot de passe Wi-Fi invité'"), true)
	comment(mia, "PUBLIC")
	expect(t, "an agent answers", one[bool](a, "select first_responded_at is not null and version = 3 from app.tickets where subject = 'Mot de passe Wi-Fi invité'"), true)
	first := one[string](a, "select first_responded_at::text from app.tickets where subject = 'Mot de passe Wi-Fi invité'")
	comment(mia, "PUBLIC")
	expect(t, "the first answer stays the first", one[string](a, "select first_responded_at::text from app.tickets where subject = 'Mot de passe Wi-Fi invité'"), first)
}
