package read

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tenantry/internal/access"
)

// conditions are those of a list, without its page and, if "each" is set, for one tenant at a time.
func (c *compiler) conditions(l *listing, each string) ([]string, error) {
	reach := l.reach
	if each != "" {
		reach.All = true
	}
	conds, err := c.within(l.t, "k", l.scope, reach)
	if err != nil {
		return nil, err
	}
	if each != "" {
		conds = append(conds, each)
	} else if c.reader.Unscoped && !l.reach.All && l.t.tenant != "" && l.scope == access.Tenant {
		// Without the compiler's scoping, what a filter narrowed is still to be heeded.
		conds = append(conds, c.among("k."+l.t.tenant, l.reach.Tenants))
	}
	if l.parent != "" {
		conds = append(conds, l.parent)
	}
	for _, more := range [][]condition{l.given, l.where} {
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
	if l.found == nil {
		return c.pageOf(l)
	}
	return l.found.either(c, l, c.pageOf, func(few, many string) string {
		return "select * from ((" + few + ") union all (" + many + ")) e" + l.tail("e")
	})
}

// tail is the order and the end of the page.
func (l *listing) tail(alias string) string {
	return " order by " + l.order.by(alias, l.page.backward) + " limit " + strconv.Itoa(l.page.size+1)
}

// pageOf is the rows of the page for one way to look.
func (c *compiler) pageOf(l *listing) (string, error) {
	perTenant := l.found == nil && l.root && l.t.item() && l.scope == access.Tenant && !l.reach.All && len(l.reach.Tenants) > 1
	each := ""
	if perTenant {
		each = "k." + l.t.tenant + " = u.id"
	}
	conds, err := c.conditions(l, each)
	if err != nil {
		return "", err
	}
	if l.page.after != nil {
		conds = append(conds, l.order.keyset(c, *l.page.after, ">"))
	}
	if l.page.before != nil {
		conds = append(conds, l.order.keyset(c, *l.page.before, "<"))
	}
	tail := l.tail("k")
	where := " from " + l.from + " where " + strings.Join(conds, " and ")
	if !perTenant {
		return "select " + l.columns("k") + where + tail, nil
	}
	// No one plan is good for the newest rows of several tenants: take each tenant's from its index,
	// then the winners among them, and only then read those rows.
	return "select " + l.columns("y") + " from (select k.id from unnest(" + c.list(l.reach.Tenants) + "::uuid[]) u(id) cross join lateral (select k.id, k." +
		l.order.column + where + tail + ") k" + tail + ") w join " + l.t.schema.Table + " y on y.account_id = $1 and y.id = w.id", nil
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

// total counts the list.
func (c *compiler) total(l *listing) (string, error) {
	l.looks = atAll
	conds, err := c.conditions(l, "")
	return "(select count(*) from " + l.from + " where " + strings.Join(conds, " and ") + ")", err
}

// beyond tells whether the list has rows on the far side of a cursor, its own included.
func (c *compiler) beyond(l *listing, p position, before bool) (string, error) {
	there := func(l *listing) (string, error) { return c.there(l, p, before) }
	if l.found == nil {
		return there(l)
	}
	sql, err := l.found.either(c, l, there, func(few, many string) string { return "select " + few + " or " + many })
	return "(" + sql + ")", err
}

func (c *compiler) there(l *listing, p position, before bool) (string, error) {
	conds, err := c.conditions(l, "")
	op := ">="
	if before {
		op = "<="
	}
	conds = append(conds, l.order.keyset(c, p, op))
	return "exists (select from " + l.from + " where " + strings.Join(conds, " and ") + ")", err
}
