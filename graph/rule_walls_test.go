package graph

import (
	"fmt"
	"strings"
	"testing"
)

// step is one attempt of a person, and how it ends.
type step struct {
	sentence string
	who      *client
	name     string
	input    in
	want     string
}

// follow makes the attempts one after the other; those that are refused change nothing.
func (a *api) follow(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		before := a.state()
		got := s.who.try(s.name, s.input)
		expect(t, s.sentence, got, s.want)
		if got != "ok" && a.state() != before {
			t.Errorf("%s: refused, and yet something changed", s.sentence)
		}
	}
}

// TestSeats holds for who is invited or active, customers too.
func TestSeats(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	invite := func(n int, role string) in {
		return in{"email": fmt.Sprintf("n%d@northwind.example", n), "name": "N", "role": role}
	}
	carl := in{"id": a.ref("User", idleCustomer)}
	a.follow(t, []step{ // 9 of 15 are used
		{"fewer seats than are used", c, "setAddOnSeats", in{"seats": 7}, "SEAT_LIMIT_REACHED input.seats"},
		{"fewer than none", c, "setAddOnSeats", in{"seats": -1}, "INVALID input.seats"},
		{"more than anybody", c, "setAddOnSeats", in{"seats": 2147483647}, "INVALID input.seats"},
		{"as many as are used", c, "setAddOnSeats", in{"seats": 8}, "ok"},
		{"one more user", c, "inviteUser", invite(1, "MEMBER"), "SEAT_LIMIT_REACHED input"},
		{"one more customer, with other faults told too", c, "inviteUser", in{"email": "no", "name": " ", "role": "CUSTOMER"},
			"REQUIRED input.name, INVALID input.email, SEAT_LIMIT_REACHED input"},
		{"a suspended user comes back", c, "reactivateUser", in{"id": a.ref("User", suspended)}, "SEAT_LIMIT_REACHED input"},
		{"a user who is active already comes back", c, "reactivateUser", carl, "ok"},
		{"a customer is suspended", c, "suspendUser", carl, "ok"},
		{"their seat goes to another", c, "inviteUser", invite(2, "CUSTOMER"), "ok"},
		{"the customer comes back to no seat", c, "reactivateUser", carl, "SEAT_LIMIT_REACHED input"},
		{"one more seat", c, "setAddOnSeats", in{"seats": 9}, "ok"},
		{"the customer comes back", c, "reactivateUser", carl, "ok"},
		{"an address that is taken, in another case", c, "inviteUser", in{"email": "CARL@example.com", "name": "N", "role": "MEMBER"}, "SEAT_LIMIT_REACHED input"},
		{"and one seat more", c, "setAddOnSeats", in{"seats": 10}, "ok"},
		{"an address that is taken, with a seat left", c, "inviteUser", in{"email": " CARL@Example.com", "name": "N", "role": "MEMBER"}, "TAKEN input.email"},
		{"an address of the other account", c, "inviteUser", in{"email": foreignAdmin, "name": "N", "role": "MEMBER"}, "ok"},
	})
	r := c.mutate("inviteUser", invite(3, "MEMBER"), "invitationToken user { id }")
	message, _ := r.get("inviteUser", "userErrors", 0, "message").(string)
	if !strings.Contains(message, "11 used of 11") {
		t.Errorf("the message does not say how many seats there are: %s", message)
	}
	expect(t, "a refused invitation has a token", r.get("inviteUser", "invitationToken"), nil)
}

