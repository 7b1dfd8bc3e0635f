package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	overloadRounds = 5
	overloadSlice  = 4 * time.Second
	// times is by how much more is asked than the product can answer.
	times = 5
	// neighbourClients are of an account that asks the dearest documents, and neighbourPerSecond is how often another
	// account asks for something everyday.
	neighbourClients   = 16
	neighbourSlice     = 3 * time.Second
	neighbourPerSecond = 100
)

// arrivals is what became of requests that came at a constant rate, whether or not those before were answered.
type arrivals struct {
	asked, good, refused, other int
	// unsent are those for which no connection was free.
	unsent int
	// took is how long the good ones took.
	took []time.Duration
	long time.Duration
	said string
}

func (a *arrivals) perSecond() float64 { return float64(a.good) / a.long.Seconds() }

func (a *arrivals) p99() time.Duration {
	slices.Sort(a.took)
	if len(a.took) == 0 {
		return 0
	}
	return a.took[len(a.took)*99/100]
}

// arrive sends requests at a rate for some time, one after the other, over so many connections at most. It writes
// and reads HTTP itself: a client of Go's takes more of the processors than the server's refusals.
func arrive(ctx context.Context, url string, connections int, perSecond float64, long time.Duration, requests [][]byte) *arrivals {
	a := &arrivals{}
	var mu sync.Mutex
	var all sync.WaitGroup
	due := make(chan int, connections)
	for range connections {
		all.Go(func() {
			w := wire{address: strings.TrimPrefix(url, "http://")}
			defer w.close()
			for n := range due {
				began := time.Now()
				status, body, err := w.send(requests[n%len(requests)])
				took := time.Since(began)
				mu.Lock()
				switch {
				case err == nil && status == http.StatusOK && !bytes.Contains(body, []byte(`"errors":`)):
					a.good++
					a.took = append(a.took, took)
				case err == nil && status == http.StatusServiceUnavailable:
					a.refused++
				case err != nil:
					a.other++
					a.said = err.Error()
				default:
					a.other++
					a.said = fmt.Sprintf("%d: %.200s", status, body)
				}
				mu.Unlock()
			}
		})
	}
	start := time.Now()
	for n := 0.0; ctx.Err() == nil; n++ {
		at := time.Duration(n / perSecond * float64(time.Second))
		if at > long {
			break
		}
		if wait := at - time.Since(start); wait > time.Millisecond { // a shorter sleep is not one
			time.Sleep(wait)
		}
		a.asked++
		select {
		case due <- a.asked:
		default:
			a.unsent++
		}
	}
	close(due)
	all.Wait()
	a.long = time.Since(start)
	return a
}

// wire is a connection over which one request goes after the other.
type wire struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func (w *wire) send(request []byte) (status int, body []byte, err error) {
	if w.conn == nil {
		if w.conn, err = net.Dial("tcp", w.address); err != nil {
			return 0, nil, err
		}
		w.in = bufio.NewReader(w.conn)
	}
	if _, err := w.conn.Write(request); err != nil {
		w.close()
		return 0, nil, err
	}
	got, err := http.ReadResponse(w.in, nil)
	if err != nil {
		w.close()
		return 0, nil, err
	}
	body, err = io.ReadAll(got.Body)
	return got.StatusCode, body, err
}

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// printOverload prints what the product still does when far more is asked of it than it can answer, and what one
// account notices of another that asks the dearest documents.
func printOverload(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	if err := overloaded(ctx, out, binary, d, people); err != nil {
		return err
	}
	return neighbours(ctx, out, binary, d, people)
}

func overloaded(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	product, err := startProduct(ctx, binary, d, clients, unlimited...)
	if err != nil {
		return err
	}
	defer product.stop()
	for range 3 { // what is not in memory yet may take longer than anybody waits
		_, _ = load(ctx, d, product, works, people, clients, 2*time.Second, 0)
	}
	fmt.Fprintf(out, "\n%d clients that each wait for their answer, and then %d times as many requests a second as they were answered, whoever waits.\n\n"+
		"| round | peak, good a second | asked a second | good a second | of the peak | refused by 503 | no connection | otherwise | p99 of good, ms |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n", clients, times)
	var ratios []float64
	for round := range overloadRounds {
		peak, err := load(ctx, d, product, works, people, clients, overloadSlice, uint64(round))
		if err != nil {
			return err
		}
		draws, requests := rand.New(rand.NewPCG(uint64(round), 0)), make([][]byte, 5000)
		for i := range requests {
			c, w := &people[draws.IntN(len(people))], works[draws.IntN(len(works))]
			r, err := product.request(w, c, c.draw(w, draws))
			if err != nil {
				return err
			}
			if requests[i], err = httputil.DumpRequestOut(r, true); err != nil {
				return err
			}
		}
		a := arrive(ctx, product.url, 400, times*peak.perSecond, overloadSlice, requests)
		ratio := a.perSecond() / peak.perSecond
		ratios = append(ratios, ratio)
		fmt.Fprintf(out, "| %d | %.0f | %.0f | %.0f | %.2f | %d | %d | %d %s | %.0f |\n", round+1, peak.perSecond, float64(a.asked)/a.long.Seconds(), a.perSecond(), ratio, a.refused, a.unsent, a.other, a.said,
			float64(a.p99().Microseconds())/1000)
	}
	fmt.Fprintf(out, "\nOf the peak: %.2f (median).\n", median(ratios))
	return nil
}

