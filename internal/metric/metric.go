// Package metric counts what the server does, for Prometheus. Labels have few values, which the server chooses:
// nothing that a client sends becomes one, but the name of an operation of a persisted document, which the operator
// knows.
package metric

import (
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are those of a process.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	cost     prometheus.Counter
	open     *prometheus.GaugeVec
	told     prometheus.Counter
	refused  prometheus.Counter
}

// New has everything at zero.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tenantry_operations_total",
			Help: "Operations that were answered, by kind, by the name in the operator's list of documents, and by HTTP status (0 over a WebSocket)."}, []string{"kind", "operation", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tenantry_operation_seconds", Help: "How long queries and mutations took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"kind"}),
		errors:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tenantry_errors_total", Help: "Top-level errors, by their code."}, []string{"code"}),
		cost:    prometheus.NewCounter(prometheus.CounterOpts{Name: "tenantry_cost_total", Help: "The cost of all documents that were executed."}),
		open:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tenantry_open", Help: "What is open: operations that run, subscriptions, and sockets."}, []string{"what"}),
		told:    prometheus.NewCounter(prometheus.CounterOpts{Name: "tenantry_changes_told_total", Help: "Changes that subscriptions were told."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "tenantry_turns_refused_total", Help: "Operations that found no turn, because too much was asked."}),
	}
	m.registry.MustRegister(m.requests, m.took, m.errors, m.cost, m.open, m.told, m.refused,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Operation is an operation that was answered.
type Operation struct {
	// Kind is query, mutation or subscription, or none of what did not become one.
	Kind string
	// Name is the name in the operator's list of documents; else empty.
	Name string
	// Status is the HTTP status; 0 over a WebSocket.
	Status int
	// Codes are those of its errors.
	Codes []string
	Cost  int
	Took  time.Duration
}

// Answered counts an operation.
func (m *Metrics) Answered(o Operation) {
	m.requests.WithLabelValues(o.Kind, o.Name, strconv.Itoa(o.Status)).Inc()
	if o.Kind == "query" || o.Kind == "mutation" {
		m.took.WithLabelValues(o.Kind).Observe(o.Took.Seconds())
	}
	for _, code := range o.Codes {
		m.errors.WithLabelValues(code).Inc()
	}
	m.cost.Add(float64(o.Cost))
}

// Open counts something that is open, until "closed" is called.
func (m *Metrics) Open(what string) (closed func()) {
	g := m.open.WithLabelValues(what)
	g.Inc()
	return g.Dec
}

// Told counts a change that a subscription was told.
func (m *Metrics) Told() { m.told.Inc() }

// Peers has it read whenever Prometheus asks how many other processes there are on the database.
func (m *Metrics) Peers(count func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tenantry_peers", Help: "How many other processes serve the same database."},
		func() float64 { return float64(count()) }))
}

// Refused counts an operation that found no turn.
func (m *Metrics) Refused() { m.refused.Inc() }

// Turns has it read whenever Prometheus asks how much runs and waits.
func (m *Metrics) Turns(numbers func() (running, waiting int)) {
	gauge := func(name, help string, value func() int) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value()) }))
	}
	gauge("tenantry_turns_running", "How many everyday operations run, a dear one counting as several.", func() int { n, _ := numbers(); return n })
	gauge("tenantry_turns_waiting", "How many operations wait for their turn.", func() int { _, n := numbers(); return n })
}

// Pool has the pool's numbers read whenever Prometheus asks.
func (m *Metrics) Pool(pool *pgxpool.Pool) {
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(pool.Stat()) }))
	}
	counter := func(name, help string, value func(*pgxpool.Stat) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return value(pool.Stat()) }))
	}
	gauge("tenantry_pool_connections_most", "How many connections to the database there may be.", func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })
	gauge("tenantry_pool_connections", "How many connections to the database there are.", func(s *pgxpool.Stat) float64 { return float64(s.TotalConns()) })
	gauge("tenantry_pool_connections_used", "How many of them are in use.", func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	counter("tenantry_pool_waits_total", "How often somebody had to wait for a connection.", func(s *pgxpool.Stat) float64 { return float64(s.EmptyAcquireCount()) })
	counter("tenantry_pool_wait_seconds_total", "How long they waited, all together.", func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })
	counter("tenantry_pool_connections_opened_total", "How many connections were opened.", func(s *pgxpool.Stat) float64 { return float64(s.NewConnsCount()) })
}
