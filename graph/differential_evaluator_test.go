package graph

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
)

// evaluator answers documents from a world in memory, by the rules of the product alone: loops over
// rows, and a few small functions that say who sees what.
type evaluator struct {
	w      *world
	schema *ast.Schema
	vars   map[string]any
	// me is who asks; nil: nobody who may.
	me      *thing
	session uuid.UUID
	// places are what the cursors of earlier answers stand for.
	places map[string]place
	// known are the things that the viewer finds, or not, as far as that was asked.
	known map[*thing]bool
}

// verdict is the expected answer to a root field: a value, or one of some error codes.
type verdict struct {
	value any
	codes []string
}

// collected are fields that make one entry of the answer.
type collected struct {
	key    string
	fields []*ast.Field
}

func (c collected) name() string { return c.fields[0].Name }

func (c collected) selections() (sets []ast.SelectionSet) {
	for _, f := range c.fields {
		sets = append(sets, f.SelectionSet)
	}
	return sets
}

func (e *evaluator) args(c collected) map[string]any { return c.fields[0].ArgumentMap(e.vars) }

// collect gathers what selections ask of a type.
func (e *evaluator) collect(typ string, sets []ast.SelectionSet) (all []*collected) {
	fits := func(condition string) bool {
		return condition == "" || condition == typ || slices.Contains(e.schema.Types[typ].Interfaces, condition)
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !e.included(s.Directives) {
					continue
				}
				at := slices.IndexFunc(all, func(c *collected) bool { return c.key == s.Alias })
				if at < 0 {
					at = len(all)
					all = append(all, &collected{key: s.Alias})
				}
				all[at].fields = append(all[at].fields, s)
			case *ast.InlineFragment:
				if e.included(s.Directives) && fits(s.TypeCondition) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if e.included(s.Directives) && fits(s.Definition.TypeCondition) {
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set)
	}
	return all
}

func (e *evaluator) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if is := d.ArgumentMap(e.vars)["if"]; d.Name == "skip" && is == true || d.Name == "include" && is != true {
			return false
		}
	}
	return true
}

// answer is what to expect of an operation: for each root field a verdict, or a refusal of the whole.
func (e *evaluator) answer(op *ast.OperationDefinition) (fields map[string]verdict, refused bool) {
	fields = map[string]verdict{}
	for _, c := range e.collect("Query", []ast.SelectionSet{op.SelectionSet}) {
		switch {
		case c.name() == "__typename":
			fields[c.key] = verdict{value: "Query"}
		case e.me == nil:
			return nil, true
		default:
			fields[c.key] = e.root(*c)
		}
	}
	return fields, false
}

// root answers a root field: FORBIDDEN by role, then what is wrong in the arguments here and below, and
// then NOT_FOUND. Where two things are wrong either may be said.
func (e *evaluator) root(c collected) verdict {
	args := e.args(c)
	if c.name() == "users" && !e.admin() || c.name() == "auditEvents" && !e.admin() || c.name() == "assignableUsers" && !e.agent() {
		return verdict{codes: append(malformed(args), "FORBIDDEN")}
	}
	codes := e.wrong("Query", c)
	if slices.Contains(codes, "FORBIDDEN") && e.forbidden(args) {
		return verdict{codes: append(malformed(args), "FORBIDDEN")}
	}
	value, found := e.rootValue(c, args, len(codes) > 0)
	if !found {
		codes = append(codes, "NOT_FOUND")
	}
	if len(codes) > 0 {
		return verdict{codes: codes}
	}
	return verdict{value: value}
}

// rootValue is the value of a root field and whether what it names is there.
func (e *evaluator) rootValue(c collected, args map[string]any, broken bool) (any, bool) {
	one := func(typ string, x *thing) (any, bool) {
		if x == nil || broken {
			return nil, x != nil
		}
		return e.object(x, x.typ, c), true
	}
	list := func(items []*thing) (any, bool) {
		if broken {
			return nil, true
		}
		return e.connection("Query", c, items, nil), true
	}
	switch name := c.name(); name {
	case "node":
		return one("", e.named("", args["id"]))
	case "nodes":
		out := []any{}
		for _, id := range asList(args["ids"]) {
			v, _ := one("", e.named("", id))
			out = append(out, v)
		}
		return out, true
	case "viewer":
		if broken {
			return nil, true
		}
		return e.object(&thing{typ: "Viewer", cols: e.me.cols}, "Viewer", c), true
	case "tenant", "user", "device", "deviceGroup", "ticket", "remoteSession", "asset", "article":
		return one("", e.named(c.fields[0].Definition.Type.Name(), args["id"]))
	case "ticketByNumber":
		found := e.all("Ticket", func(x *thing) bool { return fmt.Sprint(x.cols["number"]) == fmt.Sprint(args["number"]) })
		if len(found) == 0 {
			return nil, false
		}
		return one("", found[0])
	case "assignableUsers":
		tenant := e.me.account()
		if id := args["tenantId"]; id != nil {
			x := e.named("Tenant", id)
			if x == nil {
				return nil, false
			}
			tenant = x.key()
		} else if !e.reaches(e.me, tenant) {
			return nil, false
		}
		var agents []*thing
		for _, u := range e.w.things["User"] {
			if u.account() == e.me.account() && u.text("role") != "CUSTOMER" && e.reaches(u, tenant) {
				agents = append(agents, u)
			}
		}
		return list(agents)
	default: // the lists of all that the viewer finds
		return list(e.all(e.elements(c.fields[0].Definition.Type.Name()), nil))
	}
}
