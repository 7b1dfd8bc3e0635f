package graph

import (
	"fmt"
	"testing"

	"tenantry/internal/ids"
)

// TestManyTicketsAreChangedAllOrNone and every fault is named by its row.
func TestManyTicketsAreChangedAllOrNone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tom, mia := a.as(memberOfTwo), a.as(memberOfOne)
	ticket := func(subject string) in { return in{"id": a.ref("Ticket", subject)} }
	caisse, wifi, archive := ticket("La caisse 3 ne s'allume plus"), ticket("Mot de passe Wi-Fi invité"), ticket("Image archive is slow")
	closed := ticket("VPN for Dr Okafor")
	hidden, foreign := ticket("Kiln controller lost its clock"), in{"id": a.foreign("Ticket", "Till freezes at noon")}
	of := func(change in, rows ...in) in {
		list := []any{}
		for _, row := range rows {
			list = append(list, row)
		}
		return a.with(change, "tickets", list)
	}
	a.follow(t, []step{
		{"none at all", tom, "updateTickets", of(in{"priority": "LOW"}), "ok"},
		{"a stale one among others", tom, "updateTickets", of(in{"priority": "LOW"}, caisse, a.with(wifi, "version", 99)), "CONFLICT input.tickets.1.version"},
		{"one that cannot get there, and a stale one", tom, "updateTickets", of(in{"status": "ON_HOLD"}, a.with(caisse, "version", 99), closed),
			"CONFLICT input.tickets.0.version, WRONG_STATE input.tickets.1"},
		{"one twice", tom, "updateTickets", of(in{"priority": "LOW"}, wifi, caisse, wifi), "INVALID input.tickets.2.id"},
		{"an agent who sees one of two", tom, "updateTickets", of(in{"assigneeId": a.ref("User", memberOfOne)}, caisse, archive), "NOT_ASSIGNABLE input.tickets.1"},
		{"nobody's id as assignee", tom, "updateTickets", of(in{"assigneeId": "x"}, caisse), "NOT_ASSIGNABLE input.tickets.0"},
		{"a blank tag", tom, "updateTickets", of(in{"addTags": []any{" "}}, caisse), "REQUIRED input.addTags.0"},
		{"no priority", tom, "updateTickets", of(in{"priority": nil}, caisse, wifi), "REQUIRED input.priority"},
		{"no status", tom, "updateTickets", of(in{"status": nil}, caisse), "REQUIRED input.status"},
	})
	for kind, row := range map[string]in{
		"that is hidden": hidden, "of the other account": foreign, "of nothing": {"id": encode("Ticket", ids.New())},
		"of a device": {"id": a.ref("Device", "CAISSE-01")}, "malformed": {"id": "x"},
	} {
		before := a.state()
		expect(t, "a row "+kind, tom.try("updateTickets", of(in{"priority": "LOW"}, caisse, row)), "NOT_FOUND")
		expect(t, "a row "+kind+": the state", a.state(), before)
	}
	before := a.state()
	rows := make([]in, 101)
	for i := range rows {
		rows[i] = in{"id": fmt.Sprint(i)}
	}
	expect(t, "a hundred and one", tom.try("updateTickets", of(in{"priority": "LOW"}, rows...)), "BAD_USER_INPUT")
	p := tom.done("updateTickets", of(in{"priority": "LOW", "dryRun": true}, caisse, archive), "committed tickets { nodes { priority } }")
	expect(t, "a dry run", text(p), `{"committed":false,"tickets":{"nodes":[{"priority":"LOW"},{"priority":"LOW"}]},"userErrors":[]}`)
	expect(t, "dry runs and refusals leave the state", a.state(), before)
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Harbour Clinic'")
	expect(t, "one of an archived tenant", tom.try("updateTickets", of(in{"priority": "LOW"}, caisse, archive)), "TENANT_ARCHIVED input.tickets.1.id")
	a.sql("update app.tenants set status = 'ACTIVE' where name = 'Harbour Clinic'")

	// Reopening keeps rule 7 for each.
	a.sql("update app.tickets set assignee_id = $1 where subject in ('VPN for Dr Okafor', 'Tablette perdue puis retrouvée')", a.key("Northwind IT", "User", memberOfOne))
	p = tom.done("updateTickets", of(in{"status": "OPEN"}, closed, ticket("Tablette perdue puis retrouvée")), "tickets(orderBy: { field: NUMBER }) { nodes { assignee { name } } }")
	expect(t, "who does not see one of two that are opened again", text(p["tickets"]), `{"nodes":[{"assignee":{"name":"Mia Martin"}},{"assignee":null}]}`)
	expect(t, "rule 7", a.orphans(), 0)
	expect(t, "a member of one tenant changes a ticket of another", mia.try("updateTickets", of(in{"priority": "LOW"}, caisse, archive)), "NOT_FOUND")
}

