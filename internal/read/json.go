package read

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// writer appends a field's value, taken from a record, to the answer.
type writer func(dst []byte, r *record) []byte

var null = []byte("null")

func writeNull(dst []byte, _ *record) []byte { return append(dst, null...) }

func literal(json string) writer {
	return func(dst []byte, _ *record) []byte { return append(dst, json...) }
}

// scalar writes column i as the GraphQL type says; "owner" is the type whose id an ID is.
func scalar(i int, t *ast.Type, owner string) writer {
	var encode func(dst, v []byte, text bool) []byte
	switch name := t.Name(); {
	case t.Elem != nil:
		encode = func(dst, v []byte, _ bool) []byte { return appendTexts(dst, v) }
	case name == "ID":
		encode = func(dst, v []byte, _ bool) []byte { return append(ids.Append(append(dst, '"'), owner, v), '"') }
	case name == "Int":
		encode = appendInt
	case name == "Boolean":
		encode = func(dst, v []byte, _ bool) []byte { return strconv.AppendBool(dst, v[0] == 1 || v[0] == 't') }
	case name == "DateTime":
		encode = func(dst, v []byte, _ bool) []byte { return append(appendTime(append(dst, '"'), v), '"') }
	case name == "Date":
		encode = func(dst, v []byte, _ bool) []byte { return append(appendDate(append(dst, '"'), v), '"') }
	case name == "Float":
		encode = appendFloat
	case name == "JSON":
		encode = appendJSON
	default:
		encode = func(dst, v []byte, _ bool) []byte { return appendString(dst, v) }
	}
	return func(dst []byte, r *record) []byte {
		v := r.values[i]
		if v == nil {
			return append(dst, null...)
		}
		return encode(dst, v, r.isText(i))
	}
}

func integer(v []byte) int64 {
	if len(v) == 8 {
		return int64(binary.BigEndian.Uint64(v)) //#nosec G115 -- the same bits, with a sign
	}
	return int64(int32(binary.BigEndian.Uint32(v))) //#nosec G115 -- the same bits, with a sign
}

func appendInt(dst, v []byte, _ bool) []byte { return strconv.AppendInt(dst, integer(v), 10) }

// appendJSON writes a jsonb value; in binary it has a byte for its version before it.
func appendJSON(dst, v []byte, text bool) []byte {
	if !text && len(v) > 0 && v[0] == 1 {
		v = v[1:]
	}
	return append(dst, v...)
}

// epoch is PostgreSQL's zero, 2000-01-01, in seconds of Unix.
const epoch = 946684800

// moment reads a timestamptz: microseconds since 2000.
func moment(v []byte) time.Time {
	micros := int64(binary.BigEndian.Uint64(v))               //#nosec G115 -- the same bits, with a sign
	return time.Unix(epoch+micros/1e6, micros%1e6*1000).UTC() // a Duration holds no more than 292 years
}

func appendTime(dst, v []byte) []byte { return moment(v).AppendFormat(dst, time.RFC3339Nano) }

// appendDate writes a date: days since 2000.
func appendDate(dst, v []byte) []byte {
	days := int64(int32(binary.BigEndian.Uint32(v))) //#nosec G115 -- the same bits, with a sign
	return time.Unix(epoch+days*24*60*60, 0).UTC().AppendFormat(dst, time.DateOnly)
}

// appendFloat writes a float8.
func appendFloat(dst, v []byte, _ bool) []byte {
	return strconv.AppendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(v)), 'f', -1, 64)
}

// appendTexts writes a text[] in binary format.
func appendTexts(dst, v []byte) []byte {
	dst = append(dst, '[')
	if len(v) >= 20 {
		n := int(binary.BigEndian.Uint32(v[12:]))
		v = v[20:]
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			size := binary.BigEndian.Uint32(v)
			dst = appendString(dst, v[4:4+size])
			v = v[4+size:]
		}
	}
	return append(dst, ']')
}

const hex = "0123456789abcdef"

// appendString writes a JSON string. Text from PostgreSQL is UTF-8.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			_, size := utf8.DecodeRune(s[i:])
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// out is one field of an object.
type out struct {
	key   []byte
	write writer
}

func member(alias string, w writer) out {
	return out{key: append(appendString(nil, []byte(alias)), ':'), write: w}
}

// object writes fields, as far as the budget goes.
func object(fields []out, budget *budget) writer {
	return func(dst []byte, r *record) []byte {
		dst = append(dst, '{')
		for i, f := range fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = f.write(append(dst, f.key...), r)
			budget.holds(dst)
		}
		return append(dst, '}')
	}
}

// present writes null where column i is null, for what an outer join did not find.
func present(i int, w writer) writer {
	return func(dst []byte, r *record) []byte {
		if r.values[i] == nil {
			return append(dst, null...)
		}
		return w(dst, r)
	}
}
