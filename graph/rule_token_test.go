package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestATokenEndsAtOnce while the server remembers it: for queries and mutations alike.
func TestATokenEndsAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	tom, harbour := a.ref("User", memberOfTwo), a.ref("Tenant", "Harbour Clinic")
	change := in{"id": a.ref("Device", "HC-FILES"), "hostname": "files"}
	for sentence, end := range map[string]func(id string){
		"revoked by its owner":     func(id string) { a.as(memberOfTwo).done("revokeApiToken", in{"id": id}, "deletedId") },
		"revoked by an admin":      func(id string) { c.done("revokeApiToken", in{"id": id}, "deletedId") },
		"over":                     func(string) { a.sql("update app.api_tokens set expires_at = now() where name = 'A token'") },
		"of a suspended user":      func(string) { c.done("suspendUser", in{"id": tom}, "committed") },
		"of whose access is reset": func(string) { c.done("resetAccess", in{"userId": tom}, "__typename") },
		"of a customer":            func(string) { c.done("updateUser", in{"id": tom, "role": "CUSTOMER"}, "committed") },
	} {
		for _, named := range [][]string{nil, {"Harbour Clinic"}} {
			reads, writes := a.tokenOf(memberOfTwo, named...), a.tokenOf(memberOfTwo, named...)
			expect(t, "a token reads", sight(reads) != "UNAUTHENTICATED", true)
			expect(t, "a token writes", writes.try("updateDevice", change), "ok")
			for _, id := range a.tokenIDs() {
				end(id)
			}
			expect(t, "a token that is "+sentence+" reads", sight(reads), "UNAUTHENTICATED")
			expect(t, "a token that is "+sentence+" writes", writes.try("updateDevice", change), "UNAUTHENTICATED")
			a.sql("delete from app.api_tokens where name = 'A token'")
			a.sql("update app.users set status = 'ACTIVE', role = 'MEMBER' where email = $1", memberOfTwo)
			a.sql("delete from app.invitations where user_id = $1", a.key("Northwind IT", "User", memberOfTwo))
		}
	}
	// Suspended is not revoked.
	k := a.tokenOf(memberOfTwo, "Harbour Clinic")
	was := sight(k)
	c.done("suspendUser", in{"id": tom}, "committed")
	expect(t, "while its owner is suspended", sight(k), "UNAUTHENTICATED")
	c.done("reactivateUser", in{"id": tom}, "committed")
	expect(t, "once its owner is back", sight(k), was)
	// It follows what its owner sees.
	c.done("removeUsersFromTenant", in{"tenantId": harbour, "userIds": []any{tom}}, "committed")
	expect(t, "once its owner has lost the tenant", sight(k), "NONE TOKEN []; 0 devices, 0 tickets, 0 tenantless; []")
	expect(t, "what it changes then", k.try("updateDevice", change), "NOT_FOUND")
	c.done("addUsersToTenant", in{"tenantId": harbour, "userIds": []any{tom}}, "committed")
	expect(t, "once its owner has it again", sight(k), was)
	expect(t, "entries about tokens that went with a role", one[string](a, `select before::text || after::text from app.audit_events
		where action = 'updateUser' and before ? 'apiTokens' limit 1`), `{"role": "MEMBER", "apiTokens": 2}{"role": "CUSTOMER", "apiTokens": 0}`)
}

// tokenIDs are the ids of the tokens that the test has made.
func (a *api) tokenIDs() (all []string) {
	for _, id := range one[[][16]byte](a, "select coalesce(array_agg(id), '{}') from app.api_tokens where name = 'A token'") {
		all = append(all, encode("ApiToken", id))
	}
	return all[:min(len(all), 2)]
}

