package main

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// step leads from one object to others by a field; on is the type of what it leads to, as far as that is asked for.
type step struct {
	field *ast.FieldDefinition
	on    *ast.Definition
}

// path is a way from the root to a type.
type path []step

func (p path) String() string {
	names := make([]string, len(p))
	for i, s := range p {
		names[i] = s.field.Name
		if s.field.Type.Name() == "Node" {
			names[i] += ":" + s.on.Name
		}
	}
	return strings.Join(names, ".")
}

// edges is how many objects stand behind each other on the path. What is a part of its object does not count.
func (p path) edges() (n int) {
	for _, s := range p {
		if s.on.Fields.ForName("id") != nil || s.on.Name == "TicketChange" {
			n++
		}
	}
	return n
}

func isConnection(def *ast.Definition) bool { return strings.HasSuffix(def.Name, "Connection") }

// leads are the types that a field leads to; none if it has a value.
func leads(schema *ast.Schema, f *ast.FieldDefinition) []*ast.Definition {
	def := schema.Types[f.Type.Name()]
	switch {
	case def.IsLeafType():
		return nil
	case def.Kind == ast.Interface || def.Kind == ast.Union:
		return schema.PossibleTypes[def.Name]
	case isConnection(def):
		return []*ast.Definition{schema.Types[def.Fields.ForName("nodes").Type.Name()]}
	}
	return []*ast.Definition{def}
}

// paths are all ways from a type over at most so many edges.
func paths(schema *ast.Schema, from *ast.Definition, most int) (all []path) {
	var walk func(path, *ast.Definition)
	walk = func(so path, def *ast.Definition) {
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") || unjudged[def.Name+"."+f.Name] != "" {
				continue
			}
			for _, on := range leads(schema, f) {
				p := append(so[:len(so):len(so)], step{f, on})
				if p.edges() > most || len(p) > 2*most {
					continue
				}
				all = append(all, p)
				walk(p, on)
			}
		}
	}
	walk(nil, from)
	return all
}

// selection asks for what stands at the end of a path, and for ids on the way. How lists are read alternates.
func selection(schema *ast.Schema, def *ast.Definition, rest path, turn int) string {
	if len(rest) == 0 {
		return leaves(schema, def)
	}
	return identity(def) + " " + rest[0].field.Name + inside(schema, rest, "", turn)
}

// identity is the field by which an object is known.
func identity(def *ast.Definition) string {
	switch {
	case def.Fields.ForName("id") != nil:
		return "id"
	case def.Name == "SearchResult":
		return "node { id }"
	}
	return "__typename"
}

// inside is what follows the name of the first field of a path: arguments and selection.
func inside(schema *ast.Schema, p path, args string, turn int) string {
	s, rest := p[0], p[1:]
	inner := selection(schema, s.on, rest, turn/2)
	ret := schema.Types[s.field.Type.Name()]
	if isConnection(ret) {
		args = strings.TrimPrefix(args+", first: 100", ", ")
		const info = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
		switch {
		case len(rest) == 0:
			inner = info + " nodes { " + inner + " } edges { " + onEdges(schema, ret) + " node { " + identity(s.on) + " } }"
		case turn%2 == 0:
			inner = "totalCount nodes { " + inner + " }"
		default:
			inner = "edges { node { " + inner + " } }"
		}
	}
	if ret.Kind == ast.Interface {
		inner = "__typename id ... on " + s.on.Name + " { " + inner + " }"
	}
	if args != "" {
		args = "(" + args + ")"
	}
	return args + " { " + inner + " }"
}

// onEdges are the fields of a list's edges besides the node.
func onEdges(schema *ast.Schema, connection *ast.Definition) string {
	names := []string{}
	for _, f := range schema.Types[connection.Fields.ForName("edges").Type.Name()].Fields {
		if f.Name == "node" {
			continue
		}
		text := f.Name
		if def := schema.Types[f.Type.Name()]; !def.IsLeafType() {
			text += " { " + leaves(schema, def) + " }"
		}
		names = append(names, text)
	}
	return strings.Join(names, " ")
}

// leaves are all values of a type.
func leaves(schema *ast.Schema, def *ast.Definition) string {
	names := []string{"__typename"}
	if first := identity(def); first != "id" && first != names[0] {
		names = append(names, first)
	}
	for _, f := range def.Fields {
		if schema.Types[f.Type.Name()].IsLeafType() && !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, " ")
}

// unknown is what the oracle does not know of the schema, so that whatever is new has to be told to it.
func (o *oracle) unknown(schema *ast.Schema, all []path) (missing []string) {
	seen := map[string]bool{}
	for _, p := range all {
		def := p[len(p)-1].on
		if seen[def.Name] {
			continue
		}
		seen[def.Name] = true
		if embedded[def.Name] {
			continue
		}
		if o.views[def.Name] == nil {
			missing = append(missing, "the type "+def.Name)
			continue
		}
		for _, f := range def.Fields {
			if name := def.Name + "." + f.Name; !o.views[def.Name][f.Name] && !o.views[def.Name]["also"] && unjudged[name] == "" {
				missing = append(missing, name)
			}
		}
	}
	for _, f := range schema.Query.Fields {
		if !strings.HasPrefix(f.Name, "__") && !o.views["Query"][f.Name] && asked[f.Name] == nil && unjudged["Query."+f.Name] == "" {
			missing = append(missing, "Query."+f.Name)
		}
	}
	for i, m := range missing {
		missing[i] = fmt.Sprintf("the oracle does not know %s", m)
	}
	return missing
}

// embedded are the types whose objects the oracle writes where they stand.
var embedded = map[string]bool{"DashboardNumber": true, "BusyTenant": true, "AccessExplanation": true, "AccessMembership": true, "SearchResult": true}

// unjudged are the fields of which the oracle says nothing, and why. Canaries are looked for in them like everywhere.
var unjudged = map[string]string{
	"Query.rateLimit":               "how much the viewer has asked of this process",
	"DashboardNumber.filter":        "the tests of the dashboard ask it as a filter",
	"ApiToken.lastUsedAt":           "asking through the token moves it",
	"Dashboard.at":                  "the time of asking",
	"SearchResult.excerpt":          "a piece of what is found",
	"AccessExplanation.explanation": "a sentence",
}
