package read

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
)

// filter makes a condition of a filter's value.
type filter func(c *compiler, l *listing, name string, value any) (condition, error)

// filterMost is how many values a list in a filter may have.
const filterMost = 250

// filter reads the filter of a list. Fields that the type says nothing about follow one convention: a
// list matches any of its values, { gte, lt } a stretch of time, and anything else itself.
func (c *compiler) filter(l *listing, field string, values map[string]any) error {
	l.filter = values
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same text for the same filter
	for _, name := range names {
		value := values[name]
		if value == nil {
			continue
		}
		value = plainList(value)
		if list, ok := value.([]any); ok && len(list) > filterMost {
			return problem.New(problem.BadUserInput, "%s.filter.%s takes at most %d values.", field, name, filterMost)
		}
		into := &l.where
		make, ok := l.t.filters[name]
		if !ok {
			if make, ok = itemFilters[name]; ok && l.t.item() {
				into = &l.within
			} else {
				make = plainFilter
			}
		}
		cond, err := make(c, l, name, value)
		if err != nil {
			return err
		}
		if cond != nil {
			*into = append(*into, cond)
		}
	}
	return nil
}

// plainList is a value whose lists are of any: one value in a variable that stands for a list comes as
// a slice of its own type.
func plainList(value any) any {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Slice {
		return value
	}
	all := make([]any, v.Len())
	for i := range all {
		all[i] = v.Index(i).Interface()
	}
	return all
}

// itemFilters are those that all tenant items have. They narrow the reach rather than the rows, so
// that the list walks only the tenants that are left.
var itemFilters = map[string]filter{
	"tenantIds": func(c *compiler, l *listing, _ string, value any) (condition, error) {
		// The account's own id stands for the tenantless items and is not a tenant's.
		named := slices.DeleteFunc(decoded("Tenant", value), func(id uuid.UUID) bool { return id == c.who.AccountID })
		named = slices.DeleteFunc(named, func(id uuid.UUID) bool { return !c.reach.Holds(id) })
		l.reach = viewer.Reach{Tenants: named}
		if l.t.tenant == seenBy { // which can hold ids of others than tenants
			return func(*compiler) string { return "k.audience = 'TENANT'" }, nil
		}
		return nil, nil
	},
	"tenantless": func(c *compiler, l *listing, _ string, value any) (condition, error) {
		account := c.who.AccountID
		switch {
		case value == true && l.reach.Holds(account):
			l.reach = viewer.Reach{Tenants: []uuid.UUID{account}}
		case value == true:
			l.reach = viewer.Reach{}
		case l.reach.All && l.t.tenant == seenBy: // which can be null
			return func(*compiler) string { return "k.audience <> 'TENANTLESS'" }, nil
		case l.reach.All:
			return func(*compiler) string { return "k." + l.t.tenant + " is distinct from $1" }, nil // some articles are seen by nobody
		default:
			kept := slices.DeleteFunc(slices.Clone(l.reach.Tenants), func(id uuid.UUID) bool { return id == account })
			l.reach = viewer.Reach{Tenants: kept}
		}
		return nil, nil
	},
	"tenantStatus": listFilter(func(_ *compiler, list string) string {
		return "(k.tenant_id = $1 or exists (select from app.tenants f where f.account_id = $1 and f.id = k.tenant_id and f.status = any(" + list + ")))"
	}),
}

func plainFilter(c *compiler, l *listing, name string, value any) (condition, error) {
	if name == "search" {
		return searchFilter(l, value)
	}
	if name == "ids" {
		return idsFilter(l.t.name, func(list string) string { return "k.id = any(" + list + ")" })(c, l, name, value)
	}
	column, ok := l.t.column(name)
	for _, plural := range []string{"s", "es"} {
		if !ok {
			column, ok = l.t.column(strings.TrimSuffix(name, plural))
		}
	}
	if !ok {
		return nil, problem.New(problem.BadUserInput, "There is no filter %s.", name)
	}
	switch value := value.(type) {
	case []any:
		texts := texts(value)
		if c.enumerated(l, name) {
			return func(*compiler) string { return "k." + column + " " + oneOf(texts) }, nil
		}
		return func(c *compiler) string { return "k." + column + " = any(" + c.arg(texts) + "::text[])" }, nil
	case map[string]any:
		if l.t.schema.LookUpField(column).DataType == "date" {
			return rangeFilter("k."+column, name, value, rows.UnmarshalDate)
		}
		return rangeFilter("k."+column, name, value, rows.UnmarshalDateTime)
	}
	return func(c *compiler) string { return "k." + column + " = " + c.arg(value) }, nil
}

