package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// list is a connection of the schema: a root field, or a field of the viewer or of an object with an id.
type list struct {
	parent string
	field  *ast.FieldDefinition
}

func (l list) String() string { return l.parent + "." + l.field.Name }

// filter is the input type that filters the list; nil if there is none.
func (l list) filter(s *ast.Schema) *ast.Definition {
	if arg := l.field.Arguments.ForName("filter"); arg != nil {
		return s.Types[arg.Type.Name()]
	}
	return nil
}

// orders are what the list can be ordered by.
func (l list) orders(s *ast.Schema) (names []string) {
	if arg := l.field.Arguments.ForName("orderBy"); arg != nil {
		for _, v := range s.Types[s.Types[arg.Type.Name()].Fields.ForName("field").Type.Name()].EnumValues {
			names = append(names, v.Name)
		}
	}
	return names
}

func (m *matrix) lists() (all []list) { // but those that demand an argument: see matrix_root_test.go
	for _, parent := range append([]string{"Query", "Viewer"}, m.nodeTypes()...) {
		for _, f := range m.reader.Schema.Types[parent].Fields {
			demands := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull })
			if strings.HasSuffix(f.Type.Name(), "Connection") && !demands {
				all = append(all, list{parent, f})
			}
		}
	}
	return all
}

// document asks a list; of a type with an id, of many objects at once: $ids.
func (l list) document(variables, selections string) string {
	switch l.parent {
	case "Query":
		return "query" + parenthesised(variables) + " { " + selections + " }"
	case "Viewer":
		return "query" + parenthesised(variables) + " { x: viewer { " + selections + " } }"
	}
	return "query($ids: [ID!]! " + variables + ") { x: nodes(ids: $ids) { ... on " + l.parent + " { " + selections + " } } }"
}

func parenthesised(variables string) string {
	if variables == "" {
		return ""
	}
	return "(" + variables + ")"
}

// parents are so many objects of a type, of the first account, under which to ask lists.
func (m *matrix) parents(typ string, most int) (out []any) {
	for _, x := range m.world.things[typ] {
		if x.account() == m.world.people[0].account && len(out) < most {
			out = append(out, ids.Encode(typ, x.key()))
		}
	}
	return out
}

const page = "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { __typename } } }"

// sumOf adds up all values of totalCount in an answer.
func sumOf(v any) (sum float64) {
	switch v := v.(type) {
	case map[string]any:
		n, _ := v["totalCount"].(float64)
		sum = n
		for _, inner := range v {
			sum += sumOf(inner)
		}
	case []any:
		for _, inner := range v {
			sum += sumOf(inner)
		}
	}
	return sum
}

// TestEveryIDInAFilterTellsNothingOfWhatIsOutOfReach puts every kind of id into every filter of every
// list that takes some, at the root and below.
func TestEveryIDInAFilterTellsNothingOfWhatIsOutOfReach(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 21)
	before := m.state()
	guests := m.guests()
	for _, l := range m.lists() {
		def := l.filter(m.reader.Schema)
		if def == nil {
			continue
		}
		for _, field := range def.Fields {
			if field.Type.Name() != "ID" {
				continue
			}
			types := []string{m.reader.Schema.Types[l.field.Type.Name()].Fields.ForName("nodes").Type.Name()}
			if field.Name != "ids" {
				types[0] = idOf(m.reader.Schema, field.Name)
			}
			if types[0] == "" {
				types = m.nodeTypes()
			}
			door := l.String() + " by " + field.Name
			m.opened[door] = false
			for _, typ := range types {
				for _, g := range guests {
					m.idFilter(g, l, field, typ, door)
				}
			}
		}
	}
	for door, open := range m.opened {
		if !open {
			t.Errorf("nobody finds anything in %s", door)
		}
	}
	expect(t, "asking leaves the state", m.state(), before)
	m.end(8000)
}

