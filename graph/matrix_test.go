package graph

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
	"tenantry/models"
)

// matrix tries every door of the queries, as the schema lists them, with every kind of id. Who finds
// what is the evaluator's word; a type or field that is new is tried before anybody thinks of it.
type matrix struct {
	*differential
	// cells counts what was tried, and opened the doors that gave somebody something.
	cells  int
	opened map[string]bool
}

func newMatrix(t *testing.T, seed uint64) *matrix {
	return &matrix{differential: newDifferential(t, seed), opened: map[string]bool{}}
}

// guest is somebody who asks, with what the evaluator says of them.
type guest struct {
	person
	*client
	eyes *evaluator
	ids  map[string]map[string][]string
}

// guests are the active people of the first account, one kind each.
func (m *matrix) guests() (all []*guest) {
	for _, p := range m.world.people[:len(userKinds)] {
		if eyes := m.eyes(p); eyes.me != nil {
			all = append(all, &guest{person: p, client: m.client(p), eyes: eyes, ids: map[string]map[string][]string{}})
		}
	}
	return all
}

// nodeTypes are the types with ids, in order.
func (m *matrix) nodeTypes() (names []string) {
	for _, def := range m.reader.Schema.PossibleTypes["Node"] {
		names = append(names, def.Name)
	}
	slices.Sort(names)
	return names
}

// The kinds of ids. All but the first get the same answer.
const own, hiddenKind, foreignKind, missingKind, mistaken, malformedKind = "own", "out of reach", "other account", "missing", "wrong type", "malformed"

var wrongKinds = []string{hiddenKind, foreignKind, missingKind, mistaken, malformedKind}

// kinds are the ids of a type as they are for a guest, by kind. For some guests nothing is out of reach.
func (g *guest) kinds(typ string) map[string][]string {
	if known, ok := g.ids[typ]; ok {
		return known
	}
	out, w, e := map[string][]string{}, g.eyes.w, g.eyes
	for _, x := range w.things[typ] {
		id := ids.Encode(typ, x.key())
		switch {
		case e.sees(x):
			out[own] = append(out[own], id)
		case x.account() == g.account && x.key() != g.account:
			out[hiddenKind] = append(out[hiddenKind], id)
		case x.account() != g.account && w.find(typ, g.account, x.key()) == nil && x.key() != x.account():
			out[foreignKind] = append(out[foreignKind], id)
		}
	}
	out[missingKind] = []string{ids.Encode(typ, ids.New()), ids.Encode(typ, uuid.Nil), ids.Encode(typ, uuid.Max)}
	// Ids of other types that are there, keys of other types under this type's prefix, and the keys that
	// stand for something among tenants: the account for no tenant, the viewer and everyone for articles.
	for _, of := range slices.Sorted(maps.Keys(ids.Types())) {
		seen := e.all(of, nil)
		if of == typ || len(seen) == 0 {
			continue
		}
		out[mistaken] = append(out[mistaken], ids.Encode(of, seen[0].key()))
		for _, x := range []*thing{seen[0], seen[len(seen)-1]} {
			if w.find(typ, g.account, x.key()) == nil {
				out[mistaken] = append(out[mistaken], ids.Encode(typ, x.key()))
			}
		}
	}
	for of, key := range map[string]uuid.UUID{"Account": g.account, "User": g.user, "": models.Everyone} {
		if of != typ {
			out[mistaken] = append(out[mistaken], ids.Encode(typ, key))
		}
	}
	right := append(slices.Clone(out[own]), out[missingKind]...)[0]
	out[malformedKind] = []string{
		"", " ", "nonsense", strings.ToUpper(right), right + "0", right[:len(right)-1], " " + right, right + "\x00", right[4:], right[:4],
		strings.Replace(right, "_", "-", 1), right[:len(right)-1] + "z", "%", "'", strings.Repeat("x", 5000),
	}
	g.ids[typ] = out
	return out
}

// few are so many of a list at most, from both of its ends.
func few(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	return append(slices.Clone(list[:most/2]), list[len(list)-most/2:]...)
}

// same tells of the first answer that differs from the others, request ids left out.
func (m *matrix) same(what string, answers map[string]string) {
	m.t.Helper()
	first := ""
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		m.cells++
		if first == "" {
			first = name
		}
		if answers[name] != answers[first] {
			m.t.Errorf("%s: tells %s from %s:\n%s\n%s", what, first, name, answers[first][:min(300, len(answers[first]))], answers[name][:min(300, len(answers[name]))])
			return
		}
	}
}

// end logs how much was tried, and wants a floor of it.
func (m *matrix) end(least int) {
	m.t.Helper()
	m.t.Logf("%d cells tried", m.cells)
	if m.cells < least {
		m.t.Errorf("only %d cells were tried", m.cells)
	}
}

// gated tells whether a field or argument is not for the guest's role, as the schema says.
func (g *guest) gated(directives ast.DirectiveList) bool {
	least := ""
	if d := directives.ForName("requires"); d != nil {
		least = d.Arguments.ForName("role").Value.Raw
	}
	return least == "ADMIN" && !g.eyes.admin() || least == "MEMBER" && !g.eyes.agent()
}
