package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tenantry/internal/ids"
)

// ways are the roots of a path: the arguments of its first field, each asked under a name of its own.
func (t *trial) ways(p path) []string {
	f, typ := p[0].field, p[0].on.Name
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.String()))
	r := rand.New(rand.NewPCG(t.seed, h.Sum64()))
	id := func(typ string) string { return ids.Encode(typ, pick(&maker{Rand: r}, t.world.ids[typ]...)) }
	most := 3
	if len(p) == 1 {
		most = t.ids
	}
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch f.Name {
	case "nodes":
		list := []string{`"nonsense"`}
		for _, i := range r.Perm(len(t.world.ids[typ])) {
			if len(list) < min(100, 10*most) {
				list = append(list, `"`+ids.Encode(typ, t.world.ids[typ][i])+`"`)
			}
		}
		add("ids: [%s]", strings.Join(list, ", "))
	case "ticketByNumber":
		for n := range most {
			add("number: %d", 1000+n)
		}
	case "search":
		words := []string{pick(&maker{Rand: r}, shared...), "sn4711", "person4", "notes"}
		for _, word := range words[:min(len(words), most-2)] {
			add("text: %q", word)
		}
	case "assignableUsers":
		all = []string{"", `tenantId: ""`}
		for range min(most, 8) {
			add("tenantId: %q", id("Tenant"))
		}
	case "usersWithAccess", "accessExplanation":
		for _, of := range append(slices.Clone(explainable), "User", "Account") {
			if most > 3 || r.IntN(3) == 0 {
				if f.Name == "usersWithAccess" {
					add("nodeId: %q", id(of))
					continue
				}
				add("userId: %q, nodeId: %q", id("User"), id(of))
				add("userId: %q, nodeId: %q, tokenId: %q", id("User"), id(of), id("ApiToken"))
			}
		}
	default:
		if f.Arguments.ForName("id") == nil {
			return []string{""}
		}
		for _, i := range r.Perm(len(t.world.ids[typ])) {
			if len(all) < most {
				add("id: %q", ids.Encode(typ, t.world.ids[typ][i]))
			}
		}
		add("id: %q", ids.Encode(typ, uuid.Max))
	}
	return all
}

// question is a document, and to which paths its root fields belong.
type question struct {
	text  string
	op    *ast.OperationDefinition
	paths []path
	names [][]string
}

// questions packs paths into documents.
func (t *trial) questions(all []path, each int) (list []question, err error) {
	for some := range slices.Chunk(all, each) {
		q := question{paths: some}
		var b strings.Builder
		for i, p := range some {
			var names []string
			for n, args := range t.ways(p) {
				name := fmt.Sprintf("p%d_%d", i, n)
				names = append(names, name)
				fmt.Fprintf(&b, " %s: %s%s", name, p[0].field.Name, inside(t.schema, p, args, i+n))
			}
			q.names = append(q.names, names)
		}
		q.text = "{" + b.String() + " }"
		if q.op, err = t.parse(q.text); err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

func (t *trial) parse(text string) (*ast.OperationDefinition, error) {
	doc, errs := gqlparser.LoadQueryWithRules(t.schema, text, rules.NewDefaultRules())
	if errs != nil {
		return nil, fmt.Errorf("%w in %s", errs, text)
	}
	return doc.Operations[0], nil
}

// alone is the part of a document that asks for one root field, to repeat it.
func (t *trial) alone(q question, name string) string {
	from := strings.Index(q.text, " "+name+": ")
	rest := q.text[from+1:]
	depth := 0
	for i, c := range rest {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return "{ " + rest[:i+1] + " }"
			}
		}
	}
	return rest
}
