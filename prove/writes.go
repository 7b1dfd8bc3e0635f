package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"
)

// state is a checksum of what there is in each place: an account, and in it a tenant, a user, or neither.
type state map[place]string

// place is where a row belongs. Owner is "tenant …", "user …", or the table for what is the account's.
type place struct {
	Account key
	Owner   string
	Table   string
}

// state reads it. When a token was last used is noted apart from what it asks.
func (t *trial) state(ctx context.Context) (state, error) {
	if t.checksum == "" {
		rows, err := t.super.Query(ctx, `select c.relname, coalesce((select a.attname from pg_attribute a
				where a.attrelid = c.oid and not a.attisdropped and (a.attname in ('tenant_id', 'user_id') or a.attname = 'id' and c.relname in ('users', 'tenants'))
				order by a.attname = 'tenant_id' and c.relname not in ('memberships', 'api_token_tenants') desc, a.attname = 'user_id' desc limit 1), '')
			from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') order by 1`)
		if err != nil {
			return nil, err
		}
		var parts []string
		var table, column string
		if _, err := pgx.ForEachRow(rows, []any{&table, &column}, func() error {
			owner := fmt.Sprintf("'%s'", table)
			switch {
			case column == "tenant_id" || table == "tenants":
				owner = "'tenant ' || " + column
			case column != "":
				owner = "'user ' || " + column
			}
			whole := "x::text"
			if table == "api_tokens" {
				whole = "(to_jsonb(x) - 'last_used_at')::text"
			}
			parts = append(parts, fmt.Sprintf("select account_id, %s as owner, '%s', md5(string_agg(r, '' order by r)) from (select x.*, %s as r from app.%s x) s group by 1, 2", owner, table, whole, table))
			return nil
		}); err != nil {
			return nil, err
		}
		t.checksum = strings.Join(parts, " union all ")
	}
	rows, err := t.super.Query(ctx, t.checksum)
	if err != nil {
		return nil, err
	}
	s := state{}
	var p place
	var sum string
	var owner *string
	_, err = pgx.ForEachRow(rows, []any{&p.Account, &owner, &p.Table, &sum}, func() error {
		if p.Owner = p.Table; owner != nil {
			p.Owner = *owner
		}
		s[p] = sum
		return nil
	})
	return s, err
}

// changed are the places that differ.
func (s state) changed(now state) (list []place) {
	for p, sum := range now {
		if s[p] != sum {
			list = append(list, p)
		}
	}
	for p := range s {
		if now[p] == "" {
			list = append(list, p)
		}
	}
	return list
}

// ending are mutations after which less is there, or fewer can ask: they come last.
var ending = []string{"signOut", "endSessions", "revokeApiToken", "resetAccess", "suspendUser", "deleteUser", "deleteTenant", "archiveTenant", "changePassword"}

