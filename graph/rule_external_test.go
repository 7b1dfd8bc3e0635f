package graph

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/oidc"
	"tenantry/internal/testissuer"
)

// newAPIWith is a server that believes an issuer.
func newAPIWith(t *testing.T, s oidc.Settings) (*api, *testissuer.Issuer) {
	t.Helper()
	i := testissuer.New()
	t.Cleanup(i.Close)
	s.Issuer, s.Audience = i.URL, "tenantry"
	issuer, err := oidc.New(s)
	must(t, err)
	return newAPI(t, func(o *Options) { o.Issuer = issuer }), i
}

const me = `{ viewer { user { email } account { name } tenantAccess accessReason } }`

// sightOf is what somebody with a token is told of themself.
func (a *api) sightOf(token string) string {
	r := (&client{api: a, token: token}).do(me, nil)
	if code := r.code(); code != "" {
		return code
	}
	return textOf(r.get("viewer"))
}

func self(email, account, access, reason string) string {
	return textOf(map[string]any{"user": map[string]any{"email": email}, "account": map[string]any{"name": account}, "tenantAccess": access, "accessReason": reason})
}

// TestATokenOfAnIssuerIsOfTheUserWhoseAddressItHas the first time, and of the same one for good.
func TestATokenOfAnIssuerIsOfTheUserWhoseAddressItHas(t *testing.T) {
	t.Parallel()
	a, i := newAPIWith(t, oidc.Settings{Account: "Northwind IT", AccountClaim: "msp"})
	of := func(sub, email string, more in) string {
		claims := in{"sub": sub, "email": email}
		for k, v := range more {
			claims[k] = v
		}
		return a.sightOf(i.Good(claims))
	}
	mia := self(memberOfOne, "Northwind IT", "ASSIGNED", "MEMBERSHIP")
	expect(t, "an address that nobody has", of("s0", "nobody@northwind.example", nil), "UNAUTHENTICATED")
	expect(t, "an address that the issuer has not verified", of("s1", memberOfOne, in{"email_verified": false}), "UNAUTHENTICATED")
	expect(t, "no address", of("s1", "", nil), "UNAUTHENTICATED")
	expect(t, "an address of another account", of("s1", foreignAdmin, nil), "UNAUTHENTICATED")
	expect(t, "somebody suspended", of("s2", suspended, nil), "UNAUTHENTICATED")
	expect(t, "an account that is not there", of("s1", memberOfOne, in{"msp": "Elsewhere"}), "UNAUTHENTICATED")
	expect(t, "a member, in other letters", of("s1", "MIA@northwind.example", nil), mia)
	expect(t, "again, without an address", of("s1", "", nil), mia)
	expect(t, "again, with another's address", of("s1", admin, nil), mia)
	expect(t, "their address from another subject", of("s9", memberOfOne, nil), "UNAUTHENTICATED")
	expect(t, "the same subject in another account", of("s1", foreignAdmin, in{"msp": "southwind services"}), self(foreignAdmin, "Southwind Services", "ALL", "ROLE"))
	expect(t, "and still in the first", of("s1", "", nil), mia)
	expect(t, "a token of somebody else for another server", a.sightOf(i.Good(in{"aud": "other"})), "UNAUTHENTICATED")
	expect(t, "what the audit says of it", one[string](a, `select string_agg(actor_name || ' ' || action || ' ' || object_name, ', ' order by created_at) from app.audit_events where action = 'linkIdentity'`),
		"Mia Martin linkIdentity Mia Martin, Otto Olsen linkIdentity Otto Olsen")
	expect(t, "names that sign in", one[bool](a, "select last_sign_in_at > now() - interval '1 minute' from app.users where email = $1", memberOfOne), true)
}

