package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/graph"
	"tenantry/internal/event"
	"tenantry/internal/metric"
	"tenantry/internal/password"
	"tenantry/internal/peer"
	"tenantry/internal/postgres"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
)

// product is the API, asked in this process.
type product struct {
	handler  http.Handler
	reader   *read.Reader
	pool     *pgxpool.Pool
	sessions *viewer.Sessions
	log      safeBuffer
}

// safeBuffer is what was logged.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write is io.Writer's.
func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is all of it.
func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// serve opens the API on a database as the server's role. The limits on documents are out of the way: they have
// tests of their own, and here many questions share one.
func serve(ctx context.Context, url string) (*product, error) {
	pool, err := postgres.Open(ctx, url, postgres.Settings{Size: 1, Statement: time.Minute})
	if err != nil {
		return nil, err
	}
	st, err := store.New(pool, password.New(1), rate.NewAttempts(), time.Hour)
	if err != nil {
		return nil, err
	}
	p := &product{reader: &read.Reader{Pool: pool, Schema: graph.Schema()}, pool: pool, sessions: viewer.NewSessions(pool)}
	log := slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p.handler, err = graph.Handler(graph.Options{
		Reader: p.reader, Store: st, Sessions: p.sessions, Events: event.New(pool, peer.New(pool, url, log), log), Metrics: metric.New(), Log: log,
		Limits:  graph.Limits{Tokens: 1 << 20, Depth: 100, Cost: 1 << 30, Aliases: 1 << 20, RootFields: 1 << 20},
		Buckets: rate.New(rate.Boundless), Turns: rate.Endless,
		Timeout: time.Minute, MaxBody: 1 << 24,
	})
	return p, err
}

// reply is an answer.
type reply struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
	// raw is the body, headers are all values of headers.
	raw, headers string
}

// codes are those of the errors, by the root field that they are of; "" is the document.
func (r *reply) codes() map[string]string {
	codes := map[string]string{}
	for _, e := range r.Errors {
		at := ""
		if len(e.Path) > 0 {
			at = fmt.Sprint(e.Path[0])
		}
		codes[at] = fmt.Sprint(e.Extensions["code"])
	}
	return codes
}

func (p *product) ask(ctx context.Context, bearer, query string, variables map[string]any) (*reply, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	out := &reply{raw: w.Body.String()}
	for _, values := range w.Header() {
		out.headers += strings.Join(values, "\n") + "\n"
	}
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		return nil, fmt.Errorf("the answer is no JSON: %w: %s", err, out.raw)
	}
	return out, nil
}
