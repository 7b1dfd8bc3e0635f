package read

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
)

// listing is a connection while it is compiled. Its rows are called k inside.
type listing struct {
	t    *typ
	from string
	// link are columns besides the type's own, of what the rows are listed through.
	link map[string]string
	// parent binds the rows of a nested list to the row they are listed under.
	parent string
	// edge is the type of the edges where they have fields of their own.
	edge string
	// given are conditions that the set brings.
	given []condition
	// bare: the rows have the type's face only.
	bare bool
	root bool

	scope access.Scope
	reach viewer.Reach
	where []condition
	order order
	page  page
	used  map[string]bool
}

// condition is a part of a WHERE; it is written once for each statement, which has its own arguments.
type condition func(c *compiler) string

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

// connection answers a root field with a list.
func (c *compiler) connection(f graphql.CollectedField, set *rows.Set, scope access.Scope) (*plan, error) {
	t := types[c.rowsOf(c.reader.Schema.Types[f.Definition.Type.Name()])]
	l := &listing{t: t, from: t.schema.Table + " k", root: true}
	if set.Keys != nil {
		l.given = append(l.given, func(c *compiler) string { return "k.id = any(" + c.arg(set.Keys) + ")" })
	}
	if set.Assignable {
		tenant := c.who.AccountID
		if set.AssignableTo != nil {
			id, ok := ids.DecodeAs("Tenant", *set.AssignableTo)
			if !ok || id == tenant { // the account's own id is no tenant's
				return nil, problem.Missing()
			}
			tenant = id
		}
		// An admin reaches all tenants, and so must be told by the database which there are.
		if !c.who.Reach().Holds(tenant) {
			return missing(set), nil
		}
		scope, l.bare, l.from = access.Account, true, t.face+" k"
		l.given = append(l.given, func(c *compiler) string { return "k.id in (select app.reaching(" + c.arg(tenant) + ", false))" })
		p, err := c.rootList(f, l, scope)
		if err == nil && tenant != c.who.AccountID && c.who.Reach().All {
			p = c.ifTenant(tenant, p)
		}
		return p, err
	}
	return c.rootList(f, l, scope)
}

// ifTenant answers with the plan if the tenant exists, and else that it is missing.
func (c *compiler) ifTenant(tenant uuid.UUID, p *plan) *plan {
	c.begin()
	id := c.arg(tenant)
	exists := c.finish("select from app.tenants t where t.account_id = $1 and t.id = " + id)
	return &plan{statements: append([]statement{exists}, p.statements...), write: func(tables []table) ([]byte, error) {
		if len(tables[0].records) == 0 {
			return nil, problem.Missing()
		}
		return p.write(tables[1:])
	}}
}

func (c *compiler) rootList(f graphql.CollectedField, l *listing, scope access.Scope) (*plan, error) {
	if err := c.arrange(l, f, f.Definition, scope); err != nil {
		return nil, err
	}
	c.begin()
	b := &builder{compiler: c}
	w, needs, err := b.connection(f, f.Definition, l)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	ask := func(sql string) int {
		p.statements = append(p.statements, c.finish(sql))
		return len(p.statements) - 1
	}
	rowsAt, totalAt, beforeAt, afterAt := -1, -1, -1, -1
	if needs.rows {
		if len(b.cols) == 0 {
			b.col("x.id") // something to count the rows by
		}
		base, err := c.base(l)
		if err != nil {
			return nil, err
		}
		rowsAt = ask("select " + strings.Join(b.cols, ", ") + " from (" + base + ") x " + strings.Join(b.joins, " ") + " order by " + l.order.by("x", false))
	}
	for _, extra := range []struct {
		wanted bool
		at     *int
		expr   func() (string, error)
	}{
		{needs.total, &totalAt, func() (string, error) { return c.total(l) }},
		{needs.info && l.page.after != nil, &beforeAt, func() (string, error) { return c.beyond(l, *l.page.after, true) }},
		{needs.info && l.page.before != nil, &afterAt, func() (string, error) { return c.beyond(l, *l.page.before, false) }},
	} {
		if extra.wanted {
			c.begin()
			sql, err := extra.expr()
			if err != nil {
				return nil, err
			}
			*extra.at = ask("select " + sql)
		}
	}
	p.write = func(tables []table) ([]byte, error) {
		var s slice
		if rowsAt >= 0 {
			s.cut(tables[rowsAt].records, l.page)
		}
		if totalAt >= 0 {
			s.total = tables[totalAt].records[0].values[0]
		}
		s.before = s.before || beforeAt >= 0 && tables[beforeAt].records[0].values[0][0] == 1
		s.after = s.after || afterAt >= 0 && tables[afterAt].records[0].values[0][0] == 1
		return w(nil, &s), nil
	}
	return p, nil
}

