package read

import (
	"slices"
	"strconv"
	"strings"

	"tenantry/internal/access"
)

// PostgreSQL knows how many rows a table has, but not where those of a viewer are: it would walk an account's
// rows for somebody who sees one in ten thousand, or gather a million to sort them. So it is said here by which
// index a list is walked, in a form that leaves no choice, whatever the values of the parameters.

// pieces are the values of a column by each of which an index has the rows of a list in order.
type pieces struct {
	column string
	// from is a FROM of the values, called u(id); number is how many there may be.
	from   func(c *compiler) string
	number int
}

// condition is that of a row to belong to one of the pieces.
func (p *pieces) condition(c *compiler) string {
	return "k." + p.column + " in (select u.id from " + p.from(c) + ")"
}

// piecewise is how the rows of a list are taken piece by piece: by what a filter names, or tenant by tenant.
// It is nil where one index has all rows in order: the account's, one tenant's, or of what a list is nested
// under.
func (c *compiler) piecewise(l *listing) *pieces {
	switch {
	case !l.root || l.found != nil || !l.t.item() || l.scope != access.Tenant:
		return nil
	case l.named != nil:
		return l.named
	case l.reach.All || len(l.reach.Tenants) < 2 || c.passesBy(l):
		return nil
	}
	return &pieces{column: l.t.tenant, number: len(l.reach.Tenants), from: func(c *compiler) string {
		return "unnest(" + c.list(l.reach.Tenants) + "::uuid[]) u(id)"
	}}
}

// muchLeast is how much of an account is much: where a viewer sees so much of it, its rows are walked, and few
// of them are passed by, also where there are ten times fewer of the viewer's than elsewhere.
const muchLeast = 0.2

// seesMuch tells whether a list is of much of the account. Of types that are not shared it is only likely.
func (c *compiler) seesMuch(l *listing) bool {
	return c.who.Share >= muchLeast && !c.who.Narrowed() && len(l.reach.Tenants) == len(c.reach.Tenants)
}

// passesBy tells whether the account's rows are walked, passing by those that the viewer does not see. In the
// order of time everybody's are mixed; in that of names all of one tenant often stand together.
func (c *compiler) passesBy(l *listing) bool {
	return l.t.shared && l.order.cast != "text" && c.seesMuch(l)
}

// pageOf is the rows of the page for one way to look.
func (c *compiler) pageOf(l *listing) (string, error) {
	p := c.piecewise(l)
	conds, err := c.conditions(l, p)
	if err != nil {
		return "", err
	}
	if l.page.after != nil {
		conds = append(conds, l.order.keyset(c, *l.page.after, ">"))
	}
	if l.page.before != nil {
		conds = append(conds, l.order.keyset(c, *l.page.before, "<"))
	}
	where := " from " + l.from + " where " + strings.Join(conds, " and ")
	if p == nil {
		return "select " + l.columns("k") + where + l.tail("k"), nil
	}
	// The first of each piece come from the index, then the winners among them, and only these are read.
	first := func(limit int) string {
		return " cross join lateral (select k.id, k." + l.order.column + where + " order by " + l.order.by("k", l.page.backward) + " limit " + strconv.Itoa(limit) + ") k"
	}
	from := p.from(c)
	if p.number > l.page.size+1 {
		heads, bound := l.heads(from, first(1))
		from, where = heads, where+bound
	}
	return "select " + l.columns("y") + " from (select k.id from " + from + first(l.page.size+1) + l.tail("k") + ") w join " +
		l.t.schema.Table + " y on y.account_id = $1 and y.id = w.id", nil
}

// heads are, of more pieces than the page has rows, those whose first row is among the first of all; and bound is
// the condition on theirs to come no later than the last of these first ones, if there are so many. The place that
// stands for it else is put in here and not into the condition: PostgreSQL takes a comparison with "coalesce" for one
// that might tell what it compares, and would ask it after the policies instead of looking it up in the index.
func (l *listing) heads(from, first string) (pieces, bound string) {
	column := l.order.column
	op, value, id, bounded := l.order.furthest(l.page.backward)
	nth := func(column, otherwise string) string {
		return "coalesce(nth_value(h." + column + ", " + strconv.Itoa(l.page.size+1) + ") over w, " + otherwise + ") as last_" + column
	}
	pieces = "(select h.piece as id, " + nth(column, value) + ", " + nth("id", id) + " from (select u.id as piece, k.id, k." + column + " from " + from + first + l.tail("k") +
		") h window w as (order by " + l.order.by("h", l.page.backward) + " rows between unbounded preceding and unbounded following)) u"
	if !bounded {
		return pieces, ""
	}
	return pieces, " and (k." + column + ", k.id)" + op + "(u.last_" + column + ", u.last_id)"
}

