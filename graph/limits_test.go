package graph

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are documents that would be dear to answer; each is refused with a code of the closed list.
func hostile() map[string]string {
	dag := func(levels int, body string) string {
		var b strings.Builder
		b.WriteString("{ viewer { user { ...F0 } } }")
		for i := range levels {
			fmt.Fprintf(&b, " fragment F%d on User { "+body+" }", i, i+1, i+1)
		}
		fmt.Fprintf(&b, " fragment F%d on User { name }", levels)
		return b.String()
	}
	return map[string]string{
		"brackets":               strings.Repeat("{a", 400_000),
		"lists in an argument":   "{ nodes(ids: " + strings.Repeat("[", 400_000) + ") { id } }",
		"objects in a variable":  "query($a: Int = " + strings.Repeat("{a:", 300_000) + ") { viewer { __typename } }",
		"lists in a type":        "query($a: " + strings.Repeat("[", 400_000) + ") { viewer { __typename } }",
		"a bomb of fragments":    dag(40, "a: tenants { nodes { users { nodes { ...F%d } } } } b: tenants { nodes { users { nodes { ...F%d } } } }"),
		"inline fragments":       dag(30, "... on User { ...F%d } tenants { nodes { users { nodes { ...F%d } } } }"),
		"a circle of fragments":  "{ viewer { user { ...A } } } fragment A on User { ...B } fragment B on User { ...A }",
		"many aliases":           "{ viewer { " + aliases(200, "tenantAccess") + " } }",
		"many root fields":       "{ " + aliases(60, "__typename") + " }",
		"deep nesting":           "{ tenants { nodes { " + strings.Repeat("devices(first: 1) { nodes { tenant { ", 8) + "name" + strings.Repeat(" } } }", 8) + " } } }",
		"products of pages":      "{ tenants(first: 100) { nodes { devices(first: 100) { nodes { tickets(first: 100) { nodes { subject } } } } } } }",
		"repeated fields":        "{ viewer { " + strings.Repeat("tenantAccess ", 1490) + " } }",
		"guessed passwords":      "mutation { " + guesses(6) + " }",
		"circular introspection": "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } }",
	}
}

func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, field)
	}
	return b.String()
}

func guesses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `a%d: signIn(input: { email: "ada@northwind.example", password: "guess %d" }) { userErrors { code } } `, i, i)
	}
	return b.String()
}

func TestAHostileDocumentIsRefusedBeforeItIsExecuted(t *testing.T) {
	a := newAPI(t)
	c := a.as("ada@northwind.example")
	for name, document := range hostile() {
		before := a.trips.Load()
		r := c.do(document, nil)
		switch code := r.code(); code {
		case "COST_LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT":
		default:
			if name != "repeated fields" {
				t.Errorf("%s: %s", name, r.raw[:min(len(r.raw), 300)])
			}
		}
		if name != "repeated fields" && a.trips.Load()-before > 1 { // one to know the viewer
			t.Errorf("%s went to the database %d times", name, a.trips.Load()-before)
		}
	}
}
