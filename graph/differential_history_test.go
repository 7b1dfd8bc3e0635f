package graph

import (
	"github.com/google/uuid"

	"tenantry/internal/ids"
)

// changed are the fields of a ticket's history that lead to what may be hidden by now.
var changed = map[string]string{"tenant": "Tenant", "device": "Device", "asset": "Asset"}

// change makes a change of a ticket: of a value, or of what a field leads to.
func (m *maker) change(tenant, ticket uuid.UUID, users []uuid.UUID) {
	cols := map[string]any{"id": m.id("TicketChange"), "tenant_id": tenant, "ticket_id": ticket, "actor_id": m.maybe(80, pick(m.Rand, users))}
	switch field := m.some("subject", "tags", "tenant", "device", "asset", "assignee"); field {
	case "subject":
		cols["field"], cols["before"], cols["after"] = field, `"`+m.word()+`"`, m.maybe(80, `"`+m.word()+`"`)
	case "tags":
		cols["field"], cols["before"], cols["after"] = field, []string{}, []string{m.word()}
	case "assignee":
		cols["field"], cols["before_id"], cols["after_id"] = field, m.maybe(60, pick(m.Rand, users)), pick(m.Rand, users)
	default:
		known := m.ids[m.account][changed[field]]
		cols["field"], cols["before_id"], cols["after_id"] = field, m.maybe(60, pick(m.Rand, known)), m.maybe(70, pick(m.Rand, known))
	}
	m.insert("ticket_changes", cols)
}

// history answers fields of the changes of tickets.
func (a asked) history() (any, bool) {
	switch a.name() {
	case "Ticket.history":
		return a.pointing("ticket_id"), true
	case "TicketChange.at":
		return plain("created_at", a.x.cols), true
	case "TicketChange.actor":
		return a.metAt("actor_id"), true
	case "TicketChange.before":
		return a.value("before"), true
	case "TicketChange.after":
		return a.value("after"), true
	}
	return nil, false
}

// value is one side of a change: an object's id if the viewer finds it now, and else what was stored.
func (a asked) value(side string) any {
	key := a.x.ref(side + "_id")
	typ, leads := changed[a.x.text("field")]
	switch {
	case leads && a.at(typ, key) != nil:
		return ids.Encode(typ, key)
	case leads:
		return nil
	case key != uuid.Nil:
		return ids.Encode("User", key)
	}
	return a.x.cols[side]
}
