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

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
	"tenantry/internal/tally"
)

const (
	warmups  = 20 // more than PostgreSQL takes to settle on a plan
	repeated = 101
	// enough is how long one work of one viewer is repeated at most, and least how often at least.
	enough = 2 * time.Second
	least  = 11
)

// site is the product on a dataset, in this process.
type site struct {
	data   dataset
	conn   *pgx.Conn // the superuser's
	people []onlooker
	api    http.Handler
	url    string
	close  func()
	plans  *recorder
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
		s, err := openSite(ctx, filepath.Join(dir, d.name), d)
		if err != nil {
			return err
		}
		defer s.close()
		sites = append(sites, s)
	}
	fmt.Printf("The time in the server, in milliseconds: the median of %d requests one after the other, and the 95th percentile.\n", repeated)
	return printScale(sites[0], sites[1])
}

func openSite(ctx context.Context, dir string, d dataset) (*site, error) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c, err := cluster.Open(ctx, dir, log, cluster.Fast)
	if err != nil {
		return nil, err
	}
	s := &site{data: d, deep: map[string]string{}, plans: &recorder{}, close: func() { _ = c.Close() }}
	if err := s.open(ctx, c, log); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *site) open(ctx context.Context, c *cluster.Cluster, log *slog.Logger) error {
	if err := postgres.Migrate(ctx, c.OwnerURL(), log); err != nil {
		return err
	}
	var err error
	if s.conn, err = pgx.Connect(ctx, c.SuperuserURL()); err != nil {
		return err
	}
	s.beforeClose(func() { _ = s.conn.Close(context.WithoutCancel(ctx)) })
	var there bool
	if err := s.conn.QueryRow(ctx, "select exists (select from app.accounts)").Scan(&there); err != nil {
		return err
	}
	if !there {
		fmt.Printf("Making data set %s …\n", s.data.name)
		if err := s.data.fill(ctx, s.conn); err != nil {
			return err
		}
	}
	if s.people, err = s.data.signIn(ctx, s.conn); err != nil {
		return err
	}
	if s.words, err = someWords(ctx, s.conn); err != nil {
		return err
	}
	api, pool, err := productOn(ctx, c.ServerURL(), log, s.plans)
	if err != nil {
		return err
	}
	s.beforeClose(pool.Close)
	s.api, s.url = api, c.ServerURL()
	s.beforeClose(tally.Keep(ctx, pool, log, tally.Interval))
	return nil
}

func (s *site) beforeClose(f func()) {
	then := s.close
	s.close = func() { f(); then() }
}

// timing is how long the server takes, in milliseconds.
type timing struct{ median, p95 float64 }

// measure asks again and again; what the request is may change from time to time.
func (s *site) measure(o onlooker, document string, variables func(i int) map[string]any) (timing, error) {
	var times []float64
	start := time.Now()
	for i := 0; i < warmups+repeated; i++ {
		if time.Since(start) > enough && len(times) >= least {
			break
		}
		took, _, err := s.ask(o, document, variables(i))
		if err != nil {
			return timing{}, fmt.Errorf("%s: %.100s: %w", o.name, document, err)
		}
		if i >= warmups || time.Since(start) > enough {
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
		return 0, nil, fmt.Errorf("%d %s", w.Code, w.Body)
	}
	return took, answer.Data, nil
}

// page1000 is the cursor after which page 1,000 of a list begins, by 50 to a page; where there are fewer, the
// last page. The list has the alias "list".
func (s *site) page1000(o onlooker, list string) (string, error) {
	key := o.name + list
	if cursor, ok := s.deep[key]; ok {
		return cursor, nil
	}
	cursor := ""
	for range 999 * 50 / 100 {
		_, data, err := s.ask(o, `query($after: String) { list: `+list+`(first: 100, after: $after) { pageInfo { endCursor hasNextPage } } }`, map[string]any{"after": orNull(cursor)})
		if err != nil {
			return "", err
		}
		info := data["list"].(map[string]any)["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			break
		}
		cursor = info["endCursor"].(string)
	}
	s.deep[key] = cursor
	return cursor, nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
