package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tenantry/internal/demo"
	"tenantry/internal/password"
)

// send is a request as a browser or a program sends it.
func (a *api) send(method, query string, header http.Header, cookies ...*http.Cookie) (reply, *httptest.ResponseRecorder) {
	a.t.Helper()
	target, body := "/graphql", []byte(nil)
	if method == http.MethodGet {
		target += "?query=" + url.QueryEscape(query)
	} else {
		body, _ = json.Marshal(map[string]any{"query": query})
	}
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		r.Header[name] = values
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	out := reply{raw: w.Body.String(), status: w.Code}
	must(a.t, json.Unmarshal(w.Body.Bytes(), &out))
	return out, w
}

const whoAmI = "{ viewer { user { email } } }"

// signIn gives the answer to a password.
func (a *api) signIn(input in) reply {
	a.t.Helper()
	return (&client{api: a}).mutate("signIn", input, "token expiresAt viewer { user { email } account { name } }")
}

// signedIn is who signed in with a password.
func (a *api) signedIn(email, secret string) *client {
	a.t.Helper()
	r := a.signIn(in{"email": email, "password": secret})
	expect(a.t.(*testing.T), email+" signs in", outcome(r), "ok")
	token, _ := r.get("signIn", "token").(string)
	return &client{api: a, token: token}
}

// TestWhoMaySignIn and that all failures are one.
func TestWhoMaySignIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	before := a.state()
	answer := ""
	for name, input := range map[string]in{
		"with a wrong password":                   {"email": admin, "password": "demo-passwore"},
		"with no password":                        {"email": admin, "password": ""},
		"with the password in another case":       {"email": admin, "password": "Demo-password"},
		"with the password and a blank":           {"email": admin, "password": demo.Password + " "},
		"as an unknown user":                      {"email": "nobody@northwind.example", "password": demo.Password},
		"as what is no address":                   {"email": "'; drop table", "password": demo.Password},
		"as a user with NUL":                      {"email": "a\x00@b.example", "password": demo.Password},
		"as a suspended user":                     {"email": suspended, "password": demo.Password},
		"as an invited user":                      {"email": "ivy@northwind.example", "password": demo.Password},
		"at another account":                      {"email": admin, "password": demo.Password, "account": "Southwind Services"},
		"at an unknown account":                   {"email": admin, "password": demo.Password, "account": "Nowhere"},
		"with a megabyte for a password, or near": {"email": admin, "password": strings.Repeat("x", 1<<19)},
	} {
		r := a.signIn(input)
		expect(t, "signing in "+name, outcome(r), "INVALID input")
		if answer == "" {
			answer = body(r)
		}
		expect(t, "the answer to signing in "+name, body(r), answer)
	}
	expect(t, "failures leave the state", a.state(), before)
	for name, input := range map[string]in{
		"with address and password":      {"email": admin, "password": demo.Password},
		"with the address in upper case": {"email": " ADA@NORTHWIND.EXAMPLE ", "password": demo.Password},
		"with the account's name":        {"email": admin, "password": demo.Password, "account": "northwind it"},
		"with null for an account":       {"email": admin, "password": demo.Password, "account": nil},
	} {
		r := a.signIn(input)
		expect(t, "signing in "+name, outcome(r), "ok")
		expect(t, "the viewer of signing in "+name, text(r.get("signIn", "viewer")), `{"account":{"name":"Northwind IT"},"user":{"email":"ada@northwind.example"}}`)
		token, _ := r.get("signIn", "token").(string)
		expect(t, "the token of signing in "+name, text((&client{api: a, token: token}).ok(whoAmI, nil).Data), `{"viewer":{"user":{"email":"ada@northwind.example"}}}`)
	}
	expect(t, "entries of signing in", one[int](a, "select count(*) from app.audit_events where action = 'signIn'"), 4)
	a.noSecrets(t)
}

