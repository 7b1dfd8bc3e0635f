package graph

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"tenantry/internal/ids"
)

// answer is an attempt to answer a session; without a code it says none.
func (c *client) answer(id, code string, granted bool) reply {
	c.t.Helper()
	input := in{"sessionId": id, "granted": granted}
	if code != "" {
		input["code"] = code
	}
	return c.mutate("answerRemoteSession", input, "remoteSession { status consent startedAt endedAt device { name } }")
}

// TestTheCodeAnswersForWhoHasIt, however it is typed, signed in or not; the answer is read as the viewer.
func TestTheCodeAnswersForWhoHasIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, tom := a.as(memberOfOne), a.as(memberOfTwo)
	for _, s := range []struct {
		sentence string
		who      *client
		typed    func(code string) string
		granted  bool
		want     string
		actor    string
	}{
		{"somebody who is not signed in", a.as(""), strings.ToUpper, true, `null`, "With the consent code"},
		{"in lower case and without the hyphen", a.as(""), func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", " ")) }, false, `null`, "With the consent code"},
		{"with O for 0 and l for 1", a.as(""), strings.NewReplacer("0", "O", "1", "l").Replace, true, `null`, "With the consent code"},
		{"with bad credentials", &client{api: a, token: "tns_x"}, strings.ToUpper, true, `null`, "With the consent code"},
		{"a suspended user", a.as(suspended), strings.ToUpper, true, `null`, "With the consent code"},
		{"an admin of the other account", a.as(foreignAdmin), strings.ToUpper, true, `null`, "With the consent code"},
		{"a member who does not see it", a.as(memberOfNone), strings.ToUpper, true, `null`, "Nora Novak"},
		{"a customer of no tenant", a.as(idleCustomer), strings.ToUpper, false, `null`, "Carl Carter"},
		{"another member who sees it", tom, strings.ToUpper, true, `{"consent":"GRANTED","device":{"name":"TABLETTE-LYON"},"endedAt":null,"startedAt":"*","status":"ACTIVE"}`, "Tom Taylor"},
		{"the tenant's customer", a.as(customer), strings.ToUpper, false, `{"consent":"DENIED","device":{"name":"TABLETTE-LYON"},"endedAt":"*","startedAt":null,"status":"DECLINED"}`, "Claire Dubois"},
	} {
		id, code := mia.start("TABLETTE-LYON", "ATTENDED")
		r := s.who.answer(id, s.typed(code), s.granted)
		expect(t, s.sentence+" answers", outcome(r), "ok")
		expect(t, s.sentence+" reads", text(r.get("answerRemoteSession", "remoteSession")), s.want)
		want := map[bool]string{true: `ACTIVE GRANTED true false true`, false: `DECLINED DENIED false true true`}[s.granted]
		expect(t, "what is there after "+s.sentence, one[string](a, `select concat_ws(' ', status, consent, (started_at is not null)::text, (ended_at is not null)::text, (consent_hash is null)::text)
			from app.remote_sessions where id = $1`, a.decode(id)), want)
		expect(t, "who the audit says "+s.sentence+" is", one[string](a, `select actor_name from app.audit_events where action = 'answerRemoteSession' and object_id = $1
			and (actor_id is null) = (actor_name = 'With the consent code') and actor_ip <> '' and request_id <> '' and tenant_name = 'Boulangerie Dubois'`, a.decode(id)), s.actor)
	}
	a.noSecrets(t)
}

