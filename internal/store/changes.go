package store

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/models"
)

// changes gathers what an update changes: columns to write, and for the audit the values before and
// after by their names in the API. An absent input changes nothing; one that is as it was neither.
type changes struct {
	f             *faults
	columns       map[string]any
	before, after models.Object
}

func newChanges(f *faults) *changes {
	return &changes{f: f, columns: map[string]any{}, before: models.Object{}, after: models.Object{}}
}

func (c *changes) set(name, column string, before, after, value any) {
	c.columns[column], c.before[name], c.after[name] = value, before, after
}

// text changes a text that may be missing.
func (c *changes) text(name, column string, now *string, in graphql.Omittable[*string], longest int) {
	next, given := in.ValueOK()
	if !given {
		return
	}
	next = optional(c.f, name, next, longest)
	if (now == nil) != (next == nil) || now != nil && *now != *next {
		c.set(name, column, now, next, next)
	}
}

// must changes a text that may not be missing.
func (c *changes) must(name, column, now string, in graphql.Omittable[*string], longest int) {
	next, given := in.ValueOK()
	if !given {
		return
	}
	if value := required(c.f, name, next, longest); value != now {
		c.set(name, column, now, value, value)
	}
}

// choice changes a value of an enum, which may not be missing.
func choice[E ~string](c *changes, name, column string, now E, in graphql.Omittable[*E]) {
	next, given := in.ValueOK()
	switch {
	case !given:
	case next == nil:
		c.f.add(models.UserErrorCodeRequired, "It cannot be empty.", name)
	case *next != now:
		c.set(name, column, now, *next, *next)
	}
}

// moment changes a time that may be missing.
func (c *changes) moment(name, column string, now *time.Time, in graphql.Omittable[*time.Time]) {
	next, given := in.ValueOK()
	if given && ((now == nil) != (next == nil) || now != nil && !now.Equal(*next)) {
		c.set(name, column, now, next, next)
	}
}

// day changes a date that may be missing.
func (c *changes) day(name, column string, now *time.Time, in graphql.Omittable[*time.Time]) {
	next, given := in.ValueOK()
	if given && ((now == nil) != (next == nil) || now != nil && !now.Equal(*next)) {
		c.set(name, column, models.Day(now), models.Day(next), next)
	}
}

// tags changes a list of words.
func (c *changes) tags(now models.Strings, in graphql.Omittable[[]string]) {
	next, given := in.ValueOK()
	if !given {
		return
	}
	if value := words(c.f, "tags", next); !slices.Equal(now, value) {
		c.set("tags", "tags", now, value, value)
	}
}

func (c *changes) any() bool { return len(c.columns) > 0 }

// with are the columns to write.
func (c *changes) with() map[string]any { return maps.Clone(c.columns) }

// How long texts may be, in characters.
const (
	nameMost = 200
	lineMost = 500
)

// tagsMost is how many words a list of tags has.
const tagsMost = 50

// required is a text that may not be missing or blank.
func required(f *faults, name string, value *string, longest int) string {
	before := len(f.list)
	text := optional(f, name, value, longest)
	if text == nil {
		if len(f.list) == before {
			f.add(models.UserErrorCodeRequired, "It cannot be empty.", name)
		}
		return ""
	}
	return *text
}

// optional is a text without blanks around it; blank is missing.
func optional(f *faults, name string, value *string, longest int) *string {
	if value == nil {
		return nil
	}
	text, err := models.Text(*value, longest)
	if err != nil {
		f.add(models.UserErrorCodeInvalid, err.Error(), name)
	}
	if text == "" {
		return nil
	}
	return &text
}

func words(f *faults, name string, values []string) models.Strings {
	const longest = 100
	out := models.Strings{}
	if len(values) > tagsMost { // before they are compared: each with each
		f.add(models.UserErrorCodeInvalid, fmt.Sprintf("At most %d.", tagsMost), name)
		return out
	}
	for i, value := range values {
		text, err := models.Text(value, longest)
		switch {
		case err != nil:
			f.add(models.UserErrorCodeInvalid, err.Error(), name, i)
		case text == "":
			f.add(models.UserErrorCodeRequired, "It cannot be empty.", name, i)
		case !slices.Contains(out, text):
			out = append(out, text)
		}
	}
	return out
}
