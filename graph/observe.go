package graph

import (
	"context"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/internal/metric"
	"tenantry/internal/trace"
	"tenantry/internal/viewer"
)

// listedKey marks an operation of a document that is in the operator's list.
const listedKey = "listed"

// observe counts an answer and logs it in a line: never its variables, document or credentials, which may hold secrets.
// The operation is nil of what did not become one.
func (s *Server) observe(ctx context.Context, op *graphql.OperationContext, status int, a answer, took time.Duration) {
	o := metric.Operation{Kind: "none", Status: status, Took: took}
	if op != nil && op.Operation != nil {
		o.Kind, o.Cost = string(op.Operation.Operation), costOf(op)
		if listed, _ := op.Stats.GetExtension(listedKey).(bool); listed {
			o.Name = op.Operation.Name
		}
	}
	for _, e := range a.Errors {
		o.Codes = append(o.Codes, codeOf(e))
	}
	s.Metrics.Answered(o)
	asker, account := viewer.From(ctx), ""
	who := asker.Viewer()
	if who != nil {
		account = who.AccountID.String()
	}
	trace.Answered(ctx, trace.Operation{Kind: o.Kind, Name: o.Name, Cost: o.Cost, Status: status, Codes: o.Codes, Request: asker.RequestID, Account: account})
	if !s.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), slog.String("requestId", asker.RequestID), slog.String("kind", o.Kind), slog.Int("status", status),
		slog.Int("cost", o.Cost), slog.Int64("microseconds", took.Microseconds()), slog.String("ip", asker.IP))
	if o.Name != "" {
		attrs = append(attrs, slog.String("operation", o.Name))
	}
	if len(o.Codes) > 0 {
		attrs = append(attrs, slog.Any("errors", o.Codes))
	}
	if who != nil {
		attrs = append(attrs, slog.String("account", account), slog.String("user", who.UserID.String()))
	}
	if id := trace.ID(ctx); id != "" {
		attrs = append(attrs, slog.String("traceId", id))
	}
	s.Log.LogAttrs(ctx, slog.LevelInfo, "request", attrs...)
}
