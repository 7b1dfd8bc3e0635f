package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// What tokens of an admin that name tenants may do, and what customers may say of tickets: from the rules, as
// agentsMay and everybodyMay are, and not from the directives that must follow them.
const (
	narrowedMay   = " signIn acceptInvitation answerRemoteSession approveArticle rejectArticle archiveArticle"
	neverNarrowed = " createApiToken revokeApiToken changePassword endSessions signOut "
	customersSay  = " createTicket.subject createTicket.description createTicket.tenantId createTicket.deviceId createTicket.type " +
		"updateTicket.id updateTicket.version updateTicket.status commentOnTicket.ticketId commentOnTicket.body commentOnTicket.visibility "
)

// TestWhatEachRoleMayDo calls every mutation as each role, and by tokens, with ids of nothing: FORBIDDEN is what
// the rules forbid, and nothing else is.
func TestWhatEachRoleMayDo(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	dubois := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	account := one[uuid.UUID](a, "select account_id from app.accounts where name = 'Northwind IT'")
	narrowed, _ := a.token(account, a.key("Northwind IT", "User", admin), []uuid.UUID{dubois}, false)
	whole, _ := a.token(account, a.key("Northwind IT", "User", admin), nil, false)
	a.sql("update app.api_tokens set read_only = false")
	people := []struct {
		name string
		*client
		may func(verb string) bool
	}{
		{"an admin", a.as(admin), func(string) bool { return true }},
		{"a member", a.as(memberOfOne), func(verb string) bool { return strings.Contains(agentsMay, " "+verb+" ") }},
		{"a customer", a.as(customer), func(verb string) bool { return strings.Contains(everybodyMay, " "+verb+" ") }},
		{"an admin's token", whole, func(verb string) bool {
			return !slices.Contains([]string{"createApiToken", "changePassword", "signOut"}, verb)
		}},
		{"an admin's token for one tenant", narrowed, func(verb string) bool {
			return strings.Contains(agentsMay+narrowedMay+" ", " "+verb+" ") && !strings.Contains(neverNarrowed, " "+verb+" ")
		}},
	}
	tried := 0
	for _, p := range people {
		for _, def := range a.reader.Schema.Mutation.Fields {
			if slices.Contains([]string{"signOut", "endSessions", "signIn", "acceptInvitation", "answerRemoteSession"}, def.Name) && p.may(def.Name) {
				continue // they need no right, and would end what is asked by
			}
			tried++
			got := p.try(def.Name, least(a.reader.Schema, def))
			if forbidden := got == "FORBIDDEN"; forbidden == p.may(def.Name) && got != "BAD_USER_INPUT" {
				t.Errorf("%s calls %s: %s", p.name, def.Name, got)
			}
		}
	}
	for _, verb := range []string{"createTicket", "updateTicket", "commentOnTicket"} {
		def := a.reader.Schema.Mutation.Fields.ForName(verb)
		for _, f := range a.reader.Schema.Types[def.Arguments[0].Type.Name()].Fields {
			tried++
			input := a.with(least(a.reader.Schema, def), f.Name, leastOf(a.reader.Schema, f.Type))
			got := a.as(customer).try(verb, input)
			if forbidden := got == "FORBIDDEN"; forbidden == strings.Contains(customersSay, " "+verb+"."+f.Name+" ") {
				t.Errorf("a customer says %s in %s: %s", f.Name, verb, got)
			}
		}
	}
	t.Logf("%d verbs and inputs tried", tried)
	if tried < 200 {
		t.Error("these are too few")
	}
}

// askedOf are the fields that only some read, as the rules have it: the least role, or that it is one's own.
var askedOf = map[string]string{
	"Query.users": "ADMIN", "Query.auditEvents": "ADMIN", "Query.usersWithAccess": "ADMIN", "Query.accessExplanation": "ADMIN", "Query.assignableUsers": "MEMBER",
	"Account.licence": "ADMIN", "Tenant.users": "ADMIN", "Tenant.notes": "MEMBER", "Tenant.externalRef": "MEMBER", "RemoteSession.notes": "MEMBER",
	"Asset.purchaseCost": "MEMBER", "Article.author": "MEMBER", "Article.reviewer": "MEMBER", "Article.reviewNote": "MEMBER", "Dashboard.articlesInReview": "MEMBER",
}

