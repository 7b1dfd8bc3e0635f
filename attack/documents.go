package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// refused are the codes of documents that are not executed.
var refused = []string{"COST_LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}

const (
	// cheap is what a refused document may cost, and dear what one may that was let through.
	cheap = 50 * time.Millisecond
	dear  = 300 * time.Millisecond
)

// documents are what is sent to make the server work, or fall over.
func documents(t *target) (all []attack) {
	add := func(name string, tries int, processor time.Duration, fine []string, ask func(ctx context.Context) (reply, error)) {
		all = append(all, attack{name: name, tries: t.n(tries), fine: fine, processor: processor, try: func(ctx context.Context, _ int) (string, error) {
			r, err := ask(ctx)
			switch {
			case errors.Is(err, errClosed):
				return "closed", nil
			case err != nil:
				return "", err
			case r.code() != "":
				return r.code(), nil
			}
			return fmt.Sprint(r.status), nil
		}})
	}
	document := func(name, text string, fine ...string) {
		add(name, 100, cheap, append(fine, refused...), func(ctx context.Context) (reply, error) { return t.ask(ctx, t.member, text, nil) })
	}
	repeat := func(text string, bytes int) string { return strings.Repeat(text, bytes/len(text)) }
	const near = 1_000_000 // bytes, of a megabyte
	document("1 MB of nested fields", repeat("{a", near))
	document("1 MB of nested lists in an argument", "{ nodes(ids: "+repeat("[", near))
	document("1 MB of nested objects in a default", "query($a: Int = "+repeat("{a:", near))
	document("1 MB of nested lists in a type", "query($a: "+repeat("[", near))
	document("1 MB of commas and comments", repeat(",#\\n,", near))
	document("1 MB in one string", `{ node(id: "`+repeat("x", near-100)+`") { id } }`, "NOT_FOUND")
	document("1 MB in one name", "{ "+repeat("x", near-100)+" }")
	document("1 MB in one name of an argument", "{ node("+repeat("x", near-100)+": 1) { id } }")
	document("1 MB in a word where another is wanted", "{ devices(orderBy: { field: "+repeat("X", near-200)+", direction: ASC }) { nodes { id } } }")
	document("1 MB in a text where a word is wanted", `{ devices(orderBy: { field: "`+repeat("X", near-200)+`", direction: ASC }) { nodes { id } } }`)
	document("1 MB in the name of a type", "{ node(id: \"x\") { ... on "+repeat("X", near-100)+" { id } } }")
	document("160 fragments in one place", "{ viewer { user { "+numbered(160, "...F%d ")+"} } }"+numbered(160, " fragment F%d on User { id }"))
	document("90 fragments in one place", "{ viewer { user { "+numbered(90, "...F%d ")+"} } }"+numbered(90, " fragment F%d on User { id name }"), "200")
	document("20 times 20 of the same", "{ viewer { "+strings.Repeat("user { "+strings.Repeat("id ", 20)+"name } ", 20)+"} }", "200")
	document("50,000 directives", "{ viewer "+repeat("@include(if: true) ", 950_000)+"{ tenantAccess } }")
	document("50,000 aliases", "{ viewer { "+numbered(50_000, "a%d: tenantAccess ")+"} }")
	document("1,400 tokens of one field", "{ viewer { "+strings.Repeat("tenantAccess ", 1_400)+"} }", "200")
	document("1,400 tokens of one field, nested", "{ viewer { user { "+strings.Repeat("tenants { nodes { name } } ", 140)+"} } }", "200")
	document("700 different variables", "query("+numbered(370, "$v%d: Int ")+") { viewer { tenantAccess } }")
	document("fragments that double 40 times", dag(40, "a: tenants { nodes { users { nodes { ...F%d } } } } b: tenants { nodes { users { nodes { ...F%d } } } }"))
	document("fragments that double 25 times, alike", dag(25, "...F%[1]d ...F%[1]d"), "200")
	document("fragments in inline fragments", dag(40, "... on User { ...F%d } ... on User { ...F%d }"), "200")
	document("fragments in a circle", "{ viewer { user { ...A } } } fragment A on User { ...B } fragment B on User { ...A }")
	document("pages of pages of pages", "{ tenants(first: 100) { nodes { devices(first: 100) { nodes { tickets(first: 100) { nodes { subject } } } } } } }")
	for _, first := range []string{"-1", "0", "2147483647", "2147483648", "1e9", `"1"`, "null"} {
		document("a page of "+first, "{ devices(first: "+first+") { nodes { name } } }", "200")
	}
	document("introspection in circles", "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } }")
	document("60 root fields", "{ "+numbered(60, "a%d: viewer { tenantAccess } ")+"}")
	document("100 passwords in a document", "mutation { "+numbered(100, `a%d: signIn(input: { email: "ada@northwind.example", password: "guess" }) { userErrors { code } } `)+"}")
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("dev_%026d", i)
	}
	add("10,000 ids in a variable", 100, cheap, refused, func(ctx context.Context) (reply, error) {
		return t.ask(ctx, t.member, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", map[string]any{"ids": ids})
	})
	add("10,000 ids in a filter", 100, cheap, refused, func(ctx context.Context) (reply, error) {
		return t.ask(ctx, t.member, "query($ids: [ID!]!) { tickets(filter: { deviceIds: $ids }) { nodes { id } } }", map[string]any{"ids": ids})
	})
	body := func(name, text string, tries int, fine ...string) {
		add(name, tries, cheap, fine, func(ctx context.Context) (reply, error) {
			return t.send(ctx, http.MethodPost, "/graphql", strings.NewReader(text), "Content-Type", "application/json", "Authorization", "Bearer "+t.member)
		})
	}
	body("a batch of 1,000", "["+strings.TrimSuffix(strings.Repeat(`{"query":"{ viewer { tenantAccess } }"},`, 1000), ",")+"]", 100, "BAD_USER_INPUT")
	body("1 MB of nested JSON", repeat("[", near), 100, "BAD_USER_INPUT")
	body("1 MB of nested JSON in a variable", `{"query":"{ viewer { tenantAccess } }","variables":{"a":`+repeat(`{"a":`, near-100), 100, "BAD_USER_INPUT")
	for _, mb := range []int{10, 100} {
		add(fmt.Sprintf("%d MB", mb), 10, cheap, []string{"BAD_USER_INPUT", "closed"}, func(ctx context.Context) (reply, error) {
			return t.send(ctx, http.MethodPost, "/graphql", io.LimitReader(endless("{a"), int64(mb)<<20), "Content-Type", "application/json", "Authorization", "Bearer "+t.member)
		})
	}
	add("30 kB of nested fields by GET", 100, cheap, refused, func(ctx context.Context) (reply, error) {
		return t.send(ctx, http.MethodGet, "/graphql?query="+url.QueryEscape(strings.Repeat("{a", 2500)), nil, "Authorization", "Bearer "+t.member)
	})
	add("1 MB by GET", 100, cheap, []string{"431", "closed"}, func(ctx context.Context) (reply, error) {
		return t.send(ctx, http.MethodGet, "/graphql?query="+strings.Repeat("a", 1<<20), nil, "Authorization", "Bearer "+t.member)
	})
	add("nested fields as a stream of events", 100, cheap, refused, func(ctx context.Context) (reply, error) {
		return t.send(ctx, http.MethodPost, "/graphql", strings.NewReader(`{"query":"subscription `+strings.Repeat("{a", 100_000)+`"}`),
			"Content-Type", "application/json", "Accept", "text/event-stream", "Authorization", "Bearer "+t.member)
	})
	add("10,000 different documents, kept by their hash", 10_000, dear, []string{"200"}, func(ctx context.Context) (reply, error) { return t.different(ctx) })
	add("1,000 different documents of 1 MB that are let through", 1000, cheap, []string{"200"}, func(ctx context.Context) (reply, error) {
		documentNumber++
		return t.ask(ctx, t.member, fmt.Sprintf("{ a%d: viewer { tenantAccess } } #", documentNumber)+repeat("x", near-100), nil)
	})
	for name, text := range map[string]string{
		"the dearest pages": "{ tickets(first: 100) { nodes { subject tenant { name } assignee { name } device { name tickets(first: 8) { nodes { subject } } } } totalCount } }",
		"every dashboard":   "{ " + numbered(40, "d%d: dashboard { ticketsByStatus { count } devicesByPlatform { count } busiestTenants { tenant { name } openTickets { count } } } ") + "}",
		"50 searches":       "{ " + numbered(50, `s%d: search(text: "printer caisse server backup", first: 20) { nodes { title excerpt } } `) + "}",
	} {
		add(name+" that are let through", 50, dear, []string{"200"}, func(ctx context.Context) (reply, error) { return t.ask(ctx, t.member, text, nil) })
	}
	return all
}

// numbered is a text again and again, with its number in it.
func numbered(n int, text string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, text, i)
	}
	return b.String()
}

