package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// compare makes sure that all contenders answer the same to every caller, and that their writes leave
// the same behind.
func compare(ctx context.Context, d *database, all contenders, did []work, people []caller) error {
	for _, w := range did {
		for i := range people {
			c := &people[i]
			var first any
			for k, x := range all {
				a := ask{device: c.devices[i%len(c.devices)], ticket: c.tickets[0].id, status: "ON_HOLD"}
				got, err := x.answers(ctx, d.conn, w, c, a)
				if err != nil {
					return fmt.Errorf("%s of %s for %s: %w", w.key, x.name, c.Name, err)
				}
				if k == 0 {
					first = got
				} else if diff := cmp.Diff(first, got); diff != "" {
					return fmt.Errorf("%s differs for %s between %s (-) and %s (+):\n%s", w.key, c.Name, all[0].name, x.name, diff)
				}
			}
			if w.key == write {
				c.tickets[0].onHold = true
			}
		}
	}
	return nil
}

// answers is what a contender answers, in a form that is the same for all, and what it leaves behind of
// a write.
func (x *contender) answers(ctx context.Context, conn *pgx.Conn, w work, c *caller, a ask) (any, error) {
	if w.key == write {
		if _, err := conn.Exec(ctx, `update app.tickets set status = 'OPEN' where account_id = $1 and id = $2`, account, a.ticket); err != nil {
			return nil, err
		}
	}
	r, err := x.request(w, c, a)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := answer(http.DefaultClient, r, &body); err != nil {
		return nil, err
	}
	var got any
	if err := json.Unmarshal(body.Bytes(), &got); err != nil || w.key != write {
		return plain(got), err
	}
	var left any
	err = conn.QueryRow(ctx, `select jsonb_build_object('status', k.status, 'audit', (
			select to_jsonb(e) - '{id,request_id,created_at,updated_at}'::text[] from app.audit_events e
			where e.account_id = k.account_id and e.object_id = k.id order by e.created_at desc limit 1))
		from app.tickets k where k.account_id = $1 and k.id = $2`, account, a.ticket).Scan(&left)
	return []any{plain(got), left}, err
}

// plain makes answers comparable that say the same: ids become the UUIDs that they stand for, moments are
// in one zone, a connection is the list of its nodes, and neither that there are no user errors is said nor what the
// document cost.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if nodes, ok := v["nodes"]; ok && len(v) == 1 {
			return plain(nodes)
		}
		for key := range v {
			v[key] = plain(v[key])
		}
		if errors, ok := v["userErrors"].([]any); ok && len(errors) == 0 {
			delete(v, "userErrors")
		}
		if _, answer := v["data"]; answer {
			delete(v, "extensions")
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case string:
		if _, id, ok := ids.Decode(v); ok {
			return id.String()
		}
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	}
	return v
}
