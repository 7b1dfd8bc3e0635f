package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// matches tells whether a thing meets all of a filter.
func (e *evaluator) matches(x *thing, filter map[string]any) bool {
	for name, value := range filter {
		if value != nil && !e.match(x, name, value) {
			return false
		}
	}
	return true
}

func (e *evaluator) match(x *thing, name string, value any) bool {
	among := func(typ string, key uuid.UUID) bool {
		return key != uuid.Nil && slices.ContainsFunc(asList(value), func(id any) bool { return fmt.Sprint(id) == ids.Encode(typ, key) })
	}
	has := func(s any) bool { return s != nil && slices.Contains(asList(value), s) }
	tenant := x.ref("tenant_id")
	switch name {
	case "ids":
		return among(x.typ, x.key())
	case "tenantIds":
		if x.typ == "User" {
			return slices.ContainsFunc(e.memberships(x.key()), func(t uuid.UUID) bool { return among("Tenant", t) })
		}
		return tenant != x.account() && among("Tenant", tenant)
	case "tenantless":
		if x.typ == "Article" { // one for all tenants is of none, and still no tenantless item
			return value == (x.text("audience") == "TENANTLESS")
		}
		return value == (tenant == x.account())
	case "tenantStatus":
		return tenant == x.account() || has(e.w.find("Tenant", x.account(), tenant).cols["status"])
	case "groupIds":
		return e.at("DeviceGroup", x.ref("group_id")) != nil && among("DeviceGroup", x.ref("group_id"))
	case "deviceIds":
		return e.at("Device", x.ref("device_id")) != nil && among("Device", x.ref("device_id"))
	case "assetIds":
		return e.at("Asset", x.ref("asset_id")) != nil && among("Asset", x.ref("asset_id"))
	case "ticketIds":
		return e.at("Ticket", x.ref("ticket_id")) != nil && among("Ticket", x.ref("ticket_id"))
	case "assigneeIds", "requesterIds", "actorIds", "agentIds", "authorIds":
		return among("User", x.ref(underscored(strings.TrimSuffix(name, "s"))))
	case "objectIds":
		return x.cols["object_type"] != nil && among(x.text("object_type"), x.ref("object_id"))
	case "unassigned":
		return value == (x.cols["assignee_id"] == nil)
	case "overdue":
		due, ok := x.cols["due_at"].(time.Time)
		return value == (ok && due.Before(time.Now()) && open(x))
	case "tenantAccess":
		return has(e.access(x))
	case "grandfathered":
		return x.cols["grandfathered"] == value
	case "roles", "actions", "outcomes":
		return has(x.cols[strings.TrimSuffix(name, "s")])
	case "statuses":
		return has(x.cols["status"])
	case "status":
		if x.typ == "RemoteSession" {
			return has(sessionStatus(x))
		}
	}
	if within, ok := value.(map[string]any); ok {
		return inside(x.cols[underscored(name)], within)
	}
	return has(x.cols[underscored(name)])
}

// moment reads a time, or a day.
func moment(v any) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, fmt.Sprint(v)); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339Nano, fmt.Sprint(v))
}

// inside tells whether a time is in a stretch; without bounds, everything is.
func inside(v any, within map[string]any) bool {
	at, known := v.(time.Time)
	for bound, s := range within {
		if s == nil {
			continue
		}
		limit, err := moment(s)
		if err != nil || !known || at.Before(limit) != (bound == "lt") {
			return false
		}
	}
	return true
}

// forbidden tells whether arguments read a field that the viewer's role hides.
func (e *evaluator) forbidden(args map[string]any) bool {
	filter, _ := args["filter"].(map[string]any)
	_, ref := filter["externalRef"]
	_, author := filter["authorIds"]
	return (ref || author) && !e.agent()
}

// wrong are the codes for what is wrong in the arguments of a field and below it, whether or not there
// are rows: that is found before any are read. What the role hides is not looked at.
func (e *evaluator) wrong(parent string, c collected) (codes []string) {
	name, args := c.name(), e.args(c)
	ret := e.schema.Types[c.fields[0].Definition.Type.Name()]
	if e.hidden(parent, name) || name == "can" || ret.IsLeafType() {
		return nil
	}
	if strings.HasSuffix(ret.Name, "Connection") {
		if e.forbidden(args) {
			return []string{"FORBIDDEN"}
		}
		codes = e.wrongPage(parent+"."+name, e.elements(ret.Name), args)
	}
	types := []string{ret.Name}
	switch given := asList(args["ids"]); {
	case name == "nodes" && parent == "Query" && len(given) > 100:
		return []string{"BAD_USER_INPUT"}
	case ret.Kind == ast.Interface && parent == "Query":
		types = nil
		for _, id := range append(given, args["id"]) {
			if typ, _, ok := ids.Decode(fmt.Sprint(id)); ok && (typ != "AuditEvent" || e.admin()) {
				types = append(types, typ)
			}
		}
	case ret.Kind == ast.Interface:
		types = nil
		for _, def := range e.schema.PossibleTypes[ret.Name] {
			types = append(types, def.Name)
		}
	}
	for _, typ := range types {
		for _, inner := range e.collect(typ, c.selections()) {
			if inner.name() != "__typename" {
				codes = append(codes, e.wrong(typ, *inner)...)
			}
		}
	}
	return codes
}

func (e *evaluator) wrongPage(list, typ string, args map[string]any) (codes []string) {
	both := 0
	for _, name := range []string{"first", "last"} {
		if n, given := number(args[name]); given {
			if both++; both > 1 || n < 0 || n > 100 {
				codes = append(codes, "BAD_USER_INPUT")
			}
		}
	}
	filter, _ := args["filter"].(map[string]any)
	for _, v := range filter {
		if l, ok := v.([]any); ok && len(l) > 250 {
			codes = append(codes, "BAD_USER_INPUT")
		}
	}
	codes = append(codes, malformed(args)...)
	field, down := e.order(typ, args)
	for _, name := range []string{"after", "before"} {
		if s, ok := args[name].(string); ok {
			p, known := e.places[s]
			if !known || p.account != e.me.account() || p.list != list || p.order != fmt.Sprint(field, down) || !sameList(p.args, args) {
				codes = append(codes, "BAD_CURSOR")
			}
		}
	}
	return codes
}

// malformed is the code for arguments that are not of their types, as only a time can be here: an
// argument is read before anything else is asked of it.
func malformed(args map[string]any) (codes []string) {
	filter, _ := args["filter"].(map[string]any)
	for _, v := range filter {
		within, _ := v.(map[string]any)
		for _, s := range within {
			if _, err := moment(s); s != nil && err != nil {
				codes = append(codes, "BAD_USER_INPUT")
			}
		}
	}
	return codes
}

func sameList(a, b map[string]any) bool {
	text := func(args map[string]any) string {
		args = unpaged(args)
		delete(args, "orderBy")
		raw, _ := json.Marshal(args)
		return string(raw)
	}
	return text(a) == text(b)
}
