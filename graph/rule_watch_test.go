package graph

import (
	"testing"
)

// TestChangesAreToldToWhoSeesThem and to nobody else: each kind of viewer watches while tickets and devices are made,
// changed, moved and deleted in T1, in T2, without a tenant, and in another account.
func TestChangesAreToldToWhoSeesThem(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada, otto := a.as(admin), a.as(foreignAdmin)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	watch := func(who, query string) *watching { return a.as(who).watch(server, who, query, nil) }
	viewers := []string{admin, grandfathered, memberOfOne, memberOfTwo, memberOfNone, customer, idleCustomer, foreignAdmin}
	tickets, devices := map[string]*watching{}, map[string]*watching{}
	for _, who := range viewers {
		tickets[who], devices[who] = watch(who, watchTickets), watch(who, watchDevices)
	}
	told := func(of map[string]*watching, change func(kind, name string) string, name string, kinds map[string]string) {
		t.Helper()
		for _, who := range viewers {
			if kind := kinds[who]; kind != "" {
				of[who].expect(change(kind, name))
			}
		}
	}
	all := func(kind string, who ...string) map[string]string {
		kinds := map[string]string{}
		for _, w := range who {
			kinds[w] = kind
		}
		return kinds
	}
	ofDubois := []string{admin, grandfathered, memberOfOne, memberOfTwo, customer}
	ofHarbour := []string{admin, grandfathered, memberOfTwo}
	ofNone := []string{admin, grandfathered, memberOfNone}

	id := ada.done("createTicket", in{"subject": "first", "tenantId": dubois}, "ticket { id }")["ticket"].(map[string]any)["id"]
	told(tickets, ticketChange, "first", all("CREATED", ofDubois...))
	ada.done("updateTicket", in{"id": id, "subject": "second"}, "ticket { id }")
	told(tickets, ticketChange, "second", all("UPDATED", ofDubois...))
	ada.done("commentOnTicket", in{"ticketId": id, "body": "for all", "visibility": "PUBLIC"}, "comment { id }")
	told(tickets, ticketChange, "second", all("UPDATED", ofDubois...))
	ada.done("commentOnTicket", in{"ticketId": id, "body": "for agents", "visibility": "INTERNAL"}, "comment { id }")
	told(tickets, ticketChange, "second", all("UPDATED", admin, grandfathered, memberOfOne, memberOfTwo)) // a customer is not told
	ada.done("moveTicket", in{"ticketId": id, "tenantId": harbour}, "ticket { id }")
	moved := all("UPDATED", admin, grandfathered, memberOfTwo)
	moved[memberOfOne], moved[customer] = "GONE", "GONE"
	told(tickets, ticketChange, "second", moved)
	ada.done("moveTicket", in{"ticketId": id, "tenantId": nil}, "ticket { id }")
	moved = all("UPDATED", admin, grandfathered)
	moved[memberOfTwo], moved[memberOfNone] = "GONE", "CREATED"
	told(tickets, ticketChange, "second", moved)

	id = ada.done("createDevice", in{"name": "D", "tenantId": harbour, "platform": "LINUX", "kind": "SERVER"}, "device { id }")["device"].(map[string]any)["id"]
	told(devices, deviceChange, "D", all("CREATED", ofHarbour...))
	ada.done("reportDevices", in{"devices": []any{in{"id": id, "connection": "ONLINE"}}}, "devices { totalCount }")
	told(devices, deviceChange, "D", all("UPDATED", ofHarbour...))
	ada.done("moveDevices", in{"deviceIds": []any{id}, "tenantId": nil}, "committed")
	moved = all("UPDATED", admin, grandfathered)
	moved[memberOfTwo], moved[memberOfNone] = "GONE", "CREATED"
	told(devices, deviceChange, "D", moved)
	ada.done("deleteDevice", in{"id": id}, "userErrors { code }")
	told(devices, deviceChange, "D", all("GONE", ofNone...))

	otto.done("createTicket", in{"subject": "theirs", "tenantId": a.foreign("Tenant", "Quay Books")}, "ticket { id }")
	tickets[foreignAdmin].expect(ticketChange("CREATED", "theirs"))

	// Nothing else was told: the next that each hears of is what they see.
	a.beacon(dubois, "beacon")
	told(tickets, ticketChange, "beacon", all("CREATED", ofDubois...))
	a.beacon(nil, "tenantless beacon")
	told(tickets, ticketChange, "tenantless beacon", all("CREATED", ofNone...))
	for _, who := range viewers {
		expect(t, "left to tell "+who, len(tickets[who].told)+len(devices[who].told), 0)
	}
}

