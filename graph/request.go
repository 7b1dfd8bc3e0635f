package graph

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/access"
	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/viewer"
)

// request is a document that somebody sent, whichever way it came.
type request struct {
	params *graphql.RawParams
	// documentID names the document, if its text is not sent.
	documentID string
	// header is the head of the HTTP request.
	header http.Header
	// head takes what is said besides the answer.
	head http.ResponseWriter
	// reading: it may not change anything.
	reading bool
}

// prepare reads the document and lets it through, or says why it is not executed; "failed" is nil if it may be.
func (s *Server) prepare(ctx context.Context, r request) (_ context.Context, op *graphql.OperationContext, failed *answer) {
	refuse := func(err error) (context.Context, *graphql.OperationContext, *answer) {
		a := s.failed(ctx, err)
		return ctx, op, &a
	}
	asker := viewer.From(ctx)
	var err error
	keep, listed := func() {}, false
	if s.Buckets.Look(asker.Viewer(), asker.IP, 0).Remaining == 0 { // not even to read a document
		_, err = s.draw(ctx, r.head, 1)
	}
	if err == nil {
		keep, listed, err = s.find(r.params, r.documentID, asker.Viewer())
	}
	if err != nil {
		ctx, op, failed = refuse(err)
		failed.status = status(graphqlJSON, *failed)
		return ctx, op, failed
	}
	r.params.ReadTime.Start, r.params.ReadTime.End = graphql.Now(), graphql.Now()
	var errs gqlerror.List
	if _, known := s.parsed.Get(ctx, r.params.Query); !known {
		err = s.Limits.compact(r.params.Query)
	}
	if err != nil {
		op, errs = &graphql.OperationContext{}, gqlerror.List{gqlerror.Wrap(err)}
	} else {
		op, errs = s.exec.CreateOperationContext(ctx, r.params)
	}
	if errs == nil {
		keep()
		op.Stats.SetExtension(listedKey, listed)
		if r.reading && op.Operation.Operation == ast.Mutation {
			ctx, op, failed = refuse(problem.New(problem.BadUserInput, "Send mutations by POST."))
			failed.status = http.StatusMethodNotAllowed
			return ctx, op, failed
		}
		if err := s.admit(ctx, op); err != nil {
			errs = gqlerror.List{gqlerror.Wrap(err)}
		}
	}
	if errs == nil {
		if ctx, err = keyed(ctx, r.header, op); err == nil {
			ctx, err = s.charge(ctx, r.head, op)
		}
		if err != nil {
			errs = gqlerror.List{gqlerror.Wrap(err)}
		}
	}
	if errs != nil {
		if costOf(op) == 0 { // else it was charged, or found too little to be
			_, _ = s.draw(ctx, r.head, refusedCost)
		}
		return ctx, op, &answer{Errors: s.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors}
	}
	return ctx, op, nil
}

// admit refuses an operation of somebody who is not signed in, unless all it asks for is public; and one that
// watches nothing.
func (s *Server) admit(ctx context.Context, op *graphql.OperationContext) error {
	fields := rootFields(op)
	if op.Operation.Operation == ast.Subscription && (len(fields) != 1 || s.Reader.Schema.Subscription.Fields.ForName(fields[0].Name) == nil) {
		return problem.New(problem.BadUserInput, "A subscription asks for one field.")
	}
	if viewer.From(ctx).Viewer() != nil {
		return nil
	}
	for _, f := range fields {
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

// execute answers a query or a mutation that was let through.
func (s *Server) execute(ctx context.Context, head http.ResponseWriter, op *graphql.OperationContext) answer {
	ctx, cancel := inTime(ctx, head, op)
	defer cancel()
	waited := s.Tracer.Waited(ctx)
	leave, ok := s.turns.Take(ctx, laneOf(viewer.From(ctx)), costOf(op))
	if waited.End(); !ok {
		return *s.crowded(ctx)
	}
	defer leave()
	defer s.Metrics.Open("operations")()
	next, inner := s.exec.DispatchOperation(ctx, op)
	response := next(inner)
	if response == nil { // the client has gone, or the time was over, before anything was executed
		return s.failed(ctx, problem.New(problem.Unavailable, "The time for the request was over before it began: try again."))
	}
	a := answer{Errors: response.Errors, Data: response.Data, Extensions: map[string]any{"cost": costOf(op)}}
	if op.Operation.Operation == ast.Query && viewer.From(ctx).Viewer() == nil && slices.ContainsFunc(a.Errors, func(e *gqlerror.Error) bool { return codeOf(e) == string(problem.Unauthenticated) }) {
		// The session ended while the query ran: then it is refused as a whole. Of mutations, those that
		// went well before are told.
		a = s.failed(ctx, problem.SignIn())
	}
	return a
}

// stream answers a subscription that was let through, once for each change, until the context ends, an answer
// cannot be sent, or there are no more changes. "opened" is called once nothing is missed any more.
func (s *Server) stream(ctx context.Context, op *graphql.OperationContext, opened func(), send func(answer) error) {
	defer s.Metrics.Open("subscriptions")()
	// Many come at once after a server has ended.
	leave, ok := s.turns.Take(ctx, laneOfStreams(viewer.From(ctx)), costOf(op))
	if !ok {
		return
	}
	next, inner := func() (graphql.ResponseHandler, context.Context) {
		defer leave()
		return s.exec.DispatchOperation(ctx, op)
	}()
	opened()
	for {
		response := next(inner)
		if response != nil {
			s.Metrics.Told()
		}
		if response == nil || send(answer{Errors: response.Errors, Data: response.Data}) != nil {
			return
		}
	}
}

// laneOf is where what somebody asks waits for its turn.
func laneOf(asker *viewer.Asker) rate.Lane {
	if who := asker.Viewer(); who != nil {
		return rate.Lane{Account: who.AccountID}
	}
	return rate.Lane{}
}

// laneOfStreams is where what somebody's subscriptions read waits.
func laneOfStreams(asker *viewer.Asker) rate.Lane {
	lane := laneOf(asker)
	lane.Streaming = true
	return lane
}

// crowded is the answer to what finds no turn in time. The log has a line a second of these together, and not one for
// each: who can do no more has no time to write about it.
func (s *Server) crowded(ctx context.Context) *answer {
	s.Metrics.Refused()
	s.refused.Add(1)
	if now, last := time.Now().Unix(), s.toldRefused.Load(); now != last && s.toldRefused.CompareAndSwap(last, now) {
		s.Log.WarnContext(ctx, "more is asked than the server can do: operations were refused", "count", s.refused.Swap(0))
	}
	a := s.failed(ctx, problem.New(problem.Unavailable, "Too much is asked of the server just now: try again in a second."))
	a.status = http.StatusServiceUnavailable
	return &a
}

// failed is the answer of an operation that was not executed.
func (s *Server) failed(ctx context.Context, err error) answer {
	return answer{Errors: gqlerror.List{present(s.Log, s.PublicSchema)(ctx, err)}}
}
