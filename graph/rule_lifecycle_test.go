package graph

import (
	"fmt"
	"testing"
)

// connect makes a remote session on a device of the first account.
func (a *api) connect(device, status, age string) {
	a.t.Helper()
	a.sql(`insert into app.remote_sessions (account_id, id, tenant_id, device_id, agent_id, mode, status, consent, created_at)
		select account_id, gen_random_uuid(), tenant_id, id, $2, 'ATTENDED', $3, 'ASKED', now() - $4::interval from app.devices where id = $1`,
		a.key("Northwind IT", "Device", device), a.key("Northwind IT", "User", admin), status, age)
}

// TestArchivingFreezesItemsAndNotAccess for who could read them: they still can, and memberships change.
func TestArchivingFreezesItemsAndNotAccess(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom := a.as(admin), a.as(memberOfTwo)
	harbour := a.ref("Tenant", "Harbour Clinic")
	read := func() string {
		return text(tom.ok("{ devices { totalCount nodes { name } } tickets { totalCount nodes { subject comments { totalCount } } } tenants { totalCount } }", nil).Data)
	}
	seen := read()
	a.follow(t, []step{
		{"an admin archives with an old version", ada, "archiveTenant", in{"id": harbour, "version": 7}, "CONFLICT input.version"},
		{"restores what is active", ada, "restoreTenant", in{"id": harbour}, "ok"},
		{"archives", ada, "archiveTenant", in{"id": harbour, "version": 1}, "ok"},
		{"archives again, with the version from before", ada, "archiveTenant", in{"id": harbour, "version": 1}, "CONFLICT input.version"},
		{"archives again", ada, "archiveTenant", in{"id": harbour}, "ok"},
		{"a member changes a device of it", tom, "updateDevice", in{"id": a.ref("Device", "HC-PACS"), "name": "X"}, "TENANT_ARCHIVED input.id"},
		{"a member moves a device out of it", tom, "moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01", "HC-PACS"), "tenantId": a.ref("Tenant", "Boulangerie Dubois")}, "TENANT_ARCHIVED input.deviceIds.1"},
		{"a member moves a device into it", tom, "moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01"), "tenantId": harbour}, "TENANT_ARCHIVED input.tenantId"},
		{"a member moves a ticket out of it", tom, "moveTicket", in{"ticketId": a.ref("Ticket", "VPN for Dr Okafor"), "tenantId": a.ref("Tenant", "Boulangerie Dubois")}, "TENANT_ARCHIVED input.ticketId"},
		{"a member moves a ticket into it", tom, "moveTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "tenantId": harbour}, "TENANT_ARCHIVED input.tenantId"},
		{"an admin moves a tenant's items into it", ada, "deleteTenant", in{"id": a.ref("Tenant", "Boulangerie Dubois"), "plan": "MOVE", "moveTo": harbour}, "TENANT_ARCHIVED input.moveTo"},
	})
	expect(t, "what a member reads of it", read(), seen)
	p := ada.done("removeUsersFromTenant", in{"tenantId": harbour, "userIds": a.refs("User", memberOfTwo)}, changes)
	expect(t, "a member who leaves it loses its open tickets", lostTickets(p), tickets("Reception 2 cannot print", "File server disk at 91 %"))
	expect(t, "open tickets whose assignee does not see them", a.orphans(), 0)
	ada.done("addUsersToTenant", in{"tenantId": harbour, "userIds": a.refs("User", memberOfTwo)}, "__typename")
	p = ada.done("restoreTenant", in{"id": harbour}, "tenant { status } "+itemNumbers)
	expect(t, "restoring says how much can change again", text(p["items"]), `{"articles":2,"assets":3,"deviceGroups":2,"devices":5,"remoteSessions":2,"ticketComments":3,"tickets":5}`)
	expect(t, "a member changes a device of what is restored", tom.try("updateDevice", in{"id": a.ref("Device", "HC-PACS"), "name": "X"}), "ok")
}

