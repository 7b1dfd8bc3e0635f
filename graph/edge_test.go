package graph

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTimesComeBackAsTheyWent(t *testing.T) {
	a := newAPI(t)
	c := a.as("ada@northwind.example")
	const create = `mutation($due: DateTime) { createTicket(input: { subject: "Due", dueAt: $due }) { ticket { dueAt } userErrors { code } } }`
	for in, want := range map[string]string{
		"2026-01-31T12:00:00Z":              "2026-01-31T12:00:00Z",
		"2026-01-31T12:00:00.1234567+02:00": "2026-01-31T10:00:00.123456Z",
		"9999-12-31T23:59:59.999999Z":       "9999-12-31T23:59:59.999999Z",
		"1600-06-01T00:00:00Z":              "1600-06-01T00:00:00Z",
		"0001-01-01T00:00:00Z":              "0001-01-01T00:00:00Z",
	} {
		if r := c.ok(create, map[string]any{"due": in}); r.get("createTicket", "ticket", "dueAt") != want {
			t.Errorf("%s came back as %s", in, r.raw)
		}
	}
	for _, in := range []string{"9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "yesterday", "2026-02-30T00:00:00Z", ""} {
		if r := c.do(create, map[string]any{"due": in}); r.code() != "BAD_USER_INPUT" {
			t.Errorf("%q is taken: %s", in, r.raw)
		}
	}
}

// TestTheObjectOfAnAuditEntryIsThereWhateverIsAskedOfOtherTypes, such as of an entry's own object.
func TestTheObjectOfAnAuditEntryIsThereWhateverIsAskedOfOtherTypes(t *testing.T) {
	a := newAPI(t)
	c := a.as(admin)
	device := a.ref("Device", "HC-PACS")
	c.done("updateDevice", in{"id": device, "name": "HC-PACS-2"}, "__typename")
	for _, inner := range []string{"id", "id ... on AuditEvent { object { id } }", "... on AuditEvent { object { ... on AuditEvent { object { id } } } } id"} {
		r := c.ok(`{ auditEvents(first: 1) { nodes { object { `+inner+` } } } }`, nil)
		expect(t, "the object of the last entry, asked for "+inner, r.get("auditEvents", "nodes", 0, "object", "id"), device)
	}
}

func TestWhatIsNotServedIsRefusedClearly(t *testing.T) {
	a := newAPI(t)
	c := a.as("ada@northwind.example")
	if r := c.do(`{ viewer { ... @defer { user { email } } accessReason } }`, nil); r.code() != "GRAPHQL_VALIDATION_FAILED" || !strings.Contains(r.raw, "defer") {
		t.Errorf("@defer: %s", r.raw)
	}
	for name, change := range map[string]func(*http.Request){
		"no body":               func(r *http.Request) { r.Body = http.NoBody },
		"a form":                func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"plain text":            func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"a compressed body":     func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		"another character set": func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=latin1") },
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query": "{ viewer { __typename } }"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "bearer "+c.token)
		change(r)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), "BAD_USER_INPUT") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestADirectionThatIsNullIsTheFirst(t *testing.T) {
	c := newAPI(t).as("ada@northwind.example")
	r := c.ok(`query($d: OrderDirection = DESC) { devices(first: 1, orderBy: { field: NAME, direction: $d }) { nodes { name } } }`, map[string]any{"d": nil})
	if r.get("devices", "nodes", 0, "name") != "CAISSE-01" {
		t.Errorf("it answers %s", r.raw)
	}
}

// TestASessionThatIsOverComesFirst: whatever else is wrong with a request, who asks is told that they
// are not signed in, although the server remembers them.
func TestASessionThatIsOverComesFirst(t *testing.T) {
	a := newAPI(t)
	for _, query := range []string{
		`{ devices { totalCount } }`, `{ devices(first: 1000) { totalCount } }`, `{ devices(after: "x") { totalCount } }`,
		`{ assignableUsers(tenantId: "x") { totalCount } }`, `{ device(id: "x") { name } }`, `{ users { totalCount } }`,
		`mutation { createTenant(input: { name: "" }) { userErrors { code } } }`,
		`mutation { changePassword(input: { oldPassword: "demo-password", newPassword: "another long password" }) { userErrors { code } } }`,
	} {
		c := a.as("mia@northwind.example")
		c.ok(`{ viewer { tenantAccess } }`, nil)
		_, err := a.owner.Exec(context.Background(), "delete from app.sessions")
		must(t, err)
		if r := c.do(query, nil); r.code() != "UNAUTHENTICATED" || len(r.Errors) != 1 {
			t.Errorf("%s: %s", query, r.raw)
		}
	}
}
