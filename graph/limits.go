package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/problem"
)

// Limits bound what one document may ask for; all are checked before anything is executed.
type Limits struct {
	// Tokens is how many the parser reads.
	Tokens int
	// Depth is how many fields may stand inside each other.
	Depth int
	// Cost is about how many objects may be read: pages multiply what is inside them, and what is counted or looked for
	// counts for more.
	Cost int
	// Aliases is how many fields may have another name.
	Aliases int
	// RootFields is how many may be asked for at once.
	RootFields int
}

// passwordsMost is how many fields of a document may check or set a password.
const passwordsMost = 5

var passwordFields = map[string]bool{"signIn": true, "acceptInvitation": true, "changePassword": true}

// ExtensionName names it to gqlgen.
func (Limits) ExtensionName() string { return "Limits" }

// Validate has nothing to say about the schema.
func (Limits) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses a document that asks for too much.
func (l Limits) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	op.DisableIntrospection = false
	w := walker{variables: op.Variables, fragments: map[string]measure{}}
	m := w.set(op.Operation.SelectionSet)
	var p *problem.Error
	switch {
	case len(rootFields(op)) > l.RootFields:
		p = problem.New(problem.CostLimit, "The document asks for more than %d root fields.", l.RootFields)
	case m.depth > l.Depth:
		p = problem.New(problem.CostLimit, "The document is %d fields deep; %d are allowed.", m.depth, l.Depth)
	case m.aliases > l.Aliases:
		p = problem.New(problem.CostLimit, "The document has more than %d aliases.", l.Aliases)
	case m.cost > l.Cost:
		p = problem.New(problem.CostLimit, "The document could read %d objects; %d are allowed: ask for smaller pages.", m.cost, l.Cost)
	case m.passwords > passwordsMost:
		p = problem.New(problem.CostLimit, "The document has more than %d passwords.", passwordsMost)
	default:
		op.Stats.SetExtension(l.ExtensionName(), max(1, m.cost))
		return nil
	}
	return gqlerror.Wrap(p)
}

// costOf is the cost of a document that was let through.
func costOf(op *graphql.OperationContext) int {
	cost, _ := op.Stats.GetExtension(Limits{}.ExtensionName()).(int)
	return cost
}

// measure is how much a selection asks for: once is the cost of what a list has once, and not in each element.
type measure struct{ depth, aliases, cost, once, passwords int }

// ceiling keeps the sums from overflowing; it is over any limit.
const ceiling = 1 << 30

func sum(a, b int) int { return min(a+b, ceiling) }

func (m measure) plus(n measure) measure {
	return measure{max(m.depth, n.depth), sum(m.aliases, n.aliases), sum(m.cost, n.cost), sum(m.once, n.once), sum(m.passwords, n.passwords)}
}

// roots are the types that operations begin with.
var roots = map[ast.Operation][]string{ast.Query: {"Query"}, ast.Mutation: {"Mutation"}, ast.Subscription: {"Subscription"}}

// rootFields are the fields of the operation itself, fragments resolved.
func rootFields(op *graphql.OperationContext) []graphql.CollectedField {
	return graphql.CollectFields(op, op.Operation.SelectionSet, roots[op.Operation.Operation])
}

// walker measures selections, each fragment once however often it is used: else a few hundred bytes of
// nested fragments would cost minutes.
type walker struct {
	variables map[string]any
	fragments map[string]measure
}

func (w *walker) set(set ast.SelectionSet) (m measure) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			m = m.plus(w.field(s))
		case *ast.InlineFragment:
			m = m.plus(w.set(s.SelectionSet))
		case *ast.FragmentSpread:
			known, ok := w.fragments[s.Name]
			if !ok {
				known = w.set(s.Definition.SelectionSet)
				w.fragments[s.Name] = known
			}
			m = m.plus(known)
		}
	}
	return m
}

func (w *walker) field(f *ast.Field) measure {
	if f.Name == "__schema" || f.Name == "__type" { // the validator bounds how deep it goes
		m := w.set(f.SelectionSet)
		return measure{aliases: m.aliases, cost: sum(m.cost, introspectionCost/10)}
	}
	if f.ObjectDefinition != nil && strings.HasPrefix(f.ObjectDefinition.Name, "__") {
		m := w.set(f.SelectionSet)
		if f.Alias != f.Name {
			m.aliases = sum(m.aliases, 1)
		}
		if f.Name == "types" {
			m.cost = sum(m.cost, introspectionCost)
		}
		return m
	}
	m := w.set(f.SelectionSet)
	m.depth++
	if f.Alias != f.Name {
		m.aliases = sum(m.aliases, 1)
	}
	if passwordFields[f.Name] {
		m.passwords = sum(m.passwords, 1)
	}
	if f.Name == "totalCount" {
		m.once = countingCost
		return m
	}
	if f.SelectionSet != nil && !within[f.Name] {
		m.cost = sum(m.cost, 1) // the object itself, or each of the page
	}
	if f.ObjectDefinition != nil && f.ObjectDefinition.Name == "Dashboard" {
		m.once = sum(m.once, countingCost)
	}
	m.cost, m.once = sum(min(m.cost*w.page(f), ceiling), m.once), 0
	if w.searches(f) {
		m.cost = sum(m.cost, searchingCost)
	}
	return m
}

// What it counts for to count all rows of a list, and to look for words in it: each is as dear as reading so many.
const (
	countingCost  = 10
	searchingCost = 100
)

// searches tells whether a field looks for words.
func (w *walker) searches(f *ast.Field) bool {
	if f.Definition == nil || f.Definition.Arguments.ForName("text") == nil && f.Definition.Arguments.ForName("filter") == nil {
		return false
	}
	args := f.ArgumentMap(w.variables)
	filter, _ := args["filter"].(map[string]any)
	return args["text"] != nil || filter["search"] != nil
}

// introspectionCost is what listing all types of the schema counts for.
const introspectionCost = 2000

// within are the fields that only lead into a connection: they read nothing more.
var within = map[string]bool{"edges": true, "node": true, "nodes": true, "pageInfo": true}

// page is how many rows a field may give.
func (w *walker) page(f *ast.Field) int {
	if f.Name == "nodes" && len(f.Arguments) > 0 {
		ids, _ := f.ArgumentMap(w.variables)["ids"].([]any)
		return max(len(ids), 1)
	}
	if f.Definition == nil || !strings.HasSuffix(f.Definition.Type.Name(), "Connection") {
		return 1
	}
	args := f.ArgumentMap(w.variables)
	for _, name := range []string{"first", "last"} {
		if v := args[name]; v != nil {
			if n, err := graphql.UnmarshalInt32(v); err == nil {
				return int(min(max(n, 1), 100)) // others are refused for themselves
			}
		}
	}
	return 25
}
