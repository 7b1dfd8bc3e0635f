package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/demo"
	"tenantry/internal/event"
	"tenantry/internal/ids"
	"tenantry/internal/metric"
	"tenantry/internal/password"
	processes "tenantry/internal/peer"
	"tenantry/internal/postgres"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/testdb"
	"tenantry/internal/token"
	"tenantry/internal/viewer"
)

// api is a server on a database of its own, filled with the demo.
type api struct {
	t      testing.TB
	db     *testdb.DB
	pool   *pgxpool.Pool
	reader *read.Reader
	// events are given out once a test keeps them.
	events  *event.Hub
	handler *Server
	log     bytes.Buffer
	trips   atomic.Int64
	// opened are the subscriptions that have been opened: from then on they miss nothing.
	opened atomic.Int64
	owner  *pgx.Conn
	// answered is called for each answer of a batch; nil for nothing.
	answered func(context.Context)
	// sent is called for each statement that the database answers; nil for nothing.
	sent func(string)
}

// limited begins the statements that are compiled for members and customers.
var limited = regexp.MustCompile(`^/\* (?:member|customer) \*/`)

// TraceBatchStart counts round trips: a batch is one.
func (a *api) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	a.trips.Add(1)
	return ctx
}

// TraceBatchQuery is in the middle of a batch. Whatever a test asks as somebody who does not see all, the statements
// say which tenants they see; those of payloads, too.
func (a *api) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if limited.MatchString(data.SQL) && a.reader != nil && !a.reader.Unscoped {
		for _, table := range unreached(data.SQL) {
			a.t.Errorf("%s without the viewer's tenants: %s", table, data.SQL)
		}
	}
	if strings.Contains(data.SQL, "pg_current_snapshot()::text where") {
		a.opened.Add(1)
	}
	if a.sent != nil {
		a.sent(data.SQL)
	}
	if a.answered != nil {
		a.answered(ctx)
	}
}

// TraceBatchEnd is there for the interface.
func (a *api) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceQueryStart counts a statement that is sent alone.
func (a *api) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	a.trips.Add(1)
	if a.sent != nil {
		a.sent(data.SQL)
	}
	return ctx
}

// TraceQueryEnd is there for the interface.
func (a *api) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// demoDB has the demo.
var demoDB = testdb.Template{Fill: demo.Fill}

func newAPI(t testing.TB, options ...func(*Options)) *api {
	t.Helper()
	return newAPIOn(t, 8, options...)
}

// newAPIOn has at most so many connections.
func newAPIOn(t testing.TB, connections int32, options ...func(*Options)) *api {
	t.Helper()
	return newAPIBehind(t, connections, func(db *testdb.DB) string { return db.ServerURL }, options...)
}

// newAPIBehind comes to its database by another way.
func newAPIBehind(t testing.TB, connections int32, way func(*testdb.DB) string, options ...func(*Options)) *api {
	t.Helper()
	a := &api{t: t, db: demoDB.Open(t)}
	ctx := context.Background()
	pool, err := postgres.Open(ctx, way(a.db), postgres.Settings{Size: connections, Statement: 20 * time.Second, Trace: a})
	must(t, err)
	t.Cleanup(pool.Close)
	a.pool = pool
	a.owner, err = pgx.Connect(ctx, a.db.OwnerURL)
	must(t, err)
	t.Cleanup(func() { _ = a.owner.Close(context.Background()) })
	st, err := store.New(pool, password.New(2), rate.NewAttempts(), time.Hour)
	must(t, err)
	a.reader = &read.Reader{Pool: pool, Schema: Schema(), Most: 16 << 20}
	log := slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelWarn})) // not of each request
	a.events = event.New(pool, processes.New(pool, a.db.ServerURL, log), log)
	o := Options{
		Reader: a.reader, Store: st, Sessions: viewer.NewSessions(pool), Events: a.events, Metrics: metric.New(), Log: log,
		Limits:  Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50},
		Buckets: rate.New(rate.Boundless), Streams: rate.PlaceLimits{Viewer: 1000, Account: 1000, Process: 1000},
		Turns:   rate.Endless,
		Timeout: 30 * time.Second, MaxBody: 1 << 20, PublicSchema: true,
	}
	for _, option := range options {
		option(&o)
	}
	a.handler, err = Handler(o)
	must(t, err)
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// session makes a session of a user, by e-mail address, as the owner of the schema.
func (a *api) session(email string) string {
	a.t.Helper()
	ctx := context.Background()
	var account, user [16]byte
	must(a.t, a.owner.QueryRow(ctx, "select account_id, id from app.users where email = $1", email).Scan(&account, &user))
	t := token.New(account, ids.New())
	_, err := a.owner.Exec(ctx, `insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 hour')`,
		account, t.ID, user, t.Hash())
	must(a.t, err)
	return t.Write(token.Session)
}

// client asks as one person; without a token, as nobody.
type client struct {
	*api
	token string
}

func (a *api) as(email string) *client {
	if email == "" {
		return &client{api: a}
	}
	return &client{api: a, token: a.session(email)}
}

// reply is an answer, with data as it came.
type reply struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
	raw    string
	status int
}

// code is the code of the first error; empty if there is none.
func (r reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// get walks into the data: names of fields, and numbers for lists.
func (r reply) get(path ...any) any {
	var at any = r.Data
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := at.(map[string]any)
			at = m[step]
		case int:
			l, _ := at.([]any)
			if step >= len(l) {
				return nil
			}
			at = l[step]
		}
	}
	return at
}

func (c *client) do(query string, variables map[string]any) reply {
	c.t.Helper()
	return c.doIn(context.Background(), query, variables)
}

// doIn asks under a context, which may end before the answer.
func (c *client) doIn(ctx context.Context, query string, variables map[string]any) reply {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(c.t, err)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Body)
	out := reply{raw: string(raw), status: w.Code}
	if err := json.Unmarshal(raw, &out); err != nil {
		c.t.Fatalf("the answer is no JSON: %v\n%s", err, raw)
	}
	return out
}

// ok is the answer to something that must go well.
func (c *client) ok(query string, variables map[string]any) reply {
	c.t.Helper()
	r := c.do(query, variables)
	if len(r.Errors) > 0 {
		c.t.Fatalf("%s\nanswers %s\nlog: %s", query, r.raw, c.log.String())
	}
	return r
}

func encode(typ string, id [16]byte) string { return ids.Encode(typ, id) }