// TestTheLastAdmin stays, whoever asks.
func TestTheLastAdmin(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex := a.as(admin), a.as(otherAdmin)
	me, other := a.ref("User", admin), a.ref("User", otherAdmin)
	a.follow(t, []step{
		{"an admin suspends another", ada, "suspendUser", in{"id": other}, "ok"},
		{"who is signed out", alex, "createTenant", in{"name": "X"}, "UNAUTHENTICATED"},
		{"the last admin suspends themself", ada, "suspendUser", in{"id": me}, "LAST_ADMIN input.id"},
		{"tries it only", ada, "suspendUser", in{"id": me, "dryRun": true}, "LAST_ADMIN input.id"},
		{"demotes themself", ada, "updateUser", in{"id": me, "role": "MEMBER"}, "LAST_ADMIN input.role"},
		{"demotes themself and says an old version", ada, "updateUser", in{"id": me, "role": "CUSTOMER", "version": 7}, "CONFLICT input.version, LAST_ADMIN input.role"},
		{"keeps the role", ada, "updateUser", in{"id": me, "role": "ADMIN", "name": "Ada A."}, "ok"},
		{"invites an admin, who is not active", ada, "inviteUser", in{"email": "adm@northwind.example", "name": "Adm", "role": "ADMIN"}, "ok"},
		{"and demotes themself all the same", ada, "updateUser", in{"id": me, "role": "MEMBER"}, "LAST_ADMIN input.role"},
		{"lets the other back", ada, "reactivateUser", in{"id": other}, "ok"},
		{"demotes themself", ada, "updateUser", in{"id": me, "role": "MEMBER"}, "ok"},
		{"and is none any more", ada, "createTenant", in{"name": "X"}, "FORBIDDEN"},
	})
	expect(t, "the other is the last", a.as(otherAdmin).try("suspendUser", in{"id": other}), "LAST_ADMIN input.id")
}

// TestItemsOfAnArchivedTenantDoNotChange for anybody, by any mutation; they can be read.
func TestItemsOfAnArchivedTenantDoNotChange(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	g := a.good()
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Boulangerie Dubois'")
	steps := []step{}
	paths := map[string]string{"createDevice": "tenantId", "updateDevice": "id", "deleteDevice": "id", "createDeviceGroup": "tenantId", "updateDeviceGroup": "id",
		"deleteDeviceGroup": "id", "addDevicesToGroup": "groupId", "createTicket": "tenantId", "updateTicket": "id", "assignTicket": "ticketId", "commentOnTicket": "ticketId"}
	for _, who := range []string{admin, memberOfOne, customer} {
		c := a.as(who)
		for name, path := range paths {
			if who != customer || name == "createTicket" || name == "updateTicket" || name == "commentOnTicket" {
				steps = append(steps, step{who + " calls " + name, c, name, g[name], "TENANT_ARCHIVED input." + path})
			}
		}
	}
	mia := a.as(memberOfOne)
	steps = append(steps,
		step{"devices of two tenants leave their groups", a.as(memberOfTwo), "removeDevicesFromGroup", in{"deviceIds": a.refs("Device", "HC-PACS", "CAISSE-01")}, "TENANT_ARCHIVED input.deviceIds.1"},
		step{"a device comes through its group", mia, "createDevice", in{"name": "X", "platform": "IOS", "kind": "MOBILE", "groupId": a.ref("DeviceGroup", "Bureau")}, "TENANT_ARCHIVED input.tenantId"},
		step{"a ticket that is hidden is missing first", mia, "updateTicket", in{"id": a.ref("Ticket", "VPN for Dr Okafor"), "status": "OPEN"}, "NOT_FOUND"},
		step{"the tenant itself can be edited", a.as(admin), "updateTenant", in{"id": dubois, "notes": "gone"}, "ok"},
	)
	a.follow(t, steps)
	expect(t, "a member reads its devices", text(mia.ok("{ devices { totalCount } tickets { totalCount } }", nil).Data), `{"devices":{"totalCount":6},"tickets":{"totalCount":6}}`)
}

