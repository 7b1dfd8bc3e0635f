package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// outcome is what a contender did in one slice of time. Processor times are per request, and negative
// where they are not known.
type outcome struct {
	perSecond        float64
	p50, p99         time.Duration
	server, database time.Duration
}

// load asks a contender for as long as it is told, n clients at once, each for the next as soon as it has
// its answer. Equal seeds draw the same callers, who ask for the same.
func load(ctx context.Context, d *database, to *contender, w []work, people []caller, n int, long time.Duration, seed uint64) (outcome, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	defer client.CloseIdleConnections()
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	took := make([][]time.Duration, n)
	server, known := processorTime(to.pid())
	database, _ := processorTime(d.postmaster)
	start := time.Now()
	for i := range n {
		wg.Go(func() {
			draws := rand.New(rand.NewPCG(seed, uint64(i)))
			var body bytes.Buffer
			for time.Since(start) < long && failed.Load() == nil && ctx.Err() == nil {
				c, w := &people[draws.IntN(len(people))], w[draws.IntN(len(w))]
				r, err := to.request(w, c, c.draw(w, draws))
				began := time.Now()
				if err == nil {
					err = answer(client, r, &body)
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	if err := failed.Load(); err != nil {
		return outcome{}, fmt.Errorf("%s: %w", to.name, *err)
	}
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	requests := len(all)
	o := outcome{perSecond: float64(requests) / elapsed.Seconds(), p50: all[requests/2], p99: all[requests*99/100], server: -1, database: -1}
	if known {
		serverAfter, _ := processorTime(to.pid())
		databaseAfter, _ := processorTime(d.postmaster)
		o.server, o.database = (serverAfter-server)/time.Duration(requests), (databaseAfter-database)/time.Duration(requests)
	}
	return o, nil
}

// answer sends a request and reads the whole answer, which must be without errors.
func answer(client *http.Client, r *http.Request, body *bytes.Buffer) error {
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	body.Reset()
	if _, err := io.Copy(body, got.Body); err != nil {
		return err
	}
	// An error of the document, or one of those that a mutation tells the user.
	if got.StatusCode != http.StatusOK || bytes.Contains(body.Bytes(), []byte(`"errors":`)) || bytes.Contains(body.Bytes(), []byte(`"code":`)) {
		return fmt.Errorf("%s: %s", got.Status, body)
	}
	return nil
}
