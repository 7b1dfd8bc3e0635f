package read

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/access"
	"tenantry/internal/problem"
)

// page is which part of a list is asked for.
type page struct {
	size          int
	backward      bool
	after, before *position
}

const (
	pageDefault = 25
	pageMost    = 100
)

// arrange reads the arguments of a list: its filter, order and page.
func (c *compiler) arrange(l *listing, f graphql.CollectedField, args map[string]any, scope access.Scope) error {
	if scope == access.None {
		return fmt.Errorf("%s leads to objects and has no scope", f.Name)
	}
	l.scope, l.reach, l.order, l.used = scope, c.reachOf(l.t), l.t.order, map[string]bool{}
	if by, ok := args["orderBy"].(map[string]any); ok {
		name, _ := by["field"].(string)
		o, known := l.t.orders[name]
		if !known {
			return problem.New(problem.BadUserInput, "%s cannot be ordered by %s.", f.Name, name)
		}
		o.descending = by["direction"] == "DESC"
		l.order = o
	}
	filter, _ := args["filter"].(map[string]any)
	if err := c.filter(l, f.Name, filter); err != nil {
		return err
	}
	l.seals = newSeals(c.who, f.ObjectDefinition.Name+"."+f.Name, l.order, args)
	return l.page.read(f.Name, args, l.seals)
}

func (p *page) read(name string, args map[string]any, s seals) error {
	size := func(arg string) (int, bool, error) {
		v, given := args[arg]
		if !given || v == nil {
			return 0, false, nil
		}
		n, err := graphql.UnmarshalInt32(v)
		if err != nil || n < 0 || n > pageMost {
			return 0, false, problem.New(problem.BadUserInput, "%s takes %s from 0 to %d.", name, arg, pageMost)
		}
		return int(n), true, nil
	}
	first, forward, err := size("first")
	if err != nil {
		return err
	}
	last, backward, err := size("last")
	if err != nil {
		return err
	}
	switch {
	case forward && backward:
		return problem.New(problem.BadUserInput, "%s takes first or last, not both.", name)
	case backward:
		p.size, p.backward = last, true
	case forward:
		p.size = first
	default:
		p.size = pageDefault
	}
	at := func(arg string) (*position, error) {
		cursor, ok := args[arg].(string)
		if !ok {
			return nil, nil
		}
		at, err := s.open(cursor)
		return &at, err
	}
	if p.after, err = at("after"); err == nil {
		p.before, err = at("before")
	}
	return err
}

// by is the ORDER BY of an order.
func (o order) by(alias string, reversed bool) string {
	direction := " asc"
	if o.descending != reversed {
		direction = " desc"
	}
	return alias + "." + o.column + direction + ", " + alias + ".id" + direction
}

// keyset compares a row with a position, in the direction of the order: ">" is what comes after it.
func (o order) keyset(c *compiler, p position, op string) string {
	if o.descending {
		op = map[string]string{">": "<", "<": ">", "<=": ">=", ">=": "<="}[op]
	}
	return "(k." + o.column + ", k.id) " + op + " (" + c.arg(p.value) + "::text::" + o.cast + ", " + c.arg(p.id) + "::uuid)"
}

// extremes are the least and the greatest value of an order, by its type, where there is one.
var extremes = map[string][2]string{"timestamptz": {"-infinity", "infinity"}, "int": {"-2147483648", "2147483647"}, "text": {""}}

// furthest is the last place there could be, in the direction of a walk, as SQL, and how what comes no later than
// another compares with it. There is none among texts.
func (o order) furthest(reversed bool) (op, value, id string, ok bool) {
	which, last, op := 1, uuid.Max, " <= "
	if o.descending != reversed {
		which, last, op = 0, uuid.Nil, " >= "
	}
	value = extremes[o.cast][which]
	return op, "'" + value + "'::" + o.cast, "'" + last.String() + "'::uuid", value != "" || which == 0
}
