package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tenantry/internal/access"
)

// sendKeyed sends a document with a key.
func (c *client) sendKeyed(key, document string, variables map[string]any) (r reply) {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	must(c.t, err)
	q := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set(keyHeader, key)
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, q)
	r.raw = w.Body.String()
	must(c.t, json.Unmarshal(w.Body.Bytes(), &r))
	return r
}

const createsTenant = `mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id name } committed userErrors { code message path } } }`

func (c *client) createTenantOnce(key, name string) reply {
	c.t.Helper()
	return c.sendKeyed(key, createsTenant, in{"input": in{"name": name}})
}

// TestEveryMutationThatIsRepeatedWithItsKeyAnswersTheSameAndChangesNothing does what goes well twice; of the secrets
// that are shown once, the repeat has none.
func TestEveryMutationThatIsRepeatedWithItsKeyAnswersTheSameAndChangesNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	done := map[string]bool{}
	t.Run("module", func(t *testing.T) {
		for name, m := range modules {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := newAPI(t)
				for i, d := range m.deeds(a) {
					c, key := a.as(d.by), fmt.Sprintf("%s %d", name, i)
					title := strings.ToUpper(d.name[:1]) + d.name[1:]
					document := fmt.Sprintf("mutation($input: %sInput!) { %s(input: $input) { %s userErrors { code message path } } }", title, d.name, d.payload)
					first := c.sendKeyed(key, document, in{"input": d.input})
					expect(t, d.name+" by "+d.by, outcome(first), "ok")
					before := a.state()
					again := c.sendKeyed(key, document, in{"input": d.input})
					if access.ScopeOf(a.reader.Schema.Mutation.Fields.ForName(d.name)) != access.Self { // which may have ended the session
						expect(t, "the repeat of "+d.name, outcome(again), "ok")
					}
					expect(t, "the repeat of "+d.name+" changes something", a.state() != before, false)
					secret := false
					payload := a.reader.Schema.Types[title+"Payload"]
					for _, f := range payload.Fields {
						if f.Type.Name() == "String" && first.get(d.name, f.Name) != nil {
							secret = true
							expect(t, "the repeat's "+f.Name, again.get(d.name, f.Name), nil)
						}
					}
					if !secret && outcome(again) == "ok" {
						expect(t, "what the repeat of "+d.name+" answers", text(again.Data), text(first.Data))
					}
					mu.Lock()
					done[d.name] = true
					mu.Unlock()
				}
				if kept := one[string](a, "select coalesce(string_agg(outcome::text, ' '), '') from app.idempotency_keys"); strings.Contains(kept, "tn") && strings.Contains(kept, "tns_") {
					t.Errorf("a secret is kept: %s", kept)
				}
			})
		}
	})
	if len(done) < 49 {
		t.Errorf("only %d mutations were repeated", len(done))
	}
}

func TestFiftyEqualCallsAtOnceWithOneKeyHaveOneEffect(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	var group sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		group.Go(func() { answers[i] = text(c.createTenantOnce("all at once", "Once").Data) })
	}
	group.Wait()
	for i := range answers {
		expect(t, fmt.Sprintf("answer %d", i), answers[i], answers[0])
	}
	expect(t, "tenants that were made", one[int](a, "select count(*) from app.tenants where name = 'Once'"), 1)
	expect(t, "entries in the audit", one[int](a, "select count(*) from app.audit_events where action = 'createTenant' and object_name = 'Once'"), 1)
}

func TestAKeyStandsForOneRequestOfOneUserForADay(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex, otto := a.as(admin), a.as(otherAdmin), a.as(foreignAdmin)
	made := func() int { return one[int](a, "select count(*) from app.tenants where name like 'Keyed%'") }
	expect(t, "an admin", outcome(ada.createTenantOnce("k", "Keyed 1")), "ok")
	expect(t, "with other variables", ada.createTenantOnce("k", "Keyed 2").code(), "BAD_USER_INPUT")
	expect(t, "with another document", ada.sendKeyed("k", strings.ReplaceAll(createsTenant, "committed", ""), in{"input": in{"name": "Keyed 1"}}).code(), "BAD_USER_INPUT")
	expect(t, "in another session", text(a.as(admin).createTenantOnce("k", "Keyed 1").Data), text(ada.createTenantOnce("k", "Keyed 1").Data))
	expect(t, "tenants so far", made(), 1)
	expect(t, "another admin", outcome(alex.createTenantOnce("k", "Keyed 3")), "ok")
	expect(t, "an admin of another account", outcome(otto.createTenantOnce("k", "Keyed 1")), "ok")
	expect(t, "another key", outcome(ada.createTenantOnce("l", "Keyed 4")), "ok")
	expect(t, "tenants then", made(), 4)
	a.sql("update app.idempotency_keys set created_at = now() - interval '25 hours'")
	expect(t, "a day later", outcome(ada.createTenantOnce("k", "Keyed 5")), "ok")
	expect(t, "keys of the admin that are kept", one[int](a, "select count(*) from app.idempotency_keys where user_id = $1", a.key("Northwind IT", "User", admin)), 1)
	for _, bad := range []string{"", strings.Repeat("k", 256), "kéy"} {
		expect(t, fmt.Sprintf("with the key %.9q", bad), ada.createTenantOnce(bad, "Keyed 9").code(), "BAD_USER_INPUT")
	}
}

