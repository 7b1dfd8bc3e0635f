package rows

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/internal/problem"
)

var (
	errFloat    = problem.New(problem.BadUserInput, "A Float is a number like 12.5.")
	errDateTime = problem.New(problem.BadUserInput, "A DateTime is a string like 2026-01-31T12:00:00Z.")
	errDate     = problem.New(problem.BadUserInput, "A Date is a string like 2026-01-31.")
)

// MarshalInt writes a whole number.
func MarshalInt(n int32) graphql.Marshaler { return graphql.MarshalInt32(n) }

// UnmarshalInt reads a whole number of 32 bits.
func UnmarshalInt(v any) (int32, error) {
	n, err := graphql.UnmarshalInt32(v)
	if err != nil {
		return 0, problem.New(problem.BadUserInput, "An Int is a whole number from -2147483648 to 2147483647.")
	}
	return n, nil
}

// MarshalFloat writes a number.
func MarshalFloat(x float64) graphql.Marshaler { return graphql.MarshalFloat(x) }

// UnmarshalFloat reads a number; a text with digits is none.
func UnmarshalFloat(v any) (float64, error) {
	_, text := v.(string)
	x, err := graphql.UnmarshalFloat(v)
	if err != nil || text {
		return 0, errFloat
	}
	return x, nil
}

// MarshalDateTime writes a moment as the API gives it: RFC 3339, UTC, to the microsecond.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { fmt.Fprintf(w, "%q", t.UTC().Format(time.RFC3339Nano)) })
}

// UnmarshalDateTime reads a moment. Parts of a second smaller than PostgreSQL's are cut off; a year
// that it cannot hold is an error.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, errDateTime
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errDateTime
	}
	return t.Truncate(time.Microsecond), nil
}

// MarshalDate writes a day.
func MarshalDate(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { fmt.Fprintf(w, "%q", t.Format(time.DateOnly)) })
}

// UnmarshalDate reads a day.
func UnmarshalDate(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return time.Time{}, errDate
	}
	return t, nil
}

// MarshalJSON writes a JSON value as it is.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(v) })
}

// UnmarshalJSON reads a JSON value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }
