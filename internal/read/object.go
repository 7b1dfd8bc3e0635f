package read

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
)

// builder gathers what is selected from one FROM: its joins and columns. The columns of nested lists
// are gathered by builders of their own.
type builder struct {
	*compiler
	from  string
	joins []string
	known map[string]string
	cols  []string
}

// row is a row of a FROM, seen as a GraphQL type.
type row struct {
	b     *builder
	t     *typ
	alias string
	// bare says that the alias has the type's face only; the rest is joined when it is asked for.
	bare bool
	// used gathers the columns that are asked for, for rows that come from a subselect.
	used map[string]bool
}

// col is a column of the row.
func (r row) col(column string) string {
	if !r.bare || column == "id" || column == "name" || column == "account_id" {
		if r.used != nil {
			r.used[column] = true
		}
		return r.alias + "." + column
	}
	return r.b.join(r.alias+" whole", func(alias string) string {
		return r.t.schema.Table + " " + alias + " on " + alias + ".account_id = $1 and " + alias + ".id = " + r.alias + ".id"
	}) + "." + column
}

// join adds an outer join, once for each key, and returns its alias.
func (b *builder) join(key string, on func(alias string) string) string {
	if alias, ok := b.known[key]; ok {
		return alias
	}
	alias := b.alias()
	if b.known == nil {
		b.known = map[string]string{}
	}
	b.known[key] = alias
	b.joins = append(b.joins, "left join "+on(alias))
	return alias
}

// col selects an expression and returns its place in the records.
func (b *builder) col(expr string) int {
	if i := slices.Index(b.cols, expr); i >= 0 {
		return i
	}
	b.cols = append(b.cols, expr)
	return len(b.cols) - 1
}

// sql is the statement for the rows that meet the conditions.
func (b *builder) sql(conds []string) string {
	return "select " + strings.Join(b.cols, ", ") + " from " + b.from + " " + strings.Join(b.joins, " ") +
		" where " + strings.Join(conds, " and ")
}

// object compiles a selection of a row.
func (b *builder) object(r row, selection ast.SelectionSet, name string) (writer, error) {
	def := b.reader.Schema.Types[name]
	var fields []out
	for _, f := range graphql.CollectFields(b.op, selection, append([]string{name}, def.Interfaces...)) {
		w, err := b.field(r, f, def)
		if err != nil {
			return nil, err
		}
		fields = append(fields, member(f.Alias, w))
	}
	return object(fields, b.budget), nil
}

func (b *builder) field(r row, f graphql.CollectedField, of *ast.Definition) (writer, error) {
	if f.Name == "__typename" {
		return literal(strconv.Quote(of.Name)), nil
	}
	def := of.Fields.ForName(f.Name)
	b.largest = min(b.largest+longest(f, def), endless)
	if !access.Allows(b.who, def.Directives) || access.Withheld(b.who, def) {
		return writeNull, nil
	}
	w, err := b.value(r, f, def)
	if err == nil && access.SelfOrAdmin(def) && r.bare {
		w = present(b.col(r.col("role")), w) // a former user has a face and nothing more
	}
	if err == nil && access.SelfOrAdmin(def) && !b.who.Administers() {
		self := b.col("nullif(" + r.col("id") + " = " + b.arg(b.who.UserID) + ", false)")
		w = present(self, w)
	}
	return w, err
}

func (b *builder) value(r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	if special, ok := r.t.fields[f.Name]; ok {
		return special(b, r, f, def)
	}
	ret := b.reader.Schema.Types[def.Type.Name()]
	if ret.IsLeafType() {
		column, ok := r.t.column(f.Name)
		if !ok {
			return nil, fmt.Errorf("%s.%s is no column", r.t.name, f.Name)
		}
		return scalar(b.col(r.col(column)), def.Type, r.t.name), nil
	}
	column, ok := r.t.relation(f.Name)
	if !ok {
		return nil, fmt.Errorf("%s.%s is no relation", r.t.name, f.Name)
	}
	if strings.HasSuffix(ret.Name, "Connection") {
		t := types[b.rowsOf(ret)]
		return b.list(f, def, &listing{t: t, from: t.schema.Table + " k", parent: "k." + column + " = " + r.col(r.t.id)})
	}
	return b.follow(r, ret.Name, column, f, def)
}

// edge joins the object that a column points at, if the scope lets it through.
func (b *builder) edge(r row, t *typ, column string, scope access.Scope) row {
	return b.edgeFrom(r.col(column), t, scope)
}