func TestARepeatIsReadWithTheReachOfThatMoment(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia := a.as(memberOfOne)
	const document = `mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id subject tenant { name } } userErrors { code message path } } }`
	input := in{"input": in{"subject": "Once", "tenantId": a.ref("Tenant", "Boulangerie Dubois"), "type": "INCIDENT", "priority": "LOW"}}
	first := mia.sendKeyed("reach", document, input)
	expect(t, "a member of the tenant makes a ticket", first.get("createTicket", "ticket") != nil, true)
	a.sql("update app.tickets set subject = 'Renamed' where subject = 'Once'")
	expect(t, "the repeat reads it anew", fmt.Sprint(mia.sendKeyed("reach", document, input).get("createTicket", "ticket", "subject")), "Renamed")
	a.as(admin).done("removeUsersFromTenant", in{"tenantId": a.ref("Tenant", "Boulangerie Dubois"), "userIds": a.refs("User", memberOfOne)}, "committed")
	expect(t, "once they are no member any more", mia.sendKeyed("reach", document, input).get("createTicket", "ticket"), nil)
	expect(t, "tickets that were made", one[int](a, "select count(*) from app.tickets where subject = 'Renamed'"), 1)
}

func TestFaultsAndDryRunsAreKeptAndErrorsAreNot(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	expect(t, "a name that is taken", outcome(ada.createTenantOnce("faults", "Boulangerie Dubois")), "TAKEN input.name")
	a.sql("update app.tenants set name = 'Other' where name = 'Boulangerie Dubois'")
	expect(t, "the repeat, although the name is free", outcome(ada.createTenantOnce("faults", "Boulangerie Dubois")), "TAKEN input.name")
	dry := in{"input": in{"name": "Dry", "dryRun": true}}
	for range 2 {
		r := ada.sendKeyed("dry", createsTenant, dry)
		expect(t, "committed in a dry run", r.get("createTenant", "committed"), false)
	}
	expect(t, "tenants of the dry run", one[int](a, "select count(*) from app.tenants where name = 'Dry'"), 0)
	const rename = `mutation ($input: UpdateTenantInput!) { updateTenant(input: $input) { tenant { name } userErrors { code message path } } }`
	input := in{"input": in{"id": a.ref("Tenant", "Other"), "name": "Again"}}
	a.sql("alter table app.tenants add constraint away check (name <> 'Again')")
	failed := ada.sendKeyed("errors", rename, input)
	a.sql("alter table app.tenants drop constraint away")
	expect(t, "a change that fails", failed.code() != "", true)
	expect(t, "the repeat once it can be done", outcome(ada.sendKeyed("errors", rename, input)), "ok")
	expect(t, "connections in use", a.pool.Stat().AcquiredConns(), int32(0))
	_, err := a.pool.Exec(context.Background(), "select 1")
	must(t, err)
}

func TestEachMutationOfADocumentIsKeptForItself(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	const two = `mutation { a: createTenant(input: { name: "Two 1" }) { tenant { name } userErrors { code } } b: createTenant(input: { name: "Two 2" }) { tenant { name } userErrors { code } } }`
	first := ada.sendKeyed("two", two, nil)
	expect(t, "a repeat of two mutations", text(ada.sendKeyed("two", two, nil).Data), text(first.Data))
	expect(t, "tenants that were made", one[int](a, "select count(*) from app.tenants where name like 'Two %'"), 2)
}

func TestAKeyIsIgnoredWhereNobodyIsSignedInOrSignsIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const document = `mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code path } } }`
	input := in{"input": in{"email": admin, "password": "demo-password"}}
	for _, c := range []*client{{api: a}, a.as(admin)} {
		first, again := c.sendKeyed("signing in", document, input), c.sendKeyed("signing in", document, input)
		expect(t, "two sign-ins have a token each", first.get("signIn", "token") != nil && again.get("signIn", "token") != nil && first.get("signIn", "token") != again.get("signIn", "token"), true)
	}
}
