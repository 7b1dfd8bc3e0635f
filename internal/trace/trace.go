// Package trace tells an OpenTelemetry collector what a request did and how long each part took. The standard
// variables say where to and how much: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
// Spans have nothing that a client wrote, but the name of an operation of a persisted document, which the operator knows.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// Tracer tells what requests do. A nil one tells nothing, and costs nothing.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   api.Tracer
}

// FromEnvironment is what OTEL_* asks for: nil unless OTEL_EXPORTER_OTLP_ENDPOINT or
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says where to, or if OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER none. It
// is an error if they ask for what there is not, such as gRPC.
func FromEnvironment(ctx context.Context, log *slog.Logger) (*Tracer, error) {
	set := func(name string) bool { return os.Getenv(name) != "" }
	if !set("OTEL_EXPORTER_OTLP_ENDPOINT") && !set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	switch exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return nil, nil
	case "", "otlp":
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: there are otlp and none", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := os.Getenv(name); protocol == "http/protobuf" {
			break
		} else if protocol != "" {
			return nil, fmt.Errorf("%s is %q: there is http/protobuf, to port 4318 of most collectors", name, protocol)
		}
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_*: %w", err)
	}
	// The standard variables go before the name.
	who, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "tenantry")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces are not told", "error", err) }))
	return New(sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(who))), nil
}

// New tells a provider.
func New(provider *sdk.TracerProvider) *Tracer {
	return &Tracer{provider: provider, tracer: provider.Tracer("tenantry")}
}

// Close tells what is not told yet, if that takes no more than some seconds.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = t.provider.Shutdown(ctx)
}

// Request begins the span of an HTTP request, as a part of the client's trace if the client says which.
func (t *Tracer) Request(r *http.Request) (context.Context, *Span) {
	if t == nil {
		return r.Context(), nil
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	// The state is any text, and a method may be.
	ctx = api.ContextWithRemoteSpanContext(ctx, api.SpanContextFromContext(ctx).WithTraceState(api.TraceState{}))
	method := "_OTHER"
	if r.Method == http.MethodGet || r.Method == http.MethodPost || r.Method == http.MethodOptions {
		method = r.Method
	}
	return t.begin(ctx, method+" /graphql", api.SpanKindServer, attribute.String("http.request.method", method), attribute.String("url.path", "/graphql"))
}

// Message begins the span of an operation over a WebSocket.
func (t *Tracer) Message(ctx context.Context) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	return t.begin(ctx, "subscribe", api.SpanKindServer)
}

func (t *Tracer) begin(ctx context.Context, name string, kind api.SpanKind, attributes ...attribute.KeyValue) (context.Context, *Span) {
	ctx, span := t.tracer.Start(ctx, name, api.WithSpanKind(kind), api.WithAttributes(attributes...))
	return ctx, &Span{span: span}
}

// Span is something that takes time; a nil one tells nothing.
type Span struct{ span api.Span }

// Operation is what became of a GraphQL operation.
type Operation struct {
	// Kind is query, mutation or subscription, or none of what did not become one. Name is that in the operator's
	// list of documents; else empty.
	Kind, Name string
	Cost       int
	// Status is the HTTP status; 0 over a WebSocket. Codes are those of its errors.
	Status  int
	Codes   []string
	Request string
	// Account is the viewer's; empty of nobody.
	Account string
}

// failures are the codes that say that the server, and not the client, is at fault.
var failures = map[string]bool{"INTERNAL": true, "UNAVAILABLE": true}

// Answered says to the span of a context what became of the operation, in the words of OpenTelemetry:
// https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
func Answered(ctx context.Context, o Operation) {
	span := api.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	name := o.Kind
	attributes := []attribute.KeyValue{attribute.String("graphql.operation.type", o.Kind), attribute.Int("tenantry.cost", o.Cost), attribute.String("tenantry.request_id", o.Request)}
	if o.Name != "" {
		name += " " + o.Name
		attributes = append(attributes, attribute.String("graphql.operation.name", o.Name))
	}
	if o.Status != 0 {
		attributes = append(attributes, attribute.Int("http.response.status_code", o.Status))
	}
	if o.Account != "" {
		attributes = append(attributes, attribute.String("tenantry.account", o.Account))
	}
	if len(o.Codes) > 0 {
		attributes = append(attributes, attribute.StringSlice("tenantry.errors", o.Codes))
		for _, code := range o.Codes {
			if failures[code] {
				span.SetStatus(codes.Error, code)
			}
		}
	}
	span.SetName(name)
	span.SetAttributes(attributes...)
}

// End ends it.
func (s *Span) End() {
	if s != nil {
		s.span.End()
	}
}

// Waited begins a span of waiting for a turn.
func (t *Tracer) Waited(ctx context.Context) *Span {
	if t == nil {
		return nil
	}
	_, span := t.begin(ctx, "wait for a turn", api.SpanKindInternal)
	return span
}

// ID is the trace that a context belongs to; empty if it belongs to none that is told.
func ID(ctx context.Context) string {
	if c := api.SpanContextFromContext(ctx); c.IsSampled() {
		return c.TraceID().String()
	}
	return ""
}
