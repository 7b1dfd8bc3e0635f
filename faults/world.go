package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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

// poolSize is how many connections a server has for those who ask, ownConnections how many for itself, and clients how
// many there are.
const (
	poolSize       = 8
	clients        = 2 * poolSize
	ownConnections = 4
)

// world is a server, or several, with their database, and clients that use them.
type world struct {
	dir, binary, superuser string
	share                  int
	// network is between the servers and the database, which they reach by it; by both is another way there, and the
	// URL that names the two.
	network, other *proxy
	database, both string
	pool           int
	twoWays        bool
	servers        []*server
	// balancer is before the servers, if there are several.
	balancer *balancer
	token    string
}

// server is a running server, on the same addresses whenever it is started again.
type server struct {
	*process.Server
	addr, admin string
}

// run has the servers run that a fault wants.
func (w *world) run(ctx context.Context, f fault) error {
	if len(w.servers) == f.servers && w.pool == f.pool && w.twoWays == f.twoWays {
		return nil
	}
	w.end()
	w.pool, w.twoWays = f.pool, f.twoWays
	var addresses []string
	for range f.servers {
		s := &server{}
		for _, address := range []*string{&s.addr, &s.admin} {
			var err error
			if *address, err = process.Free(); err != nil {
				return err
			}
		}
		if err := w.start(ctx, s); err != nil {
			return err
		}
		w.servers, addresses = append(w.servers, s), append(addresses, s.addr)
	}
	if f.servers > 1 {
		var err error
		if w.balancer, err = balance(ctx, addresses); err != nil {
			return err
		}
	}
	return w.signIn(ctx)
}

// addr is where clients ask.
func (w *world) addr() string {
	if w.balancer != nil {
		return w.balancer.addr
	}
	return w.servers[0].addr
}

// start starts a server, again or for the first time.
func (w *world) start(ctx context.Context, s *server) (err error) {
	database := w.database
	if w.twoWays {
		database = w.both
	}
	s.Server, err = process.Start(ctx, w.binary, database, 0, "--addr", s.addr, "--admin-addr", s.admin, "--pool-size", fmt.Sprint(w.pool),
		"--rate-viewer", "10000000", "--rate-account", "100000000", "--request-timeout", "5s", "--drain", "500ms")
	return err
}

// end ends all servers.
func (w *world) end() {
	if w.balancer != nil {
		w.balancer.close()
		w.balancer = nil
	}
	for _, s := range w.servers {
		s.Stop()
	}
	w.servers = nil
}

// said is what the servers said; they end.
func (w *world) said() (text string) {
	for _, s := range w.servers {
		s.Stop()
		text += s.Said()
	}
	return text
}

func (w *world) signIn(ctx context.Context) error {
	if w.token != "" {
		return nil
	}
	status, body, err := post(ctx, w.servers[0].addr, "", "", fmt.Sprintf(`mutation { signIn(input: { email: "ada@northwind.example", password: %q }) { token } }`, demo.Password))
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

// request is a document for an address, as somebody if there is a token.
func request(ctx context.Context, addr, token, document string) (*http.Request, error) {
	text, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/graphql", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r, nil
}

// post sends a document to an address, as somebody and with a key if there are any.
func post(ctx context.Context, addr, token, key, document string) (status int, body []byte, err error) {
	r, err := request(ctx, addr, token, document)
	if err != nil {
		return 0, nil, err
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
	addr  string
	stop  chan struct{}
	work  sync.WaitGroup

	mu sync.Mutex
	// worst is the longest that anybody waited for an answer; wrong are answers that were neither good nor UNAVAILABLE.
	worst time.Duration
	wrong []string
	// meant are the subjects of tickets that were to be made, and done those of which the server said that they were.
	meant, done map[string]bool
	// seen is how often somebody who watched was told of each; nil: nobody did.
	seen map[string]int
	// well is when each client last got a good answer.
	well  map[int]time.Time
	fault fault
}

// begin starts clients of an address: each makes tickets, with a key and tries again until it is told that it is done,
// and reads.
func (w *world) begin(addr string, f fault) *load {
	l := &load{world: w, addr: addr, stop: make(chan struct{}), meant: map[string]bool{}, done: map[string]bool{}, well: map[int]time.Time{}, fault: f}
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
	status, body, err := post(context.Background(), l.addr, l.world.token, key, document)
	took := time.Since(began)
	good = err == nil && status == http.StatusOK && bytes.Contains(body, []byte(want)) && !bytes.Contains(body, []byte(`"errors"`))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worst = max(l.worst, took)
	switch {
	case good:
		l.well[n] = time.Now()
	case err != nil && !l.fault.down:
		l.wrong = append(l.wrong, err.Error())
	case err == nil && (l.fault.unnoticed || status != http.StatusServiceUnavailable && !unavailable.Match(body)):
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

// forget leaves out a client that has gone.
func (l *load) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.well, n)
}

// complain notes an answer that should not have been.
func (l *load) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// kept compares what the database has with what was meant and what was said to be done: how many acknowledged changes
// it lacks, and how many it has twice. A ticket that has no event, or of which somebody who watched was not told, is lost, too.
func (l *load) kept(ctx context.Context) (lost, twice int, err error) {
	conn, err := pgx.Connect(ctx, l.world.superuser)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `select t.subject, count(distinct t.id), count(e.id) from app.tickets t
		left join app.events e on e.account_id = t.account_id and e.object_id = t.id and e.tenant_before is null and e.tenant_after is not null group by 1`)
	if err != nil {
		return 0, 0, err
	}
	found, told := map[string]int{}, map[string]int{}
	var subject string
	var tickets, events int
	if _, err := pgx.ForEachRow(rows, []any{&subject, &tickets, &events}, func() error { found[subject], told[subject] = tickets, events; return nil }); err != nil {
		return 0, 0, err
	}
	for subject := range l.meant {
		if l.seen != nil { // instead of what they would be told
			told[subject] = min(told[subject], l.seen[subject])
		}
		if l.done[subject] && found[subject] == 0 || found[subject] > told[subject] {
			lost++
		}
		if max(found[subject], told[subject], l.seen[subject]) > 1 {
			twice++
		}
	}
	return lost, twice, nil
}

// metric is a number that the server's metrics tell.
func (s *server) metric(name string) int {
	response, err := client.Get("http://" + s.admin + "/metrics")
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

// count is a number that the database knows.
func (w *world) count(ctx context.Context, query string) (n int, err error) {
	conn, err := pgx.Connect(ctx, w.superuser)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	return n, conn.QueryRow(ctx, query).Scan(&n)
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