// TestTheHistoryOfATicket has each change with who made it, and shows what the viewer can still see.
func TestTheHistoryOfATicket(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	tom, mia, claire, nora := a.as(memberOfTwo), a.as(memberOfOne), a.as(customer), a.as(memberOfNone)
	ticket := a.ref("Ticket", "La caisse 3 ne s'allume plus")
	const query = "query($id: ID!) { ticket(id: $id) { history { totalCount nodes { field before after actor { name email } } } } }"
	history := func(c *client) string {
		r := c.ok(query, in{"id": ticket})
		b := text(r.get("ticket", "history"))
		return b
	}
	expect(t, "nothing changed yet", history(mia), `{"nodes":[],"totalCount":0}`)
	mia.done("updateTicket", in{"id": ticket, "subject": "Caisse 3"}, "__typename")
	mia.done("commentOnTicket", in{"ticketId": ticket, "body": "x", "visibility": "INTERNAL"}, "__typename")
	tom.done("updateTicket", in{"id": ticket, "tags": []any{"a"}}, "__typename")
	want := `{"nodes":[{"actor":{"email":null,"name":"Mia Martin"},"after":"Caisse 3","before":"La caisse 3 ne s'allume plus","field":"subject"},` +
		`{"actor":{"email":null,"name":"Tom Taylor"},"after":["a"],"before":[],"field":"tags"}],"totalCount":2}`
	expect(t, "a customer reads what changed, and by whom", history(claire), want)

	mia.done("updateTicket", in{"id": ticket, "deviceId": nil}, "__typename")
	device := a.ref("Device", "CAISSE-03")
	last := "query($id: ID!) { ticket(id: $id) { history(last: 1) { totalCount nodes { field before after } } } }"
	change := func(c *client) string {
		return fmt.Sprint(c.ok(last, in{"id": ticket}).get("ticket", "history", "nodes", 0, "before"), " ", c.ok(last, in{"id": ticket}).get("ticket", "history", "totalCount"))
	}
	expect(t, "a member sees the device that it was about", change(mia), device+" 3")
	a.sql("update app.devices set tenant_id = (select id from app.tenants where name = 'Harbour Clinic'), group_id = null where name = 'CAISSE-03'")
	expect(t, "once the device moved out of reach, the change is none: it says nothing any more", change(mia), "[] 2")
	expect(t, "whoever sees both tenants still reads it", change(tom), device+" 3")
	expect(t, "a customer does not", change(claire), "[] 2")
	expect(t, "who does not see the ticket gets no history", nora.do(query, in{"id": ticket}).code(), "NOT_FOUND")

	a.sql("update app.tickets set tenant_id = (select id from app.tenants where name = 'Harbour Clinic') where subject = 'Caisse 3'")
	expect(t, "a ticket that moved away takes its history along", mia.do(query, in{"id": ticket}).code(), "NOT_FOUND")
	r := tom.ok(last, in{"id": ticket})
	expect(t, "who sees both ends reads the move", fmt.Sprint(r.get("ticket", "history", "nodes", 0)),
		fmt.Sprint(in{"field": "tenant", "before": a.ref("Tenant", "Boulangerie Dubois"), "after": a.ref("Tenant", "Harbour Clinic")}))
}
