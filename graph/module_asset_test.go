package graph

func init() {
	modules["assets"] = module{
		good: assetGood, deeds: assetDeeds,
		links: map[string]string{
			"createAsset.deviceId": "INVALID input.deviceId", "updateAsset.deviceId": "INVALID input.deviceId",
			"createTicket.assetId": "INVALID input.assetId", "updateTicket.assetId": "INVALID input.assetId",
		},
		typeOf:  map[string]string{"assetId": "Asset", "assetIds": "Asset"},
		foreign: map[string]string{"Asset": "Till"},
		hidden:  map[string]string{"Asset": "Image archive"},
		keys:    map[string]string{"Asset": "assets where name"},
	}
}

func assetGood(a *api) map[string]in {
	caisse, dubois := a.ref("Asset", "Caisse 1"), a.ref("Tenant", "Boulangerie Dubois")
	return map[string]in{
		"createAsset":   {"name": "Neu", "kind": "HARDWARE", "tenantId": dubois},
		"updateAsset":   {"id": caisse, "location": "Dépôt"},
		"moveAssets":    {"assetIds": []any{caisse, a.ref("Asset", "Caisse 3")}, "tenantId": dubois},
		"deleteAsset":   {"id": caisse},
		"reportDevices": {"devices": []any{in{"id": a.ref("Device", "CAISSE-01"), "connection": "OFFLINE"}}},
	}
}

func assetDeeds(a *api) []deed {
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	caisse1, caisse3, files := a.ref("Asset", "Caisse 1"), a.ref("Asset", "Caisse 3"), a.ref("Asset", "File server")
	const assetOf = "asset { name tag tenant { name } kind status manufacturer model serialNumber device { name } location purchasedOn purchaseCost warrantyUntil seatsPurchased seatsAssigned contractEndsOn version }"
	const moved = "committed assets(orderBy: { field: NAME }) { totalCount nodes { name tenant { name } device { name } version } }"
	const reported = "devices { totalCount nodes { name connection lastSeenAt osName osVersion hostname publicIp macAddress agentVersion loggedInUser version } }"
	const ticketOf = "ticket { subject asset { name purchaseCost } version }"
	whole := in{"name": " By admin ", "tag": "A-1", "tenantId": dubois, "kind": "SOFTWARE", "status": "DEPLOYED", "manufacturer": "M", "model": "X",
		"serialNumber": "S", "deviceId": a.ref("Device", "COMPTA-01"), "location": "L", "purchasedOn": "2026-01-31", "purchaseCost": 999999999999.99,
		"warrantyUntil": "2028-02-29", "seatsPurchased": 1, "seatsAssigned": 2, "contractEndsOn": "2027-12-31"}
	cleared := in{"id": caisse1, "version": 1, "tag": nil, "manufacturer": nil, "model": nil, "serialNumber": nil, "deviceId": nil, "location": nil,
		"purchasedOn": nil, "purchaseCost": nil, "warrantyUntil": nil, "seatsPurchased": nil, "seatsAssigned": nil, "contractEndsOn": nil}
	return []deed{
		{admin, "createAsset", whole, assetOf},
		{memberOfOne, "createAsset", in{"name": "By member", "kind": "HARDWARE", "tenantId": dubois}, assetOf},
		{memberOfNone, "createAsset", in{"name": "Loose", "kind": "HARDWARE", "deviceId": a.ref("Device", "LOANER-B"), "purchaseCost": 0}, assetOf},
		{admin, "updateAsset", cleared, assetOf},
		{memberOfOne, "updateAsset", in{"id": caisse3, "name": "Caisse trois", "tag": "dub-003", "kind": "SOFTWARE", "status": "RETIRED", "deviceId": a.ref("Device", "CAISSE-02"),
			"purchasedOn": "2026-01-31", "purchaseCost": 0.07, "warrantyUntil": "2026-02-01", "seatsPurchased": 3, "seatsAssigned": 0, "contractEndsOn": "2026-03-01"}, assetOf},
		{memberOfOne, "createTicket", in{"subject": "By member", "tenantId": dubois, "assetId": caisse1}, ticketOf},
		{admin, "updateTicket", in{"id": a.ref("Ticket", "Image archive is slow"), "assetId": a.ref("Asset", "Image archive")}, ticketOf},
		{memberOfTwo, "updateTicket", in{"id": a.ref("Ticket", "File server disk at 91 %"), "assetId": nil}, ticketOf},
		{memberOfTwo, "moveAssets", in{"assetIds": []any{files, caisse3, caisse3}, "tenantId": dubois}, moved},
		{admin, "moveAssets", in{"assetIds": []any{files, a.ref("Asset", "Loan laptop A")}, "tenantId": nil, "dryRun": false}, moved},
		{admin, "moveAssets", in{"assetIds": []any{a.ref("Asset", "Loan laptop A")}, "tenantId": harbour}, moved},
		{memberOfOne, "reportDevices", in{"devices": []any{
			in{"id": a.ref("Device", "CAISSE-03"), "connection": "ONLINE", "lastSeenAt": "2026-01-31T12:00:00.123456Z", "osName": "Windows 11 Pro", "osVersion": "24H2", "hostname": "caisse-trois",
				"publicIp": "203.0.113.99", "macAddress": "00:00:5e:00:53:01", "agentVersion": "7.1", "loggedInUser": "claire"},
			in{"id": a.ref("Device", "CAISSE-01"), "osName": nil, "lastSeenAt": nil, "hostname": " "}}}, reported},
		{admin, "reportDevices", in{"devices": []any{in{"id": a.ref("Device", "LOANER-A"), "connection": "OVERDUE"}, in{"id": a.ref("Device", "HC-PACS")}}}, reported},
		{memberOfOne, "deleteAsset", in{"id": caisse3}, "deletedId"},
		{admin, "deleteAsset", in{"id": files, "version": 3}, "deletedId"},
	}
}
