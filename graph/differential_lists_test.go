package graph

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
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
	case "Ticket", "RemoteSession", "AuditEvent", "Session", "ApiToken":
		return "CREATED_AT", true
	case "TicketComment", "TicketChange":
		return "CREATED_AT", false
	case "Article":
		return "TITLE", false
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
				list = append(list, e.object(x, typ, *f))
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
			out[f.key] = e.object(x, typ, *f)
		case "addedAt":
			out[f.key] = plain("created_at", link.cols)
		case "addedBy":
			out[f.key] = nil
			if by := e.met(link.ref("added_by_id")); by != nil {
				out[f.key] = e.object(by, "User", *f)
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
