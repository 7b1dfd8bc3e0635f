package graph

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// arguments are those of a field, with how many rows a page may have.
func (a *author) arguments(parent *ast.Definition, f *ast.FieldDefinition, depth, size int) (string, int) {
	var parts []string
	put := func(arg *ast.ArgumentDefinition, value any) {
		text := a.literal(arg.Type, value)
		if a.chance(25) || len(text) > 2000 {
			text = a.variable(arg.Type, value)
		}
		parts = append(parts, arg.Name+": "+text)
	}
	page := 25
	given := map[string]any{}
	if strings.HasSuffix(f.Type.Name(), "Connection") {
		page = a.page(parent, f, given, depth, size)
	}
	for _, arg := range f.Arguments {
		if v, ok := given[arg.Name]; ok {
			put(arg, v)
			continue
		}
		switch arg.Name {
		case "first", "last", "after", "before":
		case "filter":
			if a.chance(45) {
				put(arg, a.filter(f, a.schema.Types[arg.Type.Name()]))
			}
		case "orderBy":
			if a.chance(50) {
				put(arg, a.order(a.schema.Types[arg.Type.Name()]))
			}
		case "number":
			put(arg, 1000+a.IntN(33))
		case "ids":
			list := []any{}
			for range a.IntN(6) {
				list = append(list, a.id(""))
			}
			if a.chance(2) {
				list = slices.Repeat([]any{a.id("")}, 101)
			}
			put(arg, list)
			page = len(list)
		case "tenantId":
			if a.chance(60) {
				put(arg, a.id("Tenant"))
			} else if a.chance(30) {
				put(arg, nil)
			}
		default: // id
			of := f.Type.Name()
			if of == "Node" {
				of = ""
			}
			put(arg, a.id(of))
		}
	}
	if len(parts) == 0 {
		return "", page
	}
	a.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return "(" + strings.Join(parts, ", ") + ")", page
}

// page chooses a part of a list: mostly a small one, sometimes after a cursor that an earlier answer
// gave for the same list, seldom a wrong one.
func (a *author) page(parent *ast.Definition, f *ast.FieldDefinition, args map[string]any, depth, size int) int {
	n := a.IntN(6)
	if depth == 0 && a.chance(20) || size == 1 && a.chance(20) {
		n = 30
	}
	if size*max(n, 1) > 400 {
		n = 1
	}
	switch {
	case a.chance(1):
		args["first"], args["last"] = n, n
	case a.chance(1):
		args["first"] = 101
	case a.chance(1):
		args["last"] = -1
	case a.chance(5) && size < 10:
		n = 25
	case a.chance(35):
		args["last"] = n
	default:
		args["first"] = n
	}
	if !a.chance(45) {
		return max(n, 1)
	}
	var fitting []string
	astray := a.chance(5)
	for _, c := range a.cursors {
		if list := a.places[c].list; list == parent.Name+"."+f.Name || astray && strings.HasSuffix(list, "."+f.Name) {
			fitting = append(fitting, c)
		}
	}
	if len(fitting) == 0 {
		return max(n, 1)
	}
	cursor := pick(a.Rand, fitting)
	known := a.places[cursor]
	if !a.chance(6) { // else whatever arguments come: most probably another list's
		maps.Copy(args, known.args)
		for _, arg := range f.Arguments {
			if _, ok := args[arg.Name]; !ok && slices.Contains([]string{"filter", "orderBy", "tenantId"}, arg.Name) {
				args[arg.Name] = nil
			}
		}
	}
	if a.chance(2) {
		cursor = pick(a.Rand, []string{"", "nonsense", pick(a.Rand, a.cursors), cursor[1:], cursor + "A"})
	}
	side := pick(a.Rand, []string{"after", "before"})
	args[side] = cursor
	if a.chance(15) {
		args[map[string]string{"after": "before", "before": "after"}[side]] = pick(a.Rand, fitting)
	}
	return max(n, 1)
}

func (a *author) order(def *ast.Definition) any {
	by := map[string]any{"field": pick(a.Rand, a.schema.Types[def.Fields.ForName("field").Type.Name()].EnumValues).Name}
	if a.chance(70) {
		by["direction"] = pick(a.Rand, []string{"ASC", "DESC"})
	}
	return by
}

