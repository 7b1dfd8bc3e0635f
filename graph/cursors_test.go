package graph

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sealed is a cursor that a list gave, with the list and to whom.
type sealed struct {
	turn
	who    *guest
	parent any
	cursor string
}

// sealed are cursors of all lists, each as the first viewer got it who has rows.
func (m *matrix) sealed() (all []sealed) {
	known := map[string]bool{}
	for _, turn := range m.everyList() {
		for _, g := range m.guests() {
			if known[turn.String()] || known[turn.list.String()] && turn.list.parent != "Query" && !full {
				break
			}
			parent := turn.best(g)
			if parent == nil {
				continue
			}
			if cursor, ok := turn.cursor(g.client, parent); ok {
				known[turn.String()], known[turn.list.String()] = true, true
				all = append(all, sealed{turn, g, parent, cursor})
			}
		}
	}
	return all
}

// cursor is that of the first row.
func (t turn) cursor(c *client, parent any) (string, bool) {
	page := t.ask(c, "first: $n, after: $c", parent, 1, nil)
	info, _ := page["pageInfo"].(map[string]any)
	cursor, ok := info["startCursor"].(string)
	return cursor, ok
}

// tampered are what becomes of a cursor in the hands of somebody who tries: each of its characters changed,
// cut off at each, and written otherwise; of a list that is asked for itself each, else a few.
func tampered(cursor string, r *rand.Rand, most int) (all []string) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range cursor {
		other := letters[r.IntN(len(letters))]
		if other == cursor[i] {
			other = letters[(strings.IndexByte(letters, other)+1)%len(letters)]
		}
		all = append(all, cursor[:i]+string(other)+cursor[i+1:], cursor[:i], cursor[i+1:])
	}
	raw, _ := base64.RawURLEncoding.DecodeString(cursor)
	for i := range raw {
		flipped := slices.Clone(raw)
		flipped[i] ^= 1 << r.IntN(8)
		all = append(all, base64.RawURLEncoding.EncodeToString(flipped))
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(most, len(all))]
	half := len(cursor) / 2
	return append(all, "", " ", "null", "0", "=", cursor+"=", cursor+"==", cursor+"A", cursor+cursor, " "+cursor, cursor+"\n", "\r\n"+cursor, cursor[:half]+"\n"+cursor[half:],
		cursor+"\x00", cursor[:half]+"\u200b"+cursor[half:], base64.StdEncoding.EncodeToString(append(raw, 0)), base64.URLEncoding.EncodeToString([]byte(cursor)),
		base64.StdEncoding.EncodeToString(raw)+"=", string([]rune(cursor)[1:]), strings.ToLower(cursor), strings.Repeat("A", 100_000), strings.Repeat(cursor, 500),
		"' or true --", `{"id": 1}`, "2026-01-01T00:00:00Z", base64.RawURLEncoding.EncodeToString([]byte("2026-01-01T00:00:00Z")))
}

// refuses asks a list from each of these cursors: all of them must be BAD_CURSOR and give nothing.
func (s sealed) refuses(m *matrix, cursors []string, what string) {
	m.t.Helper()
	many := 1 // under an object the first error takes all of it
	if s.parent == "" && s.list.parent == "Query" {
		many = 40
	}
	for len(cursors) > 0 {
		now := cursors[:min(many, len(cursors))]
		cursors = cursors[len(now):]
		vars, fields, variables := "", "", in{"ids": []any{s.parent}}
		for i, cursor := range now {
			way := "after"
			if m.cells++; m.cells%3 == 0 && s.field.Arguments.ForName("before") != nil {
				way = "before"
			}
			vars += fmt.Sprintf("$c%d: String ", i)
			fields += fmt.Sprintf(" x%d: %s(%s %s %s: $c%d) { totalCount edges { cursor node { __typename } } pageInfo { hasNextPage } }", i, s.field.Name, s.args, s.order, way, i)
			variables[fmt.Sprint("c", i)] = cursor
		}
		r := s.who.do(s.document(vars, fields), variables)
		data := asJSON(r.Data)
		if len(r.Errors) != len(now) || strings.Contains(data, "totalCount") || strings.Contains(data, "__typename") {
			m.t.Errorf("%s asks %s from cursors that are %s (%.300q): %.500s", s.who.name, s.turn, what, now, r.raw)
			continue
		}
		for _, e := range r.Errors {
			if e.Extensions["code"] != "BAD_CURSOR" {
				m.t.Errorf("%s asks %s from cursors that are %s (%.300q): %v", s.who.name, s.turn, what, now, e)
			}
		}
	}
}

