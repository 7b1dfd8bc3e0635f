package graph

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// evaluator answers documents from a world in memory, by the rules of the product alone: loops over
// rows, and a few small functions that say who sees what.
type evaluator struct {
	w      *world
	schema *ast.Schema
	vars   map[string]any
	// me is who asks; nil: nobody who may.
	me      *thing
	session uuid.UUID
	// places are what the cursors of earlier answers stand for.
	places map[string]place
}

// verdict is the expected answer to a root field: a value, or one of some error codes.
type verdict struct {
	value any
	codes []string
}

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
	case "Device", "DeviceGroup", "Ticket":
		return e.reaches(e.me, x.ref("tenant_id"))
	case "TicketComment":
		return e.reaches(e.me, x.ref("tenant_id")) && (e.agent() || x.text("visibility") == "PUBLIC")
	case "User":
		return e.admin() || e.self(x)
	case "AuditEvent":
		return e.admin()
	case "Session":
		return x.ref("user_id") == e.me.key()
	}
	return false
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

// collected are fields that make one entry of the answer.
type collected struct {
	key    string
	fields []*ast.Field
}

func (c collected) name() string { return c.fields[0].Name }

func (c collected) selections() (sets []ast.SelectionSet) {
	for _, f := range c.fields {
		sets = append(sets, f.SelectionSet)
	}
	return sets
}

func (e *evaluator) args(c collected) map[string]any { return c.fields[0].ArgumentMap(e.vars) }

// collect gathers what selections ask of a type.
func (e *evaluator) collect(typ string, sets []ast.SelectionSet) (all []*collected) {
	fits := func(condition string) bool {
		return condition == "" || condition == typ || slices.Contains(e.schema.Types[typ].Interfaces, condition)
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !e.included(s.Directives) {
					continue
				}
				at := slices.IndexFunc(all, func(c *collected) bool { return c.key == s.Alias })
				if at < 0 {
					at = len(all)
					all = append(all, &collected{key: s.Alias})
				}
				all[at].fields = append(all[at].fields, s)
			case *ast.InlineFragment:
				if e.included(s.Directives) && fits(s.TypeCondition) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if e.included(s.Directives) && fits(s.Definition.TypeCondition) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return all
}

func (e *evaluator) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if is := d.ArgumentMap(e.vars)["if"]; d.Name == "skip" && is == true || d.Name == "include" && is != true {
			return false
		}
	}
	return true
}

// answer is what to expect of an operation: for each root field a verdict, or a refusal of the whole.
func (e *evaluator) answer(op *ast.OperationDefinition) (fields map[string]verdict, refused bool) {
	fields = map[string]verdict{}
	for _, c := range e.collect("Query", []ast.SelectionSet{op.SelectionSet}) {
		switch {
		case c.name() == "__typename":
			fields[c.key] = verdict{value: "Query"}
		case e.me == nil:
			return nil, true
		default:
			fields[c.key] = e.root(*c)
		}
	}
	return fields, false
}

// root answers a root field: FORBIDDEN by role, then what is wrong in the arguments here and below, and
// then NOT_FOUND. Where two things are wrong either may be said.
func (e *evaluator) root(c collected) verdict {
	args := e.args(c)
	if c.name() == "users" && !e.admin() || c.name() == "auditEvents" && !e.admin() || c.name() == "assignableUsers" && !e.agent() {
		return verdict{codes: append(malformed(args), "FORBIDDEN")}
	}
	codes := e.wrong("Query", c)
	if slices.Contains(codes, "FORBIDDEN") && e.forbidden(args) {
		return verdict{codes: append(malformed(args), "FORBIDDEN")}
	}
	value, found := e.rootValue(c, args, len(codes) > 0)
	if !found {
		codes = append(codes, "NOT_FOUND")
	}
	if len(codes) > 0 {
		return verdict{codes: codes}
	}
	return verdict{value: value}
}

