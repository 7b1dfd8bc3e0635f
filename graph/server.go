package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/access"
	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/viewer"
)

// server is GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/
type server struct {
	Options
	exec     *executor.Executor
	buckets  *rate.Buckets
	register *register
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.Timeout)
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
		http.Error(w, "The answer is "+graphqlJSON+" or "+plainJSON+".", http.StatusNotAcceptable)
		return
	}
	asker := s.asker(w, r)
	ctx = viewer.With(graphql.StartOperationTrace(ctx), asker)
	params, documentID, err := s.params(w, r)
	if err == nil {
		err = s.identify(ctx, asker, r)
	}
	if err == nil && s.buckets.Look(asker.Viewer(), asker.IP, 0).Remaining == 0 { // not even to read a document
		_, err = s.draw(ctx, w, 1)
	}
	keep := func() {}
	if err == nil {
		keep, err = s.find(params, documentID, asker.Viewer())
	}
	if err != nil {
		s.refuse(ctx, w, mediaType, err)
		return
	}
	start := time.Now()
	a, code := s.execute(ctx, w, r, mediaType, params, keep)
	write(w, mediaType, code, a)
	s.logged(ctx, params, code, a, time.Since(start))
}

// logged notes a request: never its variables, document or credentials, which may hold secrets.
func (s *server) logged(ctx context.Context, params *graphql.RawParams, code int, a answer, took time.Duration) {
	if !s.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	asker := viewer.From(ctx)
	attrs := []slog.Attr{
		slog.String("requestId", asker.RequestID), slog.String("operation", params.OperationName), slog.Int("status", code),
		slog.Int("errors", len(a.Errors)), slog.Duration("took", took.Round(10*time.Microsecond)), slog.String("ip", asker.IP),
	}
	if v := asker.Viewer(); v != nil {
		attrs = append(attrs, slog.String("account", v.AccountID.String()), slog.String("user", v.UserID.String()))
	}
	s.Log.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

// execute answers an operation; keep is called if its document is one that could be executed.
func (s *server) execute(ctx context.Context, w http.ResponseWriter, r *http.Request, mediaType string, params *graphql.RawParams, keep func()) (answer, int) {
	params.ReadTime.Start, params.ReadTime.End = graphql.Now(), graphql.Now()
	op, errs := s.exec.CreateOperationContext(ctx, params)
	if errs == nil {
		keep()
		if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
			w.Header().Set("Allow", "POST")
			return s.failed(ctx, problem.New(problem.BadUserInput, "Send mutations by POST.")), http.StatusMethodNotAllowed
		}
		err := s.admit(ctx, op)
		if err == nil {
			ctx, err = keyed(ctx, r.Header, op)
		}
		if err == nil {
			ctx, err = s.charge(ctx, w, op)
		}
		if err != nil {
			errs = gqlerror.List{gqlerror.Wrap(err)}
		}
	}
	if errs != nil {
		if costOf(op) == 0 { // else it was charged, or found too little to be
			_, _ = s.draw(ctx, w, refusedCost)
		}
		a := answer{Errors: s.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors}
		return a, status(mediaType, a, true)
	}
	ctx, cancel := inTime(ctx, w, op)
	defer cancel()
	next, inner := s.exec.DispatchOperation(ctx, op)
	response := next(inner)
	if response == nil { // the client has gone, or the time was over, before anything was executed
		a := s.failed(ctx, problem.New(problem.Unavailable, "The time for the request was over before it began: try again."))
		return a, status(mediaType, a, true)
	}
	a := answer{Errors: response.Errors, Data: response.Data, Extensions: map[string]any{"cost": costOf(op)}}
	if op.Operation.Operation == ast.Query && viewer.From(ctx).Viewer() == nil && slices.ContainsFunc(a.Errors, func(e *gqlerror.Error) bool { return codeOf(e) == string(problem.Unauthenticated) }) {
		// The session ended while the query ran: then it is refused as a whole. Of mutations, those that
		// went well before are told.
		a = s.failed(ctx, problem.SignIn())
	}
	return a, status(mediaType, a, true)
}

// admit refuses an operation of somebody who is not signed in, unless all it asks for is public.
func (s *server) admit(ctx context.Context, op *graphql.OperationContext) error {
	if viewer.From(ctx).Viewer() != nil {
		return nil
	}
	for _, f := range rootFields(op) {
		switch f.Name {
		case "__typename":
		case "__schema", "__type":
			if !s.PublicSchema {
				return problem.SignIn()
			}
		default:
			if access.ScopeOf(f.Definition) != access.Public {
				return problem.SignIn()
			}
		}
	}
	return nil
}

// failed is the answer of an operation that was not executed.
func (s *server) failed(ctx context.Context, err error) answer {
	return answer{Errors: gqlerror.List{present(s.Log, s.PublicSchema)(ctx, err)}}
}

// refuse answers a request that did not become an operation.
func (s *server) refuse(ctx context.Context, w http.ResponseWriter, mediaType string, err error) {
	var no *refusal
	if errors.As(err, &no) {
		write(w, mediaType, no.status, s.failed(ctx, problem.New(problem.BadUserInput, "%s", no.message)))
		return
	}
	a := s.failed(ctx, err)
	write(w, mediaType, status(graphqlJSON, a, true), a)
}

// cors lets pages of the allowed origins call the API; it answers their preflight requests itself.
func (s *server) cors(w http.ResponseWriter, r *http.Request) (answered bool) {
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