// TestATokenWhoseTenantsAreGoneSeesNothing, an admin's too, and at once; it does not widen.
func TestATokenWhoseTenantsAreGoneSeesNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.article("News", "PUBLISHED", admin)
	c := a.as(admin)
	c.done("createTenant", in{"name": "Short"}, "committed")
	c.done("createTenant", in{"name": "Brief"}, "committed")
	k := a.tokenOf(admin, "Short", "Brief")
	expect(t, "a token for two tenants", sight(k), "ASSIGNED TOKEN [Brief Short]; 0 devices, 0 tickets, 0 tenantless; [News]")
	a.sql("delete from app.tenants where name = 'Short'")
	expect(t, "when one is gone", sight(k), "ASSIGNED TOKEN [Brief]; 0 devices, 0 tickets, 0 tenantless; [News]")
	a.sql("delete from app.tenants where name = 'Brief'")
	expect(t, "when both are gone", sight(k), "NONE TOKEN []; 0 devices, 0 tickets, 0 tenantless; []")
	r := c.ok("{ viewer { apiTokens { nodes { name tenants { totalCount } } } } }", nil)
	expect(t, "what its owner reads of it", text(r.get("viewer", "apiTokens", "nodes", 0)), `{"name":"A token","tenants":{"totalCount":0}}`)
}

// TestMakingAToken checks what it may name, and gives the secret once.
func TestMakingAToken(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, ada := a.as(memberOfOne), a.as(admin)
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	past := time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	a.follow(t, []step{
		{"for no tenant", mia, "createApiToken", in{"name": "T", "tenantIds": []any{}}, "REQUIRED input.tenantIds"},
		{"for null", mia, "createApiToken", in{"name": "T", "tenantIds": nil}, "REQUIRED input.tenantIds"},
		{"with all faults at once", mia, "createApiToken", in{"name": " ", "tenantIds": []any{}, "expiresAt": past}, "REQUIRED input.name, REQUIRED input.tenantIds, INVALID input.expiresAt"},
		{"for a tenant out of reach, among others", mia, "createApiToken", in{"name": " ", "tenantIds": []any{dubois, harbour}}, "NOT_FOUND"},
		{"for a tenant, by a member of none", a.as(memberOfNone), "createApiToken", in{"name": "T", "tenantIds": []any{harbour}}, "NOT_FOUND"},
		{"by a customer", a.as(customer), "createApiToken", in{"name": "T", "tenantIds": []any{dubois}}, "FORBIDDEN"},
		{"by a grandfathered member", a.as(grandfathered), "createApiToken", in{"name": "T", "tenantIds": []any{dubois, harbour}}, "ok"},
		{"another's token is revoked", mia, "revokeApiToken", in{"id": a.ref("ApiToken", "Asset register")}, "NOT_FOUND"},
		{"one's own is revoked", mia, "revokeApiToken", in{"id": a.ref("ApiToken", "Till monitoring")}, "ok"},
	})
	p := ada.done("createApiToken", in{"name": "T", "tenantIds": []any{dubois}}, "token apiToken { id lastFour }")
	secret := p["token"].(string)
	k := &client{api: a, token: secret}
	expect(t, "the token that was made reaches", text(k.ok("{ devices { totalCount } }", nil).Data), `{"devices":{"totalCount":6}}`)
	expect(t, "its last four", p["apiToken"].(map[string]any)["lastFour"], secret[len(secret)-4:])
	expect(t, "a token makes a token", k.try("createApiToken", in{"name": "T"}), "FORBIDDEN")
	expect(t, "a token for all makes a token", a.tokenOf(admin).try("createApiToken", in{"name": "T"}), "FORBIDDEN")
	expect(t, "a token for all changes the password", a.tokenOf(admin).try("changePassword", in{"oldPassword": "demo-password", "newPassword": "a longer password"}), "FORBIDDEN")
	a.noSecrets(t)
	expect(t, "rows that hold the secret", one[int](a, "select count(*) from app.api_tokens t where t::text like '%' || $1 || '%'", secret), 0)
}

