package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// saying is a place where a client gives a value, as the schema has it.
type saying struct {
	// door names the place: a field and the path of its argument.
	door string
	// name and typ are those of the argument or input field.
	name, typ string
	mutation  bool
	say       func(c *client, value any) reply
}

// inWords tells whether a client writes the values of a type as text.
func inWords(s *ast.Schema, t *ast.Type) bool {
	def := s.Types[t.Name()]
	return def.Kind == ast.Scalar && !slices.Contains([]string{"Int", "Float", "Boolean"}, def.Name)
}

// inNumbers tells whether a client writes the values of a type as numbers.
func inNumbers(_ *ast.Schema, t *ast.Type) bool { return t.Name() == "Int" || t.Name() == "Float" }

// sayings are all the places for values of such types, those of queries first.
func (a *api) sayings(takes func(*ast.Schema, *ast.Type) bool) (all []saying) {
	s := a.reader.Schema
	for _, parent := range append([]string{"Query", "Viewer"}, slices.Sorted(maps.Keys(nodeTypes(s)))...) {
		for _, f := range s.Types[parent].Fields {
			for _, arg := range f.Arguments {
				if !strings.HasPrefix(f.Name, "__") {
					all = append(all, a.askedIn(takes, parent, f, arg)...)
				}
			}
		}
	}
	good := a.good()
	for _, f := range s.Mutation.Fields {
		if len(f.Arguments) > 0 {
			object := s.Types[f.Arguments[0].Type.Name()]
			all = append(all, told(takes, s, f.Name, f.Name, object, good[f.Name], func(c *client, input in) reply { return c.mutate(f.Name, input, "__typename") })...)
		}
	}
	return all
}

func nodeTypes(s *ast.Schema) map[string]bool {
	out := map[string]bool{}
	for _, def := range s.PossibleTypes["Node"] {
		out[def.Name] = true
	}
	return out
}

// askedIn are the places in an argument of a field that is asked for: itself, or the fields of an input object.
func (a *api) askedIn(takes func(*ast.Schema, *ast.Type) bool, parent string, f *ast.FieldDefinition, arg *ast.ArgumentDefinition) (all []saying) {
	s := a.reader.Schema
	add := func(path, name string, typ *ast.Type, given func(variable string) string) {
		selection := ""
		if def := s.Types[f.Type.Name()]; strings.HasSuffix(def.Name, "Connection") {
			selection = "{ totalCount edges { cursor node { __typename } } }"
		} else if !def.IsLeafType() {
			selection = "{ __typename }"
		}
		others := ""
		for _, other := range f.Arguments { // what else it demands
			if other != arg && other.Type.NonNull && other.DefaultValue == nil {
				others += fmt.Sprintf("%s: %s ", other.Name, sample(s, other.Type))
			}
		}
		variable, declared := "$said", typ.Name()
		if typ.Elem != nil {
			variable = "[$said]"
		}
		field := fmt.Sprintf("x: %s(%s%s) %s", f.Name, others, given(variable), selection)
		document, vars := "query($said: "+declared+"!) { "+field+" }", in{}
		switch parent {
		case "Query":
		case "Viewer":
			document = "query($said: " + declared + "!) { viewer { " + field + " } }"
		default:
			document = "query($said: " + declared + "!, $id: ID!) { node(id: $id) { ... on " + parent + " { " + field + " } } }"
			vars["id"] = a.anyID(parent)
		}
		all = append(all, saying{door: parent + "." + f.Name + "(" + path + ")", name: name, typ: declared, say: func(c *client, value any) reply {
			return c.do(document, a.with(vars, "said", value))
		}})
	}
	def := s.Types[arg.Type.Name()]
	switch {
	case takes(s, arg.Type):
		add(arg.Name, arg.Name, arg.Type, func(v string) string { return arg.Name + ": " + v })
	case def.Kind == ast.InputObject:
		for _, field := range def.Fields {
			inner := s.Types[field.Type.Name()]
			switch {
			case takes(s, field.Type):
				add(arg.Name+"."+field.Name, field.Name, field.Type, func(v string) string { return arg.Name + ": { " + field.Name + ": " + v + " }" })
			case inner.Kind == ast.InputObject: // a range
				for _, end := range inner.Fields {
					add(arg.Name+"."+field.Name+"."+end.Name, end.Name, end.Type, func(v string) string {
						return arg.Name + ": { " + field.Name + ": { " + end.Name + ": " + v + " } }"
					})
				}
			}
		}
	}
	return all
}

// told are the places in an input of a mutation, beside what else goes well.
func told(takes func(*ast.Schema, *ast.Type) bool, s *ast.Schema, door, name string, object *ast.Definition, input in, send func(*client, in) reply) (all []saying) {
	for _, f := range object.Fields {
		put := func(value any) in {
			out := maps.Clone(input)
			if out == nil {
				out = in{}
			}
			if f.Type.Elem != nil {
				value = []any{value}
			}
			out[f.Name] = value
			return out
		}
		path := door + "." + f.Name
		if takes(s, f.Type) {
			all = append(all, saying{door: path, name: f.Name, typ: f.Type.Name(), mutation: true, say: func(c *client, value any) reply { return send(c, put(value)) }})
		} else if inner := s.Types[f.Type.Name()]; inner.Kind == ast.InputObject {
			within, _ := leastOf(s, ast.NonNullNamedType(inner.Name, nil)).(in)
			if list, ok := input[f.Name].([]any); ok && len(list) > 0 {
				within = list[0].(in)
			}
			all = append(all, told(takes, s, path, f.Name, inner, within, func(c *client, value in) reply { return send(c, put(value)) })...)
		}
	}
	return all
}
