package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// harmless are the codes of what is refused as it should be.
var harmless = []string{"", "BAD_USER_INPUT", "BAD_CURSOR", "NOT_FOUND", "FORBIDDEN", "GRAPHQL_VALIDATION_FAILED", "COST_LIMIT_EXCEEDED"}

// TestNumbersAtTheirEdgesAreRefusedOrTaken wherever the schema takes a number: none is an error of the server's.
func TestNumbersAtTheirEdgesAreRefusedOrTaken(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, tries := a.as(admin), 0
	for _, door := range a.sayings(inNumbers) {
		for _, number := range []string{"-1", "0", "2147483647", "2147483648", "-2147483648", "-2147483649", "9007199254740993", "9223372036854775808", "18446744073709551616",
			"1e308", "1e400", "-1e400", "0.1", "1.5", "1e2", strings.Repeat("9", 1000), "1e-400", "true", `"1"`, "null", "[1]", "{}"} {
			tries++
			if r := door.say(c, json.RawMessage(number)); !slices.Contains(harmless, r.code()) {
				t.Errorf("%s with %.40s answers %s", door.door, number, r.raw)
			}
		}
	}
	if tries < 500 {
		t.Errorf("only %d numbers were tried", tries)
	}
}

// TestStrangeTextsAreStoredOrRefused wherever the schema takes words: what comes back is what was stored, and valid.
func TestStrangeTextsAreStoredOrRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, tries := a.as(admin), 0
	strange := []string{`"\u0000"`, `"\ud800"`, `"\udc00\ud800"`, `"a\ud83d"`, "\"\xff\xfe\"", "\"\xed\xa0\x80\"", "\"\u202e\u2066\u200f\"", "\"\u0301\u0301\u0301\"", "\"\ufeff\"", "\"\uffff\U0010ffff\"",
		"\"👩‍👩‍👧‍👦\"", "\"" + strings.Repeat("\u0301", 5000) + "\"", `"\u0007\u001b[31m"`, "\"\u2028\u2029\"", "\"İıßŉǰΐ\"", "\"\u3164\u00ad\u200b\""}
	for i, door := range a.sayings(inWords) {
		for j, text := range strange {
			if !full && (i+j)%4 != 0 {
				continue
			}
			tries++
			r := door.say(c, rawText(text))
			if !slices.Contains(append(harmless, "UNAUTHENTICATED", "RATE_LIMITED"), r.code()) {
				t.Errorf("%s with %.40q answers %s", door.door, text, r.raw)
			}
			if !json.Valid([]byte(r.raw)) || strings.ContainsRune(r.raw, 0) {
				t.Errorf("%s with %.40q answers what is no JSON: %q", door.door, text, r.raw)
			}
		}
	}
	if tries < 500 {
		t.Errorf("only %d texts were tried", tries)
	}
	expect(t, "texts that are stored and not valid", one[int](a, "select count(*) from app.tickets where subject ~ E'[\\\\uD800-\\\\uDFFF]'"), 0)
}

// rawText is a JSON text that is written as it is, valid or not.
type rawText string

// MarshalJSON writes it.
func (r rawText) MarshalJSON() ([]byte, error) {
	if json.Valid([]byte(r)) {
		return []byte(r), nil
	}
	return json.Marshal(string(r)) // encoding/json writes no invalid JSON: what is no UTF-8 becomes U+FFFD
}

// TestAnAddressThatLooksLikeAnotherIsTheSame: nobody gets a second user for it.
func TestAnAddressThatLooksLikeAnotherIsTheSame(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, address := range []string{"mia@northwind.example", "MIA@NORTHWIND.EXAMPLE", " mia@northwind.example ", "ｍｉａ@northwind.example", "mia@northwind。example", "ⓜia@northwind.example"} {
		r := a.as(admin).try("inviteUser", in{"name": "Another", "email": address, "role": "MEMBER"})
		if r != "TAKEN input.email" && r != "INVALID input.email" {
			t.Errorf("%q: %s", address, r)
		}
	}
	expect(t, "users of the name", one[int](a, "select count(*) from app.users where name = 'Another'"), 0)
}

// TestAnotherPageChangesNothing, whatever it makes a browser send with the cookie of who is signed in: every mutation,
// in each way that needs no question first.
func TestAnotherPageChangesNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *Options) { o.AllowedOrigins = []string{"https://friend.example"} })
	cookie, before := &http.Cookie{Name: sessionCookie, Value: a.session(admin)}, a.state()
	send := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.AddCookie(cookie)
		r.Header.Set("Origin", "https://evil.example")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		return w
	}
	good := a.good()
	for _, f := range a.reader.Schema.Mutation.Fields {
		field := f.Name + " { __typename }"
		if len(f.Arguments) > 0 {
			input, err := json.Marshal(good[f.Name])
			must(t, err)
			field = fmt.Sprintf("%s(input: %s) { __typename }", f.Name, literalOf(input))
		}
		document, err := json.Marshal(map[string]any{"query": "mutation { " + field + " }"})
		must(t, err)
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/plain; application/json", "application/jsonp"} {
			if w := send(http.MethodPost, "/graphql", string(document), "Content-Type", kind); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s as %q: %d %s", f.Name, kind, w.Code, w.Body)
			}
		}
		query := "/graphql?query=" + strings.NewReplacer(" ", "%20", `"`, "%22", "{", "%7B", "}", "%7D", "#", "%23", "&", "%26", "+", "%2B", "\n", "%0A").Replace("mutation { "+field+" }")
		if w := send(http.MethodGet, query, ""); w.Code != http.StatusForbidden {
			t.Errorf("%s by GET: %d %s", f.Name, w.Code, w.Body)
		}
		if w := send(http.MethodGet, query, "", "X-Tenantry", "1"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s by GET from a page of our own: %d %s", f.Name, w.Code, w.Body)
		}
	}
	expect(t, "what was changed", a.state(), before)

	for origin, allowed := range map[string]bool{"https://evil.example": false, "null": false, "https://friend.example.evil.example": false, "http://friend.example": false, "https://friend.example": true} {
		w := send(http.MethodOptions, "/graphql", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
		got := w.Header().Get("Access-Control-Allow-Origin")
		expect(t, "a preflight of "+origin, got == origin && w.Header().Get("Access-Control-Allow-Credentials") == "true", allowed)
		if !allowed && got != "" {
			t.Errorf("%s may read it: %q", origin, got)
		}
	}
}

