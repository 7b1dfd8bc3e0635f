package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/command"
	"tenantry/internal/demo"
	"tenantry/internal/settings"
	"tenantry/internal/testdb"
)

// running starts the real server on a free port and a database with the demo; it gives the address
// and what was printed up to the table of people.
func running(t *testing.T) (address, printed string, stop func() error) {
	t.Helper()
	return runningOn(t, testdb.Open(t))
}

// runningOn starts it on a certain database.
func runningOn(t *testing.T, db *testdb.DB) (address, printed string, stop func() error) {
	t.Helper()
	if err := demo.Fill(context.Background(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	return another(t, db.ServerURL)
}

// another starts one on a database that has the demo.
func another(t *testing.T, url string, args ...string) (address, printed string, stop func() error) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, parsed(t, append(args, "--addr", "127.0.0.1:0")...), &command.Database{ServerURL: url}, slog.New(slog.NewTextHandler(io.Discard, nil)), write)
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		printed += lines.Text() + "\n"
		if strings.Contains(printed, "otto@southwind.example") {
			break
		}
	}
	address = regexp.MustCompile(`http://[0-9.:]+`).FindString(printed)
	if address == "" {
		t.Fatalf("the server did not start: %v\n%s", <-done, printed)
	}
	var ended error
	stopped := false
	stop = func() error {
		if !stopped {
			stopped = true
			cancel()
			select {
			case ended = <-done:
			case <-time.After(30 * time.Second):
				t.Error("the server did not end")
			}
		}
		return ended
	}
	t.Cleanup(func() { _ = stop() })
	return address, printed, stop
}

func parsed(t *testing.T, args ...string) *settings.Settings {
	t.Helper()
	s, err := settings.Parse(flag.NewFlagSet("test", flag.ContinueOnError), args, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(body)
}

func TestTheServerSaysWhereItIsAndWhomToSignInAs(t *testing.T) {
	address, printed, stop := running(t)
	for _, p := range demo.People() {
		if !strings.Contains(printed, p.Email) {
			t.Errorf("%s is not among the people to sign in as", p.Email)
		}
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/schema.graphql": "directive @tenantScoped", "/graphiql/": "<html"} {
		if code, body := get(t, address+path); code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.200s", path, code, body)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}

func TestARunningServerFoldsTheTallies(t *testing.T) {
	db := testdb.Open(t)
	_, _, stop := runningOn(t, db)
	conn, err := pgx.Connect(context.Background(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var all, fresh int
		if err := conn.QueryRow(context.Background(), "select count(*), count(*) filter (where fresh) from app.tallies").Scan(&all, &fresh); err != nil {
			t.Fatal(err)
		}
		if all > 0 && fresh == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("of %d rows %d are not folded", all, fresh)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}

func TestASuperuserDoesNotServe(t *testing.T) {
	db := testdb.Open(t)
	for name, url := range map[string]string{"a superuser": db.SuperuserURL, "the owner": db.OwnerURL} {
		err := serve(context.Background(), parsed(t, "--addr", "127.0.0.1:0"), &command.Database{ServerURL: url}, slog.New(slog.NewTextHandler(io.Discard, nil)), os.Stdout)
		if err == nil || !strings.Contains(err.Error(), "row level security") {
			t.Errorf("%s serves: %v", name, err)
		}
	}
}

func TestTheDemoIsNotServedToTheOutsideWorld(t *testing.T) {
	db := testdb.Open(t)
	if err := demo.Fill(context.Background(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	err := serve(context.Background(), parsed(t, "--addr", "0.0.0.0:0"), &command.Database{ServerURL: db.ServerURL}, slog.New(slog.NewTextHandler(io.Discard, nil)), os.Stdout)
	if err == nil || !strings.Contains(err.Error(), "demo") {
		t.Errorf("demo passwords are served on all addresses: %v", err)
	}
}

func TestAMemberSeesTheirOwnInGraphiQL(t *testing.T) {
	address, _, _ := running(t)
	shot := filepath.Join(t.TempDir(), "graphiql.png")
	cmd := exec.Command("node", "web/e2e/graphiql.mjs", address, "mia@northwind.example", demo.Password, shot)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("GraphiQL in Chromium: %v\n%s%s", err, out, stderr.String())
	}
	var answer struct {
		Data struct {
			Viewer struct {
				TenantAccess string
				User         struct{ Name string }
			}
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil || answer.Data.Viewer.User.Name != "Mia Martin" || answer.Data.Viewer.TenantAccess != "ASSIGNED" {
		t.Errorf("Mia reads %s (%v)", out, err)
	}
	if keep := os.Getenv("SCREENSHOT"); keep != "" {
		picture, err := os.ReadFile(shot)
		if err == nil {
			err = os.WriteFile(keep, picture, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