// TestEveryFailureToAnswerIsTheSame whatever the reason, and leaves everything as it was but the tries.
func TestEveryFailureToAnswerIsTheSame(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, claire, nobody := a.as(admin), a.as(memberOfOne), a.as(customer), a.as("")
	id, code := mia.start("TABLETTE-LYON", "ATTENDED")
	late, lateCode := mia.start("TABLETTE-LYON", "ATTENDED")
	a.sql("update app.remote_sessions set created_at = created_at - interval '60 seconds' where id = $1", a.decode(late))
	ended, endedCode := mia.start("TABLETTE-LYON", "ATTENDED")
	mia.done("endRemoteSession", in{"id": ended}, "__typename")
	denied, deniedCode := mia.start("TABLETTE-LYON", "ATTENDED")
	claire.done("answerRemoteSession", in{"sessionId": denied, "granted": false}, "__typename")
	running, _ := mia.start("TABLETTE-LYON", "UNATTENDED")
	hidden, _ := a.as(memberOfTwo).start("RECEPTION-1", "ATTENDED")
	loose, _ := a.as(memberOfNone).start("LOANER-B", "ATTENDED")
	attempts := []struct {
		sentence, id, code string
		who                *client
	}{
		{"an id of nothing", encode("RemoteSession", ids.New()), code, nobody},
		{"an id that is none", "nonsense", code, nobody},
		{"an empty id", "", code, claire},
		{"an id of another type", a.ref("Device", "TABLETTE-LYON"), code, nobody},
		{"no code by nobody", id, "", nobody},
		{"no code by an admin", id, "", ada},
		{"no code by another member", id, "", a.as(memberOfTwo)},
		{"no code by the customer of another tenant", hidden, "", claire},
		{"no code by a customer for a tenantless device", loose, "", claire},
		{"no code by a customer of no tenant", id, "", a.as(idleCustomer)},
		{"no code by an admin of the other account", id, "", a.as(foreignAdmin)},
		{"the right code by the session's agent", id, code, mia},
		{"no code by the session's agent", id, "", mia},
		{"the right code after 60 seconds", late, lateCode, nobody},
		{"the customer after 60 seconds", late, "", claire},
		{"the right code after the end", ended, endedCode, nobody},
		{"the customer after the end", ended, "", claire},
		{"the right code after the answer", denied, deniedCode, nobody},
		{"the customer after the answer", denied, "", claire},
		{"the customer where nobody asked", running, "", claire},
	}
	before, same := a.state(), ""
	for _, s := range attempts {
		for _, granted := range []bool{true, false} {
			r := s.who.answer(s.id, s.code, granted)
			expect(t, s.sentence, outcome(r), "INVALID input")
			if same == "" {
				same = body(r)
			}
			expect(t, "the answer to "+s.sentence, body(r), same)
		}
	}
	expect(t, "failures leave the state", a.state(), before)
	r := nobody.answer(id, "0000-0000-0", true)
	expect(t, "the answer to a wrong code", body(r), same)
	expect(t, "a wrong code counts, and moves nothing that is read", one[string](a, "select concat_ws(' ', consent_tries, version, updated_at = created_at) from app.remote_sessions where id = $1", a.decode(id)), "1 1 t")
	expect(t, "entries of answers", one[int](a, "select count(*) from app.audit_events where action = 'answerRemoteSession'"), 1)
	if strings.Contains(a.log.String(), code) || strings.Contains(one[string](a, "select string_agg(e::text, ' ') from app.audit_events e"), code) {
		t.Error("the audit or the log has the code")
	}
	hash := hex.EncodeToString(one[[]byte](a, "select consent_hash from app.remote_sessions where id = $1", a.decode(id)))
	if all := one[string](a, "select string_agg(e::text, ' ') from app.audit_events e") + a.log.String(); strings.Contains(all, hash) || strings.Contains(all, "consent_hash") {
		t.Error("the audit or the log has the code's hash")
	}
}

// TestFiveTriesThenNever holds for the right code too, in one document or at once; a customer who sees
// the device needs none.
func TestFiveTriesThenNever(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, claire, nobody := a.as(memberOfOne), a.as(customer), a.as("")
	tries := func(id string) int {
		return one[int](a, "select consent_tries from app.remote_sessions where id = $1", a.decode(id))
	}
	id, code := mia.start("TABLETTE-LYON", "ATTENDED")
	for i := range 4 {
		expect(t, "a wrong code", outcome(nobody.answer(id, fmt.Sprint(i), true)), "INVALID input")
	}
	expect(t, "the right code at the fifth try", outcome(nobody.answer(id, code, true)), "ok")

	id, code = mia.start("TABLETTE-LYON", "ATTENDED")
	document := "mutation($id: ID!) {"
	for i := range 7 {
		document += fmt.Sprintf(` a%d: answerRemoteSession(input: { sessionId: $id, code: "%d", granted: true }) { userErrors { code } remoteSession { id } }`, i, i)
	}
	nobody.ok(document+" }", in{"id": id})
	expect(t, "tries of seven in a document", tries(id), 5)
	expect(t, "the right code after five tries", outcome(nobody.answer(id, code, true)), "INVALID input")
	expect(t, "the tries are not counted any further", tries(id), 5)
	expect(t, "a customer who sees the device, after the tries of others", outcome(claire.answer(id, "", true)), "ok")

	id, code = mia.start("TABLETTE-LYON", "ATTENDED")
	attempts := []func() string{}
	for i := range 10 {
		attempts = append(attempts, func() string { return outcome(nobody.answer(id, fmt.Sprint(i), true)) })
	}
	for _, got := range race(attempts...) {
		expect(t, "a wrong code among many", got, "INVALID input")
	}
	expect(t, "tries of ten at once", tries(id), 5)
	expect(t, "the right code after ten tries at once", outcome(nobody.answer(id, code, true)), "INVALID input")
}

