package testdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the server asks for at the start of a connection and PgBouncer passes on to nobody: it is set for the
// server's role instead, as README.md says.
const passedOver = "statement_timeout, jit, plan_cache_mode, random_page_cost, idle_in_transaction_session_timeout"

// PgBouncer starts one in transaction mode before the database, with so many connections to it, and gives how
// the server signs in through it. It ends with the test.
func (db *DB) PgBouncer(t testing.TB, connections int) (serverURL string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // some users' PATH has no folder of programs for root
	}
	direct, err := url.Parse(db.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	socket, password := direct.Query().Get("host"), ""
	if p, ok := direct.User.Password(); ok {
		password = p
	}
	info, err := os.Stat(socket)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	// Beside PostgreSQL's socket, which it may enter: it refuses to run as root like PostgreSQL.
	dir, err := os.MkdirTemp(socket, "pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := 10000 + rand.IntN(20000) // a part of the socket's name alone
	settings := filepath.Join(dir, "ini")
	text := fmt.Sprintf(`[databases]
%s = host=%s port=5432 user=%s password=%s
[pgbouncer]
listen_port = %d
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
default_pool_size = %d
max_client_conn = 100
ignore_startup_parameters = %s
`, db.Name, socket, direct.User.Username(), password, port, socket, connections, passedOver)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-q", settings)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		for _, path := range []string{dir, settings} {
			if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
	}
	var said strings.Builder
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("PgBouncer does not start (Debian and Ubuntu: apt-get install pgbouncer): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	// It does not keep prepared statements apart (before 1.21), so that the client must do without.
	query := direct.Query()
	query.Set("port", fmt.Sprint(port))
	query.Set("default_query_exec_mode", "cache_describe")
	direct.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, direct.String())
		if err == nil {
			_ = conn.Close(ctx)
			return direct.String()
		}
		if ctx.Err() != nil || cmd.ProcessState != nil {
			t.Fatalf("PgBouncer does not answer: %v\n%s", err, said.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}
