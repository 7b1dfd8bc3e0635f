package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"tenantry/graph/generated"
	"tenantry/internal/demo"
	"tenantry/internal/golden"
)

// deed is a mutation that goes well.
type deed struct {
	by, name string
	input    in
	payload  string
}

// unaudited is the one mutation that leaves no entry in the audit.
const unaudited = "reportDevices"

// TestEveryMutationDoesWhatItSaysForWhoeverMay calls each, reads the payload back, and compares the
// audit entries: object, tenant, before, after.
func TestEveryMutationDoesWhatItSaysForWhoeverMay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	done := map[string]map[string]bool{}
	t.Run("module", func(t *testing.T) {
		for name, m := range modules {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := newAPIOn(t, 1) // nothing may hold a connection while it asks for another
				var got strings.Builder
				for _, d := range m.deeds(a) {
					c := a.as(d.by)
					last := one[string](a, "select max(id::text) from app.audit_events")
					p := c.done(d.name, d.input, d.payload)
					delete(p, "userErrors")
					entries := a.entries(last, d.name, d.by)
					if (entries == "") != (d.name == unaudited) {
						t.Errorf("%s by %s leaves the entries %q", d.name, d.by, entries)
					}
					fmt.Fprintf(&got, "%s by %s\n%s\n%s\n\n", d.name, d.by, text(p), entries)
					role := one[string](a, "select role from app.users where email = $1", d.by)
					mu.Lock()
					if done[d.name] == nil {
						done[d.name] = map[string]bool{}
					}
					done[d.name][role] = true
					mu.Unlock()
				}
				golden.Compare(t, "testdata/deeds/"+name+".txt", got.String())
				a.noSecrets(t)
			})
		}
	})
	for _, def := range generated.NewExecutableSchema(generated.Config{}).Schema().Mutation.Fields {
		roles := map[string][]string{"ADMIN": {"ADMIN"}, "MEMBER": {"ADMIN", "MEMBER"}, "CUSTOMER": {"ADMIN", "MEMBER", "CUSTOMER"}, "": {"ADMIN"}}[gate(def)]
		if len(def.Arguments) > 0 && gate(def) == "" || def.Name == "signOut" {
			continue // signing in and out has signin_test.go
		}
		for _, role := range roles {
			if !done[def.Name][role] {
				t.Errorf("nobody tried %s as %s", def.Name, role)
			}
		}
	}
}

// noSecrets looks for secrets where they must not be: the audit, and the log.
func (a *api) noSecrets(t *testing.T) {
	t.Helper()
	all := one[string](a, "select string_agg(e::text, E'\\n') from app.audit_events e") + a.log.String()
	for _, secret := range []string{demo.Password, "argon2", "password_hash", "secret_hash", "tns_", "tni_", "tnt_", "new secret of mine", "cursor_key"} {
		if strings.Contains(all, secret) {
			t.Errorf("the audit or the log has %q", secret)
		}
	}
}

// entries are the audit's entries of a mutation after one, in the order of their names.
func (a *api) entries(after, action, by string) string {
	a.t.Helper()
	rows, err := a.owner.Query(context.Background(), `select coalesce(object_type, '') || ' ' || coalesce(object_name, ''), coalesce(tenant_name, '-'),
			coalesce(before::text, ''), coalesce(after::text, ''), e.action, outcome, count, actor_ip <> '' and request_id <> '' and actor_name = u.name
		from app.audit_events e left join app.users u on u.account_id = e.account_id and u.id = e.actor_id and u.email = $2
		where e.id::text > $1 order by 1, 2`, after, by)
	must(a.t, err)
	var out []string
	for rows.Next() {
		var object, tenant, was, is, did, ended string
		var count int
		var whole *bool
		must(a.t, rows.Scan(&object, &tenant, &was, &is, &did, &ended, &count, &whole))
		if did != action || ended != "DONE" || count != 1 || whole == nil || !*whole {
			a.t.Errorf("an entry of %s by %s says %s %s %d, complete: %v", action, by, did, ended, count, whole)
		}
		out = append(out, strings.Join([]string{object, tenant, compact(was), compact(is)}, " | "))
	}
	must(a.t, rows.Err())
	return strings.Join(out, "\n")
}

// compact is JSON with sorted names, without ids and times.
func compact(s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return text(v)
}