// TestATokenIsNoSession: not in a cookie, and not by another name.
func TestATokenIsNoSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	k, s := a.tokenOf(memberOfTwo), a.as(memberOfTwo)
	bearer := func(secret string) string {
		return (&client{api: a, token: secret}).do("{ viewer { tenantAccess } }", nil).code()
	}
	expect(t, "a token as a bearer", bearer(k.token), "")
	expect(t, "a token that calls itself a session", bearer("tns_"+strings.TrimPrefix(k.token, "tnt_")), "UNAUTHENTICATED")
	expect(t, "a session", bearer(s.token), "")
	expect(t, "a session that calls itself a token", bearer("tnt_"+strings.TrimPrefix(s.token, "tns_")), "UNAUTHENTICATED")
	expect(t, "a token with another secret", bearer(k.token[:len(k.token)-2]+"AA"), "UNAUTHENTICATED")
	for name, secret := range map[string]string{"a token": k.token, "a token that calls itself a session": "tns_" + strings.TrimPrefix(k.token, "tnt_")} {
		r, _ := a.send(http.MethodPost, "{ viewer { tenantAccess } }", nil, &http.Cookie{Name: sessionCookie, Value: secret})
		expect(t, name+" in the cookie", r.code(), "UNAUTHENTICATED")
	}
}

// TestTheUseOfATokenIsNoted once a minute, and does not fail what is asked.
func TestTheUseOfATokenIsNoted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	k := a.tokenOf(memberOfTwo)
	used := func() *time.Time {
		return one[*time.Time](a, "select last_used_at from app.api_tokens where name = 'A token'")
	}
	noted := func() *time.Time {
		for range 1000 {
			if at := used(); at != nil {
				return at
			}
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	}
	expect(t, "an unused token", used() == nil, true)
	sight(k)
	at := noted()
	if at == nil {
		t.Fatal("the use of a token is not noted")
	}
	expect(t, "the version after use", one[int](a, "select version from app.api_tokens where name = 'A token'"), 1)
	// Another server, which remembers nothing, notes it only after a minute.
	ctx := context.Background()
	note := func() {
		_, err := a.pool.Exec(ctx, "select app.use_api_token(account_id, id) from (values ($1::uuid, $2::uuid)) v(account_id, id)",
			one[[16]byte](a, "select account_id from app.api_tokens where name = 'A token'"), one[[16]byte](a, "select id from app.api_tokens where name = 'A token'"))
		must(t, err)
	}
	note()
	expect(t, "a use within the minute", used().Equal(*at), true)
	a.sql("update app.api_tokens set last_used_at = now() - interval '61 seconds' where name = 'A token'")
	note()
	expect(t, "a use a minute later", time.Since(*used()) < 30*time.Second, true)
	a.sql("revoke execute on function app.use_api_token from tenantry_server")
	other := a.tokenOf(memberOfOne)
	expect(t, "what is asked when the use cannot be noted", sight(other) != "UNAUTHENTICATED", true)
	expect(t, "and again", other.do("{ devices { totalCount } }", nil).code(), "")
}

// TestNobodyKeepsATokenThatTheyMadeWhileTheyLostIt: a role or an access that ends takes along what is
// made at the same time.
func TestNobodyKeepsATokenThatTheyMadeWhileTheyLostIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	tom := a.ref("User", memberOfTwo)
	for i := range rounds {
		k := a.as(memberOfTwo)
		sight(k)
		end := c.attempt("resetAccess", in{"userId": tom})
		if i%2 == 0 {
			end = c.attempt("updateUser", in{"id": tom, "role": "CUSTOMER"})
		}
		got := race(k.attempt("createApiToken", in{"name": "Race"}), end)
		if !slices.Contains([]string{"ok", "FORBIDDEN", "UNAUTHENTICATED"}, got[0]) || got[1] != "ok" {
			t.Errorf("round %d: %v", i, got)
		}
		expect(t, fmt.Sprintf("round %d: tokens that are left", i), one[int](a, "select count(*) from app.api_tokens where name = 'Race'"), 0)
		a.sql("update app.users set status = 'ACTIVE', role = 'MEMBER' where email = $1", memberOfTwo)
	}
}
