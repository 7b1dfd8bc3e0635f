package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test start itself as another process, which opens a cluster and is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("OPEN_CLUSTER"); dir != "" {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := Open(ctx, dir, slog.New(slog.DiscardHandler), Fast); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("open")
		select {}
	}
	os.Exit(m.Run())
}

func open(t *testing.T, dir string) *Cluster {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Open(ctx, dir, slog.New(slog.DiscardHandler), Fast)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, c) })
	return c
}

func closed(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// reachable is a folder that the unprivileged user can reach, unlike t.TempDir.
func reachable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "cluster test ")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func answers(t *testing.T, url, sql string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[len(results)-1].Rows[0][0])
}

func TestLife(t *testing.T) {
	dir := reachable(t)
	first := open(t, dir)
	if !first.Fresh() {
		t.Error("not fresh")
	}
	if got := answers(t, first.OwnerURL(), "select current_user || current_setting('listen_addresses')"); got != "tenantry_owner" {
		t.Error(got)
	}
	if got := answers(t, first.ServerURL(), "select current_user::text"); got != "tenantry_server" {
		t.Error(got)
	}
	info, err := os.Stat(fmt.Sprintf("/proc/%d", first.running().pid))
	if err != nil {
		t.Fatal(err)
	}
	if info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("postgres runs as root")
	}
	if group, err := syscall.Getpgid(first.running().pid); err != nil || group == syscall.Getpgrp() {
		t.Error("Ctrl-C reaches postgres", err)
	}
	if info, err := os.Stat(filepath.Join(first.home, "passwords")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("passwords are open", err)
	}

	second := open(t, dir)
	if second.Fresh() || second.running().pid != first.running().pid {
		t.Error("the second did not join the first")
	}
	closed(t, first)
	answers(t, second.SuperuserURL(), "select ''")
	if err := Remove(dir); err == nil {
		t.Error("removed while in use")
	}
	closed(t, second)
	if second.running() != nil {
		t.Error("the last did not stop postgres")
	}
}

func TestFreshUntilThereIsAnAccount(t *testing.T) {
	dir := reachable(t)
	c := open(t, dir)
	closed(t, c)
	if c = open(t, dir); !c.Fresh() {
		t.Error("an interrupted first start leaves nothing to fill the demo into")
	}
	answers(t, c.OwnerURL(), "create table app.accounts (name text); insert into app.accounts values ('A'); select name from app.accounts")
	closed(t, c)
	if c = open(t, dir); c.Fresh() {
		t.Error("fresh with an account")
	}
	answers(t, c.OwnerURL(), "delete from app.accounts; select ''")
	closed(t, c)
	if c = open(t, dir); c.Fresh() {
		t.Error("fresh again")
	}
}

func TestInterruptedMakingIsRepeated(t *testing.T) {
	dir := reachable(t)
	left := filepath.Join(dir, "making-"+name(dir)+"-1")
	if err := os.MkdirAll(filepath.Join(left, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "making-plans.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); err == nil {
		t.Error("what was left is still there")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("more was removed", err)
	}
}

func TestMissingDataIsNotReplaced(t *testing.T) {
	dir := reachable(t)
	if err := os.Symlink(filepath.Join(dir, "unmounted"), filepath.Join(dir, "postgres")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Error(err)
	}
}

func TestLeftOverIsReused(t *testing.T) {
	dir := reachable(t)
	user, err := accountOf(os.Geteuid())
	if err != nil {
		t.Fatal(err)
	}
	cmd, said := elsewhereOpened(t, user, dir)
	if said != "open\n" {
		t.Fatal(said)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	left := (&Cluster{home: filepath.Join(dir, "postgres")}).running()
	if left == nil {
		t.Fatal("postgres ended with the process that started it")
	}
	c := open(t, dir)
	if c.running().pid != left.pid {
		t.Error("it was not reused")
	}
	closed(t, c)
	if c.running() != nil {
		t.Error("it was not stopped")
	}
}

// elsewhereOpened lets another process open the cluster, as a user, and gives what it said.
func elsewhereOpened(t *testing.T, user *account, dir string) (*exec.Cmd, string) {
	t.Helper()
	// The test's own program may lie where the user cannot reach it.
	data, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(reachable(t), "program")
	if err := errors.Join(os.WriteFile(program, data, 0o700), os.Chmod(program, 0o755)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := user.command(ctx, program)
	cmd.Env = append(cmd.Env, "OPEN_CLUSTER="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 1000)
	n, _ := out.Read(said)
	return cmd, string(said[:n])
}

func TestCrashIsRecovered(t *testing.T) {
	dir := reachable(t)
	c := open(t, dir)
	// A session at work notices late that the others are gone.
	conn, err := pgx.Connect(context.Background(), c.OwnerURL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	busy, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	asked := make(chan struct{})
	go func() {
		close(asked)
		_, _ = conn.Exec(busy, "select count(*) from generate_series(1, 5000000)")
	}()
	<-asked
	time.Sleep(100 * time.Millisecond)
	if err := syscall.Kill(c.running().pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-c.exited
	closed(t, c)
	answers(t, open(t, dir).OwnerURL(), "select ''")
}

func TestOtherMajorIsRefused(t *testing.T) {
	dir := reachable(t)
	c := open(t, dir)
	closed(t, c)
	version := filepath.Join(c.home, "data", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), dir, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "written by PostgreSQL 9") {
		t.Error(err)
	}
	if _, err := os.Stat(version); err != nil {
		t.Error("wiped", err)
	}
}

func TestClosedParent(t *testing.T) {
	parent := reachable(t)
	dir := filepath.Join(parent, strings.Repeat("long name ", 12), "data")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir)
	answers(t, c.OwnerURL(), "select ''")
	closed(t, c)
	again := open(t, dir)
	if again.home != c.home {
		t.Error("it was not found again")
	}
	closed(t, again)
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.home); err == nil {
		t.Error("the data outlives its folder")
	}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // all other tests show it then
	}
	user, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	dir := reachable(t)
	if err := user.give(dir); err != nil {
		t.Fatal(err)
	}
	cmd, said := elsewhereOpened(t, user, filepath.Join(dir, "data"))
	if said != "open\n" {
		t.Fatal(said)
	}
	// Root joins what the user began, and leaves it running.
	c := open(t, filepath.Join(dir, "data"))
	closed(t, c)
	if c.running() == nil {
		t.Error("root stopped a cluster in use")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	closed(t, open(t, filepath.Join(dir, "data")))
}

func TestOthersDataIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		return // nobody else's data can be made
	}
	dir := reachable(t)
	closed(t, open(t, dir))
	stranger, err := accountOf(54321)
	if err != nil {
		t.Fatal(err)
	}
	cmd, said := elsewhereOpened(t, stranger, dir)
	if !strings.Contains(said, "run this as that user or as root") {
		t.Error(said)
	}
	_ = cmd.Wait()
}