// TestAThousandTamperedCursorsAreRefused, with all lists of the queries: whatever was done to a cursor, and
// wherever else it comes from, it is BAD_CURSOR, and neither rows nor a failure.
func TestAThousandTamperedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 26)
	r := rand.New(rand.NewPCG(26, 9))
	all := m.sealed()
	lists := map[string]bool{}
	for i, s := range all {
		first := !lists[s.list.String()]
		lists[s.list.String()] = true
		most := 0
		switch {
		case full:
			most = 10_000
		case first && s.list.parent == "Query":
			most = 60
		case first:
			most = 3
		}
		bad := tampered(s.cursor, r, most)
		if !first && !full {
			bad = bad[:2]
		}
		if s.list.parent != "Query" && !full {
			r.Shuffle(len(bad), func(i, j int) { bad[i], bad[j] = bad[j], bad[i] })
			bad = bad[:min(5, len(bad))]
		}
		s.refuses(m, bad, "tampered with")
		var strange []string
		for j, other := range all {
			if same := other.turn.list.String() == s.turn.list.String(); i != j && (full || same || (i+j)%7 == 0) && !sameOrder(s.turn, other.turn) {
				strange = append(strange, other.cursor)
			}
		}
		if s.list.parent != "Query" && !full {
			strange = strange[:min(4, len(strange))]
		}
		s.refuses(m, strange, "of other lists, or of other orders")
		if s.list.parent == "Query" && s.order == "" {
			abroad := m.guestOf(m.world.people[len(userKinds)])
			if cursor, ok := s.turn.cursor(abroad.client, ""); ok {
				s.refuses(m, []string{cursor}, "of another account")
			}
			if arg := s.field.Arguments.ForName("filter"); arg != nil {
				narrowed := s.turn
				one := m.reader.Schema.Types[arg.Type.Name()].Fields[0]
				narrowed.args += " filter: { " + one.Name + ": " + sample(m.reader.Schema, one.Type) + " }"
				sealed{narrowed, s.who, s.parent, ""}.refuses(m, []string{s.cursor}, "of the list with other arguments")
			}
		}
	}
	if log := m.log.String(); log != "" {
		t.Errorf("something was logged: %s", log)
	}
	t.Logf("%d lists, %d with their orders", len(lists), len(all))
	m.end(1000)
}

// sameOrder tells whether two turns are of one list in one order, said or by default.
func sameOrder(a, b turn) bool {
	return a.list.String() == b.list.String() && a.order == b.order || a.list.String() == b.list.String() && (a.order == "" || b.order == "")
}

// guestOf is somebody who asks, of any account.
func (m *matrix) guestOf(p person) *guest {
	return &guest{person: p, client: m.client(p), eyes: m.eyes(p), ids: map[string]map[string][]string{}}
}

// TestACursorOfSomebodyElseGivesOnlyWhatOneSees: within an account a cursor is a place and no right. From
// a row that an admin sees, others go on with what they see themselves.
func TestACursorOfSomebodyElseGivesOnlyWhatOneSees(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 27)
	guests := m.guests()
	ada := guests[0]
	beyond := 0
	for i, turn := range m.everyList() {
		if turn.list.parent != "Query" || turn.field.Name == "assignableUsers" || i%4 > 0 && !full {
			continue
		}
		page := turn.ask(ada.client, "first: $n, after: $c", "", 100, nil)
		edges, _ := page["edges"].([]any)
		var rows, cursors []string
		for _, e := range edges {
			rows = append(rows, asJSON(e.(map[string]any)["node"].(map[string]any)["id"]))
			cursors = append(cursors, e.(map[string]any)["cursor"].(string))
		}
		for _, g := range guests[1:] {
			all := turn.walk(g.client, g.name+" walks "+turn.String(), "", 100, false)
			for _, i := range []int{0, len(rows) / 3, len(rows) / 2, len(rows) - 1} {
				if len(rows) == 0 || len(all) == 0 {
					continue
				}
				m.cells++
				after := 0.0
				for _, row := range all {
					if j := slices.IndexFunc(rows, func(id string) bool { return strings.Contains(row, `"id":`+id) }); j > i {
						after++
					}
				}
				got := turn.ask(g.client, "first: $n, after: $c", "", 100, cursors[i])
				expect(t, fmt.Sprintf("rows of %s that %s has after row %d of an admin's", turn, g.name, i), float64(len(got["edges"].([]any))), after)
				if !slices.ContainsFunc(all, func(row string) bool { return strings.Contains(row, rows[i]) }) {
					beyond++
				}
			}
		}
	}
	t.Logf("%d cursors were of rows that their user does not see", beyond)
	if beyond < 30 {
		t.Errorf("only %d cursors were of rows out of reach", beyond)
	}
	m.end(80)
}
