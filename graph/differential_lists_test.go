package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// place is what a cursor stands for: a position in an ordered list, and the list with its arguments.
type place struct {
	account     uuid.UUID
	list, order string
	args        map[string]any // all but the page
	value       any
	id          uuid.UUID
}

// mark stands in an expected answer for a cursor, whose bytes are not to be foreseen.
type mark struct{ place }

func (e *evaluator) elements(connection string) string {
	return e.schema.Types[connection].Fields.ForName("nodes").Type.Name()
}

// order is how a list is ordered: a field, downwards or not.
func (e *evaluator) order(typ string, args map[string]any) (field string, down bool) {
	if by, ok := args["orderBy"].(map[string]any); ok {
		return by["field"].(string), by["direction"] == "DESC"
	}
	switch typ {
	case "Ticket", "AuditEvent", "Session":
		return "CREATED_AT", true
	case "TicketComment":
		return "CREATED_AT", false
	}
	return "NAME", false
}

// compare orders two positions; the id breaks ties.
func compare(v any, id uuid.UUID, w any, jd uuid.UUID) (n int) {
	switch v := v.(type) {
	case string:
		n = strings.Compare(v, w.(string))
	case time.Time:
		n = v.Compare(w.(time.Time))
	case int32:
		n = cmp.Compare(v, w.(int32))
	}
	return cmp.Or(n, bytes.Compare(id[:], jd[:]))
}

// connection answers a list of things; links are the memberships through which users are listed.
func (e *evaluator) connection(parent string, c collected, items []*thing, links map[*thing]*thing) any {
	args := e.args(c)
	connection := c.fields[0].Definition.Type.Name()
	typ := e.elements(connection)
	field, down := e.order(typ, args)
	column := strings.ToLower(field)
	against := func(v any, id uuid.UUID, w any, jd uuid.UUID) int {
		if down {
			return compare(w, jd, v, id)
		}
		return compare(v, id, w, jd)
	}
	filter, _ := args["filter"].(map[string]any)
	items = slices.DeleteFunc(slices.Clone(items), func(x *thing) bool { return !e.matches(x, filter) })
	slices.SortFunc(items, func(x, y *thing) int { return against(x.cols[column], x.key(), y.cols[column], y.key()) })

	// The page: from the rows after one cursor and before another, the first or the last.
	start, end := 0, len(items)
	if s, ok := args["after"].(string); ok {
		p := e.places[s]
		start = count(items, func(x *thing) bool { return against(x.cols[column], x.key(), p.value, p.id) <= 0 })
	}
	if s, ok := args["before"].(string); ok {
		p := e.places[s]
		end = count(items, func(x *thing) bool { return against(x.cols[column], x.key(), p.value, p.id) < 0 })
	}
	previous, next := start > 0, end < len(items)
	size, backward := 25, false
	if n, ok := number(args["first"]); ok {
		size = n
	} else if n, ok := number(args["last"]); ok {
		size, backward = n, true
	}
	end = max(start, end)
	if end-start > size {
		if backward {
			start, previous = end-size, true
		} else {
			end, next = start+size, true
		}
	}
	page := items[start:end]

	cursor := func(x *thing) any {
		return mark{place{e.me.account(), parent + "." + c.name(), fmt.Sprint(field, down), unpaged(args), x.cols[column], x.key()}}
	}
	out := map[string]any{}
	for _, f := range e.collect(connection, c.selections()) {
		switch f.name() {
		case "__typename":
			out[f.key] = connection
		case "totalCount":
			out[f.key] = float64(len(items))
		case "nodes":
			list := []any{}
			for _, x := range page {
				list = append(list, e.object(x, typ, f.selections()))
			}
			out[f.key] = list
		case "edges":
			list := []any{}
			for _, x := range page {
				list = append(list, e.edge(x, typ, links[x], *f, cursor(x)))
			}
			out[f.key] = list
		case "pageInfo":
			info := map[string]any{"__typename": "PageInfo", "hasNextPage": next, "hasPreviousPage": previous, "startCursor": nil, "endCursor": nil}
			if len(page) > 0 {
				info["startCursor"], info["endCursor"] = cursor(page[0]), cursor(page[len(page)-1])
			}
			chosen := map[string]any{}
			for _, i := range e.collect("PageInfo", f.selections()) {
				chosen[i.key] = info[i.name()]
			}
			out[f.key] = chosen
		}
	}
	return out
}

func (e *evaluator) edge(x *thing, typ string, link *thing, c collected, cursor any) any {
	out := map[string]any{}
	edge := c.fields[0].Definition.Type.Name()
	for _, f := range e.collect(edge, c.selections()) {
		switch f.name() {
		case "__typename":
			out[f.key] = edge
		case "cursor":
			out[f.key] = cursor
		case "node":
			out[f.key] = e.object(x, typ, f.selections())
		case "addedAt":
			out[f.key] = plain(link.cols["created_at"])
		case "addedBy":
			out[f.key] = nil
			if by := e.met(link.ref("added_by_id")); by != nil {
				out[f.key] = e.object(by, "User", f.selections())
			}
		}
	}
	return out
}

func count(items []*thing, cond func(*thing) bool) (n int) {
	for _, x := range items {
		if cond(x) {
			n++
		}
	}
	return n
}

func number(v any) (int, bool) {
	if v == nil {
		return 0, false
	}
	var n int
	_, err := fmt.Sscan(fmt.Sprint(v), &n)
	return n, err == nil
}

// unpaged are the arguments that say which list it is; the order is told apart for itself.
func unpaged(args map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range args {
		if !slices.Contains([]string{"first", "last", "after", "before"}, name) && v != nil {
			out[name] = v
		}
	}
	return out
}

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
		return value == (tenant == x.account())
	case "tenantStatus":
		return tenant == x.account() || has(e.w.find("Tenant", x.account(), tenant).cols["status"])
	case "groupIds":
		return e.at("DeviceGroup", x.ref("group_id")) != nil && among("DeviceGroup", x.ref("group_id"))
	case "deviceIds":
		return e.at("Device", x.ref("device_id")) != nil && among("Device", x.ref("device_id"))
	case "assigneeIds", "requesterIds", "actorIds":
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
	}
	if within, ok := value.(map[string]any); ok {
		return inside(x.cols[underscored(name)], within)
	}
	return has(x.cols[underscored(name)])
}

// inside tells whether a time is in a stretch; without bounds, everything is.
func inside(v any, within map[string]any) bool {
	at, known := v.(time.Time)
	for bound, s := range within {
		if s == nil {
			continue
		}
		limit, err := time.Parse(time.RFC3339Nano, s.(string))
		if err != nil || !known || at.Before(limit) != (bound == "lt") {
			return false
		}
	}
	return true
}

// forbidden tells whether arguments read a field that the viewer's role hides.
func (e *evaluator) forbidden(args map[string]any) bool {
	filter, _ := args["filter"].(map[string]any)
	_, reads := filter["externalRef"]
	return reads && !e.agent()
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
			if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(s)); s != nil && err != nil {
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
