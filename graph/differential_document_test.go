package graph

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tenantry/internal/ids"
)

// document is something to ask.
type document struct {
	text      string
	variables map[string]any
}

// author writes random documents over the schema, with values from a world and cursors from answers.
type author struct {
	*rand.Rand
	schema *ast.Schema
	w      *world
	// cursors are those of earlier answers, in the order in which they came.
	cursors []string
	places  map[string]place

	aliases   int
	declared  []string
	variables map[string]any
	fragments map[string]string // by name, which begins with the type's
}

// within the limits of the server, and not so large that the time goes into one answer.
const costMost, rootMost = 1500, 4

// write makes a document; one that is over the limits is thrown away.
func (a *author) write() document {
	for {
		a.aliases, a.declared, a.variables, a.fragments = 0, nil, map[string]any{}, map[string]string{}
		var roots strings.Builder
		for range 1 + a.IntN(rootMost) {
			roots.WriteString(a.field(a.schema.Query, a.root(), 0, 1, false))
		}
		if a.chance(10) {
			roots.WriteString(" __typename")
		}
		d := document{text: "query", variables: a.variables}
		if len(a.declared) > 0 {
			d.text += "(" + strings.Join(a.declared, ", ") + ")"
		}
		d.text += " {" + roots.String() + " }"
		for _, name := range slices.Sorted(maps.Keys(a.fragments)) {
			d.text += "\n" + a.fragments[name]
		}
		if len(d.text) > 4500 {
			continue
		}
		doc, errs := gqlparser.LoadQueryWithRules(a.schema, d.text, rules.NewDefaultRules())
		if errs != nil {
			panic(fmt.Sprintf("the test wrote a document that is not valid: %v\n%s", errs, d.text))
		}
		walker := walker{variables: a.variables, fragments: map[string]measure{}}
		if m := walker.set(doc.Operations[0].SelectionSet); m.depth > 15 || m.cost > costMost || m.aliases > 100 {
			continue
		}
		return d
	}
}

func (a *author) chance(percent int) bool { return a.IntN(100) < percent }

func (a *author) root() *ast.FieldDefinition {
	for {
		f := pick(a.Rand, a.schema.Query.Fields)
		single := f.Arguments.ForName("id") != nil // mostly not found
		if f.Name == "dashboard" {
			continue // has tests of its own
		}
		if !strings.HasPrefix(f.Name, "__") && (!single || a.chance(60)) {
			return f
		}
	}
}

// selection selects something of a type. Depth counts objects, size is how often it may be answered.
// Where fields of several types meet in one object, each has a name of its own.
func (a *author) selection(def *ast.Definition, depth, size int, apart bool) string {
	var b strings.Builder
	if strings.HasSuffix(def.Name, "Connection") {
		return a.connection(def, depth, size)
	}
	if def.Kind == ast.Interface {
		b.WriteString(a.leaf("id"))
		for range 1 + a.IntN(3) {
			of := pick(a.Rand, a.schema.PossibleTypes[def.Name])
			fmt.Fprintf(&b, " ... on %s%s {%s }", of.Name, a.directive(), a.fields(of, depth, size, true))
		}
		if a.chance(20) {
			b.WriteString(" ... on Node { __typename }")
		}
		return "{" + b.String() + " }"
	}
	b.WriteString(a.fields(def, depth, size, apart))
	switch {
	case a.chance(8):
		fmt.Fprintf(&b, " ...%s%s {%s }", pick(a.Rand, []string{"", " on " + def.Name}), a.directive(), a.fields(def, depth, size, apart))
	case !apart && a.chance(12):
		fmt.Fprintf(&b, " ...%s%s", a.fragment(def, depth, size), a.directive())
	}
	return "{" + b.String() + " }"
}

// fragment is the name of a fragment on a type, an earlier one or a new one.
func (a *author) fragment(def *ast.Definition, depth, size int) string {
	for _, name := range slices.Sorted(maps.Keys(a.fragments)) {
		if strings.HasPrefix(name, def.Name+"_") && a.chance(50) {
			return name
		}
	}
	inner := a.fields(def, depth, size, false)
	name := fmt.Sprintf("%s_%d", def.Name, len(a.fragments))
	a.fragments[name] = fmt.Sprintf("fragment %s on %s {%s }", name, def.Name, inner)
	return name
}

