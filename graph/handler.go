package graph

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/graph/generated"
	"tenantry/internal/event"
	"tenantry/internal/metric"
	"tenantry/internal/oidc"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/trace"
	"tenantry/internal/viewer"
)

// Options are what the API needs, and its settings.
type Options struct {
	Reader   *read.Reader
	Store    *store.Store
	Sessions *viewer.Sessions
	// Issuer is whose tokens are believed besides the server's own; nil: nobody's.
	Issuer *oidc.Issuer
	// Events is what happens.
	Events *event.Hub
	// Metrics count what is answered.
	Metrics *metric.Metrics
	// Tracer tells how long its parts took; nil: nobody is told.
	Tracer *trace.Tracer
	Log    *slog.Logger
	Limits Limits
	// Buckets bound how much cost may be asked in a second.
	Buckets *rate.Buckets
	// Streams are how many subscriptions and sockets may be open.
	Streams rate.PlaceLimits
	// Turns are how many operations run and wait at once.
	Turns rate.TurnLimits
	// Documents are those that may be asked by an id; the zero value is none.
	Documents Documents
	// Timeout is how long a request may take.
	Timeout time.Duration
	// MaxBody is how many bytes a request may have.
	MaxBody int64
	// TrustedProxies may say which client they speak for.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the other origins whose pages may call the API.
	AllowedOrigins []string
	// PublicSchema shows the schema to who is not signed in.
	PublicSchema bool
}

// Schema is the schema of the API, as it is served.
func Schema() *ast.Schema { return schema() }

var schema = sync.OnceValue(func() *ast.Schema {
	s := generated.NewExecutableSchema(generated.Config{}).Schema()
	delete(s.Directives, "defer") // not served: refused like any directive that is not known
	return s
})

// Handler serves the API over HTTP. It is an error if nothing implements a directive of the schema.
func Handler(o Options) (*Server, error) {
	turns := rate.NewTurns(o.Turns)
	o.Metrics.Turns(turns.Numbers)
	g := &guard{reader: o.Reader, store: o.Store, turns: turns, timeout: o.Timeout, denied: func(ctx context.Context, verb string) {
		if err := o.Store.Denied(ctx, verb); err != nil {
			o.Log.ErrorContext(ctx, "a refused verb was not audited", "requestId", viewer.From(ctx).RequestID, "error", err)
		}
	}}
	if o.Documents.Mode == "" {
		o.Documents.Mode = DocumentsOff
	}
	if err := implemented(g.directives()); err != nil {
		return nil, err
	}
	exec := executor.New(generated.NewExecutableSchema(generated.Config{
		Schema: o.Reader.Schema, Resolvers: &Resolver{Store: o.Store, Reader: o.Reader, Events: o.Events, Timeout: o.Timeout}, Directives: g.directives(),
	}))
	parsed := newParsed()
	exec.SetQueryCache(parsed)
	exec.SetParserTokenLimit(o.Limits.Tokens)
	exec.SetErrorPresenter(present(o.Log, o.PublicSchema))
	exec.SetRecoverFunc(recovered(o.Log))
	exec.Use(o.Limits)
	exec.AroundRootFields(unlessDry)
	exec.AroundRootFields(transact(o.Reader, o.Store, o.Events))
	exec.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(o.Reader.With(ctx, nil))
	})
	return &Server{
		Options: o, exec: exec, parsed: parsed, register: newRegister(), streams: rate.NewPlaces(o.Streams), turns: turns, drain: make(chan struct{}),
	}, nil
}