// TestAnOpenSessionKeepsATenantAndItsDevices where they are; one that is over does not.
func TestAnOpenSessionKeepsATenantAndItsDevices(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom := a.as(admin), a.as(memberOfTwo)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	move := in{"deviceIds": a.refs("Device", "HC-FILES", "HC-PACS"), "tenantId": dubois}
	for status, ages := range map[string][]string{"ACTIVE": {"0 s", "2 days"}, "REQUESTED": {"0 s", "50 s"}} {
		for _, age := range ages {
			a.connect("HC-PACS", status, age)
			session := fmt.Sprintf(" with a session that is %s for %s", status, age)
			a.follow(t, []step{
				{"archiving" + session, ada, "archiveTenant", in{"id": harbour}, "SESSION_OPEN input.id"},
				{"trying to archive" + session, ada, "archiveTenant", in{"id": harbour, "dryRun": true}, "SESSION_OPEN input.id"},
				{"deleting" + session, ada, "deleteTenant", in{"id": harbour, "plan": "DELETE_ITEMS"}, "SESSION_OPEN input.id"},
				{"deleting without a plan" + session, ada, "deleteTenant", in{"id": harbour}, "SESSION_OPEN input.id, TENANT_NOT_EMPTY input.plan"},
				{"moving its device" + session, tom, "moveDevices", move, "SESSION_OPEN input.deviceIds.1"},
				{"archiving another tenant" + session, ada, "archiveTenant", in{"id": dubois, "dryRun": true}, "ok"},
			})
			a.sql("delete from app.remote_sessions")
		}
	}
	a.connect("HC-PACS", "REQUESTED", "61 s")
	a.connect("HC-PACS", "ENDED", "1 s")
	a.connect("HC-PACS", "DECLINED", "1 s")
	a.follow(t, []step{
		{"archiving with sessions that are over", ada, "archiveTenant", in{"id": harbour, "dryRun": true}, "ok"},
		{"deleting with sessions that are over", ada, "deleteTenant", in{"id": harbour, "plan": "DELETE_ITEMS", "dryRun": true}, "ok"},
		{"moving a device with sessions that are over", tom, "moveDevices", move, "ok"},
	})
	expect(t, "sessions that went along with their device", one[int](a, "select count(*) from app.remote_sessions where tenant_id <> $1", a.key("Northwind IT", "Tenant", "Harbour Clinic")), 0)
}

// TestADryRunOfALifecycleChangesNothing and says the same as the deed.
func TestADryRunOfALifecycleChangesNothing(t *testing.T) {
	t.Parallel()
	for name, payload := range map[string]string{
		"archiveTenant": "tenant { name status version } " + itemNumbers,
		"restoreTenant": "tenant { name status version } " + itemNumbers,
		"deleteTenant":  itemNumbers + " unassignedTickets { totalCount nodes { subject } } affectedUsers { totalCount edges { before after node { name } } }",
		"deleteUser":    "results { before after changed lost { tickets devices } } unassignedTickets { totalCount nodes { subject } }",
		"moveDevices":   "devices { totalCount nodes { name tenant { name } group { name } } }",
		"moveTicket":    "ticket { tenant { name } assignee { name } comments { nodes { visibility } } } unassignedTickets { totalCount }",
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			c, input := a.as(admin), a.good()[name]
			switch name {
			case "restoreTenant":
				a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Boulangerie Dubois'")
			case "moveDevices", "moveTicket":
				input = a.with(a.with(input, "tenantId", a.ref("Tenant", "Harbour Clinic")), "groupId", a.ref("DeviceGroup", "Servers"))
				if name == "moveTicket" {
					delete(input, "groupId")
				}
			}
			before := a.state()
			dry := c.done(name, a.with(input, "dryRun", true), "committed "+payload)
			expect(t, "a dry run is committed", dry["committed"], false)
			expect(t, "the state after a dry run", a.state(), before)
			done := c.done(name, input, "committed "+payload)
			expect(t, "the deed is committed", done["committed"], true)
			if a.state() == before {
				t.Error("the deed changed nothing")
			}
			delete(dry, "committed")
			delete(done, "committed")
			expect(t, "what the dry run said", text(dry), text(done))
		})
	}
}

// TestNothingIsWrittenIntoATenantThatIsArchivedMeanwhile: who was earlier is waited for.
func TestNothingIsWrittenIntoATenantThatIsArchivedMeanwhile(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, gil, tom := a.as(admin), a.as(otherAdmin), a.as(grandfathered), a.as(memberOfTwo)
	harbour, dubois := a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Boulangerie Dubois")
	for i := range rounds {
		to := []string{harbour, dubois}[i%2]
		got := race(
			ada.attempt("archiveTenant", in{"id": harbour}),
			gil.attempt("createTicket", in{"subject": fmt.Sprint("Meanwhile ", i), "tenantId": harbour}),
			tom.attempt("updateDevice", in{"id": a.ref("Device", "HC-FILES"), "hostname": fmt.Sprint("h", i)}),
			alex.attempt("moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01"), "tenantId": to}),
			gil.attempt("commentOnTicket", in{"ticketId": a.ref("Ticket", "New starter on Monday"), "body": "B", "visibility": "PUBLIC"}),
		)
		for j, want := range []string{"", "TENANT_ARCHIVED input.tenantId", "TENANT_ARCHIVED input.id", "TENANT_ARCHIVED input.tenantId", "TENANT_ARCHIVED input.ticketId"} {
			if got[j] != "ok" && got[j] != want && !(j == 3 && got[j] == "TENANT_ARCHIVED input.deviceIds.0") {
				t.Errorf("round %d, attempt %d: %s", i, j, got[j])
			}
		}
		ada.done("restoreTenant", in{"id": harbour}, "__typename")
		alex.done("moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01"), "tenantId": to}, "__typename")
	}
	expect(t, "entries in the tenant while it was archived", one[int](a, `select count(*) from app.audit_events e where tenant_name = 'Harbour Clinic'
		and action in ('createTicket', 'updateDevice', 'moveDevices', 'commentOnTicket') and (select action from app.audit_events b
			where b.action in ('archiveTenant', 'restoreTenant') and b.created_at < e.created_at order by b.created_at desc limit 1) = 'archiveTenant'`), 0)
}