func (a *author) fields(def *ast.Definition, depth, size int, apart bool) string {
	var b strings.Builder
	for range 1 + a.IntN(4) {
		f := pick(a.Rand, def.Fields)
		ret := a.schema.Types[f.Type.Name()]
		if !ret.IsLeafType() && (depth >= 5 || size > 300) {
			b.WriteString(a.leaf("__typename"))
			continue
		}
		b.WriteString(a.field(def, f, depth, size, apart))
	}
	if a.chance(10) {
		b.WriteString(a.leaf("__typename"))
	}
	return b.String()
}

func (a *author) leaf(name string) string { return " " + name + a.directive() }

func (a *author) alias() string {
	a.aliases++
	return fmt.Sprintf("a%d", a.aliases)
}

// field is a field with its arguments and selection. One with arguments has a name of its own, so that
// two of the same name can always be merged.
func (a *author) field(of *ast.Definition, f *ast.FieldDefinition, depth, size int, apart bool) string {
	args, page := a.arguments(of, f, depth, size)
	name := f.Name
	if args != "" || apart || a.chance(5) {
		name = a.alias() + ": " + name
	}
	out := " " + name + args + a.directive()
	if ret := a.schema.Types[f.Type.Name()]; !ret.IsLeafType() {
		out += " " + a.selection(ret, depth+1, size*page, false)
	}
	return out
}

func (a *author) connection(def *ast.Definition, depth, size int) string {
	node := a.schema.Types[def.Fields.ForName("nodes").Type.Name()]
	edge := a.schema.Types[def.Fields.ForName("edges").Type.Name()]
	var parts []string
	for len(parts) == 0 {
		if a.chance(50) {
			parts = append(parts, "nodes "+a.selection(node, depth, size, false))
		}
		if a.chance(40) {
			var b strings.Builder
			b.WriteString(" cursor")
			for _, f := range edge.Fields {
				if f.Name != "cursor" && a.chance(70) {
					b.WriteString(" " + f.Name)
					if ret := a.schema.Types[f.Type.Name()]; !ret.IsLeafType() {
						b.WriteString(" " + a.selection(ret, depth, size, false))
					}
				}
			}
			parts = append(parts, "edges {"+b.String()+" }")
		}
		if a.chance(40) {
			parts = append(parts, "totalCount"+a.directive())
		}
		if a.chance(50) {
			parts = append(parts, "pageInfo"+a.directive()+" { hasNextPage hasPreviousPage startCursor endCursor }")
		}
		if a.chance(5) {
			parts = append(parts, "__typename")
		}
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// directive is mostly none; else @skip or @include, by a variable or a literal.
func (a *author) directive() string {
	if !a.chance(7) {
		return ""
	}
	name, value := pick(a.Rand, []string{"skip", "include"}), fmt.Sprint(a.chance(50))
	if a.chance(60) {
		value = a.variable(&ast.Type{NamedType: "Boolean", NonNull: true}, a.chance(50))
	}
	return " @" + name + "(if: " + value + ")"
}

// variable declares one with a value.
func (a *author) variable(t *ast.Type, value any) string {
	name := fmt.Sprintf("v%d", len(a.declared))
	a.declared = append(a.declared, "$"+name+": "+t.String())
	a.variables[name] = value
	return "$" + name
}

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
		if field.Name == "externalRef" && a.chance(60) {
			continue // customers are refused for it
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
		of := map[string]string{
			"ids": elements, "tenantIds": "Tenant", "groupIds": "DeviceGroup", "deviceIds": "Device",
			"assigneeIds": "User", "requesterIds": "User", "actorIds": "User",
		}[name]
		return a.id(of)
	case def.Kind == ast.InputObject: // a stretch of time
		out := map[string]any{}
		for _, bound := range []string{"gte", "lt"} {
			if a.chance(60) {
				out[bound] = pick(a.Rand, moments).Format(time.RFC3339Nano)
			}
		}
		if a.chance(1) {
			out["gte"] = "yesterday"
		}
		return out
	}
	return pick(a.Rand, []string{"ra", "rb", "createDevice", "updateTicket", "denied3", "x"})
}

// id is an id as clients send them: of something in some account, or wrong in some way.
func (a *author) id(typ string) any {
	kinds := slices.Sorted(maps.Keys(ids.Types()))
	if typ == "" {
		typ = pick(a.Rand, kinds)
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
	if list, ok := value.([]any); ok {
		parts := make([]string, len(list))
		for i, v := range list {
			parts[i] = a.literal(t.Elem, v)
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
