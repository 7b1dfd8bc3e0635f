package graph

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// asset makes an asset. Its device may be another tenant's, and few devices have several assets.
func (m *maker) asset(i int, tenant uuid.UUID) {
	devices := m.ids[m.account]["Device"]
	day := func() any { return m.maybe(60, pick(m.Rand, moments)) }
	m.insert("assets", map[string]any{
		"id": m.id("Asset"), "tenant_id": tenant, "name": m.word(), "tag": m.maybe(70, fmt.Sprintf("tag%d", i)),
		"kind": m.some("HARDWARE", "HARDWARE", "SOFTWARE"), "status": m.some("READY", "DEPLOYED", "IN_REPAIR", "LOST", "RETIRED"),
		"manufacturer": m.maybe(50, m.word()), "serial_number": m.maybe(60, m.some("sn1", "sn2")),
		"device_id": m.maybe(80, pick(m.Rand, devices[:len(devices)/2+1])), "location": m.maybe(50, m.word()),
		"purchased_on": day(), "purchase_cost": m.maybe(60, m.some("0", "12.5", "1999.99", "123456789012.34")), "warranty_until": day(),
		"seats_purchased": m.maybe(50, m.IntN(100)), "seats_assigned": m.maybe(50, m.IntN(100)), "contract_ends_on": day(),
	})
}

// session makes a remote session. Requests that wait for an answer were made a while ago, or will be:
// so whether they still wait is the same for as long as a test takes.
func (m *maker) session(tenant uuid.UUID, users []uuid.UUID) {
	cols := map[string]any{
		"id": m.id("RemoteSession"), "tenant_id": tenant, "device_id": m.maybe(80, pick(m.Rand, m.ids[m.account]["Device"])),
		"ticket_id": m.maybe(60, pick(m.Rand, m.ids[m.account]["Ticket"])), "agent_id": pick(m.Rand, users),
		"outcome": m.some("RESOLVED", "UNRESOLVED", "UNKNOWN"), "notes": m.maybe(60, m.word()), "mode": "UNATTENDED",
	}
	switch status := m.some("REQUESTED", "REQUESTED", "ACTIVE", "ENDED", "DECLINED"); status {
	case "REQUESTED":
		cols["status"], cols["consent"], cols["mode"] = status, "ASKED", "ATTENDED"
		cols["created_at"] = pick(m.Rand, append(slices.Clone(moments), time.Now().Add(-61*time.Second), later, later, later))
	case "DECLINED":
		cols["status"], cols["consent"], cols["mode"], cols["ended_at"] = status, "DENIED", "ATTENDED", pick(m.Rand, moments)
	case "ACTIVE":
		cols["status"], cols["consent"], cols["started_at"] = status, m.some("NOT_NEEDED", "GRANTED"), pick(m.Rand, moments)
	case "ENDED":
		cols["status"], cols["consent"], cols["started_at"], cols["ended_at"] = status, m.some("NOT_NEEDED", "GRANTED"), pick(m.Rand, moments), pick(m.Rand, moments)
	}
	m.insert("remote_sessions", cols)
}

// later is after any test.
var later = time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)

// article makes an article: of the tenant, or for the tenantless or all. It may have no author.
func (m *maker) article(tenant uuid.UUID, users []uuid.UUID) {
	account := m.ids[m.account]["Account"][0]
	audience := "TENANT"
	if tenant == account || m.chance(40) {
		audience, tenant = m.some("TENANTLESS", "ALL_TENANTS", "ALL_TENANTS"), account
	}
	m.insert("articles", map[string]any{
		"id": m.id("Article"), "tenant_id": tenant, "audience": audience, "title": m.word(), "body": "# " + m.word() + "\n\n<b>ü</b>",
		"summary": m.maybe(50, m.word()), "category": m.maybe(50, m.word()), "tags": []string{m.word()}, "locale": m.some("en", "fr"),
		"state":     m.some("DRAFT", "IN_REVIEW", "PUBLISHED", "PUBLISHED", "REJECTED", "ARCHIVED"),
		"author_id": m.maybe(75, pick(m.Rand, users)), "reviewer_id": m.maybe(50, pick(m.Rand, users)), "review_note": m.maybe(50, m.word()),
		"published_at": m.maybe(50, pick(m.Rand, moments)),
	})
}

func (m *maker) event(users, tenants []uuid.UUID) {
	n := len(m.ids[m.account]["AuditEvent"])
	cols := map[string]any{
		"id": m.id("AuditEvent"), "actor_id": m.maybe(80, pick(m.Rand, users)), "actor_name": m.word(), "request_id": m.word(),
		"action": m.some("createDevice", "updateTicket", "suspendUser"), "outcome": "DONE",
		"tenant_id": m.maybe(60, pick(m.Rand, append(slices.Clone(tenants), m.uuid()))), "tenant_name": m.maybe(60, m.word()),
		"before": m.maybe(50, map[string]any{"name": m.word(), "n": 3}), "after": m.maybe(50, map[string]any{"tags": []any{"x", nil, true}}),
	}
	if m.chance(20) {
		cols["outcome"], cols["action"], cols["count"] = "DENIED", fmt.Sprintf("denied%d", n), 2
	}
	typ := m.some("Tenant", "User", "Device", "DeviceGroup", "Ticket", "TicketComment", "Session", "Account", "RemoteSession", "Asset", "Article")
	if known := m.ids[m.account][typ]; m.chance(80) && len(known) > 0 {
		cols["object_type"], cols["object_id"], cols["object_name"] = typ, pick(m.Rand, append(slices.Clone(known), m.uuid())), m.word()
	}
	m.insert("audit_events", cols)
}
