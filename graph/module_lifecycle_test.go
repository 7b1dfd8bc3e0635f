package graph

func init() {
	modules["lifecycle"] = module{
		good: lifecycleGood, deeds: lifecycleDeeds,
		links:  map[string]string{"moveDevices.groupId": "INVALID input.groupId"},
		typeOf: map[string]string{"moveTo": "Tenant"},
	}
}

func lifecycleGood(a *api) map[string]in {
	dubois := a.ref("Tenant", "Boulangerie Dubois")
	return map[string]in{
		"archiveTenant": {"id": dubois},
		"restoreTenant": {"id": dubois},
		"deleteTenant":  {"id": dubois, "plan": "MOVE", "moveTo": a.ref("Tenant", "Atelier Moreau"), "moveMembers": true},
		"deleteUser":    {"id": a.ref("User", memberOfTwo)},
		"moveDevices":   {"deviceIds": a.refs("Device", "CAISSE-01", "CAISSE-02"), "tenantId": dubois, "groupId": a.ref("DeviceGroup", "Bureau")},
		"moveTicket":    {"ticketId": a.ref("Ticket", "La caisse 3 ne s'allume plus"), "tenantId": dubois},
	}
}

const itemNumbers = "items { devices deviceGroups tickets ticketComments remoteSessions assets articles }"

func lifecycleDeeds(a *api) []deed {
	dubois, harbour, moreau := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Atelier Moreau")
	const change = "committed results { user { name } changed before after lost { devices tickets tenants } } unassignedTickets { totalCount nodes { subject } }"
	const devices = "committed devices { totalCount nodes { name tenant { name } group { name } } }"
	const ticket = "committed ticket { subject tenant { name } assignee { name } firstRespondedAt comments { nodes { visibility } } } unassignedTickets { totalCount }"
	const gone = "committed " + itemNumbers + " unassignedTickets { nodes { subject tenant { name } } } affectedUsers { totalCount edges { before after node { name tenants { nodes { name } } } } }"
	return []deed{
		{admin, "archiveTenant", in{"id": harbour, "version": 1}, "committed tenant { name status version } " + itemNumbers},
		{admin, "restoreTenant", in{"id": harbour}, "committed tenant { name status version } " + itemNumbers},
		{memberOfTwo, "moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01", "HC-PACS"), "tenantId": harbour}, devices},
		{admin, "moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01", "CAISSE-02"), "groupId": a.ref("DeviceGroup", "Bureau")}, devices},
		{admin, "moveDevices", in{"deviceIds": a.refs("Device", "CAISSE-01"), "tenantId": nil}, devices},
		{memberOfTwo, "moveTicket", in{"ticketId": a.ref("Ticket", "La caisse 3 ne s'allume plus"), "tenantId": harbour}, ticket},
		{admin, "moveTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "keepPublic": true}, ticket},
		{admin, "deleteUser", in{"id": a.ref("User", memberOfOne)}, "user { name } " + change},
		{admin, "deleteUser", in{"id": a.ref("User", grandfathered)}, "user { name } " + change},
		{admin, "deleteTenant", in{"id": dubois, "plan": "MOVE", "moveTo": moreau, "moveMembers": true}, gone},
		{admin, "deleteTenant", in{"id": harbour, "plan": "MAKE_TENANTLESS"}, gone},
		{admin, "deleteTenant", in{"id": moreau, "plan": "DELETE_ITEMS"}, gone},
	}
}
