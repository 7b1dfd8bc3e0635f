package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestWhatWouldTakeLongToCheckIsRefusedBefore: names that suggestions would be looked for, and what would be compared
// each with each.
func TestWhatWouldTakeLongToCheckIsRefusedBefore(t *testing.T) {
	t.Parallel()
	c := newAPI(t).as(admin)
	long := strings.Repeat("x", wordMost+1)
	for name, document := range map[string]string{
		"a field":             "{ " + long + " }",
		"an alias":            "{ " + long + ": viewer { tenantAccess } }",
		"an argument":         "{ node(" + long + ": 1) { id } }",
		"a word":              "{ devices(orderBy: {field: " + long + ", direction: ASC}) { totalCount } }",
		"a field of an input": "{ devices(filter: {" + long + ": 1}) { totalCount } }",
		"a directive":         "{ viewer @" + long + " { tenantAccess } }",
		"a type":              `{ node(id: "x") { ... on ` + long + ` { id } } }`,
		"a fragment":          "{ viewer { ..." + long + " } }",
		"a fragment's type":   "{ viewer { ...F } } fragment F on " + long + " { tenantAccess }",
		"a variable":          "query($" + long + ": Int) { viewer { tenantAccess } }",
		"a variable's type":   "query($v: " + long + ") { viewer { tenantAccess } }",
		"an operation":        "query " + long + " { viewer { tenantAccess } }",
		"a text":              `{ node(id: "` + strings.Repeat("x", textMost+1) + `") { id } }`,
		"many alike":          "{ viewer { " + strings.Repeat("tenantAccess ", alikeMost+1) + " } }",
		"many fragments":      "{ viewer { " + strings.Repeat("...F ", spreadMost+1) + " } } fragment F on Viewer { tenantAccess }",
		"many inline":         "{ viewer { " + strings.Repeat("... { tenantAccess } ", spreadMost+1) + " } }",
	} {
		if code := c.do(document, nil).code(); code != "COST_LIMIT_EXCEEDED" {
			t.Errorf("%s that is too long or too often there is answered with %q", name, code)
		}
	}
	for name, document := range map[string]string{
		"the longest name": "{ " + long[1:] + ": viewer { tenantAccess } }",
		"as many alike":    "{ viewer { " + strings.Repeat("tenantAccess ", alikeMost) + " } }",
		"as many inline":   "{ viewer { " + strings.Repeat("... { tenantAccess } ", spreadMost) + " } }",
	} {
		if r := c.do(document, nil); r.code() != "" {
			t.Errorf("%s is refused: %s", name, r.raw)
		}
	}
}

// TestParsedDocumentsTakeBoundedMemory however many and however long they are.
func TestParsedDocumentsTakeBoundedMemory(t *testing.T) {
	ctx, p := context.Background(), newParsed()
	most := 0
	add := func(text string) {
		p.Add(ctx, text, &ast.QueryDocument{})
		most = max(most, p.bytes)
	}
	for i := range 5000 {
		add(fmt.Sprint("{ a", i, " }"))
	}
	expect(t, "short documents that are kept", p.known.Len(), parsedMost)
	for i := range 100 {
		add(fmt.Sprint("{ a", i, " } #", strings.Repeat("x", 100_000)))
		add(fmt.Sprint("{ a", i, " } #", strings.Repeat("x", 1_000_000)))
		add(fmt.Sprint("{ a", i, " }"))
		add(fmt.Sprint("{ a", i, " }"))
	}
	if most > parsedBytes+parsedBytes/16 {
		t.Errorf("%d bytes are kept", most)
	}
	sum := 0
	for _, text := range p.known.Keys() {
		sum += len(text)
	}
	expect(t, "what is counted", p.bytes, sum)
	if _, ok := p.Get(ctx, "{ a99 }"); !ok {
		t.Error("the last document is not kept")
	}
}

// TestWhatIsDearToAnswerCountsForMore than the objects that come of it.
func TestWhatIsDearToAnswerCountsForMore(t *testing.T) {
	t.Parallel()
	c := newAPI(t).as(admin)
	cost := func(document string) (n int) {
		_, told, _ := strings.Cut(c.ok(document, nil).raw, `"extensions":{"cost":`)
		_, err := fmt.Sscan(strings.TrimRight(told, "}\n"), &n)
		must(t, err)
		return n
	}
	expect(t, "a list", cost(`{ devices(first: 5) { nodes { name } } }`), 5)
	expect(t, "with a count", cost(`{ devices(first: 5) { nodes { name } totalCount } }`), 5+countingCost)
	expect(t, "with counts in each element", cost(`{ tenants(first: 5) { nodes { devices(first: 3) { nodes { name } totalCount } } } }`), 5*(3+countingCost+1))
	expect(t, "with words", cost(`{ devices(first: 5, filter: {search: "x"}) { nodes { name } } }`), 5+searchingCost)
	expect(t, "a search", cost(`{ search(text: "caisse", first: 5) { nodes { title } } }`), 5+searchingCost)
}
