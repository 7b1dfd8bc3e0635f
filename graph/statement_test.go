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
func unguarded(sql string) (found []string) {
	top := &clause{}
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
				return []string{"a parenthesis too many"}
			}
			stack = stack[:len(stack)-1]
		default:
			now.words = append(now.words, word)
		}
	}
	if len(stack) != 1 {
		return []string{"a parenthesis that is not closed"}
	}
	return top.unguarded()
}

func (c *clause) unguarded() (found []string) {
	for _, inner := range c.inner {
		found = append(found, inner.unguarded()...)
	}
	start := 0
	for i, word := range append(slices.Clone(c.words), "union") {
		if word == "union" {
			found = append(found, unguardedSelect(c.words[start:i])...)
			start = i + 1
		}
	}
	return found
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
		if !strings.HasPrefix(word, "app.") || i == 0 || !slices.Contains([]string{"from", "join", ","}, words[i-1]) || i+1 < len(words) && words[i+1] == "()" {
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
