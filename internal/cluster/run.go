package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Unix socket's path has at most 107 bytes, "/.s.PGSQL.5432.lock" included.
const longestSocket = 107 - len("/.s.PGSQL.5432.lock")

// Where the socket of a cluster with a longer path is.
const shortSockets = "/tmp/tenantry-socket-"

// process is a running postgres, as its postmaster.pid tells.
type process struct {
	pid    int
	socket string
}

// running is the postgres that runs on the data, or nil. It has no socket yet when it has just begun.
func (c *Cluster) running() *process {
	data, err := os.ReadFile(c.pidFile())
	if err != nil {
		return nil
	}
	lines := append(strings.Split(string(data), "\n"), make([]string, 5)...)
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return nil
	}
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return nil
	}
	// After a crash the number may belong to another program by now.
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil && !strings.HasPrefix(string(comm), "post") {
		return nil
	}
	return &process{pid, strings.TrimSpace(lines[4])}
}

func (c *Cluster) pidFile() string { return filepath.Join(c.home, "data", "postmaster.pid") }

// start makes sure that postgres runs and answers. One that is left over from a process that was
// killed is as good as a new one.
func (c *Cluster) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p := c.running()
	for ; p != nil && p.socket == "" && ctx.Err() == nil; p = c.running() {
		time.Sleep(10 * time.Millisecond)
	}
	if p != nil {
		c.socket = p.socket
		if err := c.ready(ctx); err != nil {
			return fmt.Errorf("postgres runs (process %d) but does not answer: %w\n%s", p.pid, err, c.logTail())
		}
		return nil
	}
	if err := c.launch(ctx); err != nil {
		c.interrupt(syscall.SIGQUIT)
		return fmt.Errorf("postgres does not start: %w\n%s", err, c.logTail())
	}
	return nil
}

// launch starts postgres and waits until it answers.
func (c *Cluster) launch(ctx context.Context) error {
	c.socket = filepath.Join(c.home, "socket")
	if len(c.socket) > longestSocket {
		var err error
		if c.socket, err = os.MkdirTemp(filepath.Split(shortSockets)); err != nil {
			return err
		}
		if err := c.user.give(c.socket); err != nil {
			return err
		}
	}
	out, err := c.openLog()
	if err != nil {
		return err
	}
	defer out.Close()
	for {
		if err := c.run(out); err != nil {
			return err
		}
		err := c.ready(ctx)
		// The processes of one that was killed take a moment to notice that they are alone.
		if !errors.Is(err, errEnded) || !strings.Contains(c.logTail(), "is still in use") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var errEnded = errors.New("it ended at once")

// run begins the program, and notes when it ends.
func (c *Cluster) run(out *os.File) error {
	args := []string{"-D", filepath.Join(c.home, "data"), "-k", c.socket, "-p", "5432"}
	settings := []string{"listen_addresses=", "unix_socket_permissions=0700", "logging_collector=off",
		"log_destination=stderr", "timezone=UTC", "log_timezone=UTC"}
	if c.options.fast {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=300")
	}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	// It outlives the call, and maybe this process: no context.
	cmd := c.user.command(context.Background(), c.bin.path("postgres"), args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	c.exited = exited
	return nil
}

// ready waits until postgres lets the superuser in.
func (c *Cluster) ready(ctx context.Context) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := c.superuser(attempt, "postgres", func(*pgx.Conn) error { return nil })
		cancel()
		if err == nil {
			return nil
		}
		if strings.Contains(err.Error(), "28P01") {
			return fmt.Errorf("%s no longer holds the superuser's password: %w", filepath.Join(c.home, "passwords"), err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-c.exited: // nil, and so silent, when another process started it
			return errEnded
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// stop ends postgres: first in order, which ends all sessions, then by force.
func (c *Cluster) stop() error {
	if c.interrupt(syscall.SIGINT) || c.interrupt(syscall.SIGQUIT) {
		if strings.HasPrefix(c.socket, shortSockets) {
			_ = os.RemoveAll(c.socket)
		}
		return nil
	}
	return fmt.Errorf("postgres does not stop\n%s", c.logTail())
}

// interrupt sends a signal and tells whether postgres ended. It removes its pid file as the last
// thing; its process may stay as a zombie where nobody waits for orphans.
func (c *Cluster) interrupt(signal syscall.Signal) bool {
	p := c.running()
	if p == nil {
		return true
	}
	_ = syscall.Kill(p.pid, signal)
	for end := time.Now().Add(stopTimeout); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(c.pidFile()); errors.Is(err, os.ErrNotExist) {
			return true
		}
		if c.running() == nil {
			return true
		}
	}
	return false
}

// openLog keeps one older log, and starts a new one: what an error shows is then of this start.
func (c *Cluster) openLog() (*os.File, error) {
	name := filepath.Join(c.home, "log")
	if err := os.Rename(name, name+".old"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	// Root must not be led into another file by a link that the folder's user put here.
	out, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600) //#nosec G304 -- the operator names the folder
	if err == nil {
		err = c.user.give(name)
	}
	return out, err
}

func (c *Cluster) logTail() string {
	data, _ := os.ReadFile(filepath.Join(c.home, "log"))
	return tail(data)
}
