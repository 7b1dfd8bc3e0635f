package main

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// payload selects of a payload what it shows, with what leads on from it.
func (w *writer) payload(def *ast.Definition) string {
	schema := w.trial.schema
	var parts []string
	for _, f := range def.Fields {
		to := schema.Types[f.Type.Name()]
		switch {
		case to.IsLeafType():
			parts = append(parts, f.Name)
		case to.Name == "UserError":
			parts = append(parts, f.Name+" { code message path }")
		case f.Name == "results":
			parts = append(parts, f.Name+" { user { "+leaves(schema, schema.Types["User"])+" } changed before after }")
		default:
			for _, on := range leads(schema, f) {
				inner := leaves(schema, on)
				for _, next := range on.Fields {
					for _, far := range leads(schema, next) {
						if far.Fields.ForName("id") != nil && w.chance(40) {
							inner += " " + next.Name + inside(schema, path{{next, far}}, "", 0)
						}
					}
				}
				if isConnection(to) {
					inner = "totalCount nodes { " + inner + " }"
				}
				parts = append(parts, f.Name+" { "+inner+" }")
			}
		}
	}
	return strings.Join(parts, " ")
}

// payload compares what a payload shows: each object as the oracle sees it now. Which objects it has to show is not
// the oracle's to say.
func (j *judge) payload(at string, def *ast.Definition, set ast.SelectionSet, got map[string]any) error {
	for name, f := range j.collect(def.Name, set, nil) {
		to, value, here := j.schema.Types[f.Definition.Type.Name()], got[name], at+"."+name
		if to.IsLeafType() || to.Name == "UserError" || value == nil || j.sight.rows[to.Name] == nil && !isConnection(to) && f.Name != "results" {
			continue
		}
		var err error
		switch value := value.(type) {
		case []any:
			for _, change := range value {
				if err = j.payload(here, to, f.set, change.(map[string]any)); err != nil {
					return err
				}
			}
		case map[string]any:
			if !isConnection(to) {
				err = j.shown(here, to.Name, f.set, value)
				break
			}
			of := to.Fields.ForName("nodes").Type.Name()
			for part, field := range j.collect(to.Name, f.set, nil) {
				list, _ := value[part].([]any)
				for _, node := range list {
					if err = j.shown(here, of, field.set, node.(map[string]any)); err != nil {
						return err
					}
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shown compares an object that an answer shows.
func (j *judge) shown(at, typ string, set ast.SelectionSet, got map[string]any) error {
	text, _ := got["id"].(string)
	id, ok := decode(typ, text)
	r := j.sight.rows[typ][id]
	if typ == "Viewer" {
		r, ok = j.sight.rows[typ][j.me()], true
	}
	if !ok || r == nil {
		return differ(at, "the oracle does not see the %s %q", typ, text)
	}
	return j.object(at, typ, r, set, got)
}
