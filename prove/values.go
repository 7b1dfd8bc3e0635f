package main

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
)

// cursor stands for any cursor.
type cursor struct{}

func (j *judge) same(at string, want, got any) error {
	j.values++
	if _, ok := want.(cursor); ok {
		if text, ok := got.(string); !ok || text == "" {
			return differ(at, "%v is no cursor", got)
		}
		return nil
	}
	if !reflect.DeepEqual(want, got) {
		return differ(at, "the oracle says %#v, the answer is %#v", want, got)
	}
	return nil
}

// reference reads what the oracle writes for a key whose type a column does not tell.
func reference(text string) (typ string, id key, ok bool) {
	rest, ok := strings.CutPrefix(text, "ref:")
	typ, hex, both := strings.Cut(rest, ":")
	u, err := uuid.Parse(hex)
	return typ, u, ok && both && err == nil
}

// plain is a value of a column as JSON has it.
func plain(v any, typ string) any {
	switch v := v.(type) {
	case time.Time:
		if typ == "Date" {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case int16:
		return float64(v)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case json.Number:
		f, _ := strconv.ParseFloat(v.String(), 64)
		return f
	case string:
		if of, id, ok := reference(v); ok {
			return ids.Encode(of, id)
		}
		if typ == "DateTime" { // from JSON
			if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
				return t.UTC().Format(time.RFC3339Nano)
			}
		}
	}
	return v
}
