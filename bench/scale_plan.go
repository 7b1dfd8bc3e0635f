package main

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/graph"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
)

// recorder sees the statements of batches.
type recorder struct {
	mu      sync.Mutex
	queries []pgx.TraceBatchQueryData
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	r.mu.Lock()
	r.queries = nil
	r.mu.Unlock()
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	r.mu.Lock()
	r.queries = append(r.queries, q)
	r.mu.Unlock()
}
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// indexes are those by which the last batch's first list was read, as PostgreSQL plans it for these values.
func (r *recorder) indexes(ctx context.Context, url string) (string, error) {
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
		if strings.HasPrefix(q.SQL, "select app.become(") {
			if _, err := conn.Exec(ctx, q.SQL, q.Args...); err != nil {
				return "", err
			}
		}
		if !strings.HasPrefix(q.SQL, "/* ") {
			continue
		}
		var plan string
		if err := conn.QueryRow(ctx, "explain (format json) "+q.SQL, q.Args...).Scan(&plan); err != nil {
			return "", err
		}
		names := map[string]bool{}
		for _, m := range planned.FindAllStringSubmatch(plan, -1) {
			if m[1] == "Seq Scan" {
				names["all rows"] = true
			}
			if m[2] != "" && !strings.HasSuffix(m[2], "_pkey") {
				names[m[2]] = true
			}
		}
		return strings.Join(slices.Sorted(maps.Keys(names)), ", "), nil
	}
	return "", nil
}

var planned = regexp.MustCompile(`"Node Type": "(Seq Scan)"|"Index Name": "((?:tickets|devices)_[a-z_]+)"`)

// productOn is the product, with a tracer.
func productOn(ctx context.Context, url string, log *slog.Logger, trace pgx.QueryTracer) (http.Handler, *pgxpool.Pool, error) {
	pool, err := postgres.Open(ctx, url, postgres.Settings{Size: 8, Statement: 60 * time.Second, Trace: trace})
	if err != nil {
		return nil, nil, err
	}
	st, err := store.New(pool, password.New(1), time.Hour)
	if err != nil {
		return nil, nil, err
	}
	handler, err := graph.Handler(graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema()}, Store: st, Sessions: viewer.NewSessions(pool), Log: log,
		Limits: graph.Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50}, Timeout: 60 * time.Second, MaxBody: 1 << 20,
	})
	return handler, pool, err
}
