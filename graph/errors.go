package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// parserCodes are those of documents that do not parse, do not fit the schema, or are not found by their id: gqlgen's
// own and Apollo's.
var parserCodes = map[any]bool{
	"GRAPHQL_PARSE_FAILED": true, "GRAPHQL_VALIDATION_FAILED": true,
	documentNotFound: true, documentsNotHere: true, documentIDWanted: true, documentNotItself: true,
}

// present lets out only what the closed list of problems allows. Anything else is INTERNAL, or
// UNAVAILABLE if it may go well later, and its text stays in the log, under the request's id.
func present(log *slog.Logger, publicSchema bool) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		id := viewer.From(ctx).RequestID
		var p *problem.Error
		switch {
		case errors.As(err, &p):
		case parserCodes[shown.Extensions["code"]]:
			shown.Extensions["requestId"] = id
			if !publicSchema && viewer.From(ctx).Viewer() == nil {
				shown.Message, _, _ = strings.Cut(shown.Message, " Did you mean") // a suggestion shows the schema
			}
			return shown
		case postgres.BadText(err):
			p = problem.New(problem.BadUserInput, "A text has a character that cannot be stored, such as NUL.")
		case errors.Is(err, context.Canceled) || postgres.Temporary(err):
			log.WarnContext(ctx, "temporary failure", "requestId", id, "error", err)
			p = problem.New(problem.Unavailable, "The server cannot answer just now: try again.")
		default:
			log.ErrorContext(ctx, "internal error", "requestId", id, "path", shown.Path.String(), "error", err)
			p = problem.New(problem.Internal, "Something went wrong on the server. Quote the request id when you report it.")
		}
		return &gqlerror.Error{
			Message: p.Message, Path: shown.Path, Locations: shown.Locations,
			Extensions: map[string]any{"code": string(p.Code), "requestId": id},
		}
	}
}

// recovered turns a panic into an error of this field alone.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, cause any) error {
		log.ErrorContext(ctx, "panic", "requestId", viewer.From(ctx).RequestID, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
		return problem.New(problem.Internal, "Something went wrong on the server. Quote the request id when you report it.")
	}
}
