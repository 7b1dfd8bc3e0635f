package main

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// judge compares an answer with what the oracle sees.
type judge struct {
	schema *ast.Schema
	oracle *oracle
	sight  *sight
	vars   map[string]any
	// values is how many values were compared.
	values int
	// fields are those whose values were compared.
	fields map[string]bool
}

// wrong is where an answer is not what it has to be.
type wrong struct{ at, what string }

func (w *wrong) Error() string { return w.at + ": " + w.what }

func differ(at, format string, args ...any) error { return &wrong{at, fmt.Sprintf(format, args...)} }

// collected is a field of a selection, with what all its places select.
type collected struct {
	*ast.Field
	set ast.SelectionSet
}

// collect gives the fields of a selection by their names in the answer, fragments resolved.
func (j *judge) collect(typ string, set ast.SelectionSet, into map[string]*collected) map[string]*collected {
	if into == nil {
		into = map[string]*collected{}
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if j.skipped(s.Directives) {
				continue
			}
			if c := into[s.Alias]; c != nil {
				c.set = append(slices.Clone(c.set), s.SelectionSet...)
			} else {
				into[s.Alias] = &collected{s, s.SelectionSet}
			}
		case *ast.InlineFragment:
			if !j.skipped(s.Directives) && j.is(typ, s.TypeCondition) {
				j.collect(typ, s.SelectionSet, into)
			}
		case *ast.FragmentSpread:
			if !j.skipped(s.Directives) && j.is(typ, s.Definition.TypeCondition) {
				j.collect(typ, s.Definition.SelectionSet, into)
			}
		}
	}
	return into
}

func (j *judge) is(typ, condition string) bool {
	return condition == "" || condition == typ || slices.ContainsFunc(j.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typ })
}

func (j *judge) skipped(list ast.DirectiveList) bool {
	for _, d := range list {
		yes, _ := d.Arguments.ForName("if").Value.Value(j.vars)
		if d.Name == "skip" && yes == true || d.Name == "include" && yes == false {
			return true
		}
	}
	return false
}

func (j *judge) arguments(f *ast.Field) map[string]any { return f.ArgumentMap(j.vars) }

