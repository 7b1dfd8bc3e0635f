package trace

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	api "go.opentelemetry.io/otel/trace"
)

// Database tells what is sent to the database, how long that takes, and how long somebody waits for a connection:
// pgx and its pool call it.
type Database struct{ tracer *Tracer }

// Database is what a pool tells this tracer by; nil if nothing is told.
func (t *Tracer) Database() pgx.QueryTracer {
	if t == nil {
		return nil
	}
	return &Database{tracer: t}
}

type databaseKey struct{}

func (d *Database) begin(ctx context.Context, name string, attributes ...attribute.KeyValue) context.Context {
	if !api.SpanFromContext(ctx).IsRecording() { // what the server does for itself is not told
		return ctx
	}
	ctx, span := d.tracer.begin(ctx, name, api.SpanKindClient, append(attributes, attribute.String("db.system.name", "postgresql"))...)
	return context.WithValue(ctx, databaseKey{}, span)
}

func (d *Database) end(ctx context.Context, err error) {
	span, _ := ctx.Value(databaseKey{}).(*Span)
	if span == nil {
		return
	}
	if err != nil { // its text may have values
		span.span.SetStatus(codes.Error, "")
	}
	span.End()
}

// TraceQueryStart begins the span of a statement.
func (d *Database) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return d.begin(ctx, "statement")
}

// TraceQueryEnd ends it.
func (d *Database) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	d.end(ctx, data.Err)
}

// TraceBatchStart begins the span of statements that are sent together.
func (d *Database) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	return d.begin(ctx, "statements", attribute.Int("db.operation.batch.size", data.Batch.Len()))
}

// TraceBatchQuery says nothing of each.
func (d *Database) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd ends the span of the batch.
func (d *Database) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	d.end(ctx, data.Err)
}

// TraceAcquireStart begins the span of waiting for a connection.
func (d *Database) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return d.begin(ctx, "connection")
}

// TraceAcquireEnd ends it.
func (d *Database) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	d.end(ctx, data.Err)
}