// dag has fragments each of which has the next one twice.
func dag(levels int, body string) string {
	var b strings.Builder
	b.WriteString("{ viewer { user { ...F0 } } }")
	for i := range levels {
		next := []any{i + 1, i + 1}
		if strings.Contains(body, "[1]") {
			next = next[:1]
		}
		fmt.Fprintf(&b, " fragment F%d on User { %s }", i, fmt.Sprintf(body, next...))
	}
	fmt.Fprintf(&b, " fragment F%d on User { name }", levels)
	return b.String()
}

// endless is a text without an end.
func endless(text string) io.Reader { return &again{text: []byte(text)} }

type again struct {
	text []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = a.text[a.at]
		a.at = (a.at + 1) % len(a.text)
	}
	return len(p), nil
}

var documentNumber int

// different asks a document that nobody has asked before, and has it kept.
func (t *target) different(ctx context.Context) (reply, error) {
	documentNumber++
	text := fmt.Sprintf("{ a%d: viewer { tenantAccess } }", documentNumber)
	return t.send(ctx, http.MethodPost, "/graphql", bytes.NewReader(fmt.Appendf(nil, `{"query":%q,"extensions":{"persistedQuery":{"version":1,"sha256Hash":"%x"}}}`, text, hash(text))),
		"Content-Type", "application/json", "Authorization", "Bearer "+t.member)
}
