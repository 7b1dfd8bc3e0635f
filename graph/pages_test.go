package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// full tells that everything is to be tried, for the proof, and not only the slice that a change must pass.
var full = os.Getenv("TENANTRY_PROVE") == "full"

// everyList are all lists of the queries, with what those that demand an argument are asked with, and
// in each of their orders. Those of payloads: see TestPagesOfAPayloadAreThoseOfItsList.
func (m *matrix) everyList() (all []turn) {
	s := m.reader.Schema
	for _, parent := range append([]string{"Query", "Viewer"}, m.nodeTypes()...) {
		for _, f := range s.Types[parent].Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			l, args := list{parent, f}, ""
			for _, arg := range f.Arguments {
				switch {
				case !arg.Type.NonNull:
				case arg.Type.Name() == "ID":
					args = fmt.Sprintf("%s: %q", arg.Name, m.parents("Device", 1)[0])
				default:
					args = fmt.Sprintf("%s: %q", arg.Name, strings.Join(words, " ")[:len(words[0])])
				}
			}
			orders := []string{""}
			for _, o := range l.orders(s) {
				orders = append(orders, "orderBy: { field: "+o+" }", "orderBy: { field: "+o+", direction: DESC }")
			}
			for _, o := range orders {
				all = append(all, turn{list: l, args: args, order: o, node: m.face(f)})
			}
		}
	}
	return all
}

// turn is a list in an order, and what is asked of its rows.
type turn struct {
	list
	args, order, node string
}

// face is what tells rows apart, and where they say they are.
func (m *matrix) face(f *ast.FieldDefinition) string {
	def := m.reader.Schema.Types[m.reader.Schema.Types[f.Type.Name()].Fields.ForName("nodes").Type.Name()]
	switch def.Name {
	case "TicketChange":
		return "at field before after actor { id }"
	case "SearchResult":
		return "id: title node { id ... on Device { hostname } ... on Ticket { description } ... on Asset { location } ... on Article { summary } }"
	}
	out := "id"
	for _, name := range []string{"hostname", "description", "location", "summary", "notes", "body"} {
		if def.Fields.ForName(name) != nil && (def.Name != "Tenant" && def.Name != "Article" || name == "summary") {
			out += " " + name
		}
	}
	return out
}

func (t turn) String() string {
	return strings.TrimSpace(t.list.String() + " " + t.args + " " + t.order)
}

// ask asks for a page; "way" has its arguments, $n and $c. It gives the page, nil where the viewer has none.
func (t turn) ask(c *client, way string, parent any, n int, cursor any) map[string]any {
	document := t.document("$n: Int, $c: String", fmt.Sprintf("x: %s(%s %s %s) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { %s } } }",
		t.field.Name, t.args, t.order, way, t.node))
	r := c.do(document, in{"n": n, "c": cursor, "ids": []any{parent}})
	at := []any{"x", "x"}
	switch t.parent {
	case "Query":
		at = at[1:]
	case "Viewer":
	default:
		at = []any{"x", 0, "x"}
	}
	if code := r.code(); code != "" && code != "FORBIDDEN" && code != "NOT_FOUND" {
		c.t.Errorf("%s answers %s\nlog: %s", t, r.raw, c.log.String())
	}
	page, _ := r.get(at...).(map[string]any)
	return page
}

// walk turns all pages of a list, and gives the rows as they came.
func (t turn) walk(c *client, sentence string, parent any, size int, backward bool) (rows []string) {
	way, more, next := "first: $n, after: $c", "hasNextPage", "endCursor"
	if backward {
		way, more, next = "last: $n, before: $c", "hasPreviousPage", "startCursor"
	}
	var cursor any
	for range 500 {
		page := t.ask(c, way, parent, size, cursor)
		if page == nil {
			return rows
		}
		edges, _ := page["edges"].([]any)
		now := []string{}
		for _, e := range edges {
			now = append(now, asJSON(e.(map[string]any)["node"]))
		}
		info := page["pageInfo"].(map[string]any)
		if info[more] == true && len(edges) != size || len(edges) > size {
			c.t.Errorf("%s: a page that is not the last has %d rows of %d", sentence, len(edges), size)
		}
		if len(edges) > 0 && (edges[0].(map[string]any)["cursor"] == nil || info["startCursor"] == nil || info["endCursor"] == nil) {
			c.t.Errorf("%s: a row without a cursor", sentence)
		}
		if backward {
			slices.Reverse(now)
		}
		rows = append(rows, now...)
		if cursor = info[next]; info[more] != true {
			break
		}
	}
	if backward {
		slices.Reverse(rows)
	}
	return rows
}