func (m *matrix) idFilter(g *guest, l list, field *ast.FieldDefinition, typ, door string) {
	document := l.document("$values: "+field.Type.String(), fmt.Sprintf("x: %s(first: 5, filter: { %s: $values }) %s", l.field.Name, field.Name, page))
	ask := func(values []string, parents int) reply {
		return g.do(document, map[string]any{"ids": m.parents(l.parent, parents), "values": values})
	}
	refused := g.gated(field.Directives) && !(l.parent != "Query" && g.gated(l.field.Directives))
	refused = refused || l.parent == "Query" && g.gated(l.field.Directives)
	kinds := maps.Clone(g.kinds(typ))
	if of := idOf(m.reader.Schema, field.Name); field.Name != "ids" && (of == "User" || of == "") {
		// Users, and what the audit is about, are named on visible rows: to ask by those is no look at
		// what is hidden.
		elements := g.eyes.elements(l.field.Type.Name())
		for _, kind := range []string{hiddenKind, mistaken} {
			kinds[kind] = slices.DeleteFunc(slices.Clone(kinds[kind]), func(id string) bool {
				return len(g.eyes.all(elements, func(x *thing) bool { return g.eyes.match(x, field.Name, []any{id}) })) > 0
			})
		}
	}
	answers := map[string]string{}
	for _, kind := range wrongKinds {
		tries := [][]string{kinds[kind][:min(200, len(kinds[kind]))]} // all together
		for _, id := range kinds[kind] {
			if l.parent == "Query" && len(tries) < 4 {
				tries = append(tries, []string{id})
			}
		}
		for i, values := range tries {
			if len(values) == 0 {
				continue
			}
			r := ask(values, 10)
			if refused {
				expect(m.t, g.name+" asks "+door, r.code(), "FORBIDDEN")
			} else {
				expect(m.t, fmt.Sprintf("%s asks %s with %s %v", g.name, door, kind, values), r.code(), "")
				expect(m.t, fmt.Sprintf("%s counts in %s with %s %v", g.name, door, kind, values), sumOf(r.Data), 0.0)
			}
			answers[fmt.Sprintf("%s %d", kind, i)] = body(r)
		}
	}
	m.same(g.name+" asks "+door+" for a "+typ, answers)
	if mine := kinds[own]; len(mine) > 0 && !refused {
		mine = mine[:min(50, len(mine))]
		alone := ask(mine, 40)
		expect(m.t, g.name+" asks "+door+" for their own", alone.code(), "")
		m.opened[door] = m.opened[door] || sumOf(alone.Data) > 0
		// Beside what is there, what is not changes nothing.
		beside := slices.Clone(mine)
		for _, kind := range wrongKinds {
			beside = append(beside, kinds[kind][:min(40, len(kinds[kind]))]...)
		}
		expect(m.t, g.name+" counts in "+door+" with wrong ids beside their own", sumOf(ask(beside, 40).Data), sumOf(alone.Data))
		m.cells += 2
	}
}

// TestEveryFilterAndOrderIsForTheRolesThatTheSchemaSays asks each list by each, as each kind of viewer.
func TestEveryFilterAndOrderIsForTheRolesThatTheSchemaSays(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 22)
	s := m.reader.Schema
	refusals := 0
	for _, l := range m.lists() {
		type try struct {
			args  string
			gates ast.DirectiveList
		}
		var tries []try
		if def := l.filter(s); def != nil {
			for _, field := range def.Fields {
				tries = append(tries, try{"filter: { " + field.Name + ": " + sample(s, field.Type) + " }", field.Directives}, try{"filter: { " + field.Name + ": null }", field.Directives})
			}
		}
		for _, order := range l.orders(s) {
			gates := s.Types[s.Types[l.field.Arguments.ForName("orderBy").Type.Name()].Fields.ForName("field").Type.Name()].EnumValues.ForName(order).Directives
			for _, direction := range []string{"ASC", "DESC"} {
				tries = append(tries, try{"orderBy: { field: " + order + ", direction: " + direction + " }", gates})
			}
		}
		for _, one := range tries {
			document := l.document("", fmt.Sprintf("x: %s(first: 2, %s) %s", l.field.Name, one.args, page))
			for _, g := range m.guests() {
				m.cells++
				r := g.do(document, map[string]any{"ids": m.parents(l.parent, 5)})
				want := ""
				switch closed := g.gated(l.field.Directives); {
				case closed && l.parent == "Query", !closed && g.gated(one.gates):
					want = "FORBIDDEN"
					refusals++
					expect(t, fmt.Sprintf("what %s gets of %s(%s)", g.name, l, one.args), r.get("x"), nil)
				case closed && sumOf(r.Data) > 0:
					t.Errorf("%s counts in %s(%s): %s", g.name, l, one.args, r.raw)
				}
				expect(t, fmt.Sprintf("%s asks %s(%s)", g.name, l, one.args), r.code(), want)
			}
		}
	}
	if refusals < 200 {
		t.Errorf("only %d were refused", refusals)
	}
	m.end(5000)
}
