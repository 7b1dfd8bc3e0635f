// Command tenantry serves the API, and does an operator's work: tenantry --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

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
	tracer, err := trace.FromEnvironment(ctx, log)
	if err != nil {
		return err
	}
	defer tracer.Close(context.WithoutCancel(ctx))
	pool, err := postgres.Open(ctx, db.ServerURL, postgres.Settings{Size: s.PoolSize, Statement: s.StatementTimeout, Row: s.MaxAnswer, Trace: tracer.Database()})
	if err != nil {
		return err
	}
	defer pool.Close()
	hasDemo, err := command.CheckServing(ctx, pool, s)
	if err != nil {
		return err
	}
	// What the server does for itself, however busy it is for others.
	own, err := postgres.Open(ctx, db.ServerURL, postgres.Settings{Size: 2, Statement: s.StatementTimeout})
	if err != nil {
		return err
	}
	defer own.Close()
	listenURL := db.ServerURL
	if s.ListenDatabaseURL != "" {
		listenURL = s.ListenDatabaseURL
	}
	peers := peer.New(own, listenURL, log)
	buckets, attempts := rate.New(rate.Limits{Viewer: s.RateViewer, Account: s.RateAccount, Largest: s.MaxCost}), rate.NewAttempts()
	buckets.Join(peers)
	attempts.Join(peers)
	st, err := store.New(pool, password.New(s.PasswordHashes), attempts, s.SessionTTL)
	if err != nil {
		return err
	}
	metrics := metric.New()
	metrics.Pool(pool)
	metrics.Peers(peers.Count)
	issuer, err := oidc.New(s.OIDC)
	if err != nil {
		return err
	}
	documents := graph.Documents{Mode: graph.DocumentsMode(s.Persisted)}
	if s.Documents != "" {
		if documents.Known, err = graph.ReadDocuments(s.Documents); err != nil {
			return fmt.Errorf("TENANTRY_DOCUMENTS: %w", err)
		}
	} else if documents.Mode == graph.DocumentsOnly {
		return errors.New("TENANTRY_PERSISTED is only, and TENANTRY_DOCUMENTS names no list: nothing could be asked")
	}
	events := event.New(own, peers, log)
	defer peers.Keep(context.WithoutCancel(ctx))()
	stopEvents, err := events.Keep(context.WithoutCancel(ctx)) // they are told until the last who watches has gone
	if err != nil {
		return err
	}
	defer stopEvents()
	api, err := graph.Handler(graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema(), Most: s.MaxAnswer}, Store: st, Sessions: viewer.NewSessions(pool), Issuer: issuer, Events: events, Metrics: metrics, Tracer: tracer, Log: log,
		Limits:  graph.Limits{Tokens: s.MaxTokens, Depth: s.MaxDepth, Cost: s.MaxCost, Aliases: s.MaxAliases, RootFields: s.MaxRootFields},
		Buckets: buckets,
		Streams: rate.PlaceLimits{Viewer: s.StreamsViewer, Account: s.StreamsAccount, Process: s.StreamsProcess},
		Turns:   rate.TurnLimits{Running: int(s.PoolSize), Waiting: s.Waiting, Patience: time.Second},
		Timeout: s.RequestTimeout, MaxBody: s.MaxBody, TrustedProxies: s.TrustedProxies,
		AllowedOrigins: s.AllowedOrigins, PublicSchema: s.PublicSchema, Documents: documents,
	})
	if err != nil {
		return err
	}
	defer tally.Keep(ctx, own, log, tally.Interval)()
	var people func() []web.Person
	if hasDemo {
		people = webPeople
	}
	health := &command.Health{Pool: own}
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle(web.Prefix+"/", web.Handler(people))
	mux.Handle(web.Prefix, http.RedirectHandler(web.Prefix+"/", http.StatusFound))
	mux.Handle("GET /{$}", http.RedirectHandler(web.Prefix+"/", http.StatusFound))
	mux.Handle("GET /schema.graphql", api.SDL())
	mux.HandleFunc("GET /healthz", health.Live)
	mux.HandleFunc("GET /readyz", health.Ready)

	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.Addr, err)
	}
	server := &http.Server{
		Handler: health.Parting(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: s.RequestTimeout + 10*time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	stopAdmin, err := command.ServeAdmin(s.AdminAddr, map[string]http.Handler{
		"/metrics": metrics.Handler(), "/healthz": http.HandlerFunc(health.Live), "/readyz": http.HandlerFunc(health.Ready),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopAdmin()
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
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.RequestTimeout+5*time.Second)
	defer cancel()
	api.Drain(ending)
	return server.Shutdown(ending)
}

func webPeople() []web.Person {
	var out []web.Person
	for _, p := range demo.People() {
		out = append(out, web.Person{Name: p.Name, Email: p.Email, Password: demo.Password, About: p.About})
	}
	return out
}
