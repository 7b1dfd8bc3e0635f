package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenantry/internal/ids"
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

// unlimited are flags with which nobody asks too often.
var unlimited = []string{"--rate-viewer", "100000000", "--rate-account", "1000000000"}

// startProduct runs it with its defaults, but for a port of its own, the size of its pool, and what flags say.
func startProduct(ctx context.Context, binary string, d *database, connections int, flags ...string) (*contender, error) {
	cmd := exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0", "--pool-size", fmt.Sprint(connections)}, flags...)...)
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