func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// best is the parent, of those that somebody sees, under which a list has the most rows.
func (t turn) best(g *guest) any {
	if t.parent == "Query" || t.parent == "Viewer" {
		return ""
	}
	var parents []any
	for _, x := range g.eyes.all(t.parent, nil) {
		if parents = append(parents, ids.Encode(t.parent, x.key())); len(parents) == 100 {
			break
		}
	}
	r := g.do(t.document("", "x: "+t.field.Name+"(first: 0) { totalCount }"), in{"ids": parents})
	most, best := 0.0, any("")
	for i, parent := range parents {
		if n, _ := r.get("x", i, "x", "totalCount").(float64); n > most {
			most, best = n, parent
		}
	}
	return best
}

// TestPagesWhileOthersChangeTheList walks every list in every order, as somebody of each kind, with pages
// of any size and both ways, while rows come, go and move in and out of reach: no row that is out of reach,
// none twice, none missing that was there throughout, and no short page but the last.
func TestPagesWhileOthersChangeTheList(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 25)
	r := rand.New(rand.NewPCG(25, 8))
	type walk struct {
		turn
		who    *guest
		parent any
		base   []string
	}
	var walks []walk
	asked := map[string]bool{}
	turns := m.everyList()
	r.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	for _, turn := range turns {
		if asked[turn.list.String()] && !full {
			continue // one order of each list is enough for every day
		}
		asked[turn.list.String()] = false
		guests := m.guests()
		r.Shuffle(len(guests), func(i, j int) { guests[i], guests[j] = guests[j], guests[i] })
		found := 0
		for _, g := range guests {
			parent := turn.best(g)
			if parent == nil {
				continue
			}
			if base := turn.walk(g.client, fmt.Sprintf("%s walks %s in peace", g.name, turn), parent, 100, false); len(base) > 0 {
				walks = append(walks, walk{turn, g, parent, base})
				if found++; !full {
					break
				}
			}
		}
		asked[turn.list.String()] = found > 0
	}
	for name, some := range asked {
		if !some {
			t.Errorf("nobody has rows in %s", name)
		}
	}

	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	changes := make([]int, 2)
	for i := range changes {
		c := newChurn(t, m.differential, uint64(i))
		c.n = i * 100_000
		for range 25 {
			must(t, c.step(ctx))
		}
		group.Go(func() {
			for ctx.Err() == nil {
				if err := c.step(context.Background()); err != nil {
					t.Errorf("a change that should go well: %v", err)
					return
				}
				changes[i]++
			}
		})
	}
	defer group.Wait()
	defer stop()
	foreign := 0
	for _, w := range walks {
		sizes := []int{1 + r.IntN(5)}
		if full {
			sizes = []int{1, 2, 3, 5, 8, 13}
		}
		for _, size := range sizes {
			backward := w.field.Arguments.ForName("last") != nil && r.IntN(2) == 0
			sentence := fmt.Sprintf("%s walks %s by pages of %d, backward: %t", w.who.name, w.turn, size, backward)
			left, seen := slices.Clone(w.base), map[string]bool{}
			for _, row := range w.turn.walk(w.who.client, sentence, w.parent, size, backward) {
				m.cells++
				if len(left) > 0 && row == left[0] {
					left = left[1:]
					continue
				}
				if slices.Contains(w.base, row) {
					t.Errorf("%s: %s comes twice, or not in its place, before %v", sentence, row, left[:min(1, len(left))])
					break
				}
				foreign++
				if w.who.strays(row) {
					t.Errorf("%s: a row out of reach: %s", sentence, row)
				}
				if moves := strings.Contains(w.order, "UPDATED_AT") || w.field.Name == "search"; !moves && w.list.field.Name != "history" {
					if id, _, _ := strings.Cut(row[strings.Index(row, `"id":`)+5:], ","); seen[id] {
						t.Errorf("%s: %s comes twice", sentence, row)
					} else {
						seen[id] = true
					}
				}
			}
			if len(left) > 0 {
				t.Errorf("%s: %d rows that were there throughout are missing, from %s", sentence, len(left), left[0])
			}
		}
	}
	stop()
	group.Wait()
	t.Logf("%d walks of %d lists, past %d rows that came and went, during %v changes", len(walks), len(asked), foreign, changes)
	if foreign < 10 {
		t.Errorf("only %d rows came and went", foreign)
	}
	m.end(200)
}

// strays tells whether a row says that it is where its reader does not reach.
func (g *guest) strays(row string) bool {
	if strings.Contains(row, hush) && !g.eyes.agent() {
		return true
	}
	_, where, found := strings.Cut(row, `"in `)
	if !found {
		return false
	}
	tenant := uuid.MustParse(where[:36])
	return !g.eyes.reaches(g.eyes.me, tenant)
}
