package read

import (
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
)

// slice is a page of a list as it came.
type slice struct {
	records       []record
	before, after bool
	total         []byte
}

// cut takes away the row that only tells whether there are more.
func (s *slice) cut(records []record, p page) {
	s.records = records
	if len(records) <= p.size {
		return
	}
	if p.backward {
		s.records, s.before = records[len(records)-p.size:], true
	} else {
		s.records, s.after = records[:p.size], true
	}
}

// needs is what of a list has to be asked for.
type needs struct{ rows, total, info bool }

type pageWriter func(dst []byte, s *slice) []byte

// connection compiles the selection of a connection whose rows are called x.
func (b *builder) connection(x string, f graphql.CollectedField, def *ast.FieldDefinition, l *listing) (pageWriter, needs, error) {
	b.largest = endless
	c := &connection{builder: b, row: row{b: b, t: l.t, alias: x, bare: l.bare, used: l.used}, listing: l}
	name := def.Type.Name()
	type entry struct {
		key   []byte
		write pageWriter
	}
	var entries []entry
	for _, inner := range graphql.CollectFields(b.op, f.Selections, []string{name}) {
		w, err := c.field(inner, name)
		if err != nil {
			return nil, c.needs, err
		}
		entries = append(entries, entry{member(inner.Alias, nil).key, w})
	}
	return func(dst []byte, s *slice) []byte {
		dst = append(dst, '{')
		for i, e := range entries {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.write(append(dst, e.key...), s)
		}
		return append(dst, '}')
	}, c.needs, nil
}

// connection compiles the fields of a connection and of its edges.
type connection struct {
	*builder
	row     row
	listing *listing
	needs   needs
}

func (c *connection) field(f graphql.CollectedField, of string) (pageWriter, error) {
	switch f.Name {
	case "__typename":
		return func(dst []byte, _ *slice) []byte { return strconv.AppendQuote(dst, of) }, nil
	case "totalCount":
		c.needs.total = true
		return func(dst []byte, s *slice) []byte { return appendInt(dst, s.total, false) }, nil
	case "pageInfo":
		c.needs.rows, c.needs.info = true, true
		return c.info(f), nil
	case "nodes":
		c.needs.rows = true
		w, err := c.builder.object(c.row, f.Selections, c.listing.t.name)
		return c.each(w), err
	}
	c.needs.rows = true
	w, err := c.edge(f)
	return c.each(w), err
}

func (c *compiler) each(w writer) pageWriter {
	return func(dst []byte, s *slice) []byte {
		dst = append(dst, '[')
		for i := range s.records {
			if i > 0 {
				dst = append(dst, ',')
			}
			start := len(dst)
			dst = w(dst, &s.records[i])
			if i == 0 { // the others are about as long
				dst = slices.Grow(dst, min((len(dst)-start)*len(s.records)*9/8, max(0, c.budget.written-len(dst))))
			}
		}
		return append(dst, ']')
	}
}

func (c *connection) edge(f graphql.CollectedField) (writer, error) {
	def := c.reader.Schema.Types[f.Definition.Type.Name()]
	var fields []out
	for _, inner := range graphql.CollectFields(c.op, f.Selections, []string{def.Name}) {
		var w writer
		var err error
		switch inner.Name {
		case "cursor":
			w = c.cursor()
		case "node":
			w, err = c.builder.object(c.row, inner.Selections, c.listing.t.name)
		default:
			r := c.row
			if own, ok := types[def.Name]; ok {
				r.t = own
			}
			w, err = c.builder.field(r, inner, def)
		}
		if err != nil {
			return nil, err
		}
		fields = append(fields, member(inner.Alias, w))
	}
	return object(fields, c.budget), nil
}

// cursor writes the sealed position of a row.
func (c *connection) cursor() writer {
	order, seals := c.listing.order, c.listing.seals
	value, id := c.col(c.row.col(order.column)), c.col(c.row.col("id"))
	return func(dst []byte, r *record) []byte {
		return seals.append(dst, position{value: order.text(r.values[value]), id: uuid.UUID(r.values[id])})
	}
}

func (c *connection) info(f graphql.CollectedField) pageWriter {
	cursor := c.cursor()
	at := func(dst []byte, s *slice, i int) []byte {
		if len(s.records) == 0 {
			return append(dst, null...)
		}
		return cursor(dst, &s.records[i])
	}
	fields := graphql.CollectFields(c.op, f.Selections, []string{"PageInfo"})
	return func(dst []byte, s *slice) []byte {
		dst = append(dst, '{')
		for i, inner := range fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, []byte(inner.Alias)), ':')
			switch inner.Name {
			case "hasNextPage":
				dst = strconv.AppendBool(dst, s.after)
			case "hasPreviousPage":
				dst = strconv.AppendBool(dst, s.before)
			case "startCursor":
				dst = at(dst, s, 0)
			case "endCursor":
				dst = at(dst, s, len(s.records)-1)
			default:
				dst = append(dst, `"PageInfo"`...)
			}
		}
		return append(dst, '}')
	}
}
