package graph

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// question is something that is asked about an object: one that is out of reach, or there is none.
type question struct {
	sentence string
	ask      func() reply
	// beside are the same about what does not exist.
	beside func() reply
}

// work is what a request is answered, with the statements that the database was sent for it, in order.
func (a *api) work(ask func() reply) (answer string, statements []string) {
	a.sent = func(sql string) { statements = append(statements, sql) }
	defer func() { a.sent = nil }()
	r := ask()
	return anyID.ReplaceAllString(passing.ReplaceAllString(r.raw, `"*"`), "*"), statements
}

var anyID = regexp.MustCompile(`[a-z]{2,3}_[0-9a-z]{26}`)

// TestWhatIsOutOfReachIsAsMuchWorkAsWhatDoesNotExist compares answers and statements, where time would be
// compared if it told the truth on a busy machine; a proof prints times as well.
func TestWhatIsOutOfReachIsAsMuchWorkAsWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	a := newAPIOn(t, 1)
	questions := append(a.questionsOfQueries(), a.questionsOfMutations()...)
	questions = append(questions, a.questionsOfNames()...)
	for _, q := range questions {
		there, one := a.work(q.ask)
		absent, other := a.work(q.beside)
		if !slices.Equal(one, other) { // the viewer may have been read anew for the first
			there, one = a.work(q.ask)
		}
		expect(t, q.sentence, there, absent)
		if !slices.Equal(one, other) {
			t.Errorf("%s: the statements\n%s\nand for what does not exist\n%s", q.sentence, strings.Join(one, "\n"), strings.Join(other, "\n"))
		}
	}
	t.Logf("%d questions", len(questions))
	if len(questions) < 200 {
		t.Errorf("only %d questions were asked", len(questions))
	}
	if full {
		for _, sentence := range []string{memberOfOne + " asks Query.device(id) for a hidden Device", memberOfOne + " asks Query.node(id) for a foreign Device", memberOfOne + " asks for a hidden ticket by number",
			memberOfOne + " calls updateTicket with a hidden id", admin + " calls updateTicket with a foreign id"} {
			i := slices.IndexFunc(questions, func(q question) bool { return q.sentence == sentence })
			if i < 0 {
				t.Fatalf("nobody asks: %s", sentence)
			}
			here, there := medians(5000, questions[i])
			t.Logf("%s: %v, and what does not exist: %v (%.2f)", sentence, here, there, float64(here)/float64(there))
		}
	}
}