// edgeFrom joins the object that an expression gives the id of.
func (b *builder) edgeFrom(from string, t *typ, scope access.Scope) row {
	to := t.schema.Table
	if t.face != "" {
		to = t.face
	}
	alias := b.join(string(scope)+" "+from+" "+t.name, func(alias string) string {
		return to + " " + alias + " on " + b.seen(t, alias, scope) + " and " + alias + "." + t.id + " = " + from
	})
	return row{b: b, t: t, alias: alias, bare: t.face != ""}
}

func (b *builder) follow(r row, name, column string, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	scope := access.ScopeOf(def)
	if scope == access.None {
		return nil, fmt.Errorf("%s.%s leads to an object and has no scope", r.t.name, f.Name)
	}
	return b.lead(b.edge(r, types[name], column, scope), f)
}

// lead compiles a selection of an object that was joined; null where it was not found.
func (b *builder) lead(other row, f graphql.CollectedField) (writer, error) {
	id := b.col(other.col(other.t.id))
	w, err := b.object(other, f.Selections, other.t.name)
	return present(id, w), err
}

// to is a field that leads to the object that a column points at.
func to(name, column string) field {
	return func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		return b.follow(r, name, column, f, def)
	}
}

// newestOf is a field that leads to the newest of the visible objects that point at the row and meet a
// condition on k.
func newestOf(name, column, cond string) field {
	return func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		t, scope, from := types[name], access.ScopeOf(def), r.col("id")
		newest := b.join("newest "+name+" of "+from, func(alias string) string { // once: an argument nobody uses is an error
			return "lateral (select k.id from " + t.schema.Table + " k where " + b.seen(t, "k", scope) + " and k." + column + " = " + from +
				" and " + cond + " order by k.created_at desc, k.id desc limit 1) " + alias + " on true"
		})
		return b.lead(b.edgeFrom(newest+".id", t, scope), f)
	}
}

// sql is a field with an expression of its own.
func sql(expr func(b *builder, r row) string) field {
	return func(b *builder, r row, _ graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		return scalar(b.col(expr(b, r)), def.Type, r.t.name), nil
	}
}

// said is a field that the server knows without asking.
func said(value func(b *builder) string) field {
	return func(b *builder, _ row, _ graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
		return literal(strconv.Quote(value(b))), nil
	}
}

// part is a field with an object made of the same row; null where the expression is.
func part(name string, there func(row) string) field {
	return func(b *builder, r row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
		t := types[name]
		w, err := b.object(row{b: b, t: t, alias: r.alias, bare: r.bare, used: r.used}, f.Selections, name)
		if there != nil && err == nil {
			w = present(b.col(there(r)), w)
		}
		return w, err
	}
}

// countOf counts the items of a tenant that meet a filter.
func countOf(name string, filter map[string]any) field {
	return func(b *builder, r row, _ graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		t, number := types[name], "count(*)"
		from := t.schema.Table
		if t.tallies != nil {
			number, from, t = sumOf(t.tallies(filter)), tallyTable, tallyType
		}
		conds, err := b.within(t, "k", access.ScopeOf(def), b.reachOf(t))
		return scalar(b.col("(select "+number+" from "+from+" k where "+strings.Join(conds, " and ")+" and k.tenant_id = "+r.col("id")+")"), def.Type, ""), err
	}
}

// namedID writes the id of the object that an audit entry names by type and row.
func namedID(b *builder, r row, _ graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
	typ, id := b.col(r.col("object_type")), b.col(r.col("object_id"))
	return func(dst []byte, rec *record) []byte {
		if rec.values[typ] == nil || rec.values[id] == nil {
			return append(dst, null...)
		}
		return append(ids.Append(append(dst, '"'), string(rec.values[typ]), rec.values[id]), '"')
	}, nil
}

// namedObject leads to that object: one join for each type it could be.
func namedObject(b *builder, r row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
	var choices []writer
	var presence []int
	for _, def := range b.reader.Schema.PossibleTypes["Node"] {
		t := types[def.Name]
		alias := b.join(r.alias+" object "+t.name, func(alias string) string {
			return t.schema.Table + " " + alias + " on " + b.seen(t, alias, t.node) + " and " +
				r.col("object_type") + " = '" + t.name + "' and " + alias + "." + t.id + " = " + r.col("object_id")
		})
		w, err := b.object(row{b: b, t: t, alias: alias}, f.Selections, t.name)
		if err != nil {
			return nil, err
		}
		choices, presence = append(choices, w), append(presence, b.col(alias+"."+t.id))
	}
	return firstOf(presence, choices), nil
}