// TestOneAddressInTwoAccounts asks for the account only if the password fits both.
func TestOneAddressInTwoAccounts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.sql("update app.users set email = $1 where email = $2", admin, foreignAdmin)
	expect(t, "the password fits both", outcome(a.signIn(in{"email": admin, "password": demo.Password})), "REQUIRED input.account")
	for _, account := range []string{"Northwind IT", "Southwind Services"} {
		r := a.signIn(in{"email": admin, "password": demo.Password, "account": account})
		expect(t, "signing in at "+account, r.get("signIn", "viewer", "account", "name"), account)
	}
	expect(t, "it fits neither", outcome(a.signIn(in{"email": admin, "password": "something else"})), "INVALID input")
	hash, err := password.New(1).Hash(context.Background(), "another password")
	must(t, err)
	a.sql("update app.credentials set password_hash = $1 where user_id = $2", hash, a.key("Southwind Services", "User", admin))
	r := a.signIn(in{"email": admin, "password": "another password"})
	expect(t, "it fits one", r.get("signIn", "viewer", "account", "name"), "Southwind Services")
	a.sql("update app.credentials set password_hash = $1", hash)
	a.sql("update app.users set status = 'SUSPENDED' where id = $1", a.key("Southwind Services", "User", admin))
	r = a.signIn(in{"email": admin, "password": "another password"})
	expect(t, "it fits both, and one is suspended", r.get("signIn", "viewer", "account", "name"), "Northwind IT")
}

// TestTheSessionCookie is for browsers: other pages cannot read it or send it with a change.
func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	_, w := a.send(http.MethodPost, fmt.Sprintf("mutation { signIn(input: { email: %q, password: %q }) { expiresAt } }", admin, demo.Password), nil)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("signing in sets %v", cookies)
	}
	c := cookies[0]
	if c.Name != "tenantry_session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Expires.IsZero() || c.Secure {
		t.Errorf("the cookie is %v", c)
	}
	_, w = a.send(http.MethodPost, fmt.Sprintf("mutation { signIn(input: { email: %q, password: \"no\" }) { expiresAt } }", admin), nil)
	expect(t, "cookies of a failure", len(w.Result().Cookies()), 0)
	header := http.Header{"X-Tenantry": {"1"}}
	for _, s := range []struct {
		sentence, method string
		header           http.Header
		want             string
	}{
		{"a JSON POST with the cookie", http.MethodPost, nil, "ok"},
		{"a GET with the cookie alone", http.MethodGet, nil, "FORBIDDEN"},
		{"a GET with cookie and header", http.MethodGet, header, "ok"},
		{"a form with the cookie", http.MethodPost, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "BAD_USER_INPUT"},
		{"plain text with the cookie", http.MethodPost, http.Header{"Content-Type": {"text/plain"}}, "BAD_USER_INPUT"},
		{"a bad bearer beside the cookie", http.MethodPost, http.Header{"Authorization": {"Bearer tns_x"}}, "UNAUTHENTICATED"},
		{"basic credentials beside the cookie", http.MethodPost, http.Header{"Authorization": {"Basic eDp4"}}, "UNAUTHENTICATED"},
	} {
		r, _ := a.send(s.method, whoAmI, s.header, c)
		expect(t, s.sentence, outcome(r), s.want)
	}
	r, w := a.send(http.MethodGet, "mutation { signOut { userErrors { code } } }", header, c)
	expect(t, "a mutation by GET", fmt.Sprintf("%d %s", w.Code, r.code()), "405 BAD_USER_INPUT")
	_, w = a.send(http.MethodPost, "mutation { signOut { userErrors { code } } }", nil, c)
	if gone := w.Result().Cookies(); len(gone) != 1 || gone[0].Value != "" || gone[0].MaxAge >= 0 {
		t.Errorf("signing out sets %v", gone)
	}
	r, _ = a.send(http.MethodPost, whoAmI, nil, c)
	expect(t, "the cookie after signing out", outcome(r), "UNAUTHENTICATED")
}

