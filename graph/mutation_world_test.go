package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// The people of the demo, by what they are.
const (
	admin         = "ada@northwind.example"
	otherAdmin    = "alex@northwind.example"
	memberOfOne   = "mia@northwind.example"
	memberOfTwo   = "tom@northwind.example"
	memberOfNone  = "nora@northwind.example"
	grandfathered = "gil@northwind.example"
	suspended     = "sam@northwind.example"
	customer      = "claire@dubois.example"
	idleCustomer  = "carl@example.com"
	foreignAdmin  = "otto@southwind.example"
)

// key is the key of an object by its name (a user's address, a ticket's subject), in an account.
func (a *api) key(account, typ, name string) uuid.UUID {
	a.t.Helper()
	of := ""
	for _, m := range modules {
		if query, ok := m.keys[typ]; ok {
			of = query
		}
	}
	return one[uuid.UUID](a, "select id from app."+of+" = $1 and account_id = (select account_id from app.accounts where name = $2)", name, account)
}

// ref is the id of an object of the first account.
func (a *api) ref(typ, name string) string { return ids.Encode(typ, a.key("Northwind IT", typ, name)) }

// foreign is the id of an object of the other account.
func (a *api) foreign(typ, name string) string {
	return ids.Encode(typ, a.key("Southwind Services", typ, name))
}

func (a *api) refs(typ string, names ...string) []any {
	out := []any{}
	for _, name := range names {
		out = append(out, a.ref(typ, name))
	}
	return out
}

// one is a value that the owner of the schema reads.
func one[T any](a *api, query string, args ...any) T {
	a.t.Helper()
	var out T
	if err := a.owner.QueryRow(context.Background(), query, args...).Scan(&out); err != nil {
		a.t.Fatalf("%s %v: %v", query, args, err)
	}
	return out
}

// sql changes something as the owner of the schema.
func (a *api) sql(query string, args ...any) {
	a.t.Helper()
	_, err := a.owner.Exec(context.Background(), query, args...)
	must(a.t, err)
}

// state is a checksum of everything but the refusals that the audit counts, and the use of tokens.
func (a *api) state() string {
	a.t.Helper()
	ctx := context.Background()
	rows, err := a.owner.Query(ctx, "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r' order by 1")
	must(a.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(a.t, err)
	parts := make([]string, len(tables))
	for i, table := range tables {
		row := "t::text"
		if table == "api_tokens" { // when one was last used is noted beside the request
			row = "(to_jsonb(t) - '{last_used_at,updated_at,version}'::text[])::text"
		}
		parts[i] = fmt.Sprintf("(select coalesce(md5(string_agg(%[2]s, '|' order by %[2]s)), '') from app.%[1]s t", table, row)
		if table == "audit_events" {
			parts[i] += " where outcome <> 'DENIED'"
		}
		parts[i] += ")"
	}
	return one[string](a, "select "+strings.Join(parts, " || "))
}

// mutate asks for one mutation, with the payload's fields and the user errors.
func (c *client) mutate(name string, input map[string]any, payload string) reply {
	c.t.Helper()
	if input == nil {
		return c.do(fmt.Sprintf("mutation { %s { %s userErrors { code message path } } }", name, payload), nil)
	}
	document := fmt.Sprintf("mutation($input: %s%sInput!) { %s(input: $input) { %s userErrors { code message path } } }",
		strings.ToUpper(name[:1]), name[1:], name, payload)
	return c.do(document, map[string]any{"input": input})
}

// outcome is an answer in a word: ok, the code at the top, or the user errors with their paths.
func outcome(r reply) string {
	if code := r.code(); code != "" {
		return code
	}
	var all []string
	for _, payload := range r.Data {
		p, _ := payload.(map[string]any)
		list, _ := p["userErrors"].([]any)
		for _, e := range list {
			e := e.(map[string]any)
			path := []string{}
			for _, step := range e["path"].([]any) {
				path = append(path, step.(string))
			}
			all = append(all, e["code"].(string)+" "+strings.Join(path, "."))
		}
	}
	if len(all) > 0 {
		return strings.Join(all, ", ")
	}
	return "ok"
}

// try is the outcome of a mutation.
func (c *client) try(name string, input map[string]any) string {
	c.t.Helper()
	return outcome(c.mutate(name, input, "__typename"))
}

// done is the payload of a mutation that must go well.
func (c *client) done(name string, input map[string]any, payload string) map[string]any {
	c.t.Helper()
	r := c.mutate(name, input, payload)
	if got := outcome(r); got != "ok" {
		c.t.Fatalf("%s(%v) answers %s: %s\n%s", name, input, got, r.raw, c.log.String())
	}
	p, _ := r.Data[name].(map[string]any)
	return p
}

// text is JSON without ids, times and request ids.
func text(v any) string {
	b, _ := json.Marshal(v)
	return passing.ReplaceAllString(string(b), `"*"`)
}

// body is an answer without its request ids.
func body(r reply) string { return requestIDs.ReplaceAllString(r.raw, `"*"`) }

type in = map[string]any

// with is an input with one more field.
func (a *api) with(input in, name string, value any) in {
	out := in{name: value}
	for k, v := range input {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// expect tells a sentence whose outcome is another.
func expect(t testing.TB, sentence string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, not %v", sentence, got, want)
	}
}

// orphans counts the open tickets that break rule 7.
func (a *api) orphans() int {
	return one[int](a, `select count(*) from app.tickets k join app.users u on u.account_id = k.account_id and u.id = k.assignee_id
		where k.status in ('NEW', 'OPEN', 'ON_HOLD') and not (u.status = 'ACTIVE' and u.role <> 'CUSTOMER' and (u.role = 'ADMIN' or u.grandfathered
			or not exists (select from app.memberships m where m.account_id = u.account_id and m.user_id = u.id) and k.tenant_id = k.account_id
			or exists (select from app.memberships m where m.account_id = u.account_id and m.user_id = u.id and m.tenant_id = k.tenant_id)))`)
}
