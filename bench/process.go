package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// setup is what a server is told on its standard input that has nothing else to learn it from. It ends
// when its standard input does.
type setup struct {
	Database    string     `json:"database"`
	Account     uuid.UUID  `json:"account"`
	Connections int        `json:"connections"`
	Callers     []identity `json:"callers"`
}

// server is a contender's process.
type server struct {
	url    string
	cmd    *exec.Cmd
	ended  chan struct{}
	errors bytes.Buffer // what it says on standard error; read it when it has ended
	once   sync.Once
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startServer runs a program until it has printed where it listens.
func startServer(ctx context.Context, cmd *exec.Cmd, in *setup) (*server, error) {
	s := &server{cmd: cmd, ended: make(chan struct{})}
	cmd.Stderr = &s.errors
	// In a group of its own, so that Ctrl-C reaches this process alone, which then ends it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var stdin io.WriteCloser
	if in != nil {
		if stdin, err = cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	printed := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url := address.FindString(lines.Text()); url != "" && s.url == "" {
				s.url = url
				printed <- url
			}
		}
		_ = cmd.Wait()
		close(s.ended)
	}()
	if in != nil {
		if err := json.NewEncoder(stdin).Encode(in); err != nil {
			s.stop()
			return nil, err
		}
	}
	select {
	case <-printed:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("%s ended at once:\n%s", cmd.Path, s.errors.Bytes())
	case <-time.After(time.Minute):
		err = errors.New("it does not say where it listens")
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.stop()
	return nil, fmt.Errorf("%s: %w\n%s", cmd.Path, err, s.errors.Bytes())
}

// stop ends the process, by force if it takes long.
func (s *server) stop() {
	s.once.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-s.ended:
		case <-time.After(10 * time.Second):
			_ = s.cmd.Process.Kill()
			<-s.ended
		}
	})
}

func (s *server) pid() int { return s.cmd.Process.Pid }
