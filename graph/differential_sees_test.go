package graph

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
)

func (e *evaluator) role() string { return e.me.text("role") }
func (e *evaluator) admin() bool  { return e.role() == "ADMIN" }
func (e *evaluator) agent() bool  { return e.role() != "CUSTOMER" }
func (e *evaluator) self(x *thing) bool {
	return x.typ == "User" && x.key() == e.me.key()
}

func (e *evaluator) member(user, tenant uuid.UUID) bool {
	return slices.ContainsFunc(e.w.things["Membership"], func(m *thing) bool {
		return m.account() == e.me.account() && m.ref("user_id") == user && m.ref("tenant_id") == tenant
	})
}

func (e *evaluator) memberships(user uuid.UUID) (tenants []uuid.UUID) {
	for _, m := range e.w.things["Membership"] {
		if m.account() == e.me.account() && m.ref("user_id") == user {
			tenants = append(tenants, m.ref("tenant_id"))
		}
	}
	return tenants
}

// access is what a user sees, in a word.
func (e *evaluator) access(u *thing) string {
	some := len(e.memberships(u.key())) > 0
	switch role := u.text("role"); {
	case u.text("status") != "ACTIVE":
		return "NONE"
	case role == "ADMIN" || u.cols["grandfathered"] == true:
		return "ALL"
	case some:
		return "ASSIGNED"
	case role == "MEMBER":
		return "TENANTLESS"
	}
	return "NONE"
}

func (e *evaluator) reason() string {
	switch {
	case e.admin():
		return "ROLE"
	case e.me.cols["grandfathered"] == true:
		return "GRANDFATHERED"
	case len(e.memberships(e.me.key())) > 0:
		return "MEMBERSHIP"
	}
	return "NO_MEMBERSHIP"
}

// reaches tells whether a user's reach holds the items of a tenant; tenantless items carry the account's id.
func (e *evaluator) reaches(u *thing, tenant uuid.UUID) bool {
	switch e.access(u) {
	case "ALL":
		return true
	case "ASSIGNED":
		return e.member(u.key(), tenant)
	case "TENANTLESS":
		return tenant == u.account()
	}
	return false
}

// sees tells whether the viewer finds a thing.
func (e *evaluator) sees(x *thing) bool {
	if x == nil || x.account() != e.me.account() {
		return false
	}
	switch x.typ {
	case "Account":
		return true
	case "Tenant":
		return x.key() != x.account() && e.reaches(e.me, x.key())
	case "Device", "DeviceGroup", "Ticket", "RemoteSession", "Asset":
		return e.reaches(e.me, x.ref("tenant_id"))
	case "TicketChange":
		typ, leads := changed[x.text("field")]
		return e.reaches(e.me, x.ref("tenant_id")) && (!leads || e.at(typ, x.ref("before_id")) != nil || e.at(typ, x.ref("after_id")) != nil)
	case "TicketComment":
		return e.reaches(e.me, x.ref("tenant_id")) && (e.agent() || x.text("visibility") == "PUBLIC")
	case "Article":
		return e.reads(x)
	case "User":
		return e.admin() || e.self(x)
	case "AuditEvent":
		return e.admin()
	case "Session":
		return x.ref("user_id") == e.me.key()
	case "ApiToken":
		return e.admin() || x.ref("user_id") == e.me.key()
	}
	return false
}

// reads tells whether the viewer finds an article: customers what is published; one for all tenants
// before that those who reach everything, and its author among the agents.
func (e *evaluator) reads(x *thing) bool {
	published := x.text("state") == "PUBLISHED"
	if !e.agent() && !published {
		return false
	}
	switch x.text("audience") {
	case "TENANT":
		return e.reaches(e.me, x.ref("tenant_id"))
	case "TENANTLESS":
		return e.reaches(e.me, x.account())
	}
	if published {
		return e.agent() || len(e.memberships(e.me.key())) > 0
	}
	return e.access(e.me) == "ALL" || x.ref("author_id") == e.me.key()
}

// all are the things of a type that the viewer finds and that meet a condition.
func (e *evaluator) all(typ string, cond func(*thing) bool) (found []*thing) {
	for _, x := range e.w.things[typ] {
		if e.sees(x) && (cond == nil || cond(x)) {
			found = append(found, x)
		}
	}
	return found
}

// at is the thing that an edge leads to, if the viewer finds it.
func (e *evaluator) at(typ string, id uuid.UUID) *thing {
	if x := e.w.find(typ, e.me.account(), id); e.sees(x) {
		return x
	}
	return nil
}

// met is a user met through an item, found or not: at least a name, which outlives the user.
func (e *evaluator) met(id uuid.UUID) *thing {
	if x := e.w.find("User", e.me.account(), id); x != nil {
		return x
	}
	if x := e.w.find("Name", e.me.account(), id); x != nil {
		return &thing{typ: "User", cols: x.cols}
	}
	return nil
}

// named is the thing with an opaque id, of a type or with "" of any.
func (e *evaluator) named(typ string, id any) *thing {
	of, key, ok := ids.Decode(fmt.Sprint(id))
	if !ok || typ != "" && of != typ {
		return nil
	}
	return e.at(of, key)
}
