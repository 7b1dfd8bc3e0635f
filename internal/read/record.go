package read

import (
	"encoding/binary"
	"errors"

	"github.com/jackc/pgx/v5"
)

// record is one row as PostgreSQL sent it: a top row of a statement, or one of a nested list.
type record struct {
	values [][]byte
	// text tells which values are in text format; nil: none. Nested rows are always binary.
	text []bool
}

func (r *record) isText(i int) bool { return r.text != nil && r.text[i] }

// table is the answer to one statement.
type table struct {
	records []record
	budget  *budget
}

// fill reads the answer. The bytes are copied: the connection reuses its own.
func (t *table) fill(rows pgx.Rows) error {
	var text []bool
	var room stock
	for rows.Next() {
		if text == nil {
			text = make([]bool, len(rows.FieldDescriptions()))
			for i, f := range rows.FieldDescriptions() {
				text[i] = f.Format == 0
			}
		}
		if err := t.budget.rows(rows.RawValues()); err != nil {
			return err
		}
		t.records = append(t.records, record{values: room.copy(rows.RawValues()), text: text})
	}
	return rows.Err()
}

// stock is room for what rows have, taken in pieces that grow with their number: most answers are one row.
type stock struct {
	bytes  []byte
	values [][]byte
	// rows is for how many the next piece is.
	rows int
}

// copy keeps the values of a row.
func (s *stock) copy(raw [][]byte) [][]byte {
	size := 0
	for _, v := range raw {
		size += len(v)
	}
	if len(s.values) < len(raw) {
		s.rows = min(2*s.rows+1, 64)
		s.values = make([][]byte, s.rows*len(raw))
	}
	if s.bytes == nil || cap(s.bytes)-len(s.bytes) < size { // of nil, an empty text would be NULL
		s.bytes = make([]byte, 0, min(s.rows*size, max(size, 16<<10)))
	}
	values := s.values[:len(raw):len(raw)]
	s.values = s.values[len(raw):]
	for i, v := range raw {
		if v != nil {
			start := len(s.bytes)
			s.bytes = append(s.bytes, v...)
			values[i] = s.bytes[start:len(s.bytes):len(s.bytes)]
		}
	}
	return values
}

var errShape = errors.New("PostgreSQL sent a nested list in a shape that is not known")

// nested reads an array of records: a nested list. NULL is the empty list.
func nested(b []byte) ([]record, error) {
	if b == nil {
		return nil, nil
	}
	if len(b) < 12 {
		return nil, errShape
	}
	if binary.BigEndian.Uint32(b) == 0 {
		return nil, nil
	}
	if len(b) < 20 {
		return nil, errShape
	}
	n := int(binary.BigEndian.Uint32(b[12:]))
	b = b[20:]
	records := make([]record, 0, n)
	var room [][]byte
	for i := range n {
		if len(b) < 8 {
			return nil, errShape
		}
		size, fields := int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
		if len(b) < 4+size {
			return nil, errShape
		}
		body := b[8 : 4+size]
		b = b[4+size:]
		if len(room) < fields {
			room = make([][]byte, (n-i)*fields)
		}
		values := room[:fields:fields]
		room = room[fields:]
		for i := range values {
			if len(body) < 8 {
				return nil, errShape
			}
			length := int32(binary.BigEndian.Uint32(body[4:])) //#nosec G115 -- the same bits, with a sign
			body = body[8:]
			if length >= 0 {
				if len(body) < int(length) {
					return nil, errShape
				}
				values[i], body = body[:length:length], body[length:]
			}
		}
		records = append(records, record{values: values})
	}
	return records, nil
}
