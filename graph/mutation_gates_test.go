package graph

import (
	"context"
	"maps"
	"regexp"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/models"
)

var requestIDs = regexp.MustCompile(`"[0-9a-f]{8}-[0-9a-f-]{27}"`)

// least is the smallest input of a mutation that fits the schema, with ids of nothing.
func least(s *ast.Schema, def *ast.FieldDefinition) in {
	if len(def.Arguments) == 0 {
		return nil
	}
	return leastOf(s, def.Arguments[0].Type).(in)
}

func leastOf(s *ast.Schema, typ *ast.Type) any {
	if typ.Elem != nil {
		return []any{leastOf(s, typ.Elem)}
	}
	switch def := s.Types[typ.Name()]; {
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case def.Kind == ast.InputObject:
		out := in{}
		for _, f := range def.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				out[f.Name] = leastOf(s, f.Type)
			}
		}
		return out
	}
	switch typ.Name() {
	case "ID":
		return encode("Device", ids.New())
	case "Int":
		return 1
	case "Boolean":
		return true
	case "Float":
		return 1.5
	case "Date":
		return "2026-01-01"
	case "DateTime":
		return "2026-01-01T00:00:00Z"
	}
	return "x"
}

// gate is the least role of a mutation; empty if everybody who is signed in may.
func gate(def *ast.FieldDefinition) string {
	if d := def.Directives.ForName("requires"); d != nil {
		return d.Arguments.ForName("role").Value.Raw
	}
	return ""
}

var below = map[string][]string{
	"ADMIN":  {memberOfOne, memberOfTwo, memberOfNone, grandfathered, customer, idleCustomer},
	"MEMBER": {customer, idleCustomer},
}

// TestWhoseRoleDoesNotAllowAMutationIsForbidden calls every mutation as everybody who may not, with
// ids that are nobody's: the refusal comes before any look for them.
func TestWhoseRoleDoesNotAllowAMutationIsForbidden(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	clients := map[string]*client{}
	for _, v := range viewers {
		clients[v.email] = a.as(v.email)
	}
	before := a.state()
	calls := 0
	for _, def := range a.reader.Schema.Mutation.Fields {
		input := least(a.reader.Schema, def)
		for _, nobody := range []string{"", suspended} {
			want := "UNAUTHENTICATED"
			if access.ScopeOf(def) == access.Public {
				continue // they are for nobody in particular: see signin_test.go
			}
			expect(t, "who is not signed in (or suspended: "+nobody+") calls "+def.Name, clients[nobody].try(def.Name, input), want)
		}
		for _, email := range below[gate(def)] {
			for range 2 {
				r := clients[email].mutate(def.Name, input, "__typename")
				expect(t, email+" calls "+def.Name, outcome(r), "FORBIDDEN")
				expect(t, email+" gets data of "+def.Name, r.get(def.Name), nil)
				calls++
			}
		}
	}
	if calls < 150 {
		t.Errorf("only %d calls were refused", calls)
	}
	expect(t, "the refused calls leave the state", a.state(), before)
	expect(t, "the refusals that the audit counts", one[int](a, "select sum(count)::int from app.audit_events where outcome = 'DENIED'"), calls)
	// A minute may end on the way: then there is one entry more for those refused before and after.
	expect(t, "users and verbs that have more than an entry for each minute", one[int](a, `select count(*) from (select from app.audit_events
		where outcome = 'DENIED' group by actor_id, action, date_trunc('minute', created_at) having count(*) > 1) x`), 0)
	expect(t, "refusals without who and where from", one[int](a, `select count(*) from app.audit_events
		where outcome = 'DENIED' and (actor_id is null or actor_name = '' or actor_ip = '' or request_id = '')`), 0)
}