// rootValue is the value of a root field and whether what it names is there.
func (e *evaluator) rootValue(c collected, args map[string]any, broken bool) (any, bool) {
	one := func(typ string, x *thing) (any, bool) {
		if x == nil || broken {
			return nil, x != nil
		}
		return e.object(x, x.typ, c.selections()), true
	}
	list := func(items []*thing) (any, bool) {
		if broken {
			return nil, true
		}
		return e.connection("Query", c, items, nil), true
	}
	switch name := c.name(); name {
	case "node":
		return one("", e.named("", args["id"]))
	case "nodes":
		out := []any{}
		for _, id := range asList(args["ids"]) {
			v, _ := one("", e.named("", id))
			out = append(out, v)
		}
		return out, true
	case "viewer":
		if broken {
			return nil, true
		}
		return e.object(&thing{typ: "Viewer", cols: e.me.cols}, "Viewer", c.selections()), true
	case "tenant", "user", "device", "deviceGroup", "ticket":
		return one("", e.named(c.fields[0].Definition.Type.Name(), args["id"]))
	case "ticketByNumber":
		found := e.all("Ticket", func(x *thing) bool { return fmt.Sprint(x.cols["number"]) == fmt.Sprint(args["number"]) })
		if len(found) == 0 {
			return nil, false
		}
		return one("", found[0])
	case "assignableUsers":
		tenant := e.me.account()
		if id := args["tenantId"]; id != nil {
			x := e.named("Tenant", id)
			if x == nil {
				return nil, false
			}
			tenant = x.key()
		} else if !e.reaches(e.me, tenant) {
			return nil, false
		}
		var agents []*thing
		for _, u := range e.w.things["User"] {
			if u.account() == e.me.account() && u.text("role") != "CUSTOMER" && e.reaches(u, tenant) {
				agents = append(agents, u)
			}
		}
		return list(agents)
	default: // the lists of all that the viewer finds
		return list(e.all(e.elements(c.fields[0].Definition.Type.Name()), nil))
	}
}

// object answers a selection of a thing, seen as a type.
func (e *evaluator) object(x *thing, typ string, sets []ast.SelectionSet) any {
	out := map[string]any{}
	for _, c := range e.collect(typ, sets) {
		if c.name() == "__typename" {
			out[c.key] = typ
			continue
		}
		out[c.key] = e.field(x, typ, *c)
	}
	return out
}

// hidden are the fields that a viewer's role hides.
func (e *evaluator) hidden(typ, field string) bool {
	switch typ + "." + field {
	case "Account.licence", "Tenant.users":
		return !e.admin()
	case "Tenant.externalRef", "Tenant.notes":
		return !e.agent()
	}
	return false
}

