package graph

import (
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tenantry/internal/ids"
)

// object answers a selection of a thing, seen as a type.
func (e *evaluator) object(x *thing, typ string, c collected) any {
	out := map[string]any{}
	for _, f := range e.collect(typ, c.selections()) {
		if f.name() == "__typename" {
			out[f.key] = typ
			continue
		}
		out[f.key] = e.field(asked{e, x, typ, *f})
	}
	return out
}

// hidden are the fields that a viewer's role hides.
func (e *evaluator) hidden(typ, field string) bool {
	switch typ + "." + field {
	case "Account.licence", "Tenant.users":
		return !e.admin()
	case "Tenant.externalRef", "Tenant.notes", "RemoteSession.notes", "Asset.purchaseCost",
		"Article.author", "Article.reviewer", "Article.reviewNote":
		return !e.agent()
	}
	return false
}

// field answers a field: one that something is said about, or else a column of the same name.
func (e *evaluator) field(a asked) any {
	if e.hidden(a.typ, a.c.name()) {
		return nil
	}
	for _, domain := range []func(asked) (any, bool){asked.people, asked.tenants, asked.items, asked.modules, asked.history, asked.audit} {
		if value, known := domain(a); known {
			return value
		}
	}
	if a.c.name() == "id" {
		return ids.Encode(a.typ, a.x.key())
	}
	return plain(underscored(a.c.name()), a.x.cols)
}

// asked is a field of a thing, seen as a type.
type asked struct {
	*evaluator
	x   *thing
	typ string
	c   collected
}

func (a asked) name() string { return a.typ + "." + a.c.name() }

// follow is an object that the field leads to; null without one.
func (a asked) follow(to *thing) any {
	if to == nil {
		return nil
	}
	return a.object(to, to.typ, a.c)
}

// to is the object that a column points at, if the viewer finds it.
func (a asked) to(typ, column string) any { return a.follow(a.at(typ, a.x.ref(column))) }

// metAt is the user that a column points at.
func (a asked) metAt(column string) any { return a.follow(a.met(a.x.ref(column))) }

// part is an object made of the same row.
func (a asked) part(typ string) any { return a.object(a.x, typ, a.c) }

// list is a list of things that the viewer finds.
func (a asked) list(items []*thing) any { return a.connection(a.typ, a.c, items, nil) }

// pointing are the things of the field's type that point at this one by a column.
func (a asked) pointing(column string) any {
	return a.list(a.all(a.elements(a.c.fields[0].Definition.Type.Name()), func(k *thing) bool { return k.ref(column) == a.x.key() }))
}

// days are the columns with a day.
var days = map[string]bool{"purchased_on": true, "warranty_until": true, "contract_ends_on": true}

// plain is a stored value as JSON gives it.
func plain(column string, cols map[string]any) any {
	switch v := cols[column].(type) {
	case time.Time:
		if days[column] {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case pgtype.Numeric:
		f, _ := v.Float64Value()
		return f.Float64
	default:
		return v
	}
}

func underscored(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// asList is a value as a list, for which one value may stand; in a variable that comes as a typed slice.
func asList(v any) (all []any) {
	l := reflect.ValueOf(v)
	if l.Kind() != reflect.Slice {
		return []any{v}
	}
	for i := range l.Len() {
		all = append(all, l.Index(i).Interface())
	}
	return all
}