// TestTwoAnswersAtOnce are one.
func TestTwoAnswersAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, claire, nobody := a.as(memberOfOne), a.as(customer), a.as("")
	for i := range rounds {
		id, code := mia.start("TABLETTE-LYON", "ATTENDED")
		got := race(
			func() string { return outcome(claire.answer(id, "", true)) },
			func() string { return outcome(nobody.answer(id, code, false)) },
			mia.attempt("endRemoteSession", in{"id": id}),
		)
		all := strings.Join(got, " ")
		status := one[string](a, "select status || ' ' || consent from app.remote_sessions where id = $1", a.decode(id))
		want := map[string]string{
			"INVALID input INVALID input ok":        "ENDED ASKED",
			"ok INVALID input ok":                   "ENDED GRANTED",
			"INVALID input ok WRONG_STATE input.id": "DECLINED DENIED",
		}[all]
		expect(t, fmt.Sprintf("round %d: %s", i, all), status, want)
	}
}

// TestAnAnswerRestsOnTheAccessOfNow, not on what the server remembers of who answers.
func TestAnAnswerRestsOnTheAccessOfNow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, claire := a.as(admin), a.as(memberOfOne), a.as(customer)
	known := func(c *client) { c.ok("{ viewer { tenantAccess } }", nil) }
	id, code := mia.start("TABLETTE-LYON", "ATTENDED")
	known(claire)
	ada.done("setUserTenants", in{"userId": a.ref("User", customer), "tenantIds": []any{}}, "__typename")
	expect(t, "a customer who was taken off the tenant answers", outcome(claire.answer(id, "", true)), "INVALID input")
	ada.done("setUserTenants", in{"userId": a.ref("User", customer), "tenantIds": a.refs("Tenant", "Boulangerie Dubois")}, "__typename")
	_, err := a.owner.Exec(context.Background(), "delete from app.sessions where user_id = $1", a.key("Northwind IT", "User", customer))
	must(t, err)
	expect(t, "a customer who is signed out answers", outcome(claire.answer(id, "", true)), "INVALID input")
	r := claire.answer(id, code, true)
	expect(t, "with the code they are as good as anybody", outcome(r), "ok")
	expect(t, "and read nothing", r.get("answerRemoteSession", "remoteSession"), nil)
	expect(t, "who it was", one[string](a, "select actor_name from app.audit_events where action = 'answerRemoteSession'"), "With the consent code")

	id, _ = mia.start("TABLETTE-LYON", "ATTENDED")
	claire = a.as(customer)
	known(claire)
	ada.done("updateUser", in{"id": a.ref("User", customer), "role": "MEMBER"}, "__typename")
	expect(t, "a customer who became a member answers without a code", outcome(claire.answer(id, "", true)), "INVALID input")
	ada.done("updateUser", in{"id": a.ref("User", customer), "role": "CUSTOMER"}, "__typename")
	expect(t, "and as a customer again", outcome(claire.answer(id, "", true)), "ok")
	p := ada.ok(`{ auditEvents(filter: { actions: ["answerRemoteSession"] }, first: 1) { nodes { actor { name } actorName objectName object { __typename } tenant { name } before after } } }`, nil)
	expect(t, "what the audit says", text(p.get("auditEvents", "nodes", 0)), `{"actor":{"name":"Claire Dubois"},"actorName":"Claire Dubois","after":{"consent":"GRANTED","startedAt":"*","status":"ACTIVE"},`+
		`"before":{"consent":"ASKED","startedAt":null,"status":"REQUESTED"},"object":{"__typename":"RemoteSession"},"objectName":"TABLETTE-LYON","tenant":{"name":"Boulangerie Dubois"}}`)
}
