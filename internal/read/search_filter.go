package read

import (
	"strconv"
	"strings"

	"tenantry/internal/postgres"
)

// looking is how a list meets the filter that searches.
type looking int

const (
	// amongFew takes the objects that were found, if they are few.
	amongFew looking = iota
	// pastMany looks at each object that the list comes past, if more were found.
	pastMany
	// atAll takes the objects that were found, however many.
	atAll
)

// found is the filter that searches.
type found struct {
	terms terms
	typ   string
}

func searchFilter(l *listing, value any) (condition, error) {
	t, err := readText("filter.search", value)
	l.found = &found{terms: t, typ: l.t.name}
	return nil, err
}

// condition is met by what the filter lets through. In the first two ways "f" has what was found.
func (f *found) condition(c *compiler, how looking) string {
	switch how {
	case amongFew:
		return "k.id = any ((select f.ids from f)::uuid[])"
	case pastMany:
		internal := ""
		if c.who.Kind() == postgres.Customer {
			internal = " and not d.internal"
		}
		return "(select f.ids is null from f) and exists (select from app.search_documents d where d.account_id = $1 and d.kind = '" + f.typ +
			"' and d.object_id = k.id and d.words @@ (select f.query from f)" + internal + ")"
	}
	return "k.id in (select unnest(f.ids) from " + f.find(c, true) + ")"
}

// find is "f": the objects that were found, or the query for what the list comes past if they are many and
// need not be the whole.
func (f *found) find(c *compiler, whole bool) string {
	return "app.search_found('" + f.typ + "', " + c.terms(f.terms) + ", " + strconv.FormatBool(whole) + ") f"
}

// newest tells whether a list is nothing but what is found, the newest first: as search finds it.
func (f *found) newest(l *listing) bool {
	for name, value := range l.filter {
		if name != "search" && value != nil {
			return false
		}
	}
	return l.root && l.given == nil && l.order == newest(byCreated) && !l.page.backward && l.page.before == nil
}

// page is the rows of such a list.
func (f *found) page(c *compiler, l *listing) (string, error) {
	at, id := "null", "null"
	if p := l.page.after; p != nil {
		at, id = c.arg(p.value)+"::text::timestamptz", c.arg(p.id)+"::uuid"
	}
	from := f.inTime(c, at, id, l.page.size+1) + " join " + l.from + " on k.id = s.item"
	conds, err := c.within(l.t, "k", l.scope, l.reach)
	return "select " + l.columns("k") + " from " + from + " where " + strings.Join(conds, " and ") + l.tail("k"), err
}

// since tells whether such a list has rows at a position or before it.
func (f *found) since(c *compiler, p position) string {
	return "exists (select from " + f.inTime(c, "null", "null", 1) + " where (s.moment, s.item) >= (" + c.arg(p.value) + "::text::timestamptz, " + c.arg(p.id) + "::uuid))"
}

// inTime is "s": so many of the objects that are found, the newest first, after a position.
func (f *found) inTime(c *compiler, at, id string, most int) string {
	return "app.search_newest('" + f.typ + "', " + c.terms(f.terms) + ", " + strings.Join([]string{at, id, strconv.Itoa(most)}, ", ") + ") s"
}

// either writes both ways to look, of which the database takes the one that is right for how many were
// found.
func (f *found) either(c *compiler, l *listing, one func(*listing) (string, error), both func(few, many string) string) (string, error) {
	with := "with f as materialized (select f.ids, f.query from " + f.find(c, false) + ") "
	l.looks = amongFew
	among, err := one(l)
	if err != nil {
		return "", err
	}
	l.looks = pastMany
	past, err := one(l)
	return with + both(among, past), err
}