// there tells whether the list has rows on the far side of a position, its own included, for one way to look.
func (c *compiler) there(l *listing, at position, before bool) (string, error) {
	p := c.piecewise(l)
	conds, err := c.conditions(l, p)
	op := ">="
	if before {
		op = "<="
	}
	conds = append(conds, l.order.keyset(c, at, op))
	// In order, so that it is looked for by the index that has the order.
	row := "(select from " + l.from + " where " + strings.Join(conds, " and ") + " order by " + l.order.by("k", before) + " limit 1) k"
	if p == nil {
		return "exists (select from " + row + ")", err
	}
	return "exists (select from " + p.from(c) + " cross join lateral " + row + ")", err
}

// total counts the list.
func (c *compiler) total(l *listing) (string, error) {
	l.looks = atAll
	p, number := c.piecewise(l), "count(*)"
	passing := p != nil && p != l.named && c.seesMuch(l)
	if columns := l.talliedBy(); columns != nil {
		tallies := *l
		tallies.t, tallies.from, tallies.where = tallyType, tallyTable+" k", nil
		l, number = &tallies, sumOf(columns)
		passing = p != nil && p.number > eachMost
	}
	if passing {
		p = nil // it is shorter to pass by all of the account
	}
	conds, err := c.conditions(l, p)
	from := l.from
	if p != nil {
		from = p.from(c) + " join " + from + " on true"
	}
	return "(select " + number + " from " + from + " where " + strings.Join(conds, " and ") + ")", err
}

// talliedBy are the columns of the tallies whose sum is the total of the list; nil if it has to be counted.
func (l *listing) talliedBy() []string {
	if !l.root || l.t.tallies == nil || l.given != nil || l.scope != access.Tenant {
		return nil
	}
	more := map[string]any{}
	for name, value := range l.filter {
		if _, ok := itemFilters[name]; !ok && value != nil {
			more[name] = plainList(value)
		}
	}
	return l.t.tallies(more)
}

// ticketTallies are the columns with the tickets of a filter.
func ticketTallies(filter map[string]any) []string {
	statuses := texts(filter["status"])
	slices.Sort(statuses)
	open := slices.Equal(slices.Compact(statuses), []string{"NEW", "ON_HOLD", "OPEN"})
	_, some := filter["status"]
	switch {
	case len(filter) == 0:
		return tallyColumns("tickets_", "new", "open", "on_hold", "resolved", "closed")
	case some && len(filter) == 1:
		return tallyColumns("tickets_", statuses...)
	case open && len(filter) == 2 && filter["priority"] != nil:
		return tallyColumns("open_", texts(filter["priority"])...)
	case len(filter) == 1 && filter["unassigned"] == true:
		return tallyColumns("tickets_", "unassigned")
	case open && len(filter) == 2 && filter["unassigned"] == true:
		return tallyColumns("open_", "unassigned")
	}
	return nil
}

// enumTallies are the columns, with a prefix, with the rows of a filter by one of some enums; without a filter,
// those of the values of one of them, which every row has.
func enumTallies(prefix string, values []string, enums ...string) func(filter map[string]any) []string {
	return func(filter map[string]any) []string {
		if len(filter) == 0 {
			return tallyColumns(prefix, values...)
		}
		for _, enum := range enums {
			if len(filter) == 1 && filter[enum] != nil {
				return tallyColumns(prefix, texts(filter[enum])...)
			}
		}
		return nil
	}
}

// sumOf is the sum of columns of tallies called k.
func sumOf(columns []string) string {
	return "coalesce(sum(k." + strings.Join(columns, " + k.") + "), 0)"
}

// tallyColumns are the columns of some values; nil of none.
func tallyColumns(prefix string, values ...string) (columns []string) {
	for _, value := range slices.Compact(slices.Sorted(slices.Values(values))) {
		columns = append(columns, prefix+strings.ToLower(value))
	}
	return columns
}
