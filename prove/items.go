package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// items makes items of every type, of every tenant and of none. Links lead anywhere in the account, as moves leave them.
func (m *maker) items(users []uuid.UUID) {
	places := append([]uuid.UUID{m.home()}, m.ids[m.account]["Tenant"]...)
	groups := map[uuid.UUID][]uuid.UUID{}
	for i := range m.size {
		tenant := places[i%len(places)]
		id := m.key("DeviceGroup")
		groups[tenant] = append(groups[tenant], id)
		m.insert("device_groups", map[string]any{
			"id": id, "tenant_id": tenant, "name": shared[i/len(places)%len(shared)], "description": "group " + m.canary(m.place(tenant)),
		})
	}
	for i := range m.size {
		m.device(places[i%len(places)], groups)
	}
	for i := range m.size {
		m.asset(i, places[i%len(places)])
	}
	for i := range m.size {
		m.ticket(i, places[i%len(places)], users)
	}
	for i := range m.size {
		m.remoteSession(places[i%len(places)], users)
	}
	for i := range 2 * m.size {
		m.article(i, places[i%len(places)], users)
	}
}

// title is a name that others have too, or one with a canary besides.
func (m *maker) title(tenant uuid.UUID) string {
	if m.chance(50) {
		return pick(m, shared...)
	}
	return pick(m, shared...) + " " + m.canary(m.place(tenant))
}

func (m *maker) device(tenant uuid.UUID, groups map[uuid.UUID][]uuid.UUID) {
	at := m.place(tenant)
	var group any
	if m.chance(60) {
		group = pick(m, groups[tenant]...)
	}
	m.insert("devices", map[string]any{
		"id": m.key("Device"), "tenant_id": tenant, "group_id": group, "name": m.title(tenant), "hostname": m.canary(at),
		"platform": pick(m, "WINDOWS", "MACOS", "LINUX", "OTHER"), "kind": pick(m, "SERVER", "LAPTOP", "OTHER"), "os_name": "os " + m.canary(at),
		"serial_number": pick(m, "sn4711", "sn4712"), "manufacturer": m.maybe(60, m.canary(at)), "logged_in_user": m.maybe(60, m.canary(at)),
		"connection": pick(m, "ONLINE", "OFFLINE", "OVERDUE"), "last_seen_at": m.maybe(70, m.moment()), "tags": []string{m.canary(at)},
	})
}

func (m *maker) asset(i int, tenant uuid.UUID) {
	at := m.place(tenant)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	m.insert("assets", map[string]any{
		"id": m.key("Asset"), "tenant_id": tenant, "name": m.title(tenant), "tag": fmt.Sprintf("tag%d", i), "kind": pick(m, "HARDWARE", "HARDWARE", "SOFTWARE"),
		"status": pick(m, "READY", "DEPLOYED", "RETIRED"), "manufacturer": m.canary(at), "serial_number": pick(m, "sn4711", "sn4712"),
		"device_id": m.maybe(80, pick(m, m.ids[m.account]["Device"]...)), "location": m.maybe(60, m.canary(at)), "purchase_cost": m.maybe(80, pick(m, "12.5", "1999.99")),
		"purchased_on": m.maybe(50, m.moment()), "warranty_until": m.maybe(80, today.AddDate(0, 0, pick(m, -9, 10, 20, 90))), "seats_purchased": m.maybe(50, m.IntN(9)),
	})
}

