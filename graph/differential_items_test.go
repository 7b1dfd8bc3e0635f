package graph

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"tenantry/internal/ids"
)

// items answers fields of devices, their groups and tickets.
func (a asked) items() (any, bool) {
	x := a.x
	switch a.name() {
	case "DeviceGroup.devices":
		return a.pointing("group_id"), true
	case "DeviceGroup.tenant", "Device.tenant", "Ticket.tenant":
		return a.to("Tenant", "tenant_id"), true
	case "Device.group":
		return a.to("DeviceGroup", "group_id"), true
	case "Device.tickets", "Device.remoteSessions":
		return a.pointing("device_id"), true
	case "Device.asset":
		return a.follow(a.hardware(x)), true
	case "Ticket.comments", "Ticket.remoteSessions":
		return a.pointing("ticket_id"), true
	case "Ticket.device":
		return a.to("Device", "device_id"), true
	case "Ticket.asset":
		return a.to("Asset", "asset_id"), true
	case "Ticket.assignee":
		return a.metAt("assignee_id"), true
	case "Ticket.requester":
		if x.cols["requester_id"] == nil && x.cols["requester_name"] == nil {
			return nil, true
		}
		return a.part("TicketRequester"), true
	case "TicketRequester.user":
		return a.metAt("requester_id"), true
	case "TicketRequester.name":
		if u := a.met(x.ref("requester_id")); u != nil {
			return u.cols["name"], true
		}
		return x.cols["requester_name"], true
	case "TicketRequester.email":
		if !a.agent() && x.ref("requester_id") != a.me.key() {
			return nil, true
		}
		return x.cols["requester_email"], true
	case "TicketComment.ticket":
		return a.to("Ticket", "ticket_id"), true
	case "TicketComment.author":
		return a.metAt("author_id"), true
	}
	return nil, false
}

func open(ticket *thing) bool {
	return slices.Contains([]string{"NEW", "OPEN", "ON_HOLD"}, ticket.text("status"))
}

// hardware is the newest hardware linked to a device that the viewer finds.
func (e *evaluator) hardware(device *thing) *thing {
	linked := e.all("Asset", func(k *thing) bool { return k.ref("device_id") == device.key() && k.text("kind") == "HARDWARE" })
	if len(linked) == 0 {
		return nil
	}
	return slices.MaxFunc(linked, func(x, y *thing) int {
		xid, yid := x.key(), y.key()
		return cmp.Or(x.cols["created_at"].(time.Time).Compare(y.cols["created_at"].(time.Time)), bytes.Compare(xid[:], yid[:]))
	})
}

// modules answers fields of remote sessions, assets and articles.
func (a asked) modules() (any, bool) {
	x := a.x
	switch a.name() {
	case "RemoteSession.tenant", "Asset.tenant", "Article.tenant":
		return a.to("Tenant", "tenant_id"), true
	case "RemoteSession.device", "Asset.device":
		return a.to("Device", "device_id"), true
	case "RemoteSession.ticket":
		return a.to("Ticket", "ticket_id"), true
	case "RemoteSession.agent":
		return a.metAt("agent_id"), true
	case "RemoteSession.status":
		return sessionStatus(x), true
	case "RemoteSession.consent":
		if timedOut(x) {
			return "TIMED_OUT", true
		}
	case "RemoteSession.endedAt":
		if timedOut(x) {
			return x.cols["created_at"].(time.Time).Add(time.Minute).UTC().Format(time.RFC3339Nano), true
		}
	case "Article.author":
		return a.metAt("author_id"), true
	case "Article.reviewer":
		return a.metAt("reviewer_id"), true
	}
	return nil, false
}

// timedOut tells whether nobody answered a request for a session for a minute.
func timedOut(session *thing) bool {
	return session.text("status") == "REQUESTED" && !time.Now().Before(session.cols["created_at"].(time.Time).Add(time.Minute))
}

func sessionStatus(session *thing) string {
	if timedOut(session) {
		return "DECLINED"
	}
	return session.text("status")
}

// audit answers fields of the audit's entries.
func (a asked) audit() (any, bool) {
	x := a.x
	switch a.name() {
	case "AuditEvent.tenant":
		return a.to("Tenant", "tenant_id"), true
	case "AuditEvent.actor":
		return a.metAt("actor_id"), true
	case "AuditEvent.object":
		return a.to(x.text("object_type"), "object_id"), true
	case "AuditEvent.objectId":
		if x.cols["object_type"] == nil {
			return nil, true
		}
		return ids.Encode(x.text("object_type"), x.ref("object_id")), true
	case "AuditEvent.at":
		return plain("created_at", x.cols), true
	}
	return nil, false
}
