package graph

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// refusedCost is what a document costs that is not executed: it was read and checked all the same.
const refusedCost = 100

type drawnKey struct{}

// drawn is what a document took of the viewer's bucket.
type drawn struct {
	rate.State
	dry bool
}

// draw takes cost from the buckets of who asks, or tells them to wait.
func (s *Server) draw(ctx context.Context, w http.ResponseWriter, cost int) (rate.State, error) {
	asker := viewer.From(ctx)
	state, ok := s.Buckets.Take(asker.Viewer(), asker.IP, cost)
	if ok {
		return state, nil
	}
	seconds := max(1, int(math.Ceil(state.Wait.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return state, problem.New(problem.RateLimited, "Too much is asked: the document costs %d, and %d of %d are left. Try again in %d s.", cost, state.Remaining, state.Limit, seconds)
}

// charge takes the cost of a document, unless it only asks how much that is.
func (s *Server) charge(ctx context.Context, w http.ResponseWriter, op *graphql.OperationContext) (context.Context, error) {
	cost, asker := costOf(op), viewer.From(ctx)
	for _, f := range rootFields(op) {
		if f.Name == "rateLimit" && f.ArgumentMap(op.Variables)["dryRun"] == true {
			state := s.Buckets.Look(asker.Viewer(), asker.IP, cost)
			return context.WithValue(ctx, drawnKey{}, drawn{State: state, dry: true}), nil
		}
	}
	state, err := s.draw(ctx, w, cost)
	return context.WithValue(ctx, drawnKey{}, drawn{State: state}), err
}

// unlessDry leaves out all that a document asks which wants to know its cost alone.
func unlessDry(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if d, _ := ctx.Value(drawnKey{}).(drawn); d.dry && graphql.GetRootFieldContext(ctx).Field.Name != "rateLimit" {
		return graphql.Null
	}
	return next(ctx)
}

// rateLimit is what the document of the context took.
func rateLimit(ctx context.Context) *models.RateLimit {
	d, ok := ctx.Value(drawnKey{}).(drawn)
	if !ok {
		return nil
	}
	return &models.RateLimit{Limit: d.Limit, Cost: d.Cost, Remaining: d.Remaining, ResetAt: d.ResetAt}
}
