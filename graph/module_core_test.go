package graph

func init() {
	modules["core"] = module{
		good: coreGood, deeds: coreDeeds,
		links: map[string]string{
			"createDevice.groupId": "INVALID input.groupId", "updateDevice.groupId": "INVALID input.groupId",
			"createTicket.deviceId": "INVALID input.deviceId", "updateTicket.deviceId": "INVALID input.deviceId",
			"createTicket.requesterId": "INVALID input.requesterId", "createTicket.assigneeId": "NOT_ASSIGNABLE input.assigneeId",
			"assignTicket.userId": "NOT_ASSIGNABLE input.userId",
		},
		typeOf: map[string]string{"groupId": "DeviceGroup", "deviceId": "Device", "deviceIds": "Device", "tenantId": "Tenant", "tenantIds": "Tenant",
			"ticketId": "Ticket", "userId": "User", "userIds": "User", "requesterId": "User", "assigneeId": "User"},
		foreign: map[string]string{"DeviceGroup": "Shop", "Device": "TILL-1", "Tenant": "Quay Books", "Ticket": "Till freezes at noon", "User": foreignAdmin},
		hidden:  map[string]string{"DeviceGroup": "Servers", "Device": "HC-FILES", "Tenant": "Harbour Clinic", "Ticket": "VPN for Dr Okafor", "User": idleCustomer},
		keys: map[string]string{
			"Device": "devices where name", "DeviceGroup": "device_groups where name", "Tenant": "tenants where name",
			"Ticket": "tickets where subject", "User": "users where email",
		},
	}
}

func coreGood(a *api) map[string]in {
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	caisse, ticket := a.ref("Device", "CAISSE-01"), a.ref("Ticket", "La caisse 3 ne s'allume plus")
	return map[string]in{
		"signIn":                 {"email": admin, "password": "demo-password"},
		"acceptInvitation":       {"token": "tni_x", "password": "a long password"},
		"signOut":                nil,
		"changePassword":         {"oldPassword": "demo-password", "newPassword": "a longer password"},
		"endSessions":            {"userId": a.ref("User", memberOfOne)},
		"createTenant":           {"name": "Neuland"},
		"updateTenant":           {"id": dubois, "phone": "1"},
		"addUsersToTenant":       {"tenantId": dubois, "userIds": a.refs("User", memberOfNone, memberOfTwo)},
		"removeUsersFromTenant":  {"tenantId": dubois, "userIds": a.refs("User", memberOfOne, memberOfTwo)},
		"setUserTenants":         {"userId": a.ref("User", memberOfTwo), "tenantIds": a.refs("Tenant", "Lindqvist Timber", "Atelier Moreau")},
		"endGrandfathering":      {"userIds": a.refs("User", grandfathered, memberOfOne)},
		"inviteUser":             {"email": "new@northwind.example", "name": "New", "role": "MEMBER"},
		"resetAccess":            {"userId": a.ref("User", memberOfOne)},
		"updateUser":             {"id": a.ref("User", memberOfOne), "name": "Mia M."},
		"suspendUser":            {"id": a.ref("User", memberOfOne)},
		"reactivateUser":         {"id": a.ref("User", suspended)},
		"setAddOnSeats":          {"seats": 20},
		"createDevice":           {"name": "NEW-1", "platform": "LINUX", "kind": "SERVER", "tenantId": dubois},
		"updateDevice":           {"id": caisse, "hostname": "renamed"},
		"deleteDevice":           {"id": caisse},
		"createDeviceGroup":      {"name": "Neu", "tenantId": dubois},
		"updateDeviceGroup":      {"id": a.ref("DeviceGroup", "Bureau"), "name": "Bureaux"},
		"deleteDeviceGroup":      {"id": a.ref("DeviceGroup", "Bureau")},
		"addDevicesToGroup":      {"groupId": a.ref("DeviceGroup", "Bureau"), "deviceIds": []any{caisse, a.ref("Device", "CAISSE-02")}},
		"removeDevicesFromGroup": {"deviceIds": []any{caisse, a.ref("Device", "CAISSE-02")}},
		"createTicket":           {"subject": "Neu", "tenantId": dubois},
		"updateTicket":           {"id": ticket, "status": "CLOSED"},
		"assignTicket":           {"ticketId": ticket, "userId": a.ref("User", memberOfTwo)},
		"commentOnTicket":        {"ticketId": ticket, "body": "Bonjour", "visibility": "PUBLIC"},
	}
}

func coreDeeds(a *api) []deed {
	g := coreGood(a)
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