// medians are those of the times of both ways to ask, one after the other.
func medians(n int, q question) (here, there time.Duration) {
	took := [2][]time.Duration{}
	for range n {
		for i, ask := range []func() reply{q.ask, q.beside} {
			start := time.Now()
			ask()
			took[i] = append(took[i], time.Since(start))
		}
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took[0][n/2], took[1][n/2]
}

// outOfReach are the ids of an object of each type that a person does not see.
func (a *api) outOfReach(email string) map[string]map[string]string {
	out := map[string]map[string]string{"foreign": {}}
	if email != admin {
		out["hidden"] = map[string]string{}
	}
	for _, m := range modules {
		for typ, name := range m.foreign {
			out["foreign"][typ] = a.foreign(typ, name)
		}
		for typ, name := range m.hidden {
			if email != admin {
				out["hidden"][typ] = a.ref(typ, name)
			}
		}
	}
	return out
}

// questionsOfQueries name objects in every argument and filter that takes ids, and tickets by number.
func (a *api) questionsOfQueries() (all []question) {
	s, doors := a.reader.Schema, a.sayings(inWords)
	a.sql(`update app.tickets set number = 770077 where id = (select id from app.tickets k join app.accounts x using (account_id) where x.name = 'Southwind Services' limit 1)`)
	for _, email := range []string{memberOfOne, customer, admin} {
		c := a.as(email)
		for kind, objects := range a.outOfReach(email) {
			for _, door := range doors {
				if door.mutation || door.typ != "ID" || !strings.HasPrefix(door.door, "Query.") {
					continue
				}
				field, _, _ := strings.Cut(strings.TrimPrefix(door.door, "Query."), "(")
				typ := strings.TrimSuffix(s.Query.Fields.ForName(field).Type.Name(), "Connection")
				if door.name != "id" && door.name != "ids" {
					typ = idOf(s, door.name)
				}
				types := []string{typ}
				if def := s.Types[typ]; def == nil || def.Kind != ast.Object {
					types = slices.Sorted(maps.Keys(objects))
				}
				for _, typ := range types {
					id := objects[typ]
					if id == "" || typ == "User" && door.name != "id" { // named on what is visible
						continue
					}
					absent := encode(typ, ids.New())
					all = append(all, question{fmt.Sprintf("%s asks %s for a %s %s", email, door.door, kind, typ),
						func() reply { return door.say(c, id) }, func() reply { return door.say(c, absent) }})
				}
			}
		}
		number := func(n int) func() reply {
			return func() reply { return c.do("query($n: Int!) { ticketByNumber(number: $n) { id } }", in{"n": n}) }
		}
		if email != admin {
			all = append(all, question{email + " asks for a hidden ticket by number", number(one[int](a, `select number from app.tickets k
				join app.tenants t on t.id = k.tenant_id where t.name = 'Harbour Clinic' limit 1`)), number(7)})
		}
		all = append(all, question{email + " asks for a foreign ticket by number", number(770077), number(7)})
	}
	return all
}

// questionsOfMutations put ids into every input field that takes some.
func (a *api) questionsOfMutations() (all []question) {
	s, inputs, typeOf := a.reader.Schema, a.good(), map[string]string{}
	for _, m := range modules {
		maps.Copy(typeOf, m.typeOf)
	}
	for _, email := range []string{memberOfOne, customer, admin} {
		c := a.as(email)
		for kind, objects := range a.outOfReach(email) {
			for _, def := range s.Mutation.Fields {
				if len(def.Arguments) == 0 || email != admin && gate(def) == "ADMIN" || email == customer && gate(def) == "MEMBER" {
					continue
				}
				for _, f := range s.Types[def.Arguments[0].Type.Name()].Fields {
					typ := typeOf[f.Name]
					if f.Name == "id" {
						typ, _, _ = ids.Decode(inputs[def.Name]["id"].(string))
					}
					if f.Type.Name() != "ID" || objects[typ] == "" {
						continue
					}
					call := func(id string) func() reply {
						var value any = id
						if f.Type.Elem != nil {
							value = []any{id}
						}
						return func() reply { return c.mutate(def.Name, a.with(inputs[def.Name], f.Name, value), "__typename") }
					}
					all = append(all, question{fmt.Sprintf("%s calls %s with a %s %s", email, def.Name, kind, f.Name), call(objects[typ]), call(encode(typ, ids.New()))})
				}
			}
		}
	}
	return all
}

// questionsOfNames use names, tags and addresses that others have.
func (a *api) questionsOfNames() (all []question) {
	dubois, n := a.ref("Tenant", "Boulangerie Dubois"), 0
	for _, use := range []struct{ by, mutation, field, whose, name string }{
		{admin, "createTenant", "name", "of another account", "Quay Books"},
		{admin, "inviteUser", "email", "of another account", foreignAdmin},
		{memberOfOne, "createDeviceGroup", "name", "of another tenant", "Servers"},
		{memberOfOne, "createAsset", "tag", "of another tenant", one[string](a, `select tag from app.assets k join app.tenants t on t.id = k.tenant_id
			where t.name = 'Harbour Clinic' and tag is not null limit 1`)},
		{memberOfOne, "createDevice", "serialNumber", "of another tenant", one[string](a, `select serial_number from app.devices k
			join app.tenants t on t.id = k.tenant_id where t.name <> 'Boulangerie Dubois' and serial_number is not null limit 1`)},
	} {
		c := a.as(use.by)
		call := func(value func() string) func() reply {
			return func() reply {
				n++
				input := a.with(in{"name": fmt.Sprint("N", n), "tenantId": dubois, "platform": "LINUX", "kind": "SERVER", "role": "MEMBER"}, use.field, value())
				for field := range input {
					if a.reader.Schema.Types[strings.ToUpper(use.mutation[:1])+use.mutation[1:]+"Input"].Fields.ForName(field) == nil {
						delete(input, field)
					}
				}
				if use.mutation == "createAsset" {
					input["kind"] = "HARDWARE"
				}
				r := c.mutate(use.mutation, input, "__typename")
				// The name is free again for the next question.
				table, column := tableOf(strings.TrimPrefix(strings.TrimPrefix(use.mutation, "create"), "invite")), underscored(use.field)
				a.sql(fmt.Sprintf(`update %s set %s = 'n' || %d || '@unused.example' where id = (select id from %[1]s k join app.accounts x using (account_id)
					where x.name = 'Northwind IT' and k.%[2]s = $1 order by k.created_at desc, k.id desc limit 1)`, table, column, n), value())
				return r
			}
		}
		all = append(all, question{fmt.Sprintf("%s calls %s with a %s %s", use.by, use.mutation, use.field, use.whose),
			call(func() string { return use.name }), call(func() string { return "nobody-" + strings.ToLower(use.mutation) + "@unused.example" })})
	}
	return all
}
