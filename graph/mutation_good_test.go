package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tenantry/internal/demo"
)

// deed is a mutation that goes well.
type deed struct {
	by, name string
	input    in
	payload  string
}

// TestEveryMutationDoesWhatItSaysForWhoeverMay calls each, reads the payload back, and compares the
// audit entries.
func TestEveryMutationDoesWhatItSaysForWhoeverMay(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	done := map[string]map[string]bool{}
	var got strings.Builder
	for _, d := range a.deeds() {
		c := a.as(d.by)
		last := one[string](a, "select max(id::text) from app.audit_events")
		p := c.done(d.name, d.input, d.payload)
		delete(p, "userErrors")
		fmt.Fprintf(&got, "%s by %s\n%s\n%s\n\n", d.name, d.by, text(p), a.entries(last, d.name, d.by))
		if done[d.name] == nil {
			done[d.name] = map[string]bool{}
		}
		done[d.name][one[string](a, "select role from app.users where email = $1", d.by)] = true
	}
	for _, def := range a.reader.Schema.Mutation.Fields {
		roles := map[string][]string{"ADMIN": {"ADMIN"}, "MEMBER": {"ADMIN", "MEMBER"}, "CUSTOMER": {"ADMIN", "MEMBER", "CUSTOMER"}, "": {"ADMIN"}}[gate(def)]
		if len(def.Arguments) > 0 && gate(def) == "" || def.Name == "signOut" {
			continue // signing in and out has signin_test.go
		}
		for _, role := range roles {
			if !done[def.Name][role] {
				t.Errorf("nobody tried %s as %s", def.Name, role)
			}
		}
	}
	lines, want := strings.Split(got.String(), "\n"), strings.Split(deedsWanted, "\n")
	for i := range max(len(lines), len(want)) {
		if i >= len(lines) || i >= len(want) || lines[i] != want[i] {
			t.Errorf("from line %d the deeds are not as agreed:\n%s", i, strings.Join(lines[min(i, len(lines)):min(i+1, len(lines))], "\n"))
			break
		}
	}
	a.noSecrets(t)
}

// noSecrets looks for secrets where they must not be: the audit, and the log.
func (a *api) noSecrets(t *testing.T) {
	t.Helper()
	all := one[string](a, "select string_agg(e::text, E'\\n') from app.audit_events e") + a.log.String()
	for _, secret := range []string{demo.Password, "argon2", "password_hash", "secret_hash", "tns_", "tni_", "new secret of mine", "cursor_key"} {
		if strings.Contains(all, secret) {
			t.Errorf("the audit or the log has %q", secret)
		}
	}
}

// entries are the audit's entries of a mutation after one, in the order of their names.
func (a *api) entries(after, action, by string) string {
	a.t.Helper()
	rows, err := a.owner.Query(context.Background(), `select coalesce(object_type, '') || ' ' || coalesce(object_name, ''), coalesce(tenant_name, '-'),
			coalesce(before::text, ''), coalesce(after::text, ''), e.action, outcome, count, actor_ip <> '' and request_id <> '' and actor_name = u.name
		from app.audit_events e left join app.users u on u.account_id = e.account_id and u.id = e.actor_id and u.email = $2
		where e.id::text > $1 order by 1, 2`, after, by)
	must(a.t, err)
	var out []string
	for rows.Next() {
		var object, tenant, was, is, did, ended string
		var count int
		var whole *bool
		must(a.t, rows.Scan(&object, &tenant, &was, &is, &did, &ended, &count, &whole))
		if did != action || ended != "DONE" || count != 1 || whole == nil || !*whole {
			a.t.Errorf("an entry of %s by %s says %s %s %d, complete: %v", action, by, did, ended, count, whole)
		}
		out = append(out, strings.Join([]string{object, tenant, compact(was), compact(is)}, " | "))
	}
	must(a.t, rows.Err())
	return strings.Join(out, "\n")
}

// compact is JSON with sorted names, without ids and times.
func compact(s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return text(v)
}

