package testdb

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"syscall"

	"tenantry/internal/cluster"
)

// No hook runs when a test process ends, least of all one that panics or times out. So each starts
// itself a second time as a holder, which uses the cluster too, waits for the end of its parent, and
// closes the cluster then: the last holder stops PostgreSQL.
const holder = "TESTDB_HOLDS"

// The write end of the holder's standard input, closed by the kernel with this process. Without a
// reference the garbage collector would close it.
var held []io.Closer

func init() {
	dir := os.Getenv(holder)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	c, err := cluster.Open(ctx, dir, slog.New(slog.DiscardHandler), cluster.Fast)
	cancel()
	if err == nil {
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		err = c.Close()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func hold(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), holder+"="+dir)
	// A group of its own, so that Ctrl-C leaves it time to stop PostgreSQL.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	held = append(held, in)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var answer [200]byte
	if n, _ := out.Read(answer[:]); string(answer[:n]) != "ready\n" {
		return fmt.Errorf("the process that holds the test cluster says: %s", answer[:n])
	}
	return nil
}
