// Command tenantry serves the API, and does an operator's work: tenantry --help.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/graph"
	"tenantry/internal/command"
	"tenantry/internal/demo"
	"tenantry/internal/event"
	"tenantry/internal/metric"
	"tenantry/internal/oidc"
	"tenantry/internal/password"
	"tenantry/internal/peer"
	"tenantry/internal/postgres"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/settings"
	"tenantry/internal/store"
	"tenantry/internal/tally"
	"tenantry/internal/trace"
	"tenantry/internal/viewer"
	"tenantry/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command.Run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr, serve))
}

// serve answers requests until the context ends, and then lets those at work finish. The listener is
// open before the first line is printed.
func serve(ctx context.Context, s *settings.Settings, db *command.Database, log *slog.Logger, out *os.File) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // half the work of collecting, for some 15 MB
	}
	staying := context.WithoutCancel(ctx) // until nobody is at work any more
	tracer, err := trace.FromEnvironment(ctx, log)
	if err != nil {
		return err
	}
	defer tracer.Close(staying)
	pool, err := postgres.Open(ctx, db.ServerURL, postgres.Settings{Size: s.PoolSize, Statement: s.StatementTimeout, Row: s.MaxAnswer, Trace: tracer.Database()})
	if err != nil {
		return err
	}
	defer release(pool)
	hasDemo, err := command.CheckServing(ctx, pool, s)
	if err != nil {
		return err
	}
	// What the server does for itself, however busy it is for others: look what happened, fold tallies, and be asked
	// whether it is ready.
	own, err := postgres.Open(ctx, db.ServerURL, postgres.Settings{Size: 3, Statement: s.StatementTimeout})
	if err != nil {
		return err
	}
	defer release(own)
	peers := peer.New(own, cmp.Or(s.ListenDatabaseURL, db.ServerURL), log)
	events := event.New(own, peers, log)
	metrics := metric.New()
	metrics.Pool(pool)
	metrics.Peers(peers.Count)
	api, err := assemble(s, graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema(), Most: s.MaxAnswer}, Sessions: viewer.NewSessions(pool), Events: events, Metrics: metrics, Tracer: tracer, Log: log,
	}, peers)
	if err != nil {
		return err
	}
	defer peers.Keep(staying)()
	stopEvents, err := events.Keep(staying)
	if err != nil {
		return err
	}
	defer stopEvents()
	defer tally.Keep(ctx, own, log, tally.Interval)()

	health := &command.Health{Pool: own}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.Addr, err)
	}
	stopAdmin, err := command.ServeAdmin(s.AdminAddr, map[string]http.Handler{
		"/metrics": metrics.Handler(), "/healthz": http.HandlerFunc(health.Live), "/readyz": http.HandlerFunc(health.Ready),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopAdmin()
	server := &http.Server{
		Handler: health.Parting(routes(api, health, hasDemo)), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: s.RequestTimeout + 10*time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	command.Welcome(out, listener.Addr(), hasDemo)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	health.Drain()
	select { // who sends requests here may not have looked yet
	case err := <-failed:
		return err
	case <-time.After(s.Drain):
	}
	ending, cancel := context.WithTimeout(staying, s.RequestTimeout+5*time.Second)
	defer cancel()
	var sockets sync.WaitGroup
	sockets.Go(func() { api.Drain(ending) })
	err = server.Shutdown(ending)
	sockets.Wait()
	return err
}

// release closes a pool. Who still has a connection after all that is cut off with the process.
func release(pool *pgxpool.Pool) {
	done := make(chan struct{})
	go func() {
		pool.Close()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// assemble makes the API of its parts, which hear what other servers on the database drew from their limits.
func assemble(s *settings.Settings, o graph.Options, peers *peer.Peers) (*graph.Server, error) {
	attempts := rate.NewAttempts()
	attempts.Join(peers)
	o.Buckets = rate.New(rate.Limits{Viewer: s.RateViewer, Account: s.RateAccount, Largest: s.MaxCost})
	o.Buckets.Join(peers)
	o.Streams = rate.PlaceLimits{Viewer: s.StreamsViewer, Account: s.StreamsAccount, Process: s.StreamsProcess}
	o.Turns = rate.TurnLimits{Running: int(s.PoolSize), Waiting: s.Waiting, Patience: time.Second}
	o.Limits = graph.Limits{Tokens: s.MaxTokens, Depth: s.MaxDepth, Cost: s.MaxCost, Aliases: s.MaxAliases, RootFields: s.MaxRootFields}
	o.Timeout, o.MaxBody, o.TrustedProxies, o.AllowedOrigins, o.PublicSchema = s.RequestTimeout, s.MaxBody, s.TrustedProxies, s.AllowedOrigins, s.PublicSchema
	o.Documents.Mode = graph.DocumentsMode(s.Persisted)
	var err error
	if s.Documents != "" {
		if o.Documents.Known, err = graph.ReadDocuments(s.Documents); err != nil {
			return nil, fmt.Errorf("TENANTRY_DOCUMENTS: %w", err)
		}
	} else if o.Documents.Mode == graph.DocumentsOnly {
		return nil, errors.New("TENANTRY_PERSISTED is only, and TENANTRY_DOCUMENTS names no list: nothing could be asked")
	}
	if o.Issuer, err = oidc.New(s.OIDC); err != nil {
		return nil, err
	}
	if o.Store, err = store.New(o.Reader.Pool, password.New(s.PasswordHashes), attempts, s.SessionTTL); err != nil {
		return nil, err
	}
	return graph.Handler(o)
}

// routes are what the server answers.
func routes(api *graph.Server, health *command.Health, hasDemo bool) http.Handler {
	var people func() []web.Person
	if hasDemo {
		people = webPeople
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle(web.Prefix+"/", web.Handler(people))
	mux.Handle(web.Prefix, http.RedirectHandler(web.Prefix+"/", http.StatusFound))
	mux.Handle("GET /{$}", http.RedirectHandler(web.Prefix+"/", http.StatusFound))
	mux.Handle("GET /schema.graphql", api.SDL())
	mux.HandleFunc("GET /healthz", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)
	return mux
}

func webPeople() []web.Person {
	var out []web.Person
	for _, p := range demo.People() {
		out = append(out, web.Person{Name: p.Name, Email: p.Email, Password: demo.Password, About: p.About})
	}
	return out
}
