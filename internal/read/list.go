package read

import (
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
	// given are conditions that the set brings.
	given []condition
	// found is the condition of a filter that searches; looks, how it is met in the statement in hand.
	found *found
	looks looking
	// bare: the rows have the type's face only.
	bare bool
	root bool

	scope access.Scope
	reach viewer.Reach
	// filter is as the client gave it; within are its conditions on the tenant alone, where the others.
	filter        map[string]any
	within, where []condition
	// named is the filter by objects that the rows point at, if there is one.
	named *pieces
	order order
	page  page
	seals seals
	used  map[string]bool
}

// condition is a part of a WHERE; it is written once for each statement, which has its own arguments.
type condition func(c *compiler) string

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
		l.given = append(l.given, func(c *compiler) string { return "k.id in (select app.assignable(" + c.arg(tenant) + "))" })
		p, err := c.rootList(f, l, scope)
		if err == nil && tenant != c.who.AccountID && c.who.Reach().All {
			return c.ifThere(types["Tenant"], tenant, p)
		}
		return p, err
	}
	return c.rootList(f, l, scope)
}

// ifThere answers with the plan if the account has the object, and else that it is missing.
func (c *compiler) ifThere(t *typ, id uuid.UUID, p *plan) (*plan, error) {
	c.begin()
	conds, err := c.within(t, "t", access.Account, viewer.Reach{})
	exists := c.finish("select from " + t.schema.Table + " t where " + strings.Join(conds, " and ") + " and t.id = " + c.arg(id))
	return &plan{statements: append([]statement{exists}, p.statements...), write: func(tables []table) ([]byte, error) {
		if len(tables[0].records) == 0 {
			return nil, problem.Missing()
		}
		return p.write(tables[1:])
	}}, err
}

// rootList answers a root field with the rows of a list: a statement for the page, and one for each
// extra.
func (c *compiler) rootList(f graphql.CollectedField, l *listing, scope access.Scope) (*plan, error) {
	if err := c.arrange(l, f, f.ArgumentMap(c.op.Variables), scope); err != nil {
		return nil, err
	}
	c.begin()
	b := &builder{compiler: c}
	w, needs, err := b.connection("x", f, f.Definition, l)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	ask := func(sql string, err error) (int, error) {
		p.statements = append(p.statements, c.finish(sql))
		return len(p.statements) - 1, err
	}
	if needs.rows {
		if len(b.cols) == 0 {
			b.col("x.id") // something to count the rows by
		}
		base, err := c.base(l)
		if _, err = ask("select "+strings.Join(b.cols, ", ")+" from ("+base+") x "+strings.Join(b.joins, " ")+" order by "+l.order.by("x", false), err); err != nil {
			return nil, err
		}
	}
	more, err := c.extras(l, needs, func(expr func() (string, error)) (int, error) {
		c.begin()
		sql, err := expr()
		return ask("select "+sql, err)
	})
	p.write = func(tables []table) ([]byte, error) {
		var s slice
		if needs.rows {
			s.cut(tables[0].records, l.page)
		}
		more.into(&s, func(at int) []byte { return tables[at].records[0].values[0] })
		return w(nil, &s), nil
	}
	return p, err
}

// list compiles a connection under a row: its page is one column, an array of records, and each extra
// another.
func (b *builder) list(f graphql.CollectedField, def *ast.FieldDefinition, l *listing) (writer, error) {
	args := f.ArgumentMap(b.op.Variables)
	if err := access.Check(b.reader.Schema, b.who, def, args); err != nil { // of a root field it was checked before
		return nil, err
	}
	if err := b.arrange(l, f, args, access.ScopeOf(def)); err != nil {
		return nil, err
	}
	inner := &builder{compiler: b.compiler}
	x := b.alias()
	w, needs, err := inner.connection(x, f, def, l)
	if err != nil {
		return nil, err
	}
	rowsAt := -1
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
	more, err := b.extras(l, needs, func(expr func() (string, error)) (int, error) {
		sql, err := expr()
		return b.col(sql), err
	})
	return func(dst []byte, r *record) []byte {
		var s slice
		if rowsAt >= 0 {
			records, err := nested(r.values[rowsAt])
			if err != nil {
				panic(err)
			}
			s.cut(records, l.page)
		}
		more.into(&s, func(at int) []byte { return r.values[at] })
		return w(dst, &s)
	}, err
}

// extras are the places of what a list needs besides its page; -1 is what it does not need.
type extras struct{ total, before, after int }

// extras adds what a list needs besides its page, each as an expression of its own.
func (c *compiler) extras(l *listing, n needs, add func(func() (string, error)) (int, error)) (e extras, err error) {
	e = extras{-1, -1, -1}
	if n.total {
		e.total, err = add(func() (string, error) { return c.total(l) })
	}
	if n.info && l.page.after != nil && err == nil {
		e.before, err = add(func() (string, error) { return c.beyond(l, *l.page.after, true) })
	}
	if n.info && l.page.before != nil && err == nil {
		e.after, err = add(func() (string, error) { return c.beyond(l, *l.page.before, false) })
	}
	return e, err
}

// into puts the extras into a page, given the value at a place.
func (e extras) into(s *slice, value func(int) []byte) {
	if e.total >= 0 {
		s.total = value(e.total)
	}
	s.before = s.before || e.before >= 0 && value(e.before)[0] == 1
	s.after = s.after || e.after >= 0 && value(e.after)[0] == 1
}

// every is a field with all rows of a type that its scope lets through.
func every(name string) field {
	return func(b *builder, _ row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		return b.list(f, def, &listing{t: types[name], from: types[name].schema.Table + " k"})
	}
}

// linked is a field with the rows at the other end of memberships.
func linked(from, column string) field {
	return func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		t := types[b.rowsOf(b.reader.Schema.Types[def.Type.Name()])]
		return b.list(f, def, &listing{
			t: t, from: from, link: map[string]string{"link_added_by_id": "m.added_by_id", "link_created_at": "m.created_at"},
			parent: "m.account_id = $1 and m." + column + " = " + r.col("id"),
		})
	}
}
