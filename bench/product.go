package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/graph"
	"tenantry/internal/ids"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
)

// buildProduct makes the program that an operator runs.
func buildProduct(ctx context.Context, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "tenantry")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "tenantry").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the product: %w\n%s", err, out)
	}
	return binary, nil
}

// startProduct runs it with its defaults, but for a port of its own and the size of its pool.
func startProduct(ctx context.Context, binary string, d *database, connections int) (*contender, error) {
	cmd := exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--pool-size", fmt.Sprint(connections))
	// Settings of whoever runs this are not the benchmark's.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "TENANTRY_") || strings.HasPrefix(e, "GOGC=") || strings.HasPrefix(e, "GOMEMLIMIT=")
	})
	cmd.Env = append(cmd.Env, "DATABASE_URL="+d.ServerURL())
	s, err := startServer(ctx, cmd, nil)
	if err != nil {
		return nil, err
	}
	return &contender{name: productName, server: s, warmup: time.Second, request: func(w work, c *caller, a ask) (*http.Request, error) {
		var variables map[string]string
		switch w.key {
		case point:
			variables = map[string]string{"id": ids.Encode("Device", a.device)}
		case write:
			variables = map[string]string{"id": ids.Encode("Ticket", a.ticket), "status": a.status}
		}
		return post(s.url+"/graphql", w.document, variables, c)
	}}, nil
}

// theProduct is the product's handler in this process, whose time in the server can be told alone.
func theProduct(ctx context.Context, url string, log *slog.Logger) (http.Handler, *pgxpool.Pool, error) {
	pool, err := postgres.Open(ctx, url, postgres.Settings{Size: clients, Statement: 10 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	st, err := store.New(pool, password.New(1), time.Hour)
	if err != nil {
		return nil, nil, err
	}
	handler, err := graph.Handler(graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema()}, Store: st, Sessions: viewer.NewSessions(pool), Log: log,
		Limits: graph.Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50}, Timeout: 10 * time.Second, MaxBody: 1 << 20,
	})
	return handler, pool, err
}
