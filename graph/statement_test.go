package graph

import (
	"regexp"
	"slices"
	"strings"
)

// clause is what stands between two parentheses, or between "case" and "end": words, and clauses in their places.
type clause struct {
	words []string
	inner []*clause
}

var sqlWords = regexp.MustCompile(`'(?:[^']|'')*'|/\*.*?\*/|\$?[A-Za-z_][A-Za-z_0-9.]*|\$?[0-9][0-9.]*|[()]|[^\s\w]`)

// unguarded tells of tables in a statement that it reads without the account: each must be compared with the
// first parameter in the very clause that names it, and nothing may stand beside that as an alternative.
func unguarded(sql string) []string {
	return inEachSelect(sql, func(c *clause) []string { return c.words }, unguardedSelect)
}

// inEachSelect looks at the words of each select of a statement, and gathers what is found.
func inEachSelect(sql string, wordsOf func(*clause) []string, look func(words []string) []string) (found []string) {
	top, wrong := clauses(sql)
	if wrong != "" {
		return []string{wrong}
	}
	var visit func(c *clause)
	visit = func(c *clause) {
		for _, inner := range c.inner {
			visit(inner)
		}
		words, start := wordsOf(c), 0
		for i, word := range append(slices.Clone(words), "union") {
			if word == "union" {
				found = append(found, look(words[start:i])...)
				start = i + 1
			}
		}
	}
	visit(top)
	return found
}

// clauses takes a statement apart, and tells what is wrong with its parentheses.
func clauses(sql string) (top *clause, wrong string) {
	top = &clause{}
	stack := []*clause{top}
	for _, word := range sqlWords.FindAllString(sql, -1) {
		now := stack[len(stack)-1]
		switch {
		case strings.HasPrefix(word, "/*"):
		case word == "(" || word == "case":
			inner := &clause{}
			now.words, now.inner = append(now.words, "()"), append(now.inner, inner)
			stack = append(stack, inner)
		case word == ")" || word == "end":
			if len(stack) == 1 {
				return nil, "a parenthesis too many"
			}
			stack = stack[:len(stack)-1]
		default:
			now.words = append(now.words, word)
		}
	}
	if len(stack) != 1 {
		return nil, "a parenthesis that is not closed"
	}
	return top, ""
}

// named tells whether the word there is that of a table.
func named(words []string, i int) bool {
	return i > 0 && slices.Contains([]string{"from", "join", ","}, words[i-1])
}

func unguardedSelect(words []string) (found []string) {
	guarded := map[string]bool{}
	for i := range len(words) - 2 {
		alias, isAccount := strings.CutSuffix(words[i], ".account_id")
		if isAccount && i > 0 && slices.Contains([]string{"where", "and", "on"}, words[i-1]) && words[i+1] == "=" && words[i+2] == "$1" {
			guarded[alias] = true
		}
	}
	_, conditions, _ := strings.Cut(" "+strings.Join(words, " ")+" ", " from ")
	for i, word := range words {
		if !strings.HasPrefix(word, "app.") || !named(words, i) || i+1 < len(words) && words[i+1] == "()" {
			continue
		}
		alias := ""
		if i+1 < len(words) {
			alias = words[i+1]
		}
		switch {
		case !guarded[alias]:
			found = append(found, word+" "+alias)
		case strings.Contains(conditions, " or "):
			found = append(found, word+" "+alias+" beside an alternative")
		}
	}
	return found
}

// itemTables are the tables of what belongs to a tenant, and of what tells of it, each with the column by which it does.
var itemTables = func() map[string]string {
	all := map[string]string{"app.tenants": "id", "app.tallies": "tenant_id", "app.due_tallies": "tenant_id"}
	s := Schema()
	for _, def := range s.PossibleTypes["Node"] {
		if f := def.Fields.ForName("tenant"); f != nil && f.Type.Name() == "Tenant" {
			table := regexp.MustCompile(`\B[A-Z]`).ReplaceAllString(def.Name, "_$0")
			all["app."+strings.ToLower(table)+"s"] = "tenant_id"
		}
	}
	all["app.ticket_comments"], all["app.articles"] = "tenant_id", "seen_by"
	return all
}()

// unreached tells of tables of items in a statement that it reads without the viewer's tenants. Rows that are chosen
// in there, to be read by their keys, are within the reach that they were chosen by.
func unreached(sql string) []string { return inEachSelect(sql, (*clause).flat, unreachedSelect) }

func unreachedSelect(words []string) (found []string) {
	for i, word := range words {
		column, isItem := itemTables[word]
		if !isItem || i+1 == len(words) || !named(words, i) {
			continue
		}
		if alias := words[i+1]; !reaches(words, alias, column) {
			found = append(found, word+" "+alias)
		}
	}
	return found
}

// flat are the words of a clause with those of the conditions in it, but not of selects.
func (c *clause) flat() (words []string) {
	n := 0
	for _, word := range c.words {
		words = append(words, word)
		if word == "()" {
			if inner := c.inner[n]; len(inner.words) > 0 && inner.words[0] != "select" && inner.words[0] != "()" {
				words = append(words, inner.flat()...)
			}
			n++
		}
	}
	return words
}

// reaches tells whether words have the condition that a table's column is one of the viewer's tenants, that there are
// none, or that its rows were chosen by others.
func reaches(words []string, alias, column string) bool {
	for i, word := range words {
		next := strings.Join(words[i+1:min(len(words), i+3)], " ")
		switch {
		case alias == "f", // what a filter is about: its list is limited by itself
			word == "m.user_id" && strings.HasPrefix(next, "= "), // a user's tenants, which that user and admins are shown
			word == "false",
			word == alias+"."+column && (strings.HasPrefix(next, "= $") || next == "= any" || next == "= u.id" || strings.HasPrefix(next, "in ")),
			word == alias+".id" && next == "= w.id":
			return true
		}
	}
	return false
}