// object compares a selection of an object.
func (j *judge) object(at, typ string, r row, set ast.SelectionSet, got any) error {
	answer, ok := got.(map[string]any)
	if !ok {
		return differ(at, "the oracle sees a %s, the answer is %v", typ, got)
	}
	fields := j.collect(typ, set, nil)
	if len(fields) != len(answer) {
		return differ(at, "%d fields were asked for, %d answered", len(fields), len(answer))
	}
	for name, f := range fields {
		value, there := answer[name]
		if !there {
			return differ(at, "%s is not there", name)
		}
		if err := j.field(at+"."+name, typ, r, f, value); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) field(at, typ string, r row, f *collected, got any) error {
	name := typ + "." + f.Name
	if f.Name == "__typename" {
		return j.same(at, typ, got)
	}
	if unjudged[name] != "" {
		return nil
	}
	want, known := r[f.Name]
	if !known {
		return differ(at, "the oracle does not know %s", name)
	}
	if j.fields != nil {
		j.fields[name] = true
	}
	ret := j.schema.Types[f.Definition.Type.Name()]
	switch {
	case ret.IsLeafType():
		if k, ok := want.(key); ok && f.Name == "id" {
			want = ids.Encode(typ, k)
		}
		return j.same(at, plain(want, ret.Name), got)
	case want == nil:
		return j.same(at, nil, got)
	}
	return j.leading(at, ret, r["id"], want, f, got)
}

// leading compares what a field leads to.
func (j *judge) leading(at string, ret *ast.Definition, from, want any, f *collected, got any) error {
	switch want := want.(type) {
	case map[string]any:
		return j.object(at, ret.Name, want, f.set, got)
	case string:
		typ, id, ok := reference(want)
		if !ok {
			return differ(at, "the oracle says %q", want)
		}
		return j.leading(at, j.schema.Types[typ], from, id, f, got)
	case key:
		r := j.sight.rows[ret.Name][want]
		if r == nil {
			return differ(at, "the oracle leads to a %s that it does not see", ret.Name)
		}
		return j.object(at, ret.Name, r, f.set, got)
	case []any:
		if isConnection(ret) {
			return j.connection(at, ret, from, want, f, got)
		}
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return differ(at, "the oracle sees %d, the answer is %v", len(want), got)
		}
		for i := range want {
			if err := j.leading(fmt.Sprintf("%s[%d]", at, i), ret, from, want[i], f, list[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return differ(at, "the oracle says %T", want)
}

// connection compares a list from its start.
func (j *judge) connection(at string, ret *ast.Definition, from any, keys []any, f *collected, got any) error {
	answer, ok := got.(map[string]any)
	if !ok {
		return differ(at, "the oracle sees a list of %d, the answer is %v", len(keys), got)
	}
	size := 25
	if n, ok := j.arguments(f.Field)["first"].(int64); ok {
		size = int(n)
	}
	elements := j.schema.Types[ret.Fields.ForName("nodes").Type.Name()]
	edges := ret.Fields.ForName("edges").Type.Name()
	var orders [][]any
	for name, part := range j.collect(ret.Name, f.set, nil) {
		var err error
		in, here := answer[name], at+"."+name
		switch part.Name {
		case "__typename":
			err = j.same(here, ret.Name, in)
		case "totalCount":
			err = j.same(here, float64(len(keys)), in)
		case "pageInfo":
			err = j.pageInfo(here, part, in, len(keys), size)
		case "nodes", "edges":
			var order []any
			order, err = j.elements(here, elements, edges, from, keys, size, part, in)
			orders = append(orders, order)
		default:
			err = differ(here, "the oracle does not know %s.%s", ret.Name, part.Name)
		}
		if err != nil {
			return err
		}
	}
	if len(orders) == 2 && !reflect.DeepEqual(orders[0], orders[1]) {
		return differ(at, "nodes and edges have another order")
	}
	return nil
}

func (j *judge) pageInfo(at string, f *collected, got any, count, size int) error {
	answer, _ := got.(map[string]any)
	for name, part := range j.collect("PageInfo", f.set, nil) {
		want := map[string]any{"__typename": "PageInfo", "hasNextPage": count > size, "hasPreviousPage": false}[part.Name]
		value, there := answer[name]
		if want == nil { // a cursor
			if !there || (value == nil) != (min(count, size) == 0) {
				return differ(at, "%s is %v in a list of %d", part.Name, value, count)
			}
			continue
		}
		if err := j.same(at+"."+name, want, value); err != nil {
			return err
		}
	}
	return nil
}

// elements compares the elements of a list, and gives their keys in order. Those that have an id may come in any
// order, since the oracle says nothing of it.
func (j *judge) elements(at string, of *ast.Definition, edge string, from any, keys []any, size int, f *collected, got any) (order []any, err error) {
	list, ok := got.([]any)
	if !ok || len(list) != min(len(keys), size) {
		return nil, differ(at, "the oracle sees %d and a page has %d, but there are %d", len(keys), size, len(list))
	}
	left := slices.Clone(keys)
	for i, element := range list {
		here := fmt.Sprintf("%s[%d]", at, i)
		id, err := j.identify(here, of, edge, f, element, left)
		if err != nil {
			return nil, err
		}
		n := slices.Index(left, any(id))
		if n < 0 {
			return nil, differ(here, "the oracle does not see %s, or not twice", ids.Encode(of.Name, id))
		}
		left, order = slices.Delete(left, n, n+1), append(order, id)
		r := j.sight.rows[of.Name][id]
		if f.Name == "edges" {
			r = j.edge(edge, from, id)
			err = j.object(here, edge, r, f.set, element)
		} else {
			err = j.object(here, of.Name, r, f.set, element)
		}
		if err != nil {
			return nil, err
		}
	}
	return order, nil
}

// identify tells which of the objects an element of a list is: by its id, and without one by its place.
func (j *judge) identify(at string, of *ast.Definition, edge string, f *collected, element any, left []any) (key, error) {
	fields, object := j.collect(of.Name, f.set, nil), element
	if f.Name == "edges" {
		for name, part := range j.collect(edge, f.set, nil) {
			if part.Name == "node" {
				m, _ := element.(map[string]any)
				fields, object = j.collect(of.Name, part.set, nil), m[name]
			}
		}
	}
	m, _ := object.(map[string]any)
	for name, part := range fields {
		if text, ok := m[name].(string); ok && part.Name == "id" {
			id, ok := ids.DecodeAs(of.Name, text)
			if !ok {
				return key{}, differ(at, "%q is no id of a %s", text, of.Name)
			}
			return id, nil
		}
	}
	if of.Fields.ForName("id") == nil {
		return left[0].(key), nil
	}
	return key{}, differ(at, "has no id")
}

// edge is an edge of a list as an object.
func (j *judge) edge(typ string, from any, id key) row {
	r := row{"node": id, "cursor": cursor{}}
	for name, value := range j.sight.rows[typ][link{from, id}] {
		if name != "id" {
			r[name] = value
		}
	}
	return r
}