// TestUpdatesTellAbsentFromNullAndOldFromNew for every mutation that takes a version.
func TestUpdatesTellAbsentFromNullAndOldFromNew(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	tenant, device, group := a.ref("Tenant", "Harbour Clinic"), a.ref("Device", "HC-PACS"), a.ref("DeviceGroup", "Servers")
	ticket, user := a.ref("Ticket", "Image archive is slow"), a.ref("User", memberOfOne)
	a.follow(t, []step{
		{"an old version of a tenant", c, "updateTenant", in{"id": tenant, "version": 2, "name": "X"}, "CONFLICT input.version"},
		{"an old version of a device", c, "updateDevice", in{"id": device, "version": 0, "name": "X"}, "CONFLICT input.version"},
		{"an old version of a deleted device", c, "deleteDevice", in{"id": device, "version": 2}, "CONFLICT input.version"},
		{"an old version of a group", c, "updateDeviceGroup", in{"id": group, "version": 2, "name": "X"}, "CONFLICT input.version"},
		{"an old version of a deleted group", c, "deleteDeviceGroup", in{"id": group, "version": 2}, "CONFLICT input.version"},
		{"an old version of a ticket", c, "updateTicket", in{"id": ticket, "version": 2, "subject": "X"}, "CONFLICT input.version"},
		{"an old version of a user", c, "updateUser", in{"id": user, "version": 2, "name": "X"}, "CONFLICT input.version"},
		{"null for a version is none", c, "updateTenant", in{"id": tenant, "version": nil}, "ok"},
		{"null for what cannot be missing", c, "updateTenant", in{"id": tenant, "name": nil}, "REQUIRED input.name"},
		{"blank for what cannot be missing", c, "updateDevice", in{"id": device, "name": " \t"}, "REQUIRED input.name"},
		{"null for enums of a device", c, "updateDevice", in{"id": device, "platform": nil, "kind": nil, "connection": nil},
			"REQUIRED input.platform, REQUIRED input.kind, REQUIRED input.connection"},
		{"null for enums of a ticket", c, "updateTicket", in{"id": ticket, "status": nil, "type": nil, "priority": nil},
			"REQUIRED input.type, REQUIRED input.priority, REQUIRED input.status"},
		{"null for a role and a language", c, "updateUser", in{"id": user, "role": nil, "locale": nil}, "REQUIRED input.locale, REQUIRED input.role"},
		{"a language that is none", c, "updateUser", in{"id": user, "locale": "no such language"}, "INVALID input.locale"},
		{"a time zone and an address that are none", c, "updateTenant", in{"id": tenant, "timeZone": "Mars/Base", "contactEmail": "x"}, "INVALID input.contactEmail, INVALID input.timeZone"},
		{"a name that is too long", c, "updateTenant", in{"id": tenant, "name": strings.Repeat("x", 201)}, "INVALID input.name"},
		{"a subject with NUL", c, "updateTicket", in{"id": ticket, "subject": "a\x00b"}, "INVALID input.subject"},
		{"51 tags", c, "updateDevice", in{"id": device, "tags": strings.Split(strings.Repeat("x ", 50)+"x", " ")}, "INVALID input.tags"},
		{"an empty tag", c, "updateTicket", in{"id": ticket, "tags": []any{"a", " "}}, "REQUIRED input.tags.1"},
		{"a name that is taken, in another case", c, "updateTenant", in{"id": tenant, "name": "LINDQVIST timber"}, "TAKEN input.name"},
		{"a new tenant's name that is taken", c, "createTenant", in{"name": "lindqvist timber "}, "TAKEN input.name"},
		{"a tenant's name of the other account", c, "createTenant", in{"name": "Quay Books"}, "ok"},
		{"a group's name that is taken", c, "updateDeviceGroup", in{"id": group, "name": "RECEPTION"}, "TAKEN input.name"},
		{"a new group's name that is taken", c, "createDeviceGroup", in{"name": "servers", "tenantId": tenant}, "TAKEN input.name"},
		{"a group's name of another tenant", c, "createDeviceGroup", in{"name": "Servers"}, "ok"},
		{"the own name in another case", c, "updateDeviceGroup", in{"id": group, "name": "SERVERS"}, "ok"},
	})
	// What is as it was changes nothing and leaves no entry; null clears, absent stays.
	before := a.state()
	c.done("updateDevice", in{"id": device, "name": "HC-PACS", "hostname": "hc-pacs", "tags": []any{"server", "imaging"}, "groupId": group, "platform": "LINUX"}, "__typename")
	c.done("updateTicket", in{"id": ticket, "status": "NEW", "deviceId": device}, "__typename")
	c.done("updateUser", in{"id": user, "name": "Mia Martin", "role": "MEMBER", "locale": "fr"}, "__typename")
	expect(t, "updates to what it was leave the state", a.state(), before)
	p := c.done("updateDevice", in{"id": device, "version": 1, "hostname": nil, "tags": nil, "groupId": nil, "lastSeenAt": nil}, "device { hostname osName tags group { name } lastSeenAt version }")
	expect(t, "null clears", text(p["device"]), `{"group":null,"hostname":null,"lastSeenAt":null,"osName":"Debian GNU/Linux","tags":[],"version":2}`)
	p = c.done("updateTicket", in{"id": ticket, "description": nil, "category": nil, "dueAt": nil, "deviceId": nil}, "ticket { subject description category dueAt device { name } version }")
	expect(t, "null clears in a ticket", text(p["ticket"]), `{"category":null,"description":null,"device":null,"dueAt":null,"subject":"Image archive is slow","version":2}`)
}

