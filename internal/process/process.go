// Package process runs the program as an operator would, for what is done to it from outside: attacks and faults.
package process

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build makes the program in a folder.
func Build(ctx context.Context, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "tenantry")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "tenantry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the server: %w\n%s", err, out)
	}
	return binary, nil
}

// Free is an address on which nobody listens.
func Free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// Server is a running server.
type Server struct {
	URL  string
	cmd  *exec.Cmd
	said *bytes.Buffer
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// Start starts a server on a database, with flags, and with so much memory at most, in MB; 0: as much as there is. It
// returns once the server says where it listens. Settings of whoever runs this are not the server's.
func Start(ctx context.Context, binary, database string, memory int, flags ...string) (*Server, error) {
	limit := ""
	if memory > 0 { // what a process maps for itself and may write is its data, which Linux bounds
		limit = fmt.Sprintf("ulimit -d %d; ", memory<<10)
	}
	s := &Server{said: &bytes.Buffer{}}
	s.cmd = exec.CommandContext(ctx, "sh", append([]string{"-c", limit + `exec "$0" "$@"`, binary, "serve"}, flags...)...)
	s.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "TENANTRY_") || strings.HasPrefix(e, "GOGC=") || strings.HasPrefix(e, "GOMEMLIMIT=")
	}), "DATABASE_URL="+database, "TENANTRY_LOG_LEVEL=error")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches this process alone
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	printed := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url := address.FindString(lines.Text()); url != "" {
				select {
				case printed <- url:
				default:
				}
			}
		}
		close(printed)
	}()
	if s.URL = <-printed; s.URL == "" {
		s.Stop()
		return nil, fmt.Errorf("the server did not start: %s", s.said)
	}
	return s, nil
}

// Said is the end of what the server logged; read it when the server has ended.
func (s *Server) Said() string {
	text := s.said.String()
	return text[max(0, len(text)-10_000):]
}

// Stop has the server end in order, and waits for it.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// Resident is a number of the server's memory from Linux's /proc, such as VmRSS, in MB.
func (s *Server) Resident(name string) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if of, value, _ := strings.Cut(line, ":"); of == name {
			kB, _ := strconv.Atoi(strings.Fields(value)[0])
			return kB >> 10
		}
	}
	return 0
}

// Processor is the time that the server's threads have worked, from Linux's /proc, to a hundredth of a second.
func (s *Server) Processor() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