// filter has one to three of the filter's fields.
func (a *author) filter(f *ast.FieldDefinition, def *ast.Definition) any {
	elements := a.schema.Types[f.Type.Name()].Fields.ForName("nodes").Type.Name()
	out := map[string]any{}
	for range 1 + a.IntN(3) {
		field := pick(a.Rand, def.Fields)
		if field.Directives.ForName("requires") != nil && a.chance(60) || field.Name == "search" {
			continue // customers are refused for it; what is found has a test of its own
		}
		out[field.Name] = a.value(field.Type, field.Name, elements)
		if a.chance(3) {
			out[field.Name] = nil
		}
	}
	return out
}

func (a *author) value(t *ast.Type, name, elements string) any {
	if t.Elem != nil {
		if a.chance(5) {
			return a.value(t.Elem, name, elements) // one value stands for a list of it
		}
		if a.chance(1) {
			return slices.Repeat([]any{a.value(t.Elem, name, elements)}, 251)
		}
		list := []any{}
		n := 1 + a.IntN(3)
		if t.Name() == "ID" {
			n += 3
		}
		if a.chance(4) {
			n = 0
		}
		for range n {
			list = append(list, a.value(t.Elem, name, elements))
		}
		return list
	}
	switch def := a.schema.Types[t.Name()]; {
	case def.Kind == ast.Enum:
		return pick(a.Rand, def.EnumValues).Name
	case def.Name == "Boolean":
		return a.chance(50)
	case def.Name == "ID":
		if name == "ids" {
			return a.id(elements)
		}
		return a.id(idOf(a.schema, name))
	case def.Kind == ast.InputObject: // a stretch of time
		out := map[string]any{}
		for _, bound := range []string{"gte", "lt"} {
			if a.chance(60) {
				at := pick(a.Rand, moments)
				out[bound] = at.Format(map[string]string{"Date": time.DateOnly, "DateTime": time.RFC3339Nano}[def.Fields.ForName(bound).Type.Name()])
			}
		}
		if a.chance(1) {
			out["gte"] = "yesterday"
		}
		return out
	}
	return pick(a.Rand, []string{"ra", "rb", "createDevice", "updateTicket", "denied3", "en", "alba", "x"})
}

// idOf is the type of the ids that an argument or a filter takes, by its name; empty for any.
func idOf(schema *ast.Schema, name string) string {
	of := strings.TrimSuffix(strings.TrimSuffix(name, "Ids"), "Id")
	switch of {
	case "group":
		return "DeviceGroup"
	case "session":
		return "RemoteSession"
	case "token":
		return "ApiToken"
	case "assignee", "requester", "actor", "agent", "author":
		return "User"
	case "object", "node", "ids":
		return ""
	}
	title := strings.ToUpper(of[:1]) + of[1:]
	if schema.Types[title] == nil {
		panic("the tests do not know what " + name + " are ids of")
	}
	return title
}

// id is an id as clients send them: of something in some account, or wrong in some way.
func (a *author) id(typ string) any {
	kinds := slices.Sorted(maps.Keys(ids.Types()))
	if typ == "" {
		typ = pick(a.Rand, kinds)
	}
	if len(a.w.things[typ]) == 0 {
		return ids.Encode(typ, uuid.UUID{1, 2, 3})
	}
	x := pick(a.Rand, a.w.things[typ])
	for a.chance(80) && x.account() != a.w.people[0].account {
		x = pick(a.Rand, a.w.things[typ])
	}
	right := ids.Encode(typ, x.key())
	switch n := a.IntN(100); {
	case n < 84:
		return right
	case n < 88:
		return ids.Encode(typ, uuid.UUID{1, 2, byte(a.IntN(256))})
	case n < 92:
		return ids.Encode(pick(a.Rand, kinds), x.key())
	case n < 94:
		return ids.Encode(typ, x.account()) // the key of the row that stands for no tenant
	}
	return pick(a.Rand, []any{"", "nonsense", strings.ToUpper(right), right + "0", right[:len(right)-1], x.key().String(), typ + "_", 17})
}

// literal writes a value of an input type into a document.
func (a *author) literal(t *ast.Type, value any) string {
	if reflect.ValueOf(value).Kind() == reflect.Slice {
		var parts []string
		for _, v := range asList(value) { // an earlier variable's may be of a type of its own
			parts = append(parts, a.literal(t.Elem, v))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if t.Elem != nil && value != nil {
		return a.literal(t.Elem, value)
	}
	if fields, ok := value.(map[string]any); ok {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			parts = append(parts, name+": "+a.literal(a.schema.Types[t.Name()].Fields.ForName(name).Type, fields[name]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	if s, ok := value.(string); ok && a.schema.Types[t.Name()].Kind == ast.Enum {
		return s
	}
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
