package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tenantry/graph"
	"tenantry/internal/demo"
)

// TestGenqlientWorksAsItComes makes a client of the printed schema, and asks a server with it.
func TestGenqlientWorksAsItComes(t *testing.T) {
	if err := os.WriteFile("clients/genqlient/schema.graphql", []byte(graph.PrintedSchema()), 0o600); err != nil {
		t.Fatal(err)
	}
	address, _, _ := running(t)
	for _, command := range []string{"generate", "run"} {
		cmd := exec.CommandContext(t.Context(), "go", command, ".")
		cmd.Dir, cmd.Env = "clients/genqlient", append(os.Environ(), "TENANTRY_URL="+address, "TENANTRY_PASSWORD="+demo.Password)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", command, err, out)
		}
	}
}

// TestClientsOfEveryKindWorkAsTheyCome runs the tests in clients, which are written in JavaScript and use others'
// packages, against a server.
func TestClientsOfEveryKindWorkAsTheyCome(t *testing.T) {
	if _, err := os.Stat("clients/node_modules/.package-lock.json"); err != nil {
		t.Fatal("the clients are not installed: make test does it")
	}
	address, _, _ := running(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec")
	cmd.Dir, cmd.Env = "clients", append(os.Environ(), "TENANTRY_URL="+address, "TENANTRY_PASSWORD="+demo.Password)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "skipped 0") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