// TestWhatARoleMayNotSayIsForbiddenAsAnArgument tries every gated input field as a customer, with a
// value and with null.
func TestWhatARoleMayNotSayIsForbiddenAsAnArgument(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, s := a.as(customer), a.reader.Schema
	inputs := a.good()
	before, tried := a.state(), 0
	for _, def := range s.Mutation.Fields {
		if len(def.Arguments) == 0 || gate(def) != "CUSTOMER" {
			continue
		}
		for _, f := range s.Types[def.Arguments[0].Type.Name()].Fields {
			if f.Directives.ForName("requires") == nil {
				continue
			}
			for _, value := range []any{leastOf(s, f.Type), nil} {
				tried++
				expect(t, "a customer says "+f.Name+" in "+def.Name, c.try(def.Name, a.with(inputs[def.Name], f.Name, value)), "FORBIDDEN")
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d arguments are gated", tried)
	}
	expect(t, "forbidden arguments leave the state", a.state(), before)
}

// TestARefusalAfterADemotionIsAudited holds when the server still remembers the old role.
func TestARefusalAfterADemotionIsAudited(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	alex := a.as(otherAdmin)
	alex.ok("{ viewer { tenantAccess } }", nil)
	a.as(admin).done("updateUser", in{"id": a.ref("User", otherAdmin), "role": "MEMBER"}, "committed")
	expect(t, "a former admin makes a tenant", alex.try("createTenant", in{"name": "Mine"}), "FORBIDDEN")
	expect(t, "entries of the refusal", one[int](a, "select count(*) from app.audit_events where outcome = 'DENIED' and action = 'createTenant'"), 1)
	_, err := a.pool.Exec(context.Background(), "delete from app.audit_events")
	if err == nil {
		t.Error("the server's role deletes entries of the audit")
	}
}

// TestWhatIsMissingHiddenOrForeignGetsTheSameAnswer puts ids that a viewer does not see into each id
// of each mutation: one answer for all, and nothing changes.
func TestWhatIsMissingHiddenOrForeignGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s, inputs := a.reader.Schema, a.good()
	account := one[[16]byte](a, "select account_id from app.accounts where name = 'Northwind IT'")
	links, typeOf, foreign, hidden := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for _, m := range modules {
		maps.Copy(links, m.links)
		maps.Copy(typeOf, m.typeOf)
		for typ, name := range m.foreign {
			foreign[typ] = a.foreign(typ, name)
		}
		for typ, name := range m.hidden {
			hidden[typ] = a.ref(typ, name)
		}
	}
	people := []struct {
		name, email string
		may         map[string]bool
	}{
		{"an admin", admin, map[string]bool{"": true, "CUSTOMER": true, "MEMBER": true, "ADMIN": true}},
		{"a member of one tenant", memberOfOne, map[string]bool{"": true, "CUSTOMER": true, "MEMBER": true}},
		{"a customer", customer, map[string]bool{"": true, "CUSTOMER": true}},
	}
	tried := 0
	for _, who := range people {
		c := a.as(who.email)
		before := a.state()
		for _, def := range s.Mutation.Fields {
			if len(def.Arguments) == 0 || !who.may[gate(def)] {
				continue
			}
			object := s.Types[def.Arguments[0].Type.Name()]
			for _, f := range object.Fields {
				if f.Type.Name() != "ID" || f.Directives.ForName("requires") != nil && who.email == customer {
					continue
				}
				typ := typeOf[f.Name]
				if f.Name == "id" {
					typ, _, _ = ids.Decode(inputs[def.Name]["id"].(string))
				}
				want := "NOT_FOUND"
				if link := links[def.Name+"."+f.Name]; link != "" {
					want = link
				}
				bad := map[string]string{
					"of nothing": encode(typ, ids.New()), "malformed": "nonsense", "empty": "", "of another type": encode("TicketComment", ids.New()),
					"of the other account": foreign[typ], "of another type's object": a.ref("Device", "COMPTA-01"),
					"of the account as if it were one": encode(typ, account), "in upper case": "DEV_0",
					"of zeros": encode(typ, uuid.Nil), "that stands for everyone": encode(typ, models.Everyone),
				}
				if typ == "Device" {
					bad["of another type's object"] = a.ref("Tenant", "Boulangerie Dubois")
				}
				if who.email != admin {
					bad["that is hidden"] = hidden[typ]
				}
				answer := ""
				for kind, id := range bad {
					var value any = id
					if f.Type.Elem != nil {
						value = []any{inputs[def.Name][f.Name].([]any)[0], id}
					}
					r := c.mutate(def.Name, a.with(inputs[def.Name], f.Name, value), "__typename")
					tried++
					if got := outcome(r); got != want {
						t.Errorf("%s names an id %s as %s of %s: %s, not %s", who.name, kind, f.Name, def.Name, got, want)
					}
					if answer == "" {
						answer = body(r)
					}
					if body(r) != answer {
						t.Errorf("%s can tell an id %s as %s of %s:\n%s\n%s", who.name, kind, f.Name, def.Name, body(r), answer)
					}
				}
			}
		}
		expect(t, "what "+who.name+" was refused leaves the state", a.state(), before)
	}
	if tried < 250 {
		t.Errorf("only %d ids were tried", tried)
	}
}
