package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// recorder remembers the statements of the last batch.
type recorder struct {
	mu      sync.Mutex
	queries []pgx.TraceBatchQueryData
}

// TraceQueryStart is there for the interface.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd is there for the interface.
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart begins anew.
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	r.mu.Lock()
	r.queries = nil
	r.mu.Unlock()
	return ctx
}

// TraceBatchQuery remembers a statement.
func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	r.mu.Lock()
	r.queries = append(r.queries, q)
	r.mu.Unlock()
}

// TraceBatchEnd is there for the interface.
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// planNode is a node of a plan.
type planNode struct {
	Table string `json:"Relation Name"`
	Index string `json:"Index Name"`
	Plans []planNode
}

// walk gathers the indexes by which a table is read, but for its key: "all" where it is none.
func (n planNode) walk(table string, into map[string]bool) {
	if index := strings.TrimPrefix(n.Index, table+"_"); n.Table == table && index != "pkey" {
		if index == "" {
			index = "all"
		}
		into[index] = true
	}
	for _, p := range n.Plans {
		p.walk(table, into)
	}
}

// plan tells by which indexes of a table the first statement of the last batch reads it.
func (r *recorder) plan(ctx context.Context, url, table string) (string, error) {
	r.mu.Lock()
	queries := r.queries
	r.mu.Unlock()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "set jit = off; begin read only"); err != nil {
		return "", err
	}
	for _, q := range queries {
		switch {
		case strings.HasPrefix(q.SQL, "select app.become("):
			if _, err := conn.Exec(ctx, q.SQL, q.Args...); err != nil {
				return "", err
			}
		case strings.HasPrefix(q.SQL, "/* "):
			var text []byte
			if err := conn.QueryRow(ctx, "explain (format json) "+q.SQL, q.Args...).Scan(&text); err != nil {
				return "", err
			}
			var plans []struct{ Plan planNode }
			if err := json.Unmarshal(text, &plans); err != nil {
				return "", err
			}
			indexes := map[string]bool{}
			plans[0].Plan.walk(table, indexes)
			return strings.Join(slices.Sorted(maps.Keys(indexes)), ", "), nil
		}
	}
	return "", nil
}