// TestASubscriptionIsOfWhatItNames: of tenants, before or after the change, or of one object, which must be seen.
func TestASubscriptionIsOfWhatItNames(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada := a.as(admin)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	one := a.ref("Ticket", "La caisse 3 ne s'allume plus")
	ofHarbour := ada.watch(server, "an admin who watches T2", watchTickets, in{"tenantIds": []any{harbour, "ten_nothing"}})
	ofOne := a.as(memberOfOne).watch(server, "a member of T1 who watches a ticket", watchTickets, in{"id": one})
	ofNothing := ada.watch(server, "an admin who watches another account's tenant", watchTickets, in{"tenantIds": []any{a.foreign("Tenant", "Quay Books")}})
	notTheirs := a.as(memberOfOne).watch(server, "a member of T1 who watches T2", watchTickets, in{"tenantIds": []any{harbour}})
	a.beacon(dubois, "of T1")
	a.as(foreignAdmin).done("createTicket", in{"subject": "theirs", "tenantId": a.foreign("Tenant", "Quay Books")}, "ticket { id }")
	a.beacon(harbour, "of T2")
	ofHarbour.expect(ticketChange("CREATED", "of T2"))
	ada.done("updateTicket", in{"id": one, "subject": "renamed"}, "ticket { id }")
	ofOne.expect(ticketChange("UPDATED", "renamed"))
	ada.done("moveTicket", in{"ticketId": one, "tenantId": harbour}, "ticket { id }")
	ofHarbour.expect(ticketChange("UPDATED", "renamed"))
	ofOne.expect(ticketChange("GONE", ""))
	ada.done("moveTicket", in{"ticketId": one, "tenantId": dubois}, "ticket { id }")
	ofHarbour.expect(ticketChange("UPDATED", "renamed"))
	ofOne.expect(ticketChange("CREATED", "renamed"))
	expect(t, "told of what is not in the account", len(ofNothing.told), 0)
	expect(t, "told a member of T1 of T2", len(notTheirs.told), 0)

	for name, id := range map[string]any{"another account's": a.foreign("Ticket", "Till freezes at noon"), "malformed": "tkt_nothing", "a device's": a.ref("Device", "CAISSE-03"),
		"hidden": a.ref("Ticket", "Reception 2 cannot print")} {
		w := a.as(memberOfOne).watch(server, "a member of T1 who watches a ticket by an id that is "+name, watchTickets, in{"id": id})
		w.expect("NOT_FOUND")
		w.expect("complete")
	}
	many := make([]any, watchedTenantsMost+1)
	for i := range many {
		many[i] = harbour
	}
	w := ada.watch(server, "an admin who watches too many tenants", watchTickets, in{"tenantIds": many})
	w.expect("BAD_USER_INPUT")
	w = ada.watch(server, "an admin who asks for a page with a wrong cursor", `subscription { ticketChanged { ticket { comments(after: "x") { totalCount } } } }`, nil)
	w.expect("BAD_CURSOR")
}

// TestADashboardIsToldWhenANumberOfItChanged for the viewer, and not of changes that they do not see.
func TestADashboardIsToldWhenANumberOfItChanged(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada := a.as(admin)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	const query = `subscription { dashboardChanged { ticketsUnassigned { count } articlesInReview { count } } }`
	mia, claire := a.as(memberOfOne).watch(server, "a member of T1", query, nil), a.as(customer).watch(server, "a customer of T1", query, nil)
	now := func(c *client) string {
		return textOf(c.ok(`{ dashboard { ticketsUnassigned { count } articlesInReview { count } } }`, nil).get("dashboard"))
	}
	a.beacon(harbour, "of T2")
	a.as(foreignAdmin).done("createTicket", in{"subject": "theirs", "tenantId": a.foreign("Tenant", "Quay Books")}, "ticket { id }")
	ada.done("updateTicket", in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus"), "subject": "renamed"}, "ticket { id }")
	a.beacon(dubois, "of T1")
	mia.expect(now(a.as(memberOfOne)))
	claire.expect(now(a.as(customer)))

	id := ada.done("createArticle", in{"title": "A", "body": "B", "audience": "TENANT", "tenantId": dubois}, "article { id }")["article"].(map[string]any)["id"]
	ada.done("submitArticle", in{"id": id}, "article { id }")
	mia.expect(now(a.as(memberOfOne)))
	ada.done("archiveTenant", in{"id": dubois}, "committed")
	mia.expect(now(a.as(memberOfOne)))
	claire.expect(now(a.as(customer))) // of the article they were told nothing
	expect(t, "left to tell", len(mia.told)+len(claire.told), 0)
}
