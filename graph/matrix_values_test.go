package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// TestEveryFilterAndOrderAnswersAsTheEvaluatorSays asks each list by each of its filters alone, with
// each value that it can have, and in each order, as one of each kind; with
// the compiler's wall alone, and with the database's.
func TestEveryFilterAndOrderAnswersAsTheEvaluatorSays(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 23)
	s := m.reader.Schema
	m.asking = append(m.asking[:8:8], m.asking[len(userKinds)]) // and somebody of another account
	var documents []document
	for _, l := range m.lists() {
		var tries []string
		if def := l.filter(s); def != nil {
			for _, field := range def.Fields {
				if field.Name == "search" {
					continue // see rule_search_world_test.go
				}
				one := []string{}
				for _, value := range m.values(field, s.Types[l.field.Type.Name()].Fields.ForName("nodes").Type.Name()) {
					one = append(one, "filter: { "+field.Name+": "+value+" }")
				}
				documents = append(documents, m.each(l, one))
			}
		}
		for _, order := range l.orders(s) {
			tries = append(tries, "orderBy: { field: "+order+" }", "orderBy: { field: "+order+", direction: DESC }")
		}
		documents = append(documents, m.each(l, append(tries, "")))
	}
	m.wall(false)
	for _, one := range documents {
		m.compare("the compiler's wall alone", one)
	}
	m.wall(true)
	m.reader.Unscoped = true
	for _, one := range documents {
		m.compare("the database's wall alone", one)
	}
	m.cells = m.asked
	m.end(3000)
}

// each is a document that asks a list once with each of these arguments.
func (m *matrix) each(l list, args []string) document {
	var b strings.Builder
	own := "__typename"
	if element := m.reader.Schema.Types[l.field.Type.Name()].Fields.ForName("nodes").Type.Name(); m.reader.Schema.Types[element].Fields.ForName("id") != nil {
		own = "id"
	}
	for i, arg := range args {
		fmt.Fprintf(&b, " a%d: %s(first: 8, %s) { totalCount edges { cursor node { %s } } }", i, l.field.Name, arg, own)
	}
	text := l.document("", b.String())
	one := document{text: text, variables: map[string]any{}}
	if strings.Contains(text, "$ids") {
		one.variables["ids"] = m.parents(l.parent, 8)
	}
	return one
}

// values are values of a filter's field, as they are written in a document: every enum value, both
// booleans, times around those of the world, and of ids half of all there are, twice.
func (m *matrix) values(field *ast.FieldDefinition, elements string) (all []string) {
	def := m.reader.Schema.Types[field.Type.Name()]
	switch {
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues {
			all = append(all, v.Name)
		}
		return append(all, "["+def.EnumValues[0].Name+", "+def.EnumValues[len(def.EnumValues)-1].Name+"]", "[]")
	case def.Name == "Boolean":
		return []string{"true", "false"}
	case def.Name == "ID":
		of := elements
		if field.Name != "ids" {
			of = idOf(m.reader.Schema, field.Name)
		}
		halves := []string{"", ""}
		for i, typ := range m.nodeTypes() {
			for j, x := range m.world.things[typ] {
				if (typ == of || of == "" && j%9 == 0) && len(halves[j%2]) < 3500 {
					halves[(i+j)%2] += fmt.Sprintf("%q ", ids.Encode(typ, x.key()))
				}
			}
		}
		return []string{"[" + halves[0] + "]", "[" + halves[1] + "]"}
	case def.Kind == ast.InputObject:
		layout := map[string]string{"Date": time.DateOnly, "DateTime": time.RFC3339Nano}[def.Fields.ForName("gte").Type.Name()]
		for _, at := range moments[:3] {
			all = append(all, fmt.Sprintf("{ gte: %q }", at.Format(layout)), fmt.Sprintf("{ lt: %q }", at.Format(layout)))
		}
		return append(all, fmt.Sprintf("{ gte: %q, lt: %q }", moments[1].Format(layout), moments[5].Format(layout)))
	}
	// Texts: those that the column has.
	column := strings.TrimSuffix(underscored(field.Name), "s")
	for _, x := range m.world.things[elements] {
		for _, name := range []string{column, underscored(field.Name)} {
			if v := x.text(name); v != "" && !slices.Contains(all, fmt.Sprintf("%q", v)) && len(all) < 8 {
				all = append(all, fmt.Sprintf("%q", v))
			}
		}
	}
	return append(all, `"nothing"`)
}

