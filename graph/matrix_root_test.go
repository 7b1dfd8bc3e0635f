package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestEveryArgumentThatNamesAnObjectTellsNothingOfWhatIsOutOfReach asks every root field for every kind
// of id, and number, as every kind of viewer.
func TestEveryArgumentThatNamesAnObjectTellsNothingOfWhatIsOutOfReach(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 20)
	before := m.state()
	for _, f := range m.reader.Schema.Query.Fields {
		for _, arg := range f.Arguments {
			switch name := arg.Type.Name(); {
			case strings.HasPrefix(f.Name, "__") || arg.Name == "first" || arg.Name == "last":
			case arg.Name == "tokenId": // a user's own: see rule_explanation_test.go
			case name == "ID":
				for _, typ := range m.named(f, arg) {
					m.opened[f.Name+" "+arg.Name+" "+typ] = false
					for _, g := range m.guests() {
						m.rootArgument(g, f, arg, typ)
					}
				}
			case arg.Name == "number":
				for _, g := range m.guests() {
					m.rootNumber(g, f)
				}
			case name == "Int":
				t.Errorf("the matrix does not know what %s of %s numbers", arg.Name, f.Name)
			}
		}
	}
	for door, open := range m.opened {
		if !open {
			t.Errorf("nobody finds anything by %s: the world needs such objects, and the evaluator who sees them", door)
		}
	}
	expect(t, "asking leaves the state", m.state(), before)
	m.end(10000)
}

// named are the types that an argument can name.
func (m *matrix) named(f *ast.FieldDefinition, arg *ast.ArgumentDefinition) []string {
	if arg.Name == "nodeId" { // of what access is explained of
		return []string{"Article", "Asset", "Device", "DeviceGroup", "RemoteSession", "Tenant", "Ticket", "TicketComment"}
	}
	of := f.Type.Name()
	if arg.Name != "id" && arg.Name != "ids" {
		of = idOf(m.reader.Schema, arg.Name)
	}
	if def := m.reader.Schema.Types[of]; def == nil || def.Kind == ast.Interface {
		return m.nodeTypes()
	}
	return []string{of}
}

// short is a selection of what a root field gives.
func (m *matrix) short(f *ast.FieldDefinition) string {
	def := m.reader.Schema.Types[f.Type.Name()]
	switch {
	case strings.HasSuffix(def.Name, "Connection"):
		return "{ totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { __typename } }"
	case def.IsLeafType():
		return ""
	}
	return "{ __typename }"
}

func (m *matrix) rootArgument(g *guest, f *ast.FieldDefinition, arg *ast.ArgumentDefinition, typ string) {
	vars, given := "", ""
	for _, other := range f.Arguments {
		if other == arg || other.Type.NonNull && other.DefaultValue == nil {
			vars += fmt.Sprintf("$%s: %s ", other.Name, other.Type)
			given += fmt.Sprintf("%s: $%s ", other.Name, other.Name)
		}
	}
	document := fmt.Sprintf("query(%s) { x: %s(%s) %s }", vars, f.Name, given, m.short(f))
	kinds := maps.Clone(g.kinds(typ))
	if len(m.named(f, arg)) > 1 { // there an id of another type is as good
		kinds[mistaken] = slices.DeleteFunc(slices.Clone(kinds[mistaken]), func(id string) bool { return g.eyes.named("", id) != nil })
	}
	most := 10
	if arg.Type.Elem != nil {
		most = 4
	}
	ask := func(some ...string) reply {
		variables := map[string]any{}
		for _, other := range f.Arguments { // what else it demands is there
			if other != arg && strings.Contains(vars, "$"+other.Name+":") {
				for _, of := range m.named(f, other) {
					variables[other.Name] = append(slices.Clone(g.kinds(of)[own]), g.kinds(of)[missingKind]...)[0]
				}
			}
		}
		variables[arg.Name] = some[0]
		if arg.Type.Elem != nil {
			variables[arg.Name] = some
		}
		return g.do(document, variables)
	}
	answers := map[string]string{}
	for _, kind := range wrongKinds {
		for i, id := range few(kinds[kind], most) {
			r := ask(id)
			want := "NOT_FOUND"
			switch {
			case g.gated(f.Directives):
				want = "FORBIDDEN"
			case arg.Type.Elem != nil:
				want = ""
				expect(m.t, fmt.Sprintf("%s names a %s (%s) that is %s in %s", g.name, typ, id, kind, f.Name), r.get("x", 0), nil)
			}
			expect(m.t, fmt.Sprintf("%s names a %s (%s) that is %s as %s of %s", g.name, typ, id, kind, arg.Name, f.Name), r.code(), want)
			answers[fmt.Sprintf("%s %d", kind, i)] = body(r)
		}
	}
	m.same(fmt.Sprintf("%s asks %s for a %s", g.name, f.Name, typ), answers)
	if arg.Type.Elem != nil { // all that is wrong at once, and something between that is there
		some := append(slices.Clone(kinds[own][:min(1, len(kinds[own]))]), kinds[hiddenKind]...)
		for _, kind := range wrongKinds[1:] {
			some = append(some, kinds[kind][:min(12, len(kinds[kind]))]...)
		}
		some = some[:min(100, len(some))]
		r := ask(some...)
		for i, id := range some {
			m.cells++
			found := r.get("x", i) != nil
			expect(m.t, fmt.Sprintf("%s finds the %s (%s) at %d of %s", g.name, typ, id, i, f.Name), found, slices.Contains(kinds[own], id))
		}
	}
	for _, id := range few(kinds[own], 4) {
		r := ask(id)
		m.cells++
		found := r.code() == "" && r.get("x") != nil
		if arg.Type.Elem != nil {
			found = r.get("x", 0) != nil
		}
		expect(m.t, fmt.Sprintf("%s finds a %s of their own by %s of %s", g.name, typ, arg.Name, f.Name), found, !g.gated(f.Directives))
		door := f.Name + " " + arg.Name + " " + typ
		m.opened[door] = m.opened[door] || found
	}
}

func (m *matrix) rootNumber(g *guest, f *ast.FieldDefinition) {
	ask := func(number any) reply {
		return g.do(fmt.Sprintf("query($n: Int!) { x: %s(number: $n) %s }", f.Name, m.short(f)), map[string]any{"n": number})
	}
	answers, mine := map[string]string{}, map[any]bool{}
	for _, x := range m.world.things["Ticket"] {
		mine[x.cols["number"]] = mine[x.cols["number"]] || x.account() == g.account && g.eyes.sees(x)
	}
	for _, x := range m.world.things["Ticket"] {
		number := x.cols["number"]
		if mine[number] {
			expect(m.t, fmt.Sprintf("%s finds ticket %v", g.name, number), ask(number).code(), "")
			m.cells++
		} else {
			answers[fmt.Sprintf("the ticket %v of account %s", number, x.account())] = body(ask(number))
		}
	}
	for _, number := range []int{0, 1, -1, 1 << 30, -1 << 31, 1<<31 - 1} {
		answers[fmt.Sprint(number)] = body(ask(number))
	}
	m.same(g.name+" asks for a ticket by number", answers)
}
