package graph

import (
	"slices"
	"strings"
)

// people answers fields of the viewer, users and the account.
func (a asked) people() (any, bool) {
	if name := a.c.name(); a.typ == "User" && name != "id" && name != "name" && (!a.admin() && !a.self(a.x) || a.x.cols["role"] == nil) {
		return nil, true
	}
	switch a.name() {
	case "Viewer.user":
		return a.follow(a.at("User", a.me.key())), true
	case "Viewer.account":
		return a.follow(a.at("Account", a.me.account())), true
	case "Viewer.tenantAccess":
		return a.access(a.me), true
	case "Viewer.accessReason":
		return a.reason(), true
	case "Viewer.tenants":
		return a.list(a.all("Tenant", nil)), true
	case "Viewer.sessions":
		return a.list(a.all("Session", nil)), true
	case "Viewer.can":
		return a.can(a.c), true
	case "Session.current":
		return a.x.key() == a.session, true
	case "Account.licence":
		return a.part("Licence"), true
	case "Viewer.apiTokens":
		return a.list(a.all("ApiToken", func(k *thing) bool { return k.ref("user_id") == a.me.key() })), true
	case "User.apiTokens":
		return a.pointing("user_id"), true
	case "ApiToken.tenants":
		if a.x.cols["narrowed"] == false {
			return nil, true
		}
		return a.list(a.all("Tenant", func(t *thing) bool {
			return slices.ContainsFunc(a.w.things["Named"], func(n *thing) bool {
				return n.account() == a.x.account() && n.ref("token_id") == a.x.key() && n.ref("tenant_id") == t.key()
			})
		})), true
	case "User.tenantAccess":
		return a.access(a.x), true
	case "User.tenants":
		return a.list(a.all("Tenant", func(t *thing) bool { return a.member(a.x.key(), t.key()) })), true
	}
	if a.typ == "Licence" {
		return a.licence(a.x, a.c.name()), true
	}
	return nil, false
}

func (e *evaluator) licence(x *thing, name string) any {
	used := 0
	for _, u := range e.w.things["User"] {
		if u.account() == x.account() && u.text("status") != "SUSPENDED" {
			used++
		}
	}
	more := int(x.cols["add_on_seats"].(int32))
	return map[string]any{"plan": "MSP", "includedSeats": 1.0, "addOnSeats": float64(more), "usedSeats": float64(used), "availableSeats": float64(1 + more - used)}[name]
}

// What members and customers may do; admins may do all.
const (
	everybodyMay = " acceptInvitation changePassword endSessions signIn signOut commentOnTicket createTicket updateTicket answerRemoteSession "
	agentsMay    = everybodyMay + "assignTicket updateTickets moveTicket " +
		"createDevice updateDevice deleteDevice reportDevices moveDevices createDeviceGroup updateDeviceGroup deleteDeviceGroup addDevicesToGroup removeDevicesFromGroup " +
		"startRemoteSession endRemoteSession createAsset updateAsset moveAssets deleteAsset createArticle updateArticle submitArticle deleteArticle " +
		"createApiToken revokeApiToken "
)

func (e *evaluator) can(c collected) any {
	out := map[string]any{}
	for _, verb := range e.collect("ViewerCan", c.selections()) {
		list := map[string]string{"MEMBER": agentsMay, "CUSTOMER": everybodyMay}[e.role()]
		out[verb.key] = e.admin() || strings.Contains(list, " "+verb.name()+" ")
		if verb.name() == "__typename" {
			out[verb.key] = "ViewerCan"
		}
	}
	return out
}

// tenants answers fields of tenants.
func (a asked) tenants() (any, bool) {
	switch a.name() {
	case "Tenant.counts":
		return a.part("TenantCounts"), true
	case "Tenant.users":
		links := map[*thing]*thing{}
		for _, m := range a.w.things["Membership"] {
			if u := a.at("User", m.ref("user_id")); u != nil && m.account() == a.x.account() && m.ref("tenant_id") == a.x.key() {
				links[u] = m
			}
		}
		return a.connection(a.typ, a.c, a.all("User", func(u *thing) bool { return links[u] != nil }), links), true
	case "Tenant.devices", "Tenant.deviceGroups", "Tenant.tickets", "Tenant.remoteSessions", "Tenant.assets", "Tenant.articles":
		return a.pointing("tenant_id"), true
	}
	if a.typ == "TenantCounts" {
		name := a.c.name()
		of := map[string]string{
			"devices": "Device", "deviceGroups": "DeviceGroup", "tickets": "Ticket", "openTickets": "Ticket", "remoteSessions": "RemoteSession",
			"assets": "Asset", "articles": "Article",
		}[name]
		return float64(len(a.all(of, func(k *thing) bool { return k.ref("tenant_id") == a.x.key() && (name != "openTickets" || open(k)) }))), true
	}
	return nil, false
}
