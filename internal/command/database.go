package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/cluster"
	"tenantry/internal/demo"
	"tenantry/internal/postgres"
	"tenantry/internal/settings"
)

// Database is where the data is: what the settings name, or a private one in the data folder.
type Database struct {
	OwnerURL, ServerURL string
	// Fresh says that the private database was made just now.
	Fresh   bool
	private *cluster.Cluster
}

// open finds the database. A private one is started unless another command runs it.
func open(ctx context.Context, s *settings.Settings, log *slog.Logger) (*Database, error) {
	if s.DatabaseURL != "" || s.OwnerDatabaseURL != "" {
		return &Database{OwnerURL: s.OwnerDatabaseURL, ServerURL: s.DatabaseURL}, nil
	}
	c, err := cluster.Open(ctx, s.DataDir, log)
	if err != nil {
		return nil, err
	}
	return &Database{OwnerURL: c.OwnerURL(), ServerURL: c.ServerURL(), Fresh: c.Fresh(), private: c}, nil
}

func (d *Database) close() error {
	if d.private == nil {
		return nil
	}
	return d.private.Close()
}

// owned is the database for a command that needs the schema's owner, migrated.
func owned(ctx context.Context, s *settings.Settings, log *slog.Logger) (*Database, error) {
	d, err := open(ctx, s, log)
	if err != nil {
		return nil, err
	}
	if d.OwnerURL == "" {
		return nil, errors.New("this command needs TENANTRY_OWNER_DATABASE_URL, signing in as tenantry_owner: " +
			"prepare a database with psql -d DATABASE -f migrations/roles.sql")
	}
	if err := postgres.Migrate(ctx, d.OwnerURL, log); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// CheckServing refuses to serve as a role that the wall does not bind, and demo passwords to the
// outside world. It tells whether the demo is there.
func CheckServing(ctx context.Context, pool *pgxpool.Pool, s *settings.Settings) (hasDemo bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := postgres.CheckServingRole(ctx, pool); err != nil {
		return false, err
	}
	if err := pool.QueryRow(ctx, "select app.has_demo()").Scan(&hasDemo); err != nil {
		return false, fmt.Errorf("the database is not ready, or not migrated (tenantry migrate up): %w", err)
	}
	if hasDemo && !loopback(s.Addr) {
		return false, fmt.Errorf("the database has the demo, whose passwords everybody knows: listen on 127.0.0.1, not on %s", s.Addr)
	}
	return hasDemo, nil
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Welcome prints where the server is and, with the demo, whom to sign in as.
func Welcome(out *os.File, addr net.Addr, hasDemo bool) {
	fmt.Fprintf(out, "Tenantry listens on http://%s/ : GraphiQL opens there, the API is /graphql. Ctrl-C stops it.\n", addr)
	if !hasDemo {
		return
	}
	fmt.Fprintf(out, "\nSign in as one of these; the password of all is %s\n\n", demo.Password)
	for _, p := range demo.People() {
		fmt.Fprintf(out, "  %-24s %-14s %s\n", p.Email, p.Name, p.About)
	}
	fmt.Fprintln(out)
}

// ServeAdmin listens for who watches the server, such as Prometheus; nowhere if the address is empty.
func ServeAdmin(addr string, handlers map[string]http.Handler) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("TENANTRY_ADMIN_ADDR: cannot listen on %s: %w", addr, err)
	}
	mux := http.NewServeMux()
	for path, handler := range handlers {
		mux.Handle("GET "+path, handler)
	}
	server := &http.Server{Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second, MaxHeaderBytes: 8 << 10}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }, nil
}

// Health answers whether the process lives and whether it should get requests.
type Health struct {
	Pool     *pgxpool.Pool
	draining atomic.Bool

	// asking: whoever asks, the database is asked by one at a time, and not again before pingPause.
	asking sync.Mutex
	asked  time.Time
	answer error
}

// pingPause is how long what the database answered is believed.
const pingPause = 250 * time.Millisecond

// Drain makes the server not ready: it is about to end.
func (h *Health) Drain() { h.draining.Store(true) }

// Parting has clients that keep a connection open come by another once the server is about to end.
func (h *Health) Parting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Live answers as long as the process does.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// Ready answers 200 while the database does and the server is not ending.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.draining.Load():
		http.Error(w, "ending", http.StatusServiceUnavailable)
	case h.ping(r.Context()) != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok")
	}
}

// ping tells what is wrong with the database.
func (h *Health) ping(ctx context.Context) error {
	h.asking.Lock()
	defer h.asking.Unlock()
	if time.Since(h.asked) < pingPause {
		return h.answer
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second) // others wait for the answer, too
	defer cancel()
	h.answer = h.Pool.Ping(ctx)
	h.asked = time.Now()
	return h.answer
}