// TestSessionsEndAtOnce by signing out, by a new password, by an admin, with time.
func TestSessionsEndAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	alive := func(c *client) string {
		return outcome(c.do(whoAmI, nil))
	}
	first, two, three := a.as(memberOfOne), a.as(memberOfOne), a.as(memberOfOne)
	for _, c := range []*client{first, two, three} {
		expect(t, "a new session", alive(c), "ok")
	}
	expect(t, "signing out", first.try("signOut", nil), "ok")
	expect(t, "who signed out", alive(first), "UNAUTHENTICATED")
	expect(t, "signing out again", first.try("signOut", nil), "UNAUTHENTICATED")
	expect(t, "another session of theirs", alive(two), "ok")

	expect(t, "a password that is short", two.try("changePassword", in{"oldPassword": demo.Password, "newPassword": "short"}), "INVALID input.newPassword")
	expect(t, "a password that is short, after a wrong one", two.try("changePassword", in{"oldPassword": "x", "newPassword": strings.Repeat("x", 1025)}), "INVALID input.newPassword, INVALID input.oldPassword")
	expect(t, "a wrong old password", two.try("changePassword", in{"oldPassword": "x", "newPassword": "new secret of mine"}), "INVALID input.oldPassword")
	expect(t, "another session after that", alive(three), "ok")
	expect(t, "a new password", two.try("changePassword", in{"oldPassword": demo.Password, "newPassword": "new secret of mine"}), "ok")
	expect(t, "the session that changed it", alive(two), "ok")
	expect(t, "the other session", alive(three), "UNAUTHENTICATED")
	expect(t, "the old password", outcome(a.signIn(in{"email": memberOfOne, "password": demo.Password})), "INVALID input")
	three = a.signedIn(memberOfOne, "new secret of mine")

	expect(t, "a member ends an admin's sessions", two.try("endSessions", in{"userId": a.ref("User", admin)}), "NOT_FOUND")
	expect(t, "an admin ends a member's sessions", ada.try("endSessions", in{"userId": a.ref("User", memberOfOne)}), "ok")
	expect(t, "the member's sessions", alive(two)+" "+alive(three), "UNAUTHENTICATED UNAUTHENTICATED")
	claire := a.as(customer)
	expect(t, "a customer ends their own", claire.try("endSessions", in{"userId": a.ref("User", customer)}), "ok")
	expect(t, "the customer's session", alive(claire), "UNAUTHENTICATED")
	expect(t, "an admin's", alive(ada), "ok")

	tom := a.as(memberOfTwo)
	expect(t, "a session before it is over", alive(tom), "ok")
	a.sql("update app.sessions set expires_at = now() - interval '1 second' where user_id = $1", a.key("Northwind IT", "User", memberOfTwo))
	expect(t, "a session that is over", alive(tom), "UNAUTHENTICATED")
	for name, token := range map[string]string{"none": "", "nonsense": "x", "of another kind": "tni_" + tom.token[4:], "cut": tom.token[:80], "with another secret": ada.token[:len(ada.token)-8] + "AAAAAAAA"} {
		expect(t, "a token "+name, alive(&client{api: a, token: token}), "UNAUTHENTICATED")
	}
	a.noSecrets(t)
}