// list compiles a connection under a row: its page is one column, an array of records.
func (b *builder) list(f graphql.CollectedField, def *ast.FieldDefinition, l *listing) (writer, error) {
	if err := b.arrange(l, f, def, access.ScopeOf(def)); err != nil {
		return nil, err
	}
	inner := &builder{compiler: b.compiler}
	x := b.alias()
	w, needs, err := inner.connectionAs(x, f, def, l)
	if err != nil {
		return nil, err
	}
	rowsAt, totalAt, beforeAt, afterAt := -1, -1, -1, -1
	if needs.rows {
		if len(inner.cols) == 0 {
			inner.col(x + ".id")
		}
		base, err := b.base(l)
		if err != nil {
			return nil, err
		}
		alias := b.alias()
		b.joins = append(b.joins, "left join lateral (select array_agg(row("+strings.Join(inner.cols, ", ")+") order by "+l.order.by(x, false)+
			") as r from ("+base+") "+x+" "+strings.Join(inner.joins, " ")+") "+alias+" on true")
		rowsAt = b.col(alias + ".r")
	}
	if needs.total {
		sql, err := b.total(l)
		if err != nil {
			return nil, err
		}
		totalAt = b.col(sql)
	}
	if needs.info && l.page.after != nil {
		sql, err := b.beyond(l, *l.page.after, true)
		if err != nil {
			return nil, err
		}
		beforeAt = b.col(sql)
	}
	if needs.info && l.page.before != nil {
		sql, err := b.beyond(l, *l.page.before, false)
		if err != nil {
			return nil, err
		}
		afterAt = b.col(sql)
	}
	return func(dst []byte, r *record) []byte {
		var s slice
		if rowsAt >= 0 {
			records, err := nested(r.values[rowsAt])
			if err != nil {
				panic(err)
			}
			s.cut(records, l.page)
		}
		if totalAt >= 0 {
			s.total = r.values[totalAt]
		}
		s.before = s.before || beforeAt >= 0 && r.values[beforeAt][0] == 1
		s.after = s.after || afterAt >= 0 && r.values[afterAt][0] == 1
		return w(dst, &s)
	}, nil
}

// every is a field with all rows of a type that its scope lets through.
func every(name string) field {
	return func(b *builder, _ row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		return b.list(f, def, &listing{t: types[name], from: types[name].schema.Table + " k"})
	}
}

// linked is a field with the rows at the other end of memberships.
func linked(edge, from, column string) field {
	return func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		t := types[b.rowsOf(b.reader.Schema.Types[def.Type.Name()])]
		return b.list(f, def, &listing{
			t: t, from: from, edge: edge, link: map[string]string{"link_added_by_id": "m.added_by_id", "link_created_at": "m.created_at"},
			parent: "m.account_id = $1 and m." + column + " = " + r.col("id"),
		})
	}
}

// arrange reads the arguments of a list: its filter, order and page.
func (c *compiler) arrange(l *listing, f graphql.CollectedField, def *ast.FieldDefinition, scope access.Scope) error {
	if scope == access.None {
		return fmt.Errorf("%s leads to objects and has no scope", f.Name)
	}
	args := f.ArgumentMap(c.op.Variables)
	if err := access.Check(c.reader.Schema, c.who, def, args); err != nil {
		return err
	}
	l.scope, l.reach, l.order, l.used = scope, c.reach, l.t.order, map[string]bool{}
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
	s, err := newSeals(c.who, f.ObjectDefinition.Name+"."+f.Name, l.order, args)
	if err != nil {
		return err
	}
	return l.page.read(f.Name, args, s)
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
	for arg, to := range map[string]**position{"after": &p.after, "before": &p.before} {
		if cursor, ok := args[arg].(string); ok {
			at, err := s.open(cursor)
			if err != nil {
				return err
			}
			*to = &at
		}
	}
	return nil
}

// by is the ORDER BY of an order.
func (o order) by(alias string, reversed bool) string {
	direction := " asc"
	if o.descending != reversed {
		direction = " desc"
	}
	return alias + "." + o.column + direction + ", " + alias + ".id" + direction
}

// keyset compares a row with a position: beyond it in the order, or with "back" at or before it.
func (o order) keyset(c *compiler, p position, op string) string {
	if o.descending {
		op = map[string]string{">": "<", "<": ">", "<=": ">=", ">=": "<="}[op]
	}
	return "(k." + o.column + ", k.id) " + op + " (" + c.arg(p.value) + "::text::" + o.cast + ", " + c.arg(p.id) + "::uuid)"
}

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
	return conds, nil
}

// base is the rows of the page, with one more to tell whether there are more.
func (c *compiler) base(l *listing) (string, error) {
	perTenant := l.root && l.t.tenant == "tenant_id" && l.scope == access.Tenant && !l.reach.All && len(l.reach.Tenants) > 1
	each := ""
	if perTenant {
		each = "k.tenant_id = u.id"
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
	tail := " order by " + l.order.by("k", l.page.backward) + " limit " + strconv.Itoa(l.page.size+1)
	where := " from " + l.from + " where " + strings.Join(conds, " and ")
	if !perTenant {
		return "select " + l.columns("k") + where + tail, nil
	}
	// No one plan is good for the newest rows of several tenants: take each tenant's from its index,
	// then the winners among them, and only then read those rows.
	return "select " + l.columns("y") + " from (select k.id from unnest(" + c.arg(l.reach.Tenants) + "::uuid[]) u(id) cross join lateral (select k.id, k." +
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
	conds, err := c.conditions(l, "")
	return "(select count(*) from " + l.from + " where " + strings.Join(conds, " and ") + ")", err
}

// beyond tells whether the list has rows on the far side of a cursor, its own included.
func (c *compiler) beyond(l *listing, p position, before bool) (string, error) {
	conds, err := c.conditions(l, "")
	op := ">="
	if before {
		op = "<="
	}
	conds = append(conds, l.order.keyset(c, p, op))
	return "exists (select from " + l.from + " where " + strings.Join(conds, " and ") + ")", err
}
