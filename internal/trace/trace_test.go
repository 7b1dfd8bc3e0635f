package trace

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// environment has these variables of OpenTelemetry's, and no others.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER",
		"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER"} {
		t.Setenv(name, set[name])
	}
}

var quiet = slog.New(slog.DiscardHandler)

func TestNothingIsToldUnlessTheEnvironmentSaysWhereTo(t *testing.T) {
	const endpoint = "http://127.0.0.1:1"
	for _, set := range []map[string]string{
		{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SDK_DISABLED": "true"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_TRACES_EXPORTER": "none"},
	} {
		environment(t, set)
		tracer, err := FromEnvironment(t.Context(), quiet)
		if tracer != nil || err != nil {
			t.Errorf("%v: %v, %v", set, tracer, err)
		}
		ctx, span := tracer.Request(httptest.NewRequest(http.MethodPost, "/graphql", nil))
		Answered(ctx, Operation{Kind: "query"})
		tracer.Waited(ctx).End()
		span.End()
		tracer.Close(ctx)
		if tracer.Database() != nil || ID(ctx) != "" {
			t.Errorf("%v: something is told", set)
		}
	}
	for name, value := range map[string]string{"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"} {
		environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, name: value})
		if _, err := FromEnvironment(t.Context(), quiet); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestACollectorIsToldWhereTheStandardVariablesSay(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.URL.Path + " " + r.Header.Get("Content-Type") + " " + string(body)
	}))
	defer collector.Close()
	environment(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_SERVICE_NAME": "tenantry-west"})
	tracer, err := FromEnvironment(t.Context(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Header.Set("tracestate", "word=written-by-a-client")
	ctx, span := tracer.Request(r)
	if id := ID(ctx); id != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("the trace is %q, not the client's", id)
	}
	Answered(ctx, Operation{Kind: "query", Name: "Board", Cost: 12, Status: 200})
	span.End()
	_, span = tracer.Request(httptest.NewRequest("WRITTEN-BY-A-CLIENT", "/graphql", nil))
	span.End()
	tracer.Close(t.Context())
	told := <-got
	if strings.Contains(strings.ToLower(told), "by-a-client") || !strings.Contains(told, "_OTHER /graphql") {
		t.Errorf("what a client wrote is in %q", told)
	}
	for _, part := range []string{"/v1/traces application/x-protobuf ", "tenantry-west", "query Board", "graphql.operation.type"} {
		if !strings.Contains(told, part) {
			t.Errorf("%q is not in %q", part, told)
		}
	}
}
