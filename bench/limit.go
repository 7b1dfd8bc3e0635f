package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
)

// limitCommand is what this program is called with to be LIMIT's server instead.
const limitCommand = "serve-limit"

// startLimit runs LIMIT, which reaches the database without any policy in its way.
func startLimit(ctx context.Context, d *database, in setup) (*contender, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in.Database = d.SuperuserURL()
	s, err := startServer(ctx, exec.Command(self, limitCommand), &in)
	if err != nil {
		return nil, err
	}
	return &contender{name: limitName, server: s, warmup: time.Second, request: func(w work, c *caller, a ask) (*http.Request, error) {
		q := url.Values{}
		switch w.key {
		case point:
			q.Set("id", ids.Encode("Device", a.device))
		case write:
			q.Set("id", ids.Encode("Ticket", a.ticket))
			q.Set("status", a.status)
		}
		r, err := http.NewRequest(http.MethodGet, s.url+"/"+w.key+"?"+q.Encode(), nil)
		if err == nil {
			r.Header.Set("Authorization", "Bearer "+c.Token)
		}
		return r, err
	}}, nil
}

// limit is what a good engineer would write by hand without the product: for each work one handler,
// one statement with explicit predicates, JSON by hand, no GraphQL and no row level security. It knows
// its callers by heart. Pool and session are as pgx and PostgreSQL have them.
type limit struct {
	pool    *pgxpool.Pool
	callers map[string]*member
}

// member is a caller as statements take them.
type member struct {
	identity
	tenants any
}

// serveLimit answers until its standard input ends.
func serveLimit(ctx context.Context, in io.Reader, out io.Writer) error {
	debug.SetGCPercent(400) // as the product does
	var s setup
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&s); err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig(s.Database)
	if err != nil {
		return err
	}
	cfg.MaxConns = int32(s.Connections)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	l := &limit{pool: pool, callers: map[string]*member{}}
	for _, c := range s.Callers {
		l.callers[c.Token] = &member{c, postgres.Arg(c.Tenants)}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: l, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		_ = decoder.Decode(&s) // nothing follows: it waits for the end
		_ = server.Close()
	}()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func (l *limit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := l.callers[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if c == nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var out []byte
	var err error
	switch r.URL.Path {
	case "/W1":
		id, _ := ids.DecodeAs("Device", r.URL.Query().Get("id"))
		out, err = l.point(r.Context(), c, id)
	case "/W2":
		out, err = l.list(r.Context(), c)
	case "/W3":
		out, err = l.nested(r.Context(), c)
	case "/W4":
		out, err = l.dashboard(r.Context(), c)
	case "/W5":
		q := r.URL.Query()
		id, _ := ids.DecodeAs("Ticket", q.Get("id"))
		ip, _, _ := net.SplitHostPort(r.RemoteAddr)
		out, err = l.write(r.Context(), c, id, q.Get("status"), ip)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out)
}