// TestEveryEdgeToWhatIsOutOfReachIsNull asks all objects that somebody finds for all edges that lead to
// one object. What the edge's column names is there, hidden, another account's or gone.
func TestEveryEdgeToWhatIsOutOfReachIsNull(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 24)
	s := m.reader.Schema
	closed := map[string]int{}
	for _, typ := range m.nodeTypes() {
		for _, f := range s.Types[typ].Fields {
			to := s.Types[f.Type.Name()]
			column := underscored(f.Name) + "_id"
			if to.Kind != ast.Object || !slices.Contains(to.Interfaces, "Node") || len(m.world.things[typ]) == 0 {
				continue
			}
			if _, ok := m.world.things[typ][0].cols[column]; !ok {
				if typ+"."+f.Name != "Device.asset" { // made at its other end: see hardware
					t.Errorf("the matrix does not know what makes the edge %s.%s", typ, f.Name)
				}
				column = ""
			}
			for _, g := range m.guests() {
				seen := g.eyes.all(typ, nil)
				for len(seen) > 0 {
					now := seen[:min(100, len(seen))]
					seen = seen[len(now):]
					named := []any{}
					for _, x := range now {
						named = append(named, ids.Encode(typ, x.key()))
					}
					r := g.ok("query($ids: [ID!]!) { nodes(ids: $ids) { ... on "+typ+" { to: "+f.Name+" { id } } } }", map[string]any{"ids": named})
					for i, x := range now {
						m.cells++
						target := g.eyes.hardware
						if column != "" {
							target = func(x *thing) *thing {
								if to.Name == "User" {
									return g.eyes.met(x.ref(column))
								}
								return g.eyes.at(to.Name, x.ref(column))
							}
						}
						var want any
						if y := target(x); y != nil && !g.gated(f.Directives) {
							want = ids.Encode(to.Name, y.key())
						} else {
							closed[typ+"."+f.Name]++
						}
						expect(t, fmt.Sprintf("%s follows %s of %v", g.name, f.Name, named[i]), r.get("nodes", i, "to", "id"), want)
					}
				}
			}
		}
	}
	for _, edge := range []string{"Device.tenant", "Device.asset", "Ticket.device", "Ticket.asset", "RemoteSession.device", "RemoteSession.ticket", "Asset.device", "Article.author"} {
		if closed[edge] == 0 {
			t.Errorf("the edge %s was open to all", edge)
		}
	}
	m.end(2000)
}

// TestASearchAndAnotherFilterGiveWhatPassesBoth, whichever way the rows are found.
func TestASearchAndAnotherFilterGiveWhatPassesBoth(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 33)
	s := m.reader.Schema
	var some int
	for _, l := range m.lists() {
		def := l.filter(s)
		if l.parent != "Query" || def == nil || def.Fields.ForName("search") == nil {
			continue
		}
		element := s.Types[l.field.Type.Name()].Fields.ForName("nodes").Type.Name()
		word := m.commonWord(element)
		for _, field := range def.Fields {
			if field.Name == "search" {
				continue
			}
			for _, value := range m.values(field, element) {
				one, search := field.Name+": "+value, fmt.Sprintf("search: %q", word)
				for _, g := range m.guests()[:4] {
					keys := func(filter string) (all []string) {
						r := g.do(fmt.Sprintf("{ x: %s(first: 100, filter: { %s }) { totalCount nodes { id } } }", l.field.Name, filter), nil)
						nodes, _ := r.get("x", "nodes").([]any)
						for _, n := range nodes {
							all = append(all, n.(map[string]any)["id"].(string))
						}
						if len(nodes) > 0 {
							expect(t, g.name+"'s totalCount of "+filter, fmt.Sprint(r.get("x", "totalCount")), fmt.Sprint(len(nodes)))
						}
						slices.Sort(all)
						return all
					}
					found, passing := keys(search), keys(one)
					both := slices.DeleteFunc(slices.Clone(found), func(id string) bool { return !slices.Contains(passing, id) })
					if len(both) > 0 && len(both) < len(found) {
						some++
					}
					expect(t, fmt.Sprintf("%s in %s by %s and %.60s", g.name, l, search, one), strings.Join(keys(search+", "+one), " "), strings.Join(both, " "))
				}
			}
		}
	}
	if some < 100 {
		t.Errorf("only %d times did a filter keep some of what a search had found", some)
	}
}

// commonWord is the one that most texts of a type have, by which half a list is found.
func (m *matrix) commonWord(typ string) (best string) {
	n := map[string]int{}
	for _, x := range m.world.things[typ] {
		for _, column := range []string{"subject", "name", "title"} {
			for _, word := range strings.Fields(x.text(column)) {
				if n[word]++; len(word) > 2 && (n[word] > n[best] || n[word] == n[best] && word < best) {
					best = word
				}
			}
		}
	}
	return best
}
