package graph

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tenantry/internal/metric"
)

// TestMetricsCountWhatIsAnswered with labels that the server alone chooses: whatever clients call their operations.
func TestMetricsCountWhatIsAnswered(t *testing.T) {
	t.Parallel()
	m := metric.New()
	const listed = `query ListedDevices { devices { totalCount } }`
	a := newAPI(t, func(o *Options) {
		o.Metrics, o.Documents = m, Documents{Mode: DocumentsOn, Known: map[string]string{"d1": listed}}
	})
	scrape := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	server := a.serveEvents()
	c := a.as(admin)
	for range 3 {
		c.ok(`query CanaryName { viewer { tenantAccess } }`, nil)
	}
	c.do(`{ device(id: "dev_canary") { id } }`, nil)
	c.do(`{ canary }`, nil)
	a.as("").do(`{ viewer { tenantAccess } }`, nil)
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"documentId": "d1"}`))
	r.Header.Set("Content-Type", plainJSON)
	r.Header.Set("Authorization", "Bearer "+c.token)
	a.handler.ServeHTTP(httptest.NewRecorder(), r)
	w := c.watch(server, "an admin", watchTickets, nil)
	a.beacon(nil, "told")
	w.expect(ticketChange("CREATED", "told"))
	text := scrape()
	for _, want := range []string{
		`tenantry_operations_total{kind="query",operation="",status="200"} 5`, `tenantry_operations_total{kind="query",operation="ListedDevices",status="200"} 1`,
		`tenantry_operations_total{kind="mutation",operation="",status="200"} 1`, `tenantry_errors_total{code="NOT_FOUND"} 1`, `tenantry_errors_total{code="UNAUTHENTICATED"} 1`,
		`tenantry_errors_total{code="GRAPHQL_VALIDATION_FAILED"} 1`, `tenantry_open{what="subscriptions"} 1`, `tenantry_open{what="operations"} 0`, `tenantry_changes_told_total 1`,
		`tenantry_operation_seconds_count{kind="mutation"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
	if strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, "northwind") {
		t.Error("what a client sent is in the metrics")
	}
	if t.Failed() {
		t.Log(text[strings.Index(text, "tenantry_"):])
	}
}
