package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// author writes random documents: trees in which paths meet, with aliases, fragments and directives.
type author struct {
	*rand.Rand
	schema  *ast.Schema
	aliases int
	budget  int
}

func newAuthor(seed, stream uint64, schema *ast.Schema) *author {
	return &author{Rand: rand.New(rand.NewPCG(seed, stream)), schema: schema}
}

// documents asks random documents as everybody who is signed in.
func (t *trial) documents(ctx context.Context, count int) error {
	a := newAuthor(t.seed, 13, t.schema)
	var list []question
	for range count {
		q := t.document(a)
		var err error
		if q.op, err = t.parse(q.text); err != nil {
			return err
		}
		list = append(list, q)
	}
	active, _, err := t.signedIn(ctx)
	if err != nil {
		return err
	}
	return t.compare(ctx, list, active)
}

// document is a random one.
func (t *trial) document(a *author) (q question) {
	var b strings.Builder
	for range 1 + a.IntN(3) {
		p := a.root()
		ways := t.ways(path{p})
		name := a.alias()
		a.budget = 30
		fmt.Fprintf(&b, " %s: %s%s", name, p.field.Name, a.inside(p, ways[a.IntN(len(ways))], 0))
		q.paths, q.names = append(q.paths, path{p}), append(q.names, []string{name})
	}
	q.text = "{" + b.String() + " }"
	return q
}

func (a *author) chance(percent int) bool { return a.IntN(100) < percent }

func (a *author) alias() string {
	a.aliases++
	return fmt.Sprintf("a%d", a.aliases)
}

// root is a root field that leads somewhere.
func (a *author) root() step {
	for {
		f := a.schema.Query.Fields[a.IntN(len(a.schema.Query.Fields))]
		if to := leads(a.schema, f); len(to) > 0 && unjudged["Query."+f.Name] == "" && !strings.HasPrefix(f.Name, "__") {
			return step{f, to[a.IntN(len(to))]}
		}
	}
}

// inside is what follows the name of a field.
func (a *author) inside(s step, args string, depth int) string {
	ret := a.schema.Types[s.field.Type.Name()]
	if isConnection(ret) {
		args = strings.TrimPrefix(fmt.Sprintf("%s, first: %d", args, 1+a.IntN(40)), ", ")
		inner := "totalCount" + a.directive()
		if a.chance(60) {
			inner += " pageInfo { hasNextPage startCursor }"
		}
		if a.chance(70) || s.on.Name == "SearchResult" {
			inner += " nodes { " + a.selection(s.on, depth) + " }"
		} else {
			inner += " edges { cursor node { " + a.selection(s.on, depth) + " } }"
		}
		return "(" + args + ") { " + inner + " }"
	}
	if args != "" {
		args = "(" + args + ")"
	}
	if ret.Kind != ast.Interface {
		return args + " { " + a.selection(s.on, depth) + " }"
	}
	inner := "__typename id"
	for range 1 + a.IntN(3) {
		on := a.schema.PossibleTypes[ret.Name][a.IntN(len(a.schema.PossibleTypes[ret.Name]))]
		inner += " ... on " + on.Name + a.directive() + " { " + a.selection(on, depth) + " }"
	}
	return args + " { " + inner + " }"
}

// selection selects some of a type's fields, each that leads on under a name of its own.
func (a *author) selection(def *ast.Definition, depth int) string {
	parts := []string{identity(def)}
	for range 1 + a.IntN(5) {
		f := def.Fields[a.IntN(len(def.Fields))]
		to := leads(a.schema, f)
		switch {
		case strings.HasPrefix(f.Name, "__") || f.Name == "id":
		case len(to) == 0 && a.chance(80):
			parts = append(parts, a.alias()+": "+f.Name+a.directive())
		case len(to) == 0:
			parts = append(parts, "... on "+def.Name+" { "+a.alias()+": "+f.Name+" }")
		case depth < mostEdges && a.budget > 0:
			a.budget--
			parts = append(parts, a.alias()+": "+f.Name+a.inside(step{f, to[a.IntN(len(to))]}, "", depth+1))
		}
	}
	return strings.Join(parts, " ")
}

// directive is mostly none.
func (a *author) directive() string {
	if a.chance(92) {
		return ""
	}
	return fmt.Sprintf(" @%s(if: %t)", []string{"skip", "include"}[a.IntN(2)], a.chance(50))
}
