package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"tenantry/internal/postgres"
	"tenantry/internal/read"
	"tenantry/internal/trace"
)

// TestATraceHasThePartsOfARequestAndNothingThatAClientWrote looks at all that a collector would be told.
func TestATraceHasThePartsOfARequestAndNothingThatAClientWrote(t *testing.T) {
	t.Parallel()
	var told tracetest.InMemoryExporter
	tracer := trace.New(sdk.NewTracerProvider(sdk.WithSyncer(&told)))
	a := newAPI(t, func(o *Options) {
		o.Tracer = tracer
		pool, err := postgres.Open(t.Context(), o.Reader.Pool.Config().ConnString(), postgres.Settings{Size: 2, Statement: o.Timeout, Trace: tracer.Database()})
		must(t, err)
		t.Cleanup(pool.Close)
		o.Reader = &read.Reader{Pool: pool, Schema: o.Reader.Schema}
	})
	ada := a.as(admin)
	ada.ok(`query Canary { tickets(first: 1, filter: { search: "canary" }) { nodes { subject } } }`, nil)
	ada.do(`mutation { createTicket(input: { subject: "canary" }) { ticket { id } } }`, nil)
	ada.do(`query { canary }`, nil)
	var names []string
	for _, s := range told.GetSpans() {
		names = append(names, s.Name)
		if text := strings.ToLower(fmt.Sprint(s.Name, s.Attributes, s.Events, s.Status)); strings.Contains(text, "canary") || strings.Contains(text, "northwind") {
			t.Errorf("a span has what a client wrote: %s", text)
		}
	}
	for _, name := range []string{"query", "mutation", "none", "wait for a turn", "connection", "statements"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no span %q in %q", name, names)
		}
	}
	if strings.Count(strings.Join(names, "|"), "wait for a turn") != 2 {
		t.Errorf("what is not executed waits for a turn: %q", names)
	}
}