// literalOf writes JSON as GraphQL does: without quotes around names.
func literalOf(input []byte) string {
	var v any
	_ = json.Unmarshal(input, &v)
	return writeLiteral(v)
}

func writeLiteral(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var fields []string
		for k, value := range v {
			fields = append(fields, k+": "+writeLiteral(value))
		}
		slices.Sort(fields)
		return "{" + strings.Join(fields, ", ") + "}"
	case []any:
		var values []string
		for _, value := range v {
			values = append(values, writeLiteral(value))
		}
		return "[" + strings.Join(values, ", ") + "]"
	case string:
		if v != "" && v == strings.ToUpper(v) && !strings.ContainsAny(v, " -0123456789:") { // a word of an enum
			return v
		}
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// TestHowSubscriptionsAndQueriesAreAnswered: as JSON to who takes it, as events to who takes nothing else.
func TestHowSubscriptionsAndQueriesAreAnswered(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	token := a.session(memberOfOne)
	const query, subscription = `{ viewer { tenantAccess } }`, `subscription { ticketChanged { kind } }`
	for _, c := range []struct {
		name, method, query, accept string
		status                      int
		kind, has                   string
	}{
		{"a query by who takes anything", "POST", query, "*/*", 200, plainJSON, `"ASSIGNED"`},
		{"a query by who takes both", "POST", query, "text/event-stream, application/json", 200, plainJSON, `"ASSIGNED"`},
		{"a query by who takes both, and the newer kind", "POST", query, "application/graphql-response+json, text/event-stream", 200, graphqlJSON, `"ASSIGNED"`},
		{"a query by who takes events alone", "POST", query, "text/event-stream", 200, eventStream, "event: next\ndata: {\"data\":"},
		{"a wrong query by who takes events alone", "POST", "{ nothing }", "text/event-stream", 400, graphqlJSON, "GRAPHQL_VALIDATION_FAILED"},
		{"a subscription by who takes JSON", "POST", subscription, "application/json", 200, plainJSON, "BAD_USER_INPUT"},
		{"a subscription by who takes the newer JSON", "POST", subscription, graphqlJSON, 400, graphqlJSON, "BAD_USER_INPUT"},
		{"a subscription by who takes anything", "POST", subscription, "*/*", 200, plainJSON, "BAD_USER_INPUT"},
		{"a subscription by GET by who takes JSON", "GET", subscription, "application/json", 200, plainJSON, "BAD_USER_INPUT"},
		{"what is deferred", "POST", `{ viewer { ... @defer { tenantAccess } } }`, "multipart/mixed, application/json", 200, plainJSON, "GRAPHQL_VALIDATION_FAILED"},
		{"two subscriptions at once", "POST", `subscription { a: ticketChanged { kind } b: ticketChanged { kind } }`, "text/event-stream", 400, graphqlJSON, "BAD_USER_INPUT"},
		{"a subscription of nothing", "POST", `subscription { ticketChanged @skip(if: true) { kind } }`, "text/event-stream", 400, graphqlJSON, "BAD_USER_INPUT"},
		{"who takes neither", "POST", query, "text/html", 406, "text/plain", ""},
	} {
		body, err := json.Marshal(map[string]any{"query": c.query})
		must(t, err)
		path := "/graphql"
		if c.method == "GET" {
			path += "?query=" + strings.NewReplacer(" ", "%20", "{", "%7B", "}", "%7D").Replace(c.query)
		}
		r, err := http.NewRequest(c.method, server.URL+path, strings.NewReader(string(body)))
		must(t, err)
		r.Header.Set("Content-Type", plainJSON)
		r.Header.Set("Accept", c.accept)
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(r)
		must(t, err)
		text := new(strings.Builder)
		_, _ = fmt.Fprint(text, readAll(t, response))
		kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
		if response.StatusCode != c.status || kind != c.kind || !strings.Contains(text.String(), c.has) {
			t.Errorf("%s: %d %s %s", c.name, response.StatusCode, kind, text)
		}
	}
}

func readAll(t testing.TB, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	var b strings.Builder
	buffer := make([]byte, 1<<16)
	for {
		n, err := response.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return b.String()
		}
	}
}
