package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
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
		if slices.Contains([]string{"accessExplanation", "usersWithAccess", "dashboard", "search", "rateLimit"}, f.Name) {
			continue // they have tests of their own, the first four against the same rules
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
