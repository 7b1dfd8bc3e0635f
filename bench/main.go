// Command bench measures the product against LIMIT, hand-written handlers for the same work, on the
// same data, by ratios: make bench. Contenders alternate in one run; answers are compared first.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/graph"
	"tenantry/internal/cluster"
	"tenantry/internal/ids"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/tally"
	"tenantry/internal/viewer"
)

const (
	rounds  = 5
	clients = 8
	slice   = 3 * time.Second
)

// works are the documents, by the names of the performance table.
var works = []struct{ name, document string }{
	{"W1 point", `query($id: ID!) { device(id: $id) { id name hostname platform kind osName serialNumber connection tenant { name } } }`},
	{"W2 list", `{ tickets(first: 50) { nodes { id number subject status type priority category createdAt tenant { name } assignee { name } } } }`},
	{"W3 nested", `{ devices(first: 20) { nodes { id name platform tenant { name } group { name } tickets(first: 5, filter: { status: [NEW, OPEN, ON_HOLD] }) { nodes { subject status assignee { name } } } } } }`},
	{"W4 dashboard", `{ dashboard { ticketsByStatus { key count } ticketsByPriority { key count } devicesByConnection { key count } } }`},
	{"W5 write", `mutation($id: ID!, $status: TicketStatus!) { updateTicket(input: { id: $id, status: $status }) { ticket { id status subject number } userErrors { code } } }`},
}

// write is the place of the work that changes something.
const write = 4

func main() {
	scale := flag.String("scale", "", "measure the product on data set L instead, which is kept in this folder")
	flag.Parse()
	do := run
	if *scale != "" {
		do = func(ctx context.Context) error { return runScale(ctx, *scale) }
	}
	if err := do(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "tenantry-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c, err := cluster.Open(ctx, dir, log)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), log); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.SuperuserURL())
	if err != nil {
		return err
	}
	fmt.Println("Making data set M …")
	if err := fill(ctx, conn); err != nil {
		return err
	}
	people, err := callers(ctx, conn, 100)
	if err != nil {
		return err
	}
	_ = conn.Close(ctx)

	api, pool, err := theProduct(ctx, c.ServerURL(), log)
	if err != nil {
		return err
	}
	defer pool.Close()
	defer tally.Keep(ctx, pool, log, tally.Interval)()
	product := httptest.NewServer(api)
	defer product.Close()
	hand, err := postgres.Open(ctx, c.SuperuserURL(), postgres.Settings{Size: clients, Statement: 10 * time.Second})
	if err != nil {
		return err
	}
	defer hand.Close()
	l := &limit{pool: hand, callers: map[string]*caller{}}
	for i := range people {
		l.callers[people[i].token] = &people[i]
	}
	byHand := httptest.NewServer(l)
	defer byHand.Close()

	fmt.Printf("%d members of ten tenants, %d clients, %d rounds of %s each, alternating.\n\n", len(people), clients, rounds, slice)
	fmt.Printf("%-12s %12s %12s %8s %14s\n", "work", "LIMIT 1/s", "product 1/s", "share", "spread")
	for i, w := range works {
		contenders := []func(*caller) (*http.Request, error){
			func(c *caller) (*http.Request, error) { return limitRequest(byHand.URL, i, c) },
			func(c *caller) (*http.Request, error) { return productRequest(product.URL, i, c) },
		}
		if err := equal(people, contenders, i == write); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		var rates [2][]float64
		var shares []float64
		for range rounds {
			for k := range contenders {
				rate, err := load(people, contenders[k])
				if err != nil {
					return err
				}
				rates[k] = append(rates[k], rate)
			}
			shares = append(shares, rates[1][len(rates[1])-1]/rates[0][len(rates[0])-1])
		}
		fmt.Printf("%-12s %12.0f %12.0f %8.2f %7.2f…%.2f\n", w.name, median(rates[0]), median(rates[1]), median(shares), slices.Min(shares), slices.Max(shares))
	}
	return nil
}

func theProduct(ctx context.Context, url string, log *slog.Logger) (http.Handler, *pgxpool.Pool, error) {
	pool, err := postgres.Open(ctx, url, postgres.Settings{Size: clients, Statement: 10 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	st, err := store.New(pool, password.New(1), time.Hour)
	if err != nil {
		return nil, nil, err
	}
	handler, err := graph.Handler(graph.Options{
		Reader: &read.Reader{Pool: pool, Schema: graph.Schema()}, Store: st, Sessions: viewer.NewSessions(pool), Log: log,
		Limits: graph.Limits{Tokens: 1500, Depth: 15, Cost: 10000, Aliases: 100, RootFields: 50}, Timeout: 10 * time.Second, MaxBody: 1 << 20,
	})
	return handler, pool, err
}

var statuses = []string{"OPEN", "ON_HOLD", "RESOLVED"}

func limitRequest(base string, work int, c *caller) (*http.Request, error) {
	q := url.Values{}
	switch work {
	case 0:
		q.Set("id", ids.Encode("Device", c.devices[rand.IntN(len(c.devices))]))
	case write:
		q.Set("id", ids.Encode("Ticket", c.tickets[rand.IntN(len(c.tickets))]))
		q.Set("status", statuses[rand.IntN(len(statuses))])
	}
	r, err := http.NewRequest(http.MethodGet, base+"/W"+[]string{"1", "2", "3", "4", "5"}[work]+"?"+q.Encode(), nil)
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, err
}

func productRequest(base string, work int, c *caller) (*http.Request, error) {
	variables := map[string]any{}
	switch work {
	case 0:
		variables["id"] = ids.Encode("Device", c.devices[rand.IntN(len(c.devices))])
	case write:
		variables["id"] = ids.Encode("Ticket", c.tickets[rand.IntN(len(c.tickets))])
		variables["status"] = statuses[rand.IntN(len(statuses))]
	}
	body, err := json.Marshal(map[string]any{"query": works[work].document, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err == nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, err
}

// equal compares the answers of the contenders for every caller: writes by their shape alone.
func equal(people []caller, contenders []func(*caller) (*http.Request, error), shape bool) error {
	for i := range people {
		c := people[i]
		c.devices, c.tickets = c.devices[:1], c.tickets[:1] // the same for both
		var answers [2]map[string]any
		for k, contender := range contenders {
			r, err := contender(&c)
			if err != nil {
				return err
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err := json.Unmarshal(body, &answers[k]); err != nil {
				return fmt.Errorf("%s: %s", answer.Status, body)
			}
			if shape {
				if t, ok := answers[k]["data"].(map[string]any)["updateTicket"].(map[string]any)["ticket"].(map[string]any); ok {
					delete(t, "status")
				}
			}
		}
		if !reflect.DeepEqual(answers[0], answers[1]) {
			return fmt.Errorf("the answers differ:\n%v\n%v", answers[0], answers[1])
		}
	}
	return nil
}

// load is how many requests a second a contender answers.
func load(people []caller, contender func(*caller) (*http.Request, error)) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(start) < slice && failed.Load() == nil {
				r, err := contender(&people[rand.IntN(len(people))])
				if err == nil {
					var answer *http.Response
					if answer, err = client.Do(r); err == nil {
						_, _ = io.Copy(io.Discard, answer.Body)
						_ = answer.Body.Close()
						if answer.StatusCode != http.StatusOK {
							err = fmt.Errorf("%s", answer.Status)
						}
					}
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