// enumerated tells whether a filter takes values of an enum.
func (c *compiler) enumerated(l *listing, filter string) bool {
	def := c.reader.Schema.Types[l.t.name+"Filter"].Fields.ForName(filter)
	return def != nil && c.reader.Schema.Types[def.Type.Name()].Kind == ast.Enum
}

// oneOf is the condition to be one of some values of an enum. They stand in the text of the statement, sorted,
// so that it is planned for how common they are, and partial indexes are known to have all of them.
func oneOf(values []string) string {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	switch len(values) {
	case 0:
		return "is null and false"
	case 1:
		return "= '" + values[0] + "'"
	}
	return "in ('" + strings.Join(values, "', '") + "')"
}

func rangeFilter(column, name string, value map[string]any, unmarshal func(any) (time.Time, error)) (condition, error) {
	var parts []condition
	for _, bound := range []struct{ name, op string }{{"gte", ">="}, {"lt", "<"}} {
		if value[bound.name] == nil {
			continue
		}
		at, err := unmarshal(value[bound.name])
		if err != nil {
			return nil, problem.New(problem.BadUserInput, "filter.%s.%s: %s", name, bound.name, err)
		}
		parts = append(parts, func(c *compiler) string { return column + " " + bound.op + " " + c.arg(at) })
	}
	return func(c *compiler) string {
		sql := []string{"true"}
		for _, part := range parts {
			sql = append(sql, part(c))
		}
		return strings.Join(sql, " and ")
	}, nil
}

// listFilter matches any of a list of enum values or texts.
func listFilter(cond func(c *compiler, list string) string) filter {
	return func(_ *compiler, _ *listing, _ string, value any) (condition, error) {
		list := texts(value)
		return func(c *compiler) string { return cond(c, c.arg(list)+"::text[]") }, nil
	}
}

// flagFilter matches rows that meet a condition, or with false those that do not.
func flagFilter(cond string) filter {
	return func(_ *compiler, _ *listing, _ string, value any) (condition, error) {
		if value == true {
			return func(*compiler) string { return cond }, nil
		}
		return func(*compiler) string { return "(" + cond + ") is not true" }, nil
	}
}

// objectsFilter matches what names one of these objects by type and row.
func objectsFilter(_ *compiler, _ *listing, _ string, value any) (condition, error) {
	names, keys := []string{}, []uuid.UUID{}
	for _, v := range list(value) {
		s, _ := v.(string)
		if name, id, ok := ids.Decode(s); ok {
			names, keys = append(names, name), append(keys, id)
		}
	}
	return func(c *compiler) string {
		all := c.arg(keys) + "::uuid[]"
		return "k.object_id = any(" + all + ") and (k.object_type, k.object_id) in (select * from unnest(" + c.arg(names) + "::text[], " + all + "))"
	}, nil
}

// idsFilter matches ids of a type; ids that cannot be any object's match nothing.
func idsFilter(typ string, cond func(list string) string) filter {
	return func(_ *compiler, _ *listing, _ string, value any) (condition, error) {
		keys := decoded(typ, value)
		return func(c *compiler) string { return cond(c.arg(keys) + "::uuid[]") }, nil
	}
}

// usersFilter matches rows that point at one of these users, whoever they are.
func usersFilter(column string) filter {
	return namesFilter("User", column, func(_ *compiler, list string) string { return "unnest(" + list + ") u(id)" })
}

// visibleFilter matches rows that point at one of these objects, which the viewer sees: an edge that
// is hidden counts as null.
func visibleFilter(typ, column string) filter {
	return namesFilter(typ, column, func(c *compiler, list string) string {
		return "(select f.id from " + c.visible(typ, "f") + " and f.id = any(" + list + ")) u"
	})
}

// namesFilter matches rows that point at one of these objects, as far as "from" leads to them. The first such
// filter of a list is the way through it: few rows point at an object, whatever the viewer reaches.
func namesFilter(typ, column string, from func(c *compiler, list string) string) filter {
	return func(_ *compiler, l *listing, _ string, value any) (condition, error) {
		keys := decoded(typ, value)
		p := &pieces{column: column, number: len(keys), from: func(c *compiler) string { return from(c, c.arg(keys)+"::uuid[]") }}
		if l.root && l.named == nil {
			l.named = p
			return nil, nil
		}
		return p.condition, nil
	}
}

// list is a value as a list: GraphQL lets one value stand for a list of it.
func list(value any) []any {
	if l, ok := value.([]any); ok {
		return l
	}
	return []any{value}
}

func texts(value any) []string {
	out := []string{}
	for _, v := range list(value) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func decoded(typ string, value any) []uuid.UUID {
	out := []uuid.UUID{}
	for _, v := range list(value) {
		var s string
		switch v := v.(type) {
		case string:
			s = v
		case json.Number:
			s = v.String()
		}
		if t, id, ok := ids.Decode(s); ok && t == typ && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