func (m *maker) ticket(i int, tenant uuid.UUID, users []uuid.UUID) {
	id, at := m.key("Ticket"), m.place(tenant)
	cols := map[string]any{
		"id": id, "tenant_id": tenant, "number": 1000 + i*5%17, "subject": m.title(tenant), "description": "line\n" + m.canary(at),
		"device_id": m.maybe(80, pick(m, m.ids[m.account]["Device"]...)), "asset_id": m.maybe(70, pick(m, m.ids[m.account]["Asset"]...)),
		"assignee_id": m.maybe(60, pick(m, users...)), "status": pick(m, "NEW", "OPEN", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"), "type": pick(m, "INCIDENT", "REQUEST"),
		"priority": pick(m, "LOW", "MEDIUM", "HIGH", "CRITICAL"), "category": m.canary(at), "tags": []string{m.canary(at)},
		"due_at": m.maybe(60, pick(m, moments[0].AddDate(-1, 0, 0), never)),
	}
	switch n := m.IntN(len(users)); m.IntN(3) {
	case 0:
		cols["requester_id"], cols["requester_name"], cols["requester_email"] = users[n], "as they were called", fmt.Sprintf("person%d@mail.example", n)
		if n == len(kinds) {
			cols["requester_email"] = "gone@mail.example"
		}
	case 1:
		cols["requester_name"], cols["requester_email"] = "caller "+m.canary(at), m.canary(at)+"@mail.example"
	}
	m.insert("tickets", cols)
	for _, visibility := range []string{"PUBLIC", "INTERNAL", "INTERNAL"}[m.IntN(2):][:1+m.IntN(2)] {
		m.insert("ticket_comments", map[string]any{
			"id": m.key("TicketComment"), "tenant_id": tenant, "ticket_id": id, "author_id": pick(m, users...), "body": "said " + m.canary(at), "visibility": visibility,
		})
	}
	for range m.IntN(3) {
		m.change(tenant, id, users)
	}
}

func (m *maker) change(tenant, ticket uuid.UUID, users []uuid.UUID) {
	cols := map[string]any{"id": m.key("TicketChange"), "tenant_id": tenant, "ticket_id": ticket, "actor_id": m.maybe(80, pick(m, users...))}
	switch field := pick(m, "subject", "assignee", "tenant", "device", "asset"); field {
	case "subject":
		cols["field"], cols["before"], cols["after"] = field, `"`+m.canary(m.place(tenant))+`"`, `"`+m.canary(m.place(tenant))+`"`
	case "assignee":
		cols["field"], cols["before_id"], cols["after_id"] = field, m.maybe(60, pick(m, users...)), pick(m, users...)
	default:
		known := m.ids[m.account][map[string]string{"tenant": "Tenant", "device": "Device", "asset": "Asset"}[field]]
		cols["field"], cols["before_id"], cols["after_id"] = field, m.maybe(70, pick(m, known...)), m.maybe(70, pick(m, known...))
	}
	m.insert("ticket_changes", cols)
}

// remoteSession makes a session; one that waits for an answer has waited too long, or will not for a long time.
func (m *maker) remoteSession(tenant uuid.UUID, users []uuid.UUID) {
	cols := map[string]any{
		"id": m.key("RemoteSession"), "tenant_id": tenant, "device_id": m.maybe(80, pick(m, m.ids[m.account]["Device"]...)),
		"ticket_id": m.maybe(70, pick(m, m.ids[m.account]["Ticket"]...)), "agent_id": pick(m, users...), "outcome": pick(m, "RESOLVED", "UNKNOWN"),
		"notes": m.maybe(80, "notes "+m.canary(m.place(tenant))), "mode": "UNATTENDED", "consent": "NOT_NEEDED", "started_at": m.moment(),
	}
	switch status := pick(m, "REQUESTED", "ACTIVE", "ENDED", "DECLINED"); status {
	case "REQUESTED":
		cols["status"], cols["consent"], cols["mode"], cols["started_at"], cols["created_at"] = status, "ASKED", "ATTENDED", nil, pick(m, moments[0], never)
	case "DECLINED":
		cols["status"], cols["consent"], cols["mode"], cols["started_at"], cols["ended_at"] = status, "DENIED", "ATTENDED", nil, m.moment()
	case "ENDED":
		cols["status"], cols["ended_at"] = status, m.moment()
	default:
		cols["status"] = status
	}
	m.insert("remote_sessions", cols)
}

// article makes an article: of its tenant, for the tenantless, or every third for all tenants; in every state.
func (m *maker) article(i int, tenant uuid.UUID, users []uuid.UUID) {
	at, audience := m.place(tenant), "TENANT"
	switch {
	case i%3 == 0:
		audience, tenant = "ALL_TENANTS", m.home()
	case tenant == m.home():
		audience = "TENANTLESS"
	}
	m.insert("articles", map[string]any{
		"id": m.key("Article"), "tenant_id": tenant, "audience": audience, "title": m.title(tenant), "body": "# " + m.canary(at) + "\n\n<b>ü</b>",
		"summary": m.maybe(60, m.canary(at)), "category": m.maybe(60, m.canary(at)), "tags": []string{m.canary(at)}, "locale": pick(m, "en", "fr"),
		"state":     pick(m, "DRAFT", "IN_REVIEW", "PUBLISHED", "PUBLISHED", "PUBLISHED", "REJECTED", "ARCHIVED"),
		"author_id": m.maybe(80, pick(m, users...)), "reviewer_id": m.maybe(50, pick(m, users...)), "review_note": m.maybe(60, "review "+m.canary(at)),
		"published_at": m.maybe(50, m.moment()),
	})
}

// events makes entries of the audit, about objects that there are, were, or are hidden.
func (m *maker) events(users []uuid.UUID) {
	own := m.ids[m.account]
	types := []string{"Tenant", "User", "Device", "DeviceGroup", "Ticket", "TicketComment", "Session", "Account", "RemoteSession", "Asset", "Article", "ApiToken"}
	for i := range m.size {
		typ := types[i%len(types)]
		known := own[typ]
		m.insert("audit_events", map[string]any{
			"id": m.key("AuditEvent"), "actor_id": m.maybe(80, pick(m, users...)), "actor_name": "actor " + m.canary('x'), "actor_ip": "10.0.0.9", "request_id": m.canary('x'),
			"action": "update" + typ, "outcome": pick(m, "DONE", "DENIED"), "count": 1 + i, "object_type": typ, "object_id": pick(m, known...), "object_name": m.canary('x'),
			"tenant_id": m.maybe(60, pick(m, own["Tenant"]...)), "tenant_name": m.canary('x'),
			"before": map[string]any{"name": m.canary('x')}, "after": m.maybe(60, map[string]any{"tags": []any{m.canary('x'), nil, true}}),
		})
	}
}
