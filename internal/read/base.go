package read

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tenantry/internal/access"
)

// conditions are those of a list, without its page; if it is taken piece by piece, for the piece u.
func (c *compiler) conditions(l *listing, p *pieces) ([]string, error) {
	reach := l.reach
	byTenant := p != nil && p.column == l.t.tenant
	if byTenant {
		reach.All = true
	}
	conds, err := c.within(l.t, "k", l.scope, reach)
	if err != nil {
		return nil, err
	}
	if p != nil {
		conds = append(conds, "k."+p.column+" = u.id")
	}
	if !byTenant && c.reader.Unscoped && !l.reach.All && l.t.tenant != "" && l.scope == access.Tenant {
		// Without the compiler's scoping, what a filter narrowed is still to be heeded.
		conds = append(conds, c.among("k."+l.t.tenant, l.reach.Tenants))
	}
	if l.named != nil && l.named != p {
		conds = append(conds, l.named.condition(c))
	}
	if l.parent != "" {
		conds = append(conds, l.parent)
	}
	for _, more := range [][]condition{l.given, l.within, l.where} {
		for _, cond := range more {
			conds = append(conds, cond(c))
		}
	}
	if l.found != nil {
		conds = append(conds, l.found.condition(c, l.looks))
	}
	return conds, nil
}

// base is the rows of the page, with one more to tell whether there are more.
func (c *compiler) base(l *listing) (string, error) {
	switch {
	case l.found == nil:
		return c.pageOf(l)
	case l.found.newest(l):
		return l.found.page(c, l)
	}
	return l.found.either(c, l, c.pageOf, func(few, many string) string {
		return "select * from ((" + few + ") union all (" + many + ")) e" + l.tail("e")
	})
}

// tail is the order and the end of the page.
func (l *listing) tail(alias string) string {
	return " order by " + l.order.by(alias, l.page.backward) + " limit " + strconv.Itoa(l.page.size+1)
}

// columns are those that are asked for, the key and the order's: no more, as the viewer's role may not
// be allowed to read all.
func (l *listing) columns(alias string) string {
	names := map[string]bool{"id": true, l.order.column: true}
	maps.Copy(names, l.used)
	list := slices.Sorted(maps.Keys(names))
	for i, name := range list {
		if expr, ok := l.link[name]; ok {
			list[i] = expr + " as " + name
		} else {
			list[i] = alias + "." + name
		}
	}
	return strings.Join(list, ", ")
}

// beyond tells whether the list has rows on the far side of a cursor, its own included.
func (c *compiler) beyond(l *listing, p position, before bool) (string, error) {
	there := func(l *listing) (string, error) { return c.there(l, p, before) }
	switch {
	case l.found == nil:
		return there(l)
	case before && l.found.newest(l):
		return l.found.since(c, p), nil
	}
	sql, err := l.found.either(c, l, there, func(few, many string) string { return "select " + few + " or " + many })
	return "(" + sql + ")", err
}
