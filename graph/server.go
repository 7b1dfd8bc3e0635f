package graph

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/viewer"
)

// Server is GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/
type Server struct {
	Options
	exec     *executor.Executor
	parsed   *parsed
	register *register
	streams  *rate.Places
	turns    *rate.Turns
	// refused are how many operations found no turn since the second in which the log was told.
	refused, toldRefused atomic.Int64
	// drain ends what is open; open are the streams and sockets that are, which come by entrance.
	drain    chan struct{}
	open     sync.WaitGroup
	entrance sync.Mutex
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asker, start := s.asker(w, r), time.Now()
	defer s.survive(viewer.With(r.Context(), asker), w)
	if r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.socket(w, r)
		return
	}
	traced, span := s.Tracer.Request(r)
	defer span.End()
	whole := graphql.StartOperationTrace(traced)
	ctx, cancel := context.WithTimeout(whole, s.Timeout)
	defer cancel()
	w.Header().Add("Vary", "Accept")
	if s.cors(w, r) {
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "Use GET or POST.", http.StatusMethodNotAllowed)
		return
	}
	mediaType, ok := accepted(r)
	if !ok {
		http.Error(w, "The answer is "+graphqlJSON+", "+plainJSON+" or "+eventStream+".", http.StatusNotAcceptable)
		return
	}
	ctx = viewer.With(ctx, asker)
	if err := s.identify(ctx, asker, r); err != nil {
		s.refuse(ctx, w, mediaType, err)
		return
	}
	if s.turns.Full(laneOf(asker)) { // it would be refused all the same, after more work
		write(w, mediaType, *s.crowded(ctx))
		return
	}
	params, documentID, err := s.params(w, r)
	if err != nil {
		s.refuse(ctx, w, mediaType, err)
		return
	}
	ctx, op, failed := s.prepare(ctx, request{params: params, documentID: documentID, header: r.Header, head: w, reading: r.Method == http.MethodGet})
	if failed == nil && op.Operation.Operation == ast.Subscription {
		if failed = s.tellEvents(viewer.With(whole, asker), w, r, op); failed == nil {
			return
		}
	}
	var a answer
	if failed != nil {
		a = *failed
	} else {
		a = s.execute(ctx, w, op)
	}
	s.observe(ctx, op, status(mediaType, a), a, time.Since(start))
	if mediaType == eventStream && failed == nil {
		events := newEvents(w)
		_ = events.send("next", a)
		_ = events.send("complete", answer{})
		return
	}
	if status(mediaType, a) == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "POST")
	}
	write(w, mediaType, a)
}

// survive makes an error of a panic that nothing else has made one of.
func (s *Server) survive(ctx context.Context, w http.ResponseWriter) {
	if cause := recover(); cause != nil {
		a := s.failed(ctx, recovered(s.Log)(ctx, cause))
		a.status = http.StatusInternalServerError
		write(w, graphqlJSON, a)
	}
}

// enter counts a stream or a socket that is opened, until "leave" is called. It is not ok if the server drains.
func (s *Server) enter() (leave func(), ok bool) {
	s.entrance.Lock()
	defer s.entrance.Unlock()
	select {
	case <-s.drain:
		return nil, false
	default:
		s.open.Add(1)
		return s.open.Done, true
	}
}

// Drain ends all streams, and the sockets once they have answered what was asked over them, and waits for it until the
// context ends. Sockets are closed as going away.
func (s *Server) Drain(ctx context.Context) {
	s.entrance.Lock()
	close(s.drain)
	s.entrance.Unlock()
	done := make(chan struct{})
	go func() {
		s.open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// refuse answers a request that did not become an operation.
func (s *Server) refuse(ctx context.Context, w http.ResponseWriter, mediaType string, err error) {
	var no *refusal
	if errors.As(err, &no) {
		a := s.failed(ctx, problem.New(problem.BadUserInput, "%s", no.message))
		a.status = no.status
		s.observe(ctx, nil, a.status, a, 0)
		write(w, mediaType, a)
		return
	}
	a := s.failed(ctx, err)
	a.status = status(graphqlJSON, a)
	s.observe(ctx, nil, a.status, a, 0)
	write(w, mediaType, a)
}

// cors lets pages of the allowed origins call the API; it answers their preflight requests itself.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) (answered bool) {
	origin := r.Header.Get("Origin")
	if origin != "" && slices.Contains(s.AllowedOrigins, strings.ToLower(origin)) {
		h := w.Header()
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, X-Tenantry")
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Max-Age", "600")
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	return false
}
