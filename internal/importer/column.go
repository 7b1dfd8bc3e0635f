package importer

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenantry/models"
)

// How long texts may be, in characters: as in the API.
const (
	nameMost = 200
	lineMost = 500
	textMost = 50_000
)

// column is a column of a file and of its table.
type column struct {
	name, db, typ string
	// read makes the value of what is not blank.
	read func(string) (any, error)
	// to is the kind of object that it names by its external id.
	to string
	// must not be blank; else a blank is def.
	must bool
	def  any
	// once is set only when the row is made.
	once bool
	// exact is kept as it was written, blanks included.
	exact bool
}

func (c column) needed() column         { c.must = true; return c }
func (c column) onlyNew() column        { c.once = true; return c }
func (c column) otherwise(v any) column { c.def = v; return c }

func textual(name string, read func(string) (any, error)) column {
	return column{name: name, db: name, typ: "text", read: read}
}

// text is a text of so many characters at most.
func text(name string, longest int) column {
	return textual(name, func(s string) (any, error) { return models.Text(s, longest) })
}

// verbatim is a text that is kept as it was written; without one it is empty.
func verbatim(name string, check func(string) (string, error)) column {
	c := textual(name, func(s string) (any, error) { return check(s) })
	c.exact, c.def = true, ""
	return c
}

// checked is a short text with a form of its own.
func checked(name string, check func(string) (string, error)) column {
	return textual(name, func(s string) (any, error) {
		s, err := models.Text(s, nameMost)
		if err != nil {
			return nil, err
		}
		return check(s)
	})
}

// choice is a value of an enum.
func choice[E ~string](name string, all []E) column {
	return textual(name, func(s string) (any, error) {
		if s = strings.TrimSpace(s); slices.Contains(all, E(s)) {
			return s, nil
		}
		words := make([]string, len(all))
		for i, e := range all {
			words[i] = string(e)
		}
		return nil, fmt.Errorf("it is one of %s", strings.Join(words, ", "))
	})
}

// link is the external id of another object.
func link(name, to string) column {
	return column{name: name, db: name + "_id", typ: "uuid", to: to}
}

// flag is true or false.
func flag(name string) column {
	return column{name: name, db: name, typ: "boolean", def: false, read: func(s string) (any, error) {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errors.New("it is true or false")
	}}
}

// moment is a time, or a day.
func moment(name string) column {
	return column{name: name, db: name, typ: "timestamptz", read: func(s string) (any, error) {
		s = strings.TrimSpace(s)
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			at, err = time.Parse(time.DateOnly, s)
		}
		if err != nil || at.Year() < 1 {
			return nil, errors.New("it is not a time such as 2026-01-31T12:00:00Z")
		}
		return at.UTC().Truncate(time.Microsecond), nil
	}}
}

// past is a time that has been.
func past(name string) column {
	c := moment(name)
	read := c.read
	c.read = func(s string) (any, error) {
		v, err := read(s)
		if at, ok := v.(time.Time); ok && at.After(time.Now().Add(time.Minute)) {
			return nil, errors.New("it is in the future")
		}
		return v, err
	}
	return c
}

// day is a date.
func day(name string) column {
	return column{name: name, db: name, typ: "date", read: func(s string) (any, error) {
		at, err := time.Parse(time.DateOnly, strings.TrimSpace(s))
		if err != nil || at.Year() < 1 {
			return nil, errors.New("it is not a day such as 2026-01-31")
		}
		return at, nil
	}}
}

// natural is a whole number that is not less than 0.
func natural(name string) column {
	return column{name: name, db: name, typ: "integer", read: func(s string) (any, error) {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
		if err != nil || n < 0 {
			return nil, errors.New("it is not a whole number from 0 to 2147483647")
		}
		return int32(n), nil
	}}
}

// money is a sum that is not less than 0, with two decimals at most.
func money(name string) column {
	return column{name: name, db: name, typ: "numeric", read: func(s string) (any, error) {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err == nil {
			err = models.Cost(x)
		}
		if err != nil {
			return nil, errors.New("it is not a sum such as 1234.50, from 0 to 999999999999.99")
		}
		return x, nil
	}}
}

// words are tags, with semicolons between them.
func words(name string) column {
	const most, longest = 50, 100
	return column{name: name, db: name, typ: "text[]", def: []string{}, read: func(s string) (any, error) {
		out := []string{}
		for _, word := range strings.Split(s, ";") {
			word, err := models.Text(word, longest)
			if err != nil {
				return nil, err
			}
			if word != "" && !slices.Contains(out, word) {
				out = append(out, word)
			}
		}
		if len(out) > most {
			return nil, fmt.Errorf("there may be %d at most", most)
		}
		return out, nil
	}}
}
