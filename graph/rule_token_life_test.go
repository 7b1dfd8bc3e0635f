package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

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
	a.sql("delete from app.articles")
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