// writes has everybody try every mutation, with what they see and what they do not. Whatever comes of it, other
// accounts stay as they are, and so does what is out of reach; what is refused or only tried changes nothing.
func (t *trial) writes(ctx context.Context, every int) error {
	t.way = "writes"
	w := &writer{trial: t, author: newAuthor(t.seed, 17, t.schema)}
	mutations := slices.Clone(t.schema.Mutation.Fields)
	slices.SortStableFunc(mutations, func(a, b *ast.FieldDefinition) int {
		return slices.Index(ending, a.Name) - slices.Index(ending, b.Name)
	})
	before, err := t.state(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, m := range mutations {
		for _, a := range t.world.askers {
			if n++; n%every != 0 || slices.Contains(ending, m.Name) && n%3 != 0 {
				continue
			}
			if before, err = w.write(ctx, m, a, before, n%4 == 0); err != nil {
				return fmt.Errorf("%s by %s: %w", m.Name, a.name, err)
			}
		}
	}
	return nil
}

type writer struct {
	*trial
	*author
	names int
}

// write tries one mutation, and gives the state after it. Look tells to compare what it shows with the oracle.
func (w *writer) write(ctx context.Context, m *ast.FieldDefinition, a asker, before state, look bool) (state, error) {
	t := w.trial
	v, err := t.view(ctx, a)
	if err != nil || !v.active() {
		return before, err
	}
	args := ""
	if in := m.Arguments.ForName("input"); in != nil {
		input, err := w.input(v.sight, m.Name, t.schema.Types[in.Type.Name()])
		if err != nil {
			return nil, err
		}
		args = "(input: " + input + ")"
	}
	payload := t.schema.Types[m.Type.Name()]
	text := "mutation { m: " + m.Name + args + " { " + w.payload(payload) + " } }"
	op, err := t.parse(text)
	if err != nil {
		return nil, err
	}
	got, err := t.ask(ctx, a.bearer, text, nil)
	if err != nil {
		return nil, err
	}
	after, err := t.state(ctx)
	if err != nil {
		return nil, err
	}
	answer, _ := got.Data["m"].(map[string]any)
	problems, _ := answer["userErrors"].([]any)
	done := answer != nil && len(problems) == 0 && answer["committed"] != false
	t.result.comparisons["writes"]++
	for _, p := range before.changed(after) {
		if why := v.untouchable(a, m.Name, p, done); why != "" {
			t.result.differences = append(t.result.differences, fmt.Sprintf("seed %d, writes, %s: %s changed %s of account %x\n  %s\n  %s", t.seed, a.name, why, p.Owner+" in "+p.Table, p.Account, text, got.raw))
		}
	}
	if done && (look || slices.Contains(ending, m.Name) || changesAccess[m.Name]) {
		if err := t.look(ctx); err != nil {
			return nil, err
		}
		now, err := t.view(ctx, a)
		if err != nil || !now.active() {
			return after, err
		}
		t.sniff(a, now, got, text)
		j := &judge{schema: t.schema, oracle: t.oracle, sight: now.sight, fields: t.result.fields}
		if err := j.payload("m", payload, op.SelectionSet[0].(*ast.Field).SelectionSet, answer); err != nil {
			t.result.differences = append(t.result.differences, fmt.Sprintf("seed %d, the payload, %s: %v\n  %s", t.seed, a.name, err, text))
		}
		t.result.comparisons["payloads"]++
		t.result.values += j.values
	}
	return after, nil
}

// changesAccess are mutations after which somebody sees something else.
var changesAccess = map[string]bool{"addUsersToTenant": true, "removeUsersFromTenant": true, "setUserTenants": true, "endGrandfathering": true, "updateUser": true, "reactivateUser": true}

// unlinking are the mutations that take links away from whatever pointed at what is gone, seen or not.
var unlinking = map[string]bool{"deleteDevice": true, "deleteAsset": true}

// untouchable tells why a place must not have changed; empty if it may.
func (v *view) untouchable(a asker, mutation string, p place, done bool) string {
	owner, id, _ := strings.Cut(p.Owner, " ")
	switch {
	case mutation == "answerRemoteSession" && p.Table == "remote_sessions": // whoever knows its id; a wrong code is counted
		return ""
	case p.Account != a.account:
		return "a viewer of another account"
	case !done && p.Table != "audit_events":
		return "what was refused or only tried"
	case p.Table == "audit_events" || unlinking[mutation] && slices.Contains([]string{"tickets", "remote_sessions", "assets", "ticket_changes"}, p.Table):
		return ""
	case owner == "user" && id != hex(a.user) && v.rows["Query"][key(a.account)]["users"] == nil:
		return "who is no admin"
	case owner == "tenant" && v.rows["Viewer"][key(a.user)]["tenantAccess"] != "ALL":
		place, err := uuid.Parse(id)
		if err == nil && !slices.Contains(v.reach, any(key(place))) {
			return "who does not reach it"
		}
	}
	return ""
}