// TestGroupsAndTheirDevicesHaveOneTenant by every door, and deleting leaves what pointed there.
func TestGroupsAndTheirDevicesHaveOneTenant(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom := a.as(admin), a.as(memberOfTwo)
	servers, bureau, loan := a.ref("DeviceGroup", "Servers"), a.ref("DeviceGroup", "Bureau"), a.ref("DeviceGroup", "Loan pool")
	caisse, pacs, loaner := a.ref("Device", "CAISSE-01"), a.ref("Device", "HC-PACS"), a.ref("Device", "LOANER-A")
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	device := in{"name": "N", "platform": "OTHER", "kind": "OTHER"}
	a.follow(t, []step{
		{"a device into a group of another tenant", tom, "updateDevice", in{"id": caisse, "groupId": servers}, "INVALID input.groupId"},
		{"devices of two tenants into a group", tom, "addDevicesToGroup", in{"groupId": bureau, "deviceIds": []any{caisse, pacs}}, "INVALID input.deviceIds.1"},
		{"a tenantless device into a tenant's group", ada, "addDevicesToGroup", in{"groupId": bureau, "deviceIds": []any{loaner}}, "INVALID input.deviceIds.0"},
		{"a tenant's device into a tenantless group", ada, "updateDevice", in{"id": caisse, "groupId": loan}, "INVALID input.groupId"},
		{"a new device with tenant and another's group", ada, "createDevice", a.with(a.with(device, "tenantId", dubois), "groupId", servers), "INVALID input.groupId"},
		{"a new device with tenant and a tenantless group", ada, "createDevice", a.with(a.with(device, "tenantId", dubois), "groupId", loan), "INVALID input.groupId"},
		{"a new device with a tenantless group", ada, "createDevice", a.with(device, "groupId", loan), "ok"},
		{"a new device without tenant by a member of two", tom, "createDevice", device, "REQUIRED input.tenantId"},
		{"a new device with null for tenant by a member of two", tom, "createDevice", a.with(device, "tenantId", nil), "REQUIRED input.tenantId"},
		{"a new group without tenant by a member of two", tom, "createDeviceGroup", in{"name": "N"}, "REQUIRED input.tenantId"},
		{"a new ticket without tenant by a member of two", tom, "createTicket", in{"subject": "N"}, "REQUIRED input.tenantId"},
		{"a new ticket without tenant by a customer", a.as(customer), "createTicket", in{"subject": "N"}, "REQUIRED input.tenantId"},
		{"a new ticket without tenant by a customer of none", a.as(idleCustomer), "createTicket", in{"subject": "N"}, "REQUIRED input.tenantId"},
		{"a new ticket without tenant by a grandfathered member", a.as(grandfathered), "createTicket", in{"subject": "N"}, "ok"},
		{"a new group without tenant by a member of none", a.as(memberOfNone), "createDeviceGroup", in{"name": "N"}, "ok"},
		{"a new group with a tenant by a member of none", a.as(memberOfNone), "createDeviceGroup", in{"name": "N", "tenantId": dubois}, "NOT_FOUND"},
		{"a ticket about a device of another tenant", tom, "updateTicket", in{"id": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "deviceId": pacs}, "INVALID input.deviceId"},
		{"a new ticket about a device of another tenant", tom, "createTicket", in{"subject": "N", "tenantId": dubois, "deviceId": pacs}, "INVALID input.deviceId"},
		{"a new tenantless ticket about a tenant's device", ada, "createTicket", in{"subject": "N", "deviceId": pacs}, "INVALID input.deviceId"},
	})
	// A ticket of another tenant may point at a device, as after a move: deleting the device unlinks it.
	a.sql("update app.tickets set device_id = (select id from app.devices where name = 'HC-PACS') where subject = 'Kiln controller lost its clock'")
	tom.done("deleteDevice", in{"id": pacs}, "deletedId")
	expect(t, "tickets that point at what was deleted", one[int](a, "select count(*) from app.tickets k where device_id is not null and not exists (select from app.devices d where d.id = k.device_id)"), 0)
	tom.done("deleteDeviceGroup", in{"id": servers}, "deletedId")
	expect(t, "devices of a deleted group", text(tom.ok(`query($id: ID!) { device(id: $id) { name group { name } } }`, in{"id": a.ref("Device", "HC-FILES")}).Data), `{"device":{"group":null,"name":"HC-FILES"}}`)
}