// TestInvitations are good once, for the user as they are then.
func TestInvitations(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, nobody := a.as(admin), a.as("")
	invite := func(email string) (string, any) {
		p := ada.done("inviteUser", in{"email": email, "name": "New", "role": "MEMBER"}, "invitationToken user { id }")
		return p["invitationToken"].(string), p["user"].(map[string]any)["id"]
	}
	accept := func(token, secret string) reply {
		return nobody.mutate("acceptInvitation", in{"token": token, "password": secret}, "token viewer { tenantAccess user { email status } }")
	}
	token, _ := invite("new@northwind.example")
	before := a.state()
	expect(t, "a short password", outcome(accept(token, "short")), "INVALID input.password")
	for name, bad := range map[string]string{"nonsense": "x", "a session's": ada.token, "another secret": token[:len(token)-8] + "AAAAAAAA"} {
		expect(t, "an invitation that is "+name, outcome(accept(bad, "new secret of mine")), "INVALID input.token")
	}
	expect(t, "failures leave the state", a.state(), before)
	r := accept(token, "new secret of mine")
	expect(t, "who accepted", text(r.get("acceptInvitation", "viewer")), `{"tenantAccess":"TENANTLESS","user":{"email":"new@northwind.example","status":"ACTIVE"}}`)
	session, _ := r.get("acceptInvitation", "token").(string)
	expect(t, "the session", outcome((&client{api: a, token: session}).do(whoAmI, nil)), "ok")
	expect(t, "accepting twice", outcome(accept(token, "new secret of mine")), "INVALID input.token")
	a.signedIn("new@northwind.example", "new secret of mine")

	// Who is suspended cannot accept, and can once they are back: the attempt uses nothing up.
	token, id := invite("newer@northwind.example")
	ada.done("suspendUser", in{"id": id}, "__typename")
	expect(t, "accepting while suspended", outcome(accept(token, "new secret of mine")), "INVALID input.token")
	p := ada.done("reactivateUser", in{"id": id}, "user { status }")
	expect(t, "the user who is back", text(p["user"]), `{"status":"INVITED"}`)
	expect(t, "accepting then", outcome(accept(token, "new secret of mine")), "ok")

	token, id = invite("late@northwind.example")
	a.sql("update app.invitations set expires_at = now()")
	expect(t, "accepting too late", outcome(accept(token, "new secret of mine")), "INVALID input.token")
	p = ada.done("resetAccess", in{"userId": id}, "invitationToken user { status }")
	expect(t, "accepting a new one", outcome(accept(p["invitationToken"].(string), "new secret of mine")), "ok")

	// A reset ends sessions, password and older invitations.
	nora := a.as(memberOfNone)
	nora.ok(whoAmI, nil)
	first := ada.done("resetAccess", in{"userId": a.ref("User", memberOfNone)}, "invitationToken")["invitationToken"].(string)
	second := ada.done("resetAccess", in{"userId": a.ref("User", memberOfNone)}, "invitationToken")["invitationToken"].(string)
	expect(t, "a session after a reset", outcome(nora.do(whoAmI, nil)), "UNAUTHENTICATED")
	expect(t, "the password after a reset", outcome(a.signIn(in{"email": memberOfNone, "password": demo.Password})), "INVALID input")
	expect(t, "the older invitation", outcome(accept(first, "new secret of mine")), "INVALID input.token")
	expect(t, "the newer invitation", outcome(accept(second, "new secret of mine")), "ok")
	expect(t, "resetting who is suspended", ada.try("resetAccess", in{"userId": a.ref("User", suspended)}), "WRONG_STATE input.userId")
	expect(t, "entries of accepting", one[int](a, "select count(*) from app.audit_events where action = 'acceptInvitation'"), 4)
	a.noSecrets(t)
}

// TestAnInvitationIsAcceptedOnce by two at once.
func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, nobody := a.as(admin), a.as("")
	for i := range 5 {
		token := ada.done("resetAccess", in{"userId": a.ref("User", memberOfOne)}, "invitationToken")["invitationToken"]
		got := race(nobody.attempt("acceptInvitation", in{"token": token, "password": "new secret of mine"}), nobody.attempt("acceptInvitation", in{"token": token, "password": "new secret of hers"}))
		if both := got[0] + got[1]; both != "okINVALID input.token" && both != "INVALID input.tokenok" {
			t.Errorf("round %d: %v", i, got)
		}
	}
}

// TestLongPasswordsCountWhole: two that differ in the last byte are two.
func TestLongPasswordsCountWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	long := strings.Repeat("p", 1023)
	mia := a.as(memberOfOne)
	expect(t, "a long password", mia.try("changePassword", in{"oldPassword": demo.Password, "newPassword": long + "a"}), "ok")
	expect(t, "one that differs in the last byte", outcome(a.signIn(in{"email": memberOfOne, "password": long + "b"})), "INVALID input")
	expect(t, "one that is longer", outcome(a.signIn(in{"email": memberOfOne, "password": long + "aa"})), "INVALID input")
	a.signedIn(memberOfOne, long+"a")
}