// TestWhatEachRoleMayRead asks for each field that is not for all: at the root it is FORBIDDEN, in an object null.
func TestWhatEachRoleMayRead(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.sql("update app.tenants set notes = 'secret', external_ref = 'secret' where id <> account_id")
	a.sql("update app.assets set purchase_cost = 17")
	a.sql("update app.remote_sessions set notes = 'secret'")
	a.sql("update app.articles set reviewer_id = author_id, review_note = 'secret'")
	clients := map[string]*client{"ADMIN": a.as(admin), "MEMBER": a.as(memberOfOne), "CUSTOMER": a.as(customer)}
	rank := map[string]int{"CUSTOMER": 1, "MEMBER": 2, "ADMIN": 3}
	arguments := map[string]string{
		"Query.accessExplanation": "(userId: \"" + a.ref("User", customer) + "\", nodeId: \"" + a.ref("Tenant", "Boulangerie Dubois") + "\")",
		"Query.usersWithAccess":   "(nodeId: \"" + a.ref("Tenant", "Boulangerie Dubois") + "\")",
		"Query.assignableUsers":   "(tenantId: \"" + a.ref("Tenant", "Boulangerie Dubois") + "\")",
	}
	for name, least := range askedOf {
		of, field, _ := strings.Cut(name, ".")
		def := a.reader.Schema.Types[of].Fields.ForName(field)
		selection := ""
		if ret := a.reader.Schema.Types[def.Type.Name()]; ret.Kind == ast.Object {
			selection = " { __typename }"
		}
		ask := "x: " + field + arguments[name] + selection
		document := map[string]string{
			"Query": "{ " + ask + " }", "Account": "{ viewer { account { " + ask + " } } }", "Dashboard": "{ dashboard { " + ask + " } }",
			"Tenant": "{ tenants { nodes { " + ask + " } } }", "RemoteSession": "{ remoteSessions { nodes { " + ask + " } } }",
			"Asset": "{ assets { nodes { " + ask + " } } }", "Article": "{ articles { nodes { " + ask + " } } }",
		}[of]
		for role, c := range clients {
			r := c.do(document, nil)
			may := rank[role] >= rank[least]
			if of == "Query" {
				expect(t, role+" asks "+name+": FORBIDDEN", r.code() == "FORBIDDEN", !may)
			} else {
				expect(t, role+" asks "+name+": no error", r.code(), "")
			}
			expect(t, role+" is given "+name, given(r.Data), may)
		}
	}
	// Of others only id and name, for all but admins; of a user who is not oneself there is no door but an edge.
	for _, f := range a.reader.Schema.Types["User"].Fields {
		selection := ""
		if a.reader.Schema.Types[f.Type.Name()].Kind == ast.Object {
			selection = " { __typename }"
		}
		document := `query($id: ID!) { ticket(id: $id) { assignee { __typename x: ` + f.Name + selection + ` } } }`
		ticket := one[uuid.UUID](a, `update app.tickets set assignee_id = $1, status = 'RESOLVED' where id = (select id from app.tickets where tenant_id = $2 order by number limit 1) returning id`,
			a.key("Northwind IT", "User", memberOfTwo), a.key("Northwind IT", "Tenant", "Boulangerie Dubois"))
		for role, c := range clients {
			r := c.do(document, in{"id": ids.Encode("Ticket", ticket)})
			expect(t, role+" meets an assignee", r.get("ticket", "assignee", "__typename"), "User")
			if role != "ADMIN" {
				expect(t, role+" is given the "+f.Name+" of another", given(r.get("ticket", "assignee")), slices.Contains([]string{"id", "name"}, f.Name))
			}
		}
		for role, c := range clients {
			r := c.do(`query($id: ID!) { user(id: $id) { id } node(id: $id) { id } }`, in{"id": a.ref("User", memberOfTwo)})
			expect(t, role+" finds another user by id", r.code() == "", role == "ADMIN")
		}
	}
}

// given tells whether there is a value called x.
func given(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if x, ok := v["x"]; ok {
			return x != nil
		}
		for _, inner := range v {
			if given(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, given)
	}
	return false
}
