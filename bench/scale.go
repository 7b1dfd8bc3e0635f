package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/graph"
	"tenantry/internal/cluster"
	"tenantry/internal/event"
	"tenantry/internal/metric"
	"tenantry/internal/password"
	"tenantry/internal/peer"
	"tenantry/internal/postgres"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/tally"
	"tenantry/internal/viewer"
)

const (
	warmups  = 20 // more than PostgreSQL takes to settle on a plan
	repeated = 101
	// enough is how long one work of one viewer is repeated at most, and least how often at least.
	enough = time.Second
	least  = 11
)

// site is the product on a dataset, in this process.
type site struct {
	data   dataset
	people []onlooker
	api    http.Handler
	url    string
	close  func()
	last   *recorder
	// deep are the cursors of page 1,000, by viewer and list.
	deep map[string]string
	// words are looked for, by rank.
	words map[int]string
}

// runScale prints how long the server takes for its answers on L, and on M what is compared with it. The
// data is made once and kept in the folder.
func runScale(ctx context.Context, dir string) error {
	var sites []*site
	for _, d := range []dataset{dataM, dataL} {
		if err := prepare(ctx, filepath.Join(dir, d.name), d); err != nil {
			return err
		}
		s, err := openSite(ctx, filepath.Join(dir, d.name), d)
		if err != nil {
			return err
		}
		defer s.close()
		sites = append(sites, s)
	}
	fmt.Printf("The time in the server, in milliseconds: the median of %d requests one after the other, and the 95th percentile.\n", repeated)
	return printScale(ctx, sites[0], sites[1])
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// prepare makes the data if it is not there, in a PostgreSQL with as much memory as one for such data would
// be given.
func prepare(ctx context.Context, dir string, d dataset) error {
	c, err := cluster.Open(ctx, dir, quiet, cluster.Fast)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), quiet); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.SuperuserURL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from app.accounts)").Scan(&there); err != nil || there {
		return err
	}
	fmt.Printf("Making data set %s …\n", d.name)
	if _, err := conn.Exec(ctx, "alter system set shared_buffers = '2GB'"); err != nil { // from the next start on
		return err
	}
	return d.fill(ctx, conn)
}

func openSite(ctx context.Context, dir string, d dataset) (*site, error) {
	c, err := cluster.Open(ctx, dir, quiet, cluster.Fast)
	if err != nil {
		return nil, err
	}
	s := &site{data: d, url: c.ServerURL(), deep: map[string]string{}, last: &recorder{}, close: func() { _ = c.Close() }}
	if err := s.open(ctx, c.SuperuserURL()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *site) open(ctx context.Context, superuserURL string) error {
	conn, err := pgx.Connect(ctx, superuserURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if s.people, err = s.data.signIn(ctx, conn); err != nil {
		return err
	}
	if s.words, err = someWords(ctx, conn); err != nil {
		return err
	}
	const limit = time.Minute
	pool, err := postgres.Open(ctx, s.url, postgres.Settings{Size: 4, Statement: limit, Trace: s.last})
	if err != nil {
		return err
	}
	st, err := store.New(pool, password.New(1), rate.NewAttempts(), time.Hour)
	if err != nil {
		return err
	}
	s.api, err = graph.Handler(graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema()}, Store: st, Sessions: viewer.NewSessions(pool), Events: event.New(pool, peer.New(pool, s.url, quiet), quiet), Metrics: metric.New(), Log: quiet,
		Limits: graph.Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50}, Buckets: rate.New(rate.Boundless), Turns: rate.Endless, Timeout: limit, MaxBody: 1 << 20,
	})
	folding, stop := tally.Keep(ctx, pool, quiet, tally.Interval), s.close
	s.close = func() { folding(); pool.Close(); stop() }
	return err
}

// timing is how long the server takes, in milliseconds.
type timing struct{ median, p95 float64 }

// timed does something again and again, which tells how long it took.
func timed(do func() (time.Duration, error)) (timing, error) {
	var times []float64
	start := time.Now()
	for i := 0; i < warmups+repeated; i++ {
		late := time.Since(start) > enough
		if late && len(times) >= least {
			break
		}
		took, err := do()
		if err != nil {
			return timing{}, err
		}
		if i >= warmups || late {
			times = append(times, float64(took.Microseconds())/1000)
		}
	}
	slices.Sort(times)
	return timing{times[len(times)/2], times[len(times)*95/100]}, nil
}

// ask is how long the server takes for an answer, which must be without errors, and the answer.
func (s *site) ask(o onlooker, document string, variables map[string]any) (time.Duration, map[string]any, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return 0, nil, err
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+o.token)
	w := httptest.NewRecorder()
	start := time.Now()
	s.api.ServeHTTP(w, r)
	took := time.Since(start)
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Errors) > 0 || w.Code != http.StatusOK {
		return 0, nil, fmt.Errorf("%s, %.100s: %d %s", o.name, document, w.Code, w.Body)
	}
	return took, answer.Data, nil
}

// page1000 is the cursor after which page 1,000 of a list begins, by 50 to a page; where there are fewer, the
// last page. Cursors are sealed, so it is walked there, once.
func (s *site) page1000(o onlooker, list string) (any, error) {
	key := o.name + list
	if cursor, ok := s.deep[key]; ok {
		return cursor, nil
	}
	var cursor any // none
	for range 999 * 50 / 100 {
		_, data, err := s.ask(o, `query($after: String) { list: `+list+`(first: 100, after: $after) { pageInfo { endCursor hasNextPage } } }`, map[string]any{"after": cursor})
		if err != nil {
			return nil, err
		}
		info := data["list"].(map[string]any)["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			break
		}
		cursor = info["endCursor"]
	}
	if text, ok := cursor.(string); ok {
		s.deep[key] = text
	}
	return cursor, nil
}