func (e *evaluator) field(x *thing, typ string, c collected) any {
	name := c.name()
	if e.hidden(typ, name) {
		return nil
	}
	if typ == "User" && name != "id" && name != "name" && (!e.admin() && !e.self(x) || x.cols["role"] == nil) {
		return nil
	}
	follow := func(to *thing) any {
		if to == nil {
			return nil
		}
		return e.object(to, to.typ, c.selections())
	}
	part := func(typ string) any { return e.object(x, typ, c.selections()) }
	pointing := func(column string) func(*thing) bool {
		return func(k *thing) bool { return k.ref(column) == x.key() }
	}
	switch typ + "." + name {
	case "Viewer.user":
		return follow(e.at("User", e.me.key()))
	case "Viewer.account":
		return follow(e.at("Account", e.me.account()))
	case "Viewer.tenantAccess":
		return e.access(e.me)
	case "Viewer.accessReason":
		return e.reason()
	case "Viewer.tenants":
		return e.connection(typ, c, e.all("Tenant", nil), nil)
	case "Viewer.sessions":
		return e.connection(typ, c, e.all("Session", nil), nil)
	case "Viewer.can":
		return e.can(c)
	case "Session.current":
		return x.key() == e.session
	case "Account.licence":
		return part("Licence")
	case "Tenant.counts":
		return part("TenantCounts")
	case "User.tenantAccess":
		return e.access(x)
	case "User.tenants":
		return e.connection(typ, c, e.all("Tenant", func(t *thing) bool { return e.member(x.key(), t.key()) }), nil)
	case "Tenant.users":
		links := map[*thing]*thing{}
		for _, m := range e.w.things["Membership"] {
			if u := e.at("User", m.ref("user_id")); u != nil && m.account() == x.account() && m.ref("tenant_id") == x.key() {
				links[u] = m
			}
		}
		return e.connection(typ, c, e.all("User", func(u *thing) bool { return links[u] != nil }), links)
	case "Tenant.devices", "Tenant.deviceGroups", "Tenant.tickets":
		return e.connection(typ, c, e.all(e.elements(c.fields[0].Definition.Type.Name()), pointing("tenant_id")), nil)
	case "DeviceGroup.devices":
		return e.connection(typ, c, e.all("Device", pointing("group_id")), nil)
	case "Device.tickets":
		return e.connection(typ, c, e.all("Ticket", pointing("device_id")), nil)
	case "Ticket.comments":
		return e.connection(typ, c, e.all("TicketComment", pointing("ticket_id")), nil)
	case "DeviceGroup.tenant", "Device.tenant", "Ticket.tenant", "AuditEvent.tenant":
		return follow(e.at("Tenant", x.ref("tenant_id")))
	case "Device.group":
		return follow(e.at("DeviceGroup", x.ref("group_id")))
	case "Ticket.device":
		return follow(e.at("Device", x.ref("device_id")))
	case "Ticket.assignee":
		return follow(e.met(x.ref("assignee_id")))
	case "Ticket.requester":
		if x.cols["requester_id"] == nil && x.cols["requester_name"] == nil {
			return nil
		}
		return part("TicketRequester")
	case "TicketRequester.user":
		return follow(e.met(x.ref("requester_id")))
	case "TicketRequester.name":
		if u := e.met(x.ref("requester_id")); u != nil {
			return u.cols["name"]
		}
		return x.cols["requester_name"]
	case "TicketRequester.email":
		if !e.agent() && x.ref("requester_id") != e.me.key() {
			return nil
		}
		return x.cols["requester_email"]
	case "TicketComment.ticket":
		return follow(e.at("Ticket", x.ref("ticket_id")))
	case "TicketComment.author":
		return follow(e.met(x.ref("author_id")))
	case "AuditEvent.actor":
		return follow(e.met(x.ref("actor_id")))
	case "AuditEvent.object":
		return follow(e.at(x.text("object_type"), x.ref("object_id")))
	case "AuditEvent.objectId":
		if x.cols["object_type"] == nil {
			return nil
		}
		return ids.Encode(x.text("object_type"), x.ref("object_id"))
	case "AuditEvent.at":
		return plain(x.cols["created_at"])
	}
	switch typ {
	case "Licence":
		return e.licence(x, name)
	case "TenantCounts":
		typ := map[string]string{"devices": "Device", "deviceGroups": "DeviceGroup", "tickets": "Ticket", "openTickets": "Ticket"}[name]
		return float64(len(e.all(typ, func(k *thing) bool {
			return k.ref("tenant_id") == x.key() && (name != "openTickets" || open(k))
		})))
	}
	if name == "id" {
		return ids.Encode(typ, x.key())
	}
	return plain(x.cols[underscored(name)])
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
	everybodyMay = " acceptInvitation changePassword endSessions signIn signOut commentOnTicket createTicket updateTicket "
	agentsMay    = everybodyMay + "assignTicket createDevice updateDevice deleteDevice createDeviceGroup updateDeviceGroup deleteDeviceGroup addDevicesToGroup removeDevicesFromGroup "
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

func open(ticket *thing) bool {
	return slices.Contains([]string{"NEW", "OPEN", "ON_HOLD"}, ticket.text("status"))
}

// plain is a stored value as JSON gives it.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	}
	return v
}

func underscored(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// asList is a value as a list, for which one value may stand; in a variable that comes as a typed slice.
func asList(v any) (all []any) {
	l := reflect.ValueOf(v)
	if l.Kind() != reflect.Slice {
		return []any{v}
	}
	for i := range l.Len() {
		all = append(all, l.Index(i).Interface())
	}
	return all
}