func (a *api) deeds() []deed {
	g := a.good()
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	const change = "committed results { user { name } changed before after gained { devices deviceGroups tickets tenants } lost { devices deviceGroups tickets tenants } } unassignedTickets { totalCount nodes { subject assignee { name } } }"
	const deviceOf = "device { name hostname platform kind connection tags tenant { name } group { name } version }"
	const ticketOf = "ticket { subject status type priority tags tenant { name } device { name } requester { name email } assignee { name } resolvedAt closedAt version }"
	return []deed{
		{admin, "createTenant", in{"name": " Neuland ", "timeZone": "Europe/Berlin", "notes": "n"}, "tenant { name status timeZone notes version } committed visibleTo { admins grandfathered }"},
		{admin, "updateTenant", in{"id": dubois, "phone": nil, "notes": "moved", "version": 1}, "tenant { name phone notes contactEmail version }"},
		{admin, "setAddOnSeats", in{"seats": 20}, "account { name licence { includedSeats addOnSeats usedSeats availableSeats } }"},
		{admin, "inviteUser", in{"email": " New@Northwind.example ", "name": "New", "role": "MEMBER"}, "user { email name role status tenantAccess }"},
		{admin, "updateUser", in{"id": a.ref("User", memberOfOne), "name": "Mia M.", "locale": "de"}, "user { name locale role version } " + change},
		{admin, "suspendUser", in{"id": a.ref("User", memberOfTwo)}, "user { status } " + change},
		{admin, "reactivateUser", in{"id": a.ref("User", memberOfTwo)}, "user { status } " + change},
		{admin, "resetAccess", in{"userId": a.ref("User", memberOfTwo)}, "user { name status }"},
		{admin, "endSessions", in{"userId": a.ref("User", memberOfTwo)}, "user { name }"},
		{admin, "addUsersToTenant", in{"tenantId": harbour, "userIds": a.refs("User", memberOfOne)}, change},
		{admin, "removeUsersFromTenant", in{"tenantId": harbour, "userIds": a.refs("User", memberOfOne)}, change},
		{admin, "setUserTenants", in{"userId": a.ref("User", memberOfTwo), "tenantIds": a.refs("Tenant", "Harbour Clinic", "Atelier Moreau")}, "user { name tenants { nodes { name } } } " + change},
		{admin, "endGrandfathering", in{"userIds": a.refs("User", grandfathered)}, change},
		{admin, "createDevice", in{"name": "BY-ADMIN", "platform": "LINUX", "kind": "SERVER", "groupId": a.ref("DeviceGroup", "Bureau"), "tags": []any{"a", " a", "b"}}, deviceOf},
		{memberOfOne, "createDevice", in{"name": "BY-MEMBER", "platform": "IOS", "kind": "MOBILE", "tenantId": dubois, "connection": "ONLINE"}, deviceOf},
		{memberOfNone, "createDevice", in{"name": "LOOSE", "platform": "IOS", "kind": "MOBILE"}, deviceOf},
		{admin, "updateDevice", in{"id": a.ref("Device", "CAISSE-01"), "hostname": nil, "tags": []any{}, "groupId": nil}, deviceOf},
		{memberOfOne, "updateDevice", in{"id": a.ref("Device", "CAISSE-01"), "name": "CAISSE-ONE", "groupId": a.ref("DeviceGroup", "Bureau")}, deviceOf},
		{admin, "createDeviceGroup", in{"name": "Loose", "description": ""}, "deviceGroup { name description tenant { name } }"},
		{memberOfOne, "createDeviceGroup", in{"name": "Neu", "tenantId": dubois}, "deviceGroup { name description tenant { name } version }"},
		{memberOfOne, "updateDeviceGroup", in{"id": a.ref("DeviceGroup", "Boutiques"), "description": nil}, "deviceGroup { name description version }"},
		{admin, "updateDeviceGroup", in{"id": a.ref("DeviceGroup", "Boutiques"), "name": "Shops"}, "deviceGroup { name description version }"},
		{memberOfOne, "addDevicesToGroup", g["addDevicesToGroup"], "devices { totalCount nodes { name group { name } } }"},
		{memberOfOne, "removeDevicesFromGroup", g["removeDevicesFromGroup"], "devices { totalCount nodes { name group { name } } }"},
		{admin, "addDevicesToGroup", g["addDevicesToGroup"], "devices { totalCount nodes { name group { name } } }"},
		{admin, "removeDevicesFromGroup", g["removeDevicesFromGroup"], "devices { totalCount nodes { name group { name } } }"},
		{admin, "createTicket", in{"subject": "By admin", "assigneeId": a.ref("User", admin), "requesterName": "Zoe", "requesterEmail": "Zoe@X.example", "priority": "HIGH"}, ticketOf},
		{memberOfOne, "createTicket", in{"subject": "By member", "tenantId": dubois, "deviceId": a.ref("Device", "COMPTA-01"), "requesterId": a.ref("User", customer), "assigneeId": a.ref("User", memberOfOne)}, ticketOf},
		{customer, "createTicket", in{"subject": "By customer", "tenantId": dubois, "deviceId": a.ref("Device", "COMPTA-01"), "type": "REQUEST", "description": "d"}, ticketOf},
		{memberOfOne, "updateTicket", in{"id": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "status": "RESOLVED", "priority": "LOW", "category": nil}, "ticket { status priority category closedAt version }"},
		{admin, "updateTicket", in{"id": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "subject": "Wi-Fi", "status": "OPEN"}, "ticket { subject status resolvedAt version }"},
		{customer, "updateTicket", in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus"), "status": "CLOSED"}, "ticket { status assignee { name email } version }"},
		{memberOfOne, "assignTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "userId": a.ref("User", memberOfOne)}, "ticket { assignee { name } }"},
		{admin, "assignTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "userId": nil}, "ticket { assignee { name } }"},
		{admin, "commentOnTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "body": "x", "visibility": "INTERNAL"}, "comment { body visibility author { name } ticket { subject } } ticket { comments { totalCount } version }"},
		{memberOfOne, "commentOnTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "body": "y", "visibility": "PUBLIC"}, "comment { body visibility author { name } } ticket { comments { totalCount } version }"},
		{customer, "commentOnTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "body": "z", "visibility": "PUBLIC"}, "comment { body visibility author { name } } ticket { comments { totalCount } version }"},
		{admin, "deleteDevice", in{"id": a.ref("Device", "CAISSE-02"), "version": 5}, "deletedId"},
		{memberOfOne, "deleteDevice", in{"id": a.ref("Device", "IMPRIMANTE-ETIQ")}, "deletedId"},
		{memberOfOne, "deleteDeviceGroup", in{"id": a.ref("DeviceGroup", "Boutiques")}, "deletedId"},
		{admin, "deleteDeviceGroup", in{"id": a.ref("DeviceGroup", "Servers"), "version": 1}, "deletedId"},
	}
}