// TestGuessesInOneDocumentAreCounted: five passwords are let in, six are not, in whatever disguise.
func TestGuessesInOneDocumentAreCounted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	nobody := a.as("")
	guess := `signIn(input: { email: "x@y.example", password: "x" }) { userErrors { code } }`
	for name, document := range map[string]string{
		"six aliases":   "mutation { " + guesses(6) + " }",
		"fragments":     "mutation { ...A b1: " + guess + " ...B } fragment A on Mutation { a1: " + guess + " a2: " + guess + " } fragment B on Mutation { c1: " + guess + " c2: " + guess + " ... { c3: " + guess + " } }",
		"mixed sign-in": "mutation { " + guesses(5) + ` acceptInvitation(input: { token: "x", password: "a long password" }) { userErrors { code } } }`,
	} {
		expect(t, name, nobody.do(document, nil).code(), "COST_LIMIT_EXCEEDED")
	}
	r := nobody.ok("mutation { "+guesses(5)+" }", nil)
	expect(t, "five guesses are answered", len(r.Data), 5)
}

// TestGuessedPasswordsAreCountedWhetherOrNotThereIsSuchAUser, alias by alias, from whatever address.
func TestGuessedPasswordsAreCountedWhetherOrNotThereIsSuchAUser(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	guesses := func(email string) (told []string) {
		const aliased = `a%d: signIn(input: { email: %q, password: "guess %d of many" }) { userErrors { code path } } `
		for range 4 {
			var b strings.Builder
			for i := range 5 {
				fmt.Fprintf(&b, aliased, i, email, i)
			}
			r := (&client{api: a}).do("mutation { "+b.String()+"}", nil)
			for i := range 5 {
				switch code := r.get(fmt.Sprint("a", i)); {
				case code == nil:
					told = append(told, r.code())
				default:
					told = append(told, outcome(reply{Data: map[string]any{"x": code}}))
				}
			}
		}
		return told
	}
	known, unknown := guesses(admin), guesses("nobody@northwind.example")
	expect(t, "what twenty guesses get for a user and for nobody", strings.Join(known, " "), strings.Join(unknown, " "))
	expect(t, "those that are checked", strings.Count(strings.Join(known, " "), "INVALID"), 10)
	expect(t, "those that are refused", strings.Count(strings.Join(known, " "), "RATE_LIMITED"), 10)
	expect(t, "the right password after them", a.signIn(in{"email": admin, "password": demo.Password}).code(), "RATE_LIMITED")
	expect(t, "in other letters", a.signIn(in{"email": strings.ToUpper(admin), "password": demo.Password}).code(), "RATE_LIMITED")
	a.signedIn(memberOfOne, demo.Password)
}

// TestSessionsThatEndedLongAgoAreForgotten when their user signs in, and nobody else's.
func TestSessionsThatEndedLongAgoAreForgotten(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for user, ended := range map[string]string{"ada": "31 days", "mia": "31 days"} {
		for _, ago := range []string{ended, "29 days"} {
			a.sql(`insert into app.sessions (account_id, id, user_id, secret_hash, expires_at)
				select account_id, gen_random_uuid(), id, decode(repeat('00', 32), 'hex'), clock_timestamp() - $2::interval from app.users where email = $1 || '@northwind.example'`, user, ago)
		}
	}
	a.as("").ok(`mutation { signIn(input: { email: "ada@northwind.example", password: "`+demo.Password+`" }) { token } }`, nil)
	count := func(user string) int {
		return one[int](a, "select count(*) from app.sessions s join app.users u on u.account_id = s.account_id and u.id = s.user_id where u.email = $1 || '@northwind.example' and s.expires_at < clock_timestamp()", user)
	}
	expect(t, "sessions of who signs in that ended", count("ada"), 1)
	expect(t, "sessions of another user that ended", count("mia"), 2)
}