// neighbour is a member of another account, which is made if it is not there.
func neighbour(ctx context.Context, conn *pgx.Conn) (*caller, error) {
	other := uuid.MustParse("00000000-0000-7000-8000-000000000002")
	c := &caller{identity: identity{User: uuid.MustParse("00000000-0000-7000-8000-000000000003")}}
	for _, sql := range []string{
		`insert into app.accounts (account_id, name, cursor_key) values ($1, 'Neighbour', decode(repeat('08', 32), 'hex')) on conflict do nothing`,
		`insert into app.users (account_id, id, email, name, role, status) values ($1, $2, 'neighbour@bench.example', 'Neighbour', 'ADMIN', 'ACTIVE') on conflict do nothing`,
		`insert into app.tenants (account_id, id, name) select $1, md5('tenant of the neighbour ' || i)::uuid, 'tenant ' || i from generate_series(1, 20) i on conflict do nothing`,
		`insert into app.tickets (account_id, id, tenant_id, number, subject, status, priority)
			select $1, md5('ticket of the neighbour ' || i)::uuid, md5('tenant of the neighbour ' || 1 + i % 20)::uuid, i, 'Subject ' || i, 'OPEN', 'HIGH' from generate_series(1, 5000) i on conflict do nothing`,
	} {
		args := []any{other, c.User}
		if !bytes.Contains([]byte(sql), []byte("$2")) {
			args = args[:1]
		}
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			return nil, err
		}
	}
	return c, c.signIn(ctx, conn, other)
}

func neighbours(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	product, err := startProduct(ctx, binary, d, clients)
	if err != nil {
		return err
	}
	defer product.stop()
	quiet, err := neighbour(ctx, d.conn)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	defer client.CloseIdleConnections()
	r, err := post(product.url+"/graphql", works[1].document, nil, quiet)
	if err != nil {
		return err
	}
	asks, err := httputil.DumpRequestOut(r, true)
	if err != nil {
		return err
	}
	everyday := [][]byte{asks}
	for _, doc := range dearDocuments { // all statements are known
		r, err := post(product.url+"/graphql", doc.document, nil, &people[0])
		if err != nil {
			return err
		}
		_ = answer(client, r, &bytes.Buffer{})
	}
	arrive(ctx, product.url, 20, neighbourPerSecond, neighbourSlice, everyday)
	fmt.Fprintf(out, "\nA list of fifty tickets for an account that asks for it %d times a second, alone and beside %d clients of another account that ask the dearest documents, one after the other, as fast as they are answered and the rate limit lets them.\n\n"+
		"| dear documents | alone, p99, ms | beside them, p99, ms | times | refused | dear ones answered | dear ones refused |\n| --- | --- | --- | --- | --- | --- | --- |\n", neighbourPerSecond, neighbourClients)
	beside := func(name string, noise func(context.Context) (dear, denied int)) {
		var alone, beside []float64
		refused, dear, denied := 0, 0, 0
		for range overloadRounds {
			a := arrive(ctx, product.url, 20, neighbourPerSecond, neighbourSlice, everyday)
			alone = append(alone, float64(a.p99().Microseconds())/1000)
			asking, stop := context.WithCancel(ctx)
			var all sync.WaitGroup
			all.Go(func() {
				n, m := noise(asking)
				dear, denied = dear+n, denied+m
			})
			a = arrive(ctx, product.url, 20, neighbourPerSecond, neighbourSlice, everyday)
			stop()
			all.Wait()
			beside = append(beside, float64(a.p99().Microseconds())/1000)
			refused += a.refused + a.other
		}
		fmt.Fprintf(out, "| %s | %.1f | %.1f | %.1f | %d | %d | %d |\n", name, median(alone), median(beside), median(beside)/median(alone), refused, dear, denied)
	}
	for _, doc := range dearDocuments {
		beside(doc.name, func(asking context.Context) (dear, denied int) {
			return insist(asking, client, product.url, doc.document, people)
		})
	}
	// What a processor costs that is busy with anything: no server can do better than that on these.
	beside("none: a loop in a shell", func(asking context.Context) (int, int) {
		_ = exec.CommandContext(asking, "sh", "-c", "while :; do :; done").Run()
		return 0, 0
	})
	return nil
}

// insist has clients ask a document again and again, and counts how often it is answered and denied.
func insist(asking context.Context, client *http.Client, url, document string, people []caller) (dear, denied int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range neighbourClients {
		all.Go(func() {
			for asking.Err() == nil {
				r, err := post(url+"/graphql", document, nil, &people[i%len(people)])
				if err != nil {
					return
				}
				var body bytes.Buffer
				err = answer(client, r.WithContext(asking), &body)
				mu.Lock()
				if err == nil {
					dear++
				} else {
					denied++
				}
				mu.Unlock()
				if err != nil { // as they are told
					select {
					case <-asking.Done():
					case <-time.After(time.Second):
					}
				}
			}
		})
	}
	all.Wait()
	return dear, denied
}
