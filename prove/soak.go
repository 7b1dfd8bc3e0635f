package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
	"tenantry/internal/process"
)

const (
	// soakClients ask at the same time.
	soakClients = 6
	// soakMemory is how much the server may have, in MB.
	soakMemory = 512
	// soakRows are those of the table.
	soakRows = 12
	// watched is that one of so many questions is a subscription, which is left after a while.
	watched = 50
)

// soak has everybody ask random documents of a running server for some time, and wants its heap and its goroutines
// to be what they were.
func soak(ctx context.Context, seed uint64, long time.Duration) error {
	dir, err := os.MkdirTemp("", "tenantry-soak")
	if err != nil {
		return err
	}
	defer func() { _ = cluster.Remove(dir) }()
	quiet := slog.New(slog.DiscardHandler)
	c, err := cluster.Open(ctx, dir, quiet, cluster.Fast)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), quiet); err != nil {
		return err
	}
	t, err := newTrial(ctx, seed, c.SuperuserURL(), c.ServerURL())
	if err != nil {
		return err
	}
	defer t.close(ctx)
	t.ids = 10
	binary, err := process.Build(ctx, dir)
	if err != nil {
		return err
	}
	admin, err := process.Free()
	if err != nil {
		return err
	}
	s, err := process.Start(ctx, binary, c.ServerURL(), soakMemory, "--addr", "127.0.0.1:0", "--admin-addr", admin, "--rate-viewer", "10000000", "--rate-account", "100000000")
	if err != nil {
		return err
	}
	defer s.Stop()
	asking, stop := context.WithTimeout(ctx, long)
	defer stop()
	var asked, answered atomic.Int64
	var all sync.WaitGroup
	for i := range soakClients {
		all.Go(func() {
			a := newAuthor(seed, uint64(100+i), t.schema)
			client := &http.Client{Timeout: time.Minute}
			for asking.Err() == nil {
				asked.Add(1)
				who := t.world.askers[a.IntN(len(t.world.askers))]
				document, ctx, done := "", asking, func() {}
				if a.IntN(watched) == 0 {
					document = "subscription { ticketChanged { kind id ticket { subject } } }"
					ctx, done = context.WithTimeout(asking, time.Duration(a.IntN(2000))*time.Millisecond)
				} else {
					document = t.document(a).text
				}
				if soakAsk(ctx, client, s.URL, who.bearer, document) {
					answered.Add(1)
				}
				done()
			}
		})
	}
	var measured []measure
	fmt.Println("| after | asked | answered | heap, least, MB | goroutines, least | resident, MB |\n| --- | --- | --- | --- | --- | --- |")
	began := time.Now()
	for row := 1; row <= soakRows && asking.Err() == nil; row++ {
		least := measure{heap: 1e18, goroutines: 1e9}
		for until := began.Add(long * time.Duration(row) / soakRows); time.Now().Before(until) && asking.Err() == nil; time.Sleep(100 * time.Millisecond) {
			now, err := measureOf(admin)
			if err != nil {
				return err
			}
			least.heap, least.goroutines = min(least.heap, now.heap), min(least.goroutines, now.goroutines)
		}
		measured = append(measured, least)
		fmt.Printf("| %s | %d | %d | %.1f | %.0f | %d |\n", time.Since(began).Round(time.Second), asked.Load(), answered.Load(), least.heap/1e6, least.goroutines, s.Resident("VmRSS"))
	}
	all.Wait()
	if len(measured) < soakRows {
		return ctx.Err()
	}
	middle, end := leastOf(measured[soakRows/3:2*soakRows/3]), leastOf(measured[2*soakRows/3:])
	if end.heap > 1.2*middle.heap || end.goroutines > middle.goroutines+20 {
		return fmt.Errorf("it grows: from %.1f MB and %.0f goroutines to %.1f MB and %.0f", middle.heap/1e6, middle.goroutines, end.heap/1e6, end.goroutines)
	}
	fmt.Println("Neither grows.")
	return nil
}

// soakAsk tells whether somebody was answered, with data or with an error of GraphQL.
func soakAsk(ctx context.Context, client *http.Client, url, bearer, document string) bool {
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return false
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// measure is how much a server has.
type measure struct{ heap, goroutines float64 }

func leastOf(all []measure) measure {
	least := all[0]
	for _, m := range all {
		least.heap, least.goroutines = min(least.heap, m.heap), min(least.goroutines, m.goroutines)
	}
	return least
}

// measureOf is what a server's metrics say.
func measureOf(admin string) (m measure, err error) {
	response, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		return m, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "go_memstats_heap_alloc_bytes":
			m.heap, _ = strconv.ParseFloat(value, 64)
		case "go_goroutines":
			m.goroutines, _ = strconv.ParseFloat(value, 64)
		}
	}
	return m, err
}