// TestWhatATokenOfAnIssuerMayIsTheDatabasesToSay, for the next statement.
func TestWhatATokenOfAnIssuerMayIsTheDatabasesToSay(t *testing.T) {
	t.Parallel()
	a, i := newAPIWith(t, oidc.Settings{Account: "Northwind IT"})
	ada := a.as(admin)
	tom, harbour := a.ref("User", memberOfTwo), a.ref("Tenant", "Harbour Clinic")
	token := i.Good(in{"sub": "tom", "email": memberOfTwo, "role": "ADMIN", "groups": []string{"admin"}})
	c := &client{api: a, token: token}
	expect(t, "a member whose token says that they are an admin", a.sightOf(token), self(memberOfTwo, "Northwind IT", "ASSIGNED", "MEMBERSHIP"))
	expect(t, "what only admins may", c.do(`{ users { totalCount } }`, nil).code(), "FORBIDDEN")
	expect(t, "a change in reach", c.try("updateDevice", in{"id": a.ref("Device", "HC-FILES"), "hostname": "files"}), "ok")
	expect(t, "a change out of reach", c.try("updateDevice", in{"id": a.ref("Device", "KILN-CTRL"), "hostname": "files"}), "NOT_FOUND")
	for _, verb := range []string{`signOut { userErrors { code } }`, `createApiToken(input: {name: "T"}) { token }`, `changePassword(input: {oldPassword: "x", newPassword: "a long new password"}) { userErrors { code } }`} {
		expect(t, "what takes a session: "+verb, c.do("mutation { "+verb+" }", nil).code(), "FORBIDDEN")
	}
	ada.done("removeUsersFromTenant", in{"tenantId": harbour, "userIds": []any{tom}}, "committed")
	expect(t, "after losing a tenant", c.try("updateDevice", in{"id": a.ref("Device", "HC-FILES"), "hostname": "files"}), "NOT_FOUND")
	ada.done("updateUser", in{"id": tom, "role": "ADMIN"}, "committed")
	expect(t, "after becoming an admin", a.sightOf(token), self(memberOfTwo, "Northwind IT", "ALL", "ROLE"))
	ada.done("updateUser", in{"id": tom, "role": "MEMBER"}, "committed")
	expect(t, "after being one no more", c.do(`{ users { totalCount } }`, nil).code(), "FORBIDDEN")
	ada.done("suspendUser", in{"id": tom}, "committed")
	expect(t, "while suspended", a.sightOf(token), "UNAUTHENTICATED")
	ada.done("reactivateUser", in{"id": tom}, "committed")
	expect(t, "active again", a.sightOf(token), "UNAUTHENTICATED") // suspension ended what there was
	expect(t, "active again, with a new token", a.sightOf(i.Good(in{"sub": "tom", "iat": time.Now().Unix() + 1})), self(memberOfTwo, "Northwind IT", "ASSIGNED", "MEMBERSHIP"))
	for name, end := range map[string]func(){
		"an admin ends the sessions":  func() { ada.done("endSessions", in{"userId": tom}, "userErrors { code }") },
		"an admin resets the access":  func() { ada.done("resetAccess", in{"userId": tom}, "userErrors { code }") },
		"they end their own sessions": func() { c.done("endSessions", in{"userId": tom}, "userErrors { code }") },
	} {
		c.token = i.Good(in{"sub": "tom", "email": memberOfTwo, "iat": time.Now().Unix() + 10})
		end()
		expect(t, "a token from before "+name, a.sightOf(token), "UNAUTHENTICATED")
		after := i.Good(in{"sub": "tom", "iat": time.Now().Unix() + 11})
		expect(t, "one from after "+name, a.sightOf(after), self(memberOfTwo, "Northwind IT", "ASSIGNED", "MEMBERSHIP"))
	}
	a.sql("update app.identities set valid_after = '-infinity'")
	expect(t, "somebody else's sessions, who are no admin", c.do(`mutation($id: ID!) { endSessions(input: {userId: $id}) { userErrors { code } } }`, in{"id": a.ref("User", memberOfOne)}).code(), "NOT_FOUND")
	expect(t, "and the same with the function itself", a.endIdentities(memberOfOne, memberOfTwo), 0)
	expect(t, "of themself", a.endIdentities(memberOfTwo, memberOfTwo), 1)
	ada.done("deleteUser", in{"id": tom}, "committed")
	expect(t, "once deleted", a.sightOf(i.Good(in{"sub": "tom", "email": memberOfTwo, "iat": time.Now().Unix() + 12})), "UNAUTHENTICATED")
	expect(t, "what is left of the link", one[int](a, "select count(*) from app.identities"), 0)
}

// endIdentities asks as somebody's role to end what an issuer gave to a user.
func (a *api) endIdentities(as, of string) (ended int) {
	a.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, a.db.SuperuserURL)
	must(a.t, err)
	defer func() { _ = conn.Close(ctx) }()
	tx, err := conn.Begin(ctx)
	must(a.t, err)
	_, err = tx.Exec(ctx, `select set_config('app.account', account_id::text, true), set_config('app.viewer', id::text, true), set_config('role', 'tenantry_member_writer', true)
		from app.users where email = $1`, as)
	must(a.t, err)
	must(a.t, tx.QueryRow(ctx, "select app.end_identities($1)", a.key("Northwind IT", "User", of)).Scan(&ended))
	return ended
}

// TestWhatIsOpenEndsWithATokenOfAnIssuer, when its time comes and when its user is signed out everywhere.
func TestWhatIsOpenEndsWithATokenOfAnIssuer(t *testing.T) {
	t.Parallel()
	a, i := newAPIWith(t, oidc.Settings{Account: "Northwind IT"})
	server := a.serveEvents()
	const skew = 30 // of the issuer's clock
	short := &client{api: a, token: i.Good(in{"sub": "mia", "email": memberOfOne, "exp": time.Now().Unix() + 3 - skew})}
	long := &client{api: a, token: i.Good(in{"sub": "tom", "email": memberOfTwo})}
	p, q := short.join(server), long.join(server)
	q.watch(a, "1", `subscription { ticketChanged { ticket { subject } } }`)
	a.beacon(a.ref("Tenant", "Harbour Clinic"), "seen")
	q.expect(`next 1 {"ticketChanged":{"ticket":{"subject":"seen"}}}`)
	p.expect("4403")
	a.as(admin).done("endSessions", in{"userId": a.ref("User", memberOfTwo)}, "userErrors { code }")
	q.expect("4403")
}
