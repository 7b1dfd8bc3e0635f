package graph

import (
	"fmt"
	"strings"
	"testing"

	"tenantry/internal/access"
	"tenantry/internal/ids"
)

const sightOf = `{ viewer { tenantAccess accessReason tenants { nodes { name } } } devices { totalCount nodes { name tenant { name } } }
	tickets { totalCount } loaners: devices(filter: { tenantless: true }) { totalCount } articles { nodes { title } } }`

// sight is what somebody sees in a few numbers and names.
func sight(c *client) string {
	r := c.do(sightOf, nil)
	if r.code() != "" {
		return r.code()
	}
	var names, titles []string
	for i := range r.get("viewer", "tenants", "nodes").([]any) {
		names = append(names, r.get("viewer", "tenants", "nodes", i, "name").(string))
	}
	for i := range r.get("articles", "nodes").([]any) {
		titles = append(titles, r.get("articles", "nodes", i, "title").(string))
	}
	return fmt.Sprintf("%v %v %v; %v devices, %v tickets, %v tenantless; %v", r.get("viewer", "tenantAccess"), r.get("viewer", "accessReason"), names,
		r.get("devices", "totalCount"), r.get("tickets", "totalCount"), r.get("loaners", "totalCount"), titles)
}

// article writes an article for all tenants, as the owner of the schema.
func (a *api) article(title, state, author string) string {
	id := ids.New()
	a.sql(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
		select account_id, $1, account_id, 'ALL_TENANTS', $2, '', $3, id from app.users where email = $4`, id, title, state, author)
	return ids.Encode("Article", id)
}

// TestATokenThatNamesTenantsReachesThemAlone, as far as its owner does, in lists, counts, by id, over
// edges and in filters; one that names none reaches what its owner does.
func TestATokenThatNamesTenantsReachesThemAlone(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.sql("delete from app.articles")
	a.article("News", "PUBLISHED", admin)
	drafts := map[string]string{admin: a.article("By Ada", "DRAFT", admin), memberOfTwo: a.article("By Tom", "DRAFT", memberOfTwo), grandfathered: a.article("By Gil", "IN_REVIEW", grandfathered)}
	const clinic = "ASSIGNED TOKEN [Harbour Clinic]; 5 devices, 5 tickets, 0 tenantless; [News]"
	const none = "NONE TOKEN []; 0 devices, 0 tickets, 0 tenantless; []"
	for _, who := range []struct {
		email string
		named []string
		want  string
	}{
		{admin, []string{"Harbour Clinic"}, clinic},
		{grandfathered, []string{"Harbour Clinic"}, clinic},
		{memberOfTwo, []string{"Harbour Clinic"}, clinic},
		{memberOfTwo, []string{"Harbour Clinic", "Lindqvist Timber"}, clinic},
		{admin, []string{"Harbour Clinic", "Boulangerie Dubois"}, "ASSIGNED TOKEN [Boulangerie Dubois Harbour Clinic]; 11 devices, 11 tickets, 0 tenantless; [News]"},
		{memberOfOne, []string{"Harbour Clinic"}, none},
		{memberOfNone, []string{"Harbour Clinic"}, none},
	} {
		c := a.tokenOf(who.email, who.named...)
		expect(t, fmt.Sprint("a token of ", who.email, " for ", who.named), sight(c), who.want)
		reaches := who.want == clinic
		for sentence, id := range map[string]string{"an own draft for all tenants": drafts[who.email], "a loaner": a.ref("Device", "LOANER-A"), "a saw": a.ref("Device", "KILN-CTRL")} {
			if id != "" {
				expect(t, fmt.Sprint("a token of ", who.email, " for ", who.named, " finds ", sentence), c.do(fmt.Sprintf("{ node(id: %q) { id } }", id), nil).code(), "NOT_FOUND")
			}
		}
		r := c.do(fmt.Sprintf(`{ device(id: %q) { name group { name } tenant { name tickets { totalCount } } tickets { totalCount } } }`, a.ref("Device", "HC-FILES")), nil)
		expect(t, fmt.Sprint("a token of ", who.email, " for ", who.named, " finds a device of the clinic"), r.code() == "", who.want != none)
		if reaches {
			expect(t, "and follows its edges", text(r.Data), `{"device":{"group":{"name":"Servers"},"name":"HC-FILES","tenant":{"name":"Harbour Clinic","tickets":{"totalCount":5}},"tickets":{"totalCount":1}}}`)
			r = c.ok(fmt.Sprintf(`{ devices(filter: { tenantIds: [%q] }) { totalCount } }`, a.ref("Tenant", "Boulangerie Dubois")), nil)
			expect(t, "and filters by a tenant that it does not name", text(r.Data), `{"devices":{"totalCount":0}}`)
		}
	}
	for _, email := range []string{admin, grandfathered, memberOfTwo, memberOfNone} {
		expect(t, "a token of "+email+" that names none", sight(a.tokenOf(email)), sight(a.as(email)))
	}
	// A ticket of the clinic whose device moved away: the edge is a door.
	a.sql("update app.tickets set device_id = (select id from app.devices where name = 'KILN-CTRL') where subject = 'Image archive is slow'")
	r := a.tokenOf(admin, "Harbour Clinic").ok(fmt.Sprintf("{ ticket(id: %q) { subject device { name } } }", a.ref("Ticket", "Image archive is slow")), nil)
	expect(t, "an edge out of the tenants of the token", text(r.Data), `{"ticket":{"device":null,"subject":"Image archive is slow"}}`)
}

// TestATokenThatNamesTenantsShowsNothingOfThePeople but names, and of its owner the tenants.
func TestATokenThatNamesTenantsShowsNothingOfThePeople(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const self = `{ viewer { user { name email role status grandfathered tenantAccess locale version createdAt tenants { nodes { name } } apiTokens { totalCount } }
		account { name licence { plan } } sessions { totalCount } apiTokens { totalCount } } }`
	a.as(memberOfTwo)
	full, narrow := a.tokenOf(memberOfTwo), a.tokenOf(memberOfTwo, "Harbour Clinic")
	expect(t, "a member of two through a token for one", text(narrow.ok(self, nil).Data),
		`{"viewer":{"account":{"licence":null,"name":"Northwind IT"},"apiTokens":{"totalCount":0},"sessions":{"totalCount":0},`+
			`"user":{"apiTokens":null,"createdAt":null,"email":null,"grandfathered":null,"locale":null,"name":"Tom Taylor","role":null,"status":null,"tenantAccess":null,"tenants":{"nodes":[{"name":"Harbour Clinic"}]},"version":null}}}`)
	expect(t, "a member of two through a token for all", text(full.ok(self, nil).Data),
		`{"viewer":{"account":{"licence":null,"name":"Northwind IT"},"apiTokens":{"totalCount":2},"sessions":{"totalCount":1},`+
			`"user":{"apiTokens":{"totalCount":2},"createdAt":"*","email":"tom@northwind.example","grandfathered":false,"locale":"en","name":"Tom Taylor","role":"MEMBER","status":"ACTIVE","tenantAccess":"ASSIGNED","tenants":{"nodes":[{"name":"Boulangerie Dubois"},{"name":"Harbour Clinic"}]},"version":1}}}`)
	c := a.tokenOf(admin, "Harbour Clinic")
	tom, ada := a.ref("User", memberOfTwo), a.ref("User", admin)
	for field, want := range map[string]string{
		"users { totalCount }":                                 "FORBIDDEN",
		"auditEvents { totalCount }":                           "FORBIDDEN",
		`user(id: "` + tom + `") { name }`:                     "NOT_FOUND",
		`node(id: "` + tom + `") { id }`:                       "NOT_FOUND",
		`user(id: "` + ada + `") { name }`:                     "",
		`usersWithAccess(nodeId: "x") { totalCount }`:          "FORBIDDEN",
		`accessExplanation(userId: "x", nodeId: "x") { rule }`: "FORBIDDEN",
		`node(id: "` + encode("AuditEvent", one[[16]byte](a, "select id from app.audit_events limit 1")) + `") { id }`: "NOT_FOUND",
		`node(id: "` + a.ref("ApiToken", "Asset register") + `") { id }`:                                               "NOT_FOUND",
	} {
		expect(t, "an admin's token for one tenant asks "+field, c.do("{ "+field+" }", nil).code(), want)
	}
	expect(t, "an admin's token for all asks for users", a.tokenOf(admin).do("{ users { totalCount } auditEvents { totalCount } }", nil).code(), "")
	r := c.ok(fmt.Sprintf(`{ ticket(id: %q) { assignee { name email role } } tenant(id: %q) { notes externalRef users { totalCount } } }`, a.ref("Ticket", "Reception 2 cannot print"), a.ref("Tenant", "Harbour Clinic")), nil)
	expect(t, "an admin's token for one tenant reads there", text(r.Data),
		`{"tenant":{"externalRef":"HAR","notes":"Patient data: never copy screenshots. Gold contract.","users":null},"ticket":{"assignee":{"email":null,"name":"Tom Taylor","role":null}}}`)
	// Tokens of others are for admins.
	token := a.ref("ApiToken", "Asset register")
	for email, want := range map[string]string{admin: "", otherAdmin: "", memberOfOne: "NOT_FOUND", customer: "NOT_FOUND", foreignAdmin: "NOT_FOUND"} {
		expect(t, email+" finds the token of an admin", a.as(email).do(fmt.Sprintf("{ node(id: %q) { id } }", token), nil).code(), want)
	}
	r = a.as(admin).ok(fmt.Sprintf(`{ user(id: %q) { apiTokens { nodes { name readOnly tenants { nodes { name } } } } } }`, a.ref("User", memberOfOne)), nil)
	expect(t, "an admin reads a member's tokens", text(r.Data),
		`{"user":{"apiTokens":{"nodes":[{"name":"Till monitoring","readOnly":true,"tenants":{"nodes":[{"name":"Boulangerie Dubois"}]}}]}}}`)
}

// TestWhichVerbsAToken has: none if it only reads, none about its owner's session, and if it names
// tenants only those that stay in reach. What Viewer.can says is what is refused, and refusals are audited.
func TestWhichVerbsATokenHas(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	reading := a.tokenOf(admin)
	a.sql("update app.api_tokens set read_only = true where name = 'A token'")
	for _, who := range []struct {
		sentence string
		c        *client
		role     string
		may      func(scope access.Scope) bool
	}{
		{"a reading token of an admin", reading, "ADMIN", func(access.Scope) bool { return false }},
		{"an admin's token for all", a.tokenOf(admin), "ADMIN", func(s access.Scope) bool { return s != access.Self }},
		{"an admin's token for a tenant", a.tokenOf(admin, "Harbour Clinic"), "ADMIN", func(s access.Scope) bool { return s == access.Tenant || s == access.Public }},
		{"a member's token for a tenant", a.tokenOf(memberOfTwo, "Harbour Clinic"), "MEMBER", func(s access.Scope) bool { return s == access.Tenant || s == access.Public }},
		{"a member's token for all", a.tokenOf(memberOfTwo), "MEMBER", func(s access.Scope) bool { return s != access.Self }},
	} {
		forbidden := 0
		var verbs []string
		for _, def := range a.reader.Schema.Mutation.Fields {
			if strings.HasPrefix(def.Name, "__") {
				continue
			}
			verbs = append(verbs, def.Name)
		}
		can := who.c.ok("{ viewer { can { "+strings.Join(verbs, " ")+" } } }", nil)
		for _, def := range a.reader.Schema.Mutation.Fields {
			want := who.may(access.ScopeOf(def)) && !(who.role == "MEMBER" && gate(def) == "ADMIN")
			expect(t, who.sentence+" can "+def.Name, can.get("viewer", "can", def.Name), want)
			if access.ScopeOf(def) == access.Public && want || def.Name == "setAddOnSeats" && want {
				continue // see signin_test.go and the rules of seats
			}
			got := who.c.try(def.Name, least(a.reader.Schema, def))
			if (got != "FORBIDDEN") != want {
				t.Errorf("%s calls %s: %s", who.sentence, def.Name, got)
			}
			if got == "FORBIDDEN" {
				forbidden++
			}
		}
		if forbidden == 0 {
			t.Errorf("%s is refused nothing", who.sentence)
		}
		a.sql("delete from app.tenants where name = 'x'") // made by createTenant
	}
	expect(t, "refusals of an admin's tokens in the audit", one[bool](a, `select count(*) > 20 from app.audit_events where outcome = 'DENIED' and actor_name = 'Ada Admin'`), true)
}

// TestVerbsOnTenantsAndUsersAreScopedByTheAccount: by that alone they are not for tokens that name tenants.
func TestVerbsOnTenantsAndUsersAreScopedByTheAccount(t *testing.T) {
	schema := Schema()
	for _, def := range schema.Mutation.Fields {
		payload := schema.Types[def.Type.Name()]
		if payload == nil {
			continue
		}
		for _, f := range payload.Fields {
			switch f.Type.Name() {
			case "Tenant", "User", "Account", "AccessChange":
				if access.ScopeOf(def) != access.Account {
					t.Errorf("%s changes what is not for a token that names tenants, and is %s", def.Name, access.ScopeOf(def))
				}
			}
		}
	}
}

// TestAnAdminsTokenForATenantWorksThere, and nowhere else.
func TestAnAdminsTokenForATenantWorksThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.tokenOf(admin, "Harbour Clinic")
	harbour, dubois := a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Boulangerie Dubois")
	device := func(name string) in { return in{"name": name, "platform": "LINUX", "kind": "SERVER"} }
	a.follow(t, []step{
		{"it makes a device there", c, "createDevice", a.with(device("NEW"), "tenantId", harbour), "ok"},
		{"it makes one elsewhere", c, "createDevice", a.with(device("NEW"), "tenantId", dubois), "NOT_FOUND"},
		{"it makes one without a tenant", c, "createDevice", device("NEW"), "REQUIRED input.tenantId"},
		{"it changes a device there", c, "updateDevice", in{"id": a.ref("Device", "HC-FILES"), "hostname": "files"}, "ok"},
		{"it changes one elsewhere", c, "updateDevice", in{"id": a.ref("Device", "CAISSE-01"), "hostname": "files"}, "NOT_FOUND"},
		{"it changes one without a tenant", c, "updateDevice", in{"id": a.ref("Device", "LOANER-A"), "hostname": "files"}, "NOT_FOUND"},
		{"it assigns a ticket to who sees it", c, "assignTicket", in{"ticketId": a.ref("Ticket", "Image archive is slow"), "userId": a.ref("User", memberOfTwo)}, "ok"},
		{"it assigns one to who does not", c, "assignTicket", in{"ticketId": a.ref("Ticket", "Image archive is slow"), "userId": a.ref("User", memberOfOne)}, "NOT_ASSIGNABLE input.userId"},
		{"it assigns one elsewhere", c, "assignTicket", in{"ticketId": a.ref("Ticket", "Mot de passe Wi-Fi invité"), "userId": nil}, "NOT_FOUND"},
		{"it comments there", c, "commentOnTicket", in{"ticketId": a.ref("Ticket", "Image archive is slow"), "body": "x", "visibility": "INTERNAL"}, "ok"},
		{"it changes the tenant itself", c, "updateTenant", in{"id": harbour, "phone": "1"}, "FORBIDDEN"},
		{"it adds a member there", c, "addUsersToTenant", in{"tenantId": harbour, "userIds": a.refs("User", memberOfOne)}, "FORBIDDEN"},
		{"it ends its owner's sessions", c, "endSessions", in{"userId": a.ref("User", admin)}, "FORBIDDEN"},
		{"it revokes a token", c, "revokeApiToken", in{"id": a.ref("ApiToken", "Asset register")}, "FORBIDDEN"},
	})
	expect(t, "who did it", one[string](a, "select distinct actor_name from app.audit_events where action = 'createDevice' and outcome = 'DONE'"), "Ada Admin")
}
