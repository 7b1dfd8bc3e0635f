package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/cluster"
	"tenantry/internal/demo"
	"tenantry/internal/process"

	"log/slog"
)

// poolSize is how many connections the server has for those who ask, and connections how many with those for itself.
const (
	poolSize    = 8
	connections = poolSize + 3
)

// world is a server with its database, and clients that use it.
type world struct {
	dir, binary, database, superuser string
	share                            int
	server                           *process.Server
	addr, admin                      string
	token                            string
}

// free is an address on which nobody listens.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// serve starts the server, on the same address each time.
func (w *world) serve(ctx context.Context) (err error) {
	if w.addr == "" {
		if w.addr, err = free(); err != nil {
			return err
		}
		if w.admin, err = free(); err != nil {
			return err
		}
	}
	w.server, err = process.Start(ctx, w.binary, w.database, 0, "--addr", w.addr, "--admin-addr", w.admin, "--pool-size", fmt.Sprint(poolSize),
		"--rate-viewer", "10000000", "--rate-account", "100000000", "--request-timeout", "5s")
	if err != nil || w.token != "" {
		return err
	}
	status, body, err := w.post(ctx, "", "", fmt.Sprintf(`mutation { signIn(input: { email: "ada@northwind.example", password: %q }) { token } }`, demo.Password))
	if err != nil {
		return err
	}
	var answer struct {
		Data struct{ SignIn struct{ Token string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data.SignIn.Token == "" {
		return fmt.Errorf("nobody signed in: %d %s", status, body)
	}
	w.token = answer.Data.SignIn.Token
	return nil
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// post sends a document, as somebody and with a key if there are any.
func (w *world) post(ctx context.Context, token, key, document string) (status int, body []byte, err error) {
	text, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.addr+"/graphql", bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// load are clients that ask and change things, and note how it went.
type load struct {
	world *world
	stop  chan struct{}
	work  sync.WaitGroup

	mu sync.Mutex
	// worst is the longest that anybody waited for an answer; wrong are answers that were neither good nor UNAVAILABLE.
	worst time.Duration
	wrong []string
	// meant are the subjects of tickets that were to be made, and done those of which the server said that they were.
	meant, done map[string]bool
	// well is when each client last got a good answer.
	well map[int]time.Time
	// down: no answer at all counts as one, since the server itself is away.
	down bool
}

// begin starts clients: each makes tickets, with a key and tries again until it is told that it is done, and reads.
func (w *world) begin(clients int, down bool) *load {
	l := &load{world: w, stop: make(chan struct{}), meant: map[string]bool{}, done: map[string]bool{}, well: map[int]time.Time{}, down: down}
	for n := range clients {
		l.work.Go(func() { l.client(n) })
	}
	return l
}

var unavailable = regexp.MustCompile(`"code":"UNAVAILABLE"`)

func (l *load) client(n int) {
	for {
		subject := uuid.NewString()
		l.mu.Lock()
		l.meant[subject] = true
		l.mu.Unlock()
		for tries := 0; ; tries++ {
			made, stopped := l.ask(n, subject, fmt.Sprintf(`mutation { createTicket(input: { subject: %q }) { ticket { subject } userErrors { code } } }`, subject), subject)
			if made {
				l.mu.Lock()
				l.done[subject] = true
				l.mu.Unlock()
				break
			}
			if stopped && tries > 200 {
				return
			}
		}
		_, stopped := l.ask(n, "", `{ tickets(first: 3) { nodes { subject } } viewer { tenantAccess } }`, `"tenantAccess":"ALL"`)
		if stopped {
			return
		}
	}
}

// ask asks once. It was good if the answer has a certain text.
func (l *load) ask(n int, key, document, want string) (good, stopped bool) {
	began := time.Now()
	status, body, err := l.world.post(context.Background(), l.world.token, key, document)
	took := time.Since(began)
	good = err == nil && status == http.StatusOK && bytes.Contains(body, []byte(want)) && !bytes.Contains(body, []byte(`"errors"`))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worst = max(l.worst, took)
	switch {
	case good:
		l.well[n] = time.Now()
	case err != nil && !l.down:
		l.wrong = append(l.wrong, err.Error())
	case err == nil && status != http.StatusServiceUnavailable && !unavailable.Match(body):
		l.wrong = append(l.wrong, fmt.Sprintf("%d %.300s", status, body))
	}
	if !good {
		time.Sleep(20 * time.Millisecond)
	}
	select {
	case <-l.stop:
		return good, true
	default:
		return good, false
	}
}

// recovered waits until every client got a good answer after a moment, and tells how long after it that was.
func (l *load) recovered(since time.Time) time.Duration {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l.mu.Lock()
		var last time.Duration
		all := true
		for _, at := range l.well {
			all = all && at.After(since)
		}
		l.mu.Unlock()
		if last = time.Since(since); all || time.Now().After(deadline) {
			return last
		}
	}
}

// end stops the clients once each has done what it began.
func (l *load) end() {
	close(l.stop)
	l.work.Wait()
}

// kept compares what the database has with what was meant and what was said to be done: how many acknowledged changes
// it lacks, and how many it has twice.
func (l *load) kept(ctx context.Context) (lost, twice int, err error) {
	conn, err := pgx.Connect(ctx, l.world.superuser)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "select subject, count(*) from app.tickets group by 1")
	if err != nil {
		return 0, 0, err
	}
	found := map[string]int{}
	var subject string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&subject, &n}, func() error { found[subject] = n; return nil }); err != nil {
		return 0, 0, err
	}
	for subject := range l.meant {
		if l.done[subject] && found[subject] == 0 {
			lost++
		}
		if found[subject] > 1 {
			twice++
		}
	}
	return lost, twice, nil
}

// metric is a number that the server's metrics tell.
func (w *world) metric(name string) int {
	response, err := client.Get("http://" + w.admin + "/metrics")
	if err != nil {
		return -1
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return int(n)
		}
	}
	return -1
}

// postgresProcesses are the processes of the database, its parent first.
func (w *world) postgresProcesses() []int {
	home, err := filepath.EvalSymlinks(filepath.Join(w.dir, "data", "postgres"))
	if err != nil {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(home, "data", "postmaster.pid"))
	if err != nil {
		return nil
	}
	parent, _ := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	all := []int{parent}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, _ := os.ReadFile(file)
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			all = append(all, pid)
		}
	}
	return all
}

// signal sends a signal to all processes of the database.
func (w *world) signal(s syscall.Signal) {
	for _, pid := range w.postgresProcesses() {
		_ = syscall.Kill(pid, s)
	}
}

// revive starts the database again.
func (w *world) revive(ctx context.Context) error {
	_, err := cluster.Open(ctx, filepath.Join(w.dir, "data"), slog.New(slog.DiscardHandler))
	return err
}

// sql runs statements as the superuser.
func (w *world) sql(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, w.superuser)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
