package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// fault is something that breaks.
type fault struct {
	name  string
	tries int
	// servers and pool are how many servers there are, and connections of each; 0: as usual.
	servers, pool int
	// twoWays: the database has two addresses.
	twoWays bool
	// down: it is the server itself that is away. unnoticed: nobody may notice, not even by UNAVAILABLE.
	down, unnoticed bool
	// watched: clients ask the first server, and somebody watches at the last, who is told of each change once.
	watched bool
	// happen breaks something and makes it whole again, and tells when it was.
	happen func(ctx context.Context, w *world, l *load) (whole time.Time, err error)
}

// ended are the sessions of the servers that end.
const ended = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_server'"

var faults = []fault{
	{name: "the database is killed and started again", tries: 20, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		w.signal(syscall.SIGKILL)
		pause()
		err := w.revive(ctx)
		return time.Now(), err
	}},
	{name: "all of its sessions are ended", tries: 50, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		err := w.sql(ctx, ended)
		return time.Now(), err
	}},
	{name: "it stands still for eight seconds", tries: 5, happen: func(_ context.Context, w *world, _ *load) (time.Time, error) {
		w.signal(syscall.SIGSTOP)
		time.Sleep(8 * time.Second)
		w.signal(syscall.SIGCONT)
		return time.Now(), nil
	}},
	{name: "it lets nobody in any more", tries: 20, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		err := w.sql(ctx, "alter role tenantry_server connection limit 0", ended)
		if err == nil {
			pause()
			err = w.sql(ctx, "alter role tenantry_server connection limit -1")
		}
		return time.Now(), err
	}},
	{name: "it becomes read-only", tries: 20, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		err := w.sql(ctx, "alter role tenantry_server set default_transaction_read_only = on", ended)
		if err == nil {
			pause()
			err = w.sql(ctx, "alter role tenantry_server reset default_transaction_read_only", ended)
		}
		return time.Now(), err
	}},
	{name: "a table is locked", tries: 10, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		err := w.locked(ctx, func() error {
			pause()
			return nil
		})
		return time.Now(), err
	}},
	{name: "all connections to it break off", tries: 50, happen: func(_ context.Context, w *world, _ *load) (time.Time, error) {
		w.network.cut()
		time.Sleep(rand.N(500 * time.Millisecond))
		w.network.mend()
		return time.Now(), nil
	}},
	{name: "one of its two addresses breaks off, and then the other", tries: 20, twoWays: true, happen: func(_ context.Context, w *world, l *load) (time.Time, error) {
		w.network.cut()
		l.recovered(time.Now()) // by the other
		w.network.mend()
		w.other.cut()
		l.recovered(time.Now())
		w.other.mend()
		return time.Now(), nil
	}},
	{name: "nothing arrives any more for eight seconds, and nothing breaks off", tries: 5, happen: func(_ context.Context, w *world, _ *load) (time.Time, error) {
		w.network.stop()
		time.Sleep(8 * time.Second)
		w.network.mend()
		return time.Now(), nil
	}},
	{name: "each of its answers takes 200 ms", tries: 5, happen: func(_ context.Context, w *world, _ *load) (time.Time, error) {
		w.network.delay(200 * time.Millisecond)
		pause()
		w.network.mend()
		return time.Now(), nil
	}},
	{name: "two hundred clients ask for two connections to a slow one", tries: 5, pool: 2, happen: func(ctx context.Context, w *world, l *load) (time.Time, error) {
		w.network.delay(100 * time.Millisecond)
		mended := make(chan struct{})
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				for more := true; more; {
					l.ask(-1, "", `{ tickets(first: 3) { nodes { subject } } }`, `"nodes"`)
					select {
					case <-mended:
						more = false
					default:
					}
				}
			})
		}
		var err error
		for range 20 {
			time.Sleep(100 * time.Millisecond)
			var response *http.Response
			if response, err = client.Get("http://" + w.servers[0].addr + "/readyz"); err != nil {
				break
			}
			if _ = response.Body.Close(); response.StatusCode != http.StatusOK {
				l.complain("it is not ready: %s", response.Status)
			}
		}
		w.network.mend()
		close(mended)
		all.Wait()
		l.forget(-1)
		return time.Now(), err
	}},
	{name: "clients leave before they are answered", tries: 20, happen: func(ctx context.Context, w *world, l *load) (time.Time, error) {
		err := w.locked(ctx, func() error {
			var all sync.WaitGroup
			for range poolSize {
				all.Go(func() {
					ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
					defer cancel()
					_, _, _ = post(ctx, w.servers[0].addr, w.token, "", `{ tickets(first: 1, filter: { subject: { contains: "who left" } }) { nodes { subject } } }`)
				})
			}
			all.Wait()
			time.Sleep(time.Second)
			n, err := w.count(ctx, "select count(*) from pg_stat_activity where usename = 'tenantry_server' and state = 'active' and query like '%who left%'")
			if n > 0 {
				l.complain("%d statements of clients that left go on", n)
			}
			return err
		})
		return time.Now(), err
	}},
	{name: "the server is killed and started again", tries: 200, down: true, happen: killed},
	{name: "one of two servers is killed and started again, and somebody watches at the other", tries: 100, servers: 2, down: true, watched: true, happen: killed},
	{name: "the server is ended in order and started again", tries: 20, down: true, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		w.servers[0].Stop()
		err := w.start(ctx, w.servers[0])
		return time.Now(), err
	}},
	{name: "two servers behind a balancer are ended in order and started again, in turn", tries: 20, servers: 2, unnoticed: true, happen: func(ctx context.Context, w *world, _ *load) (time.Time, error) {
		for _, s := range w.servers {
			if err := w.balancer.all(ctx); err != nil {
				return time.Time{}, err
			}
			s.Stop()
			if err := w.start(ctx, s); err != nil {
				return time.Time{}, err
			}
		}
		return time.Now(), w.balancer.all(ctx)
	}},
}

// killed is the end of a server that has no time for one.
func killed(ctx context.Context, w *world, _ *load) (time.Time, error) {
	w.servers[0].Kill()
	err := w.start(ctx, w.servers[0])
	return time.Now(), err
}

// pause is some time in which it stays broken.
func pause() { time.Sleep(500*time.Millisecond + rand.N(1500*time.Millisecond)) }

// result is what came of a fault.
type result struct {
	fault
	changes            int
	worst, recovered   time.Duration
	lost, twice        int
	connections, grown int
	wrong              []string
	// timed: all are tried, and how long it took counts, too.
	timed bool
}

var columns = []string{"fault", "tries", "changes", "longest wait, s", "lost", "twice", "connections left", "goroutines more", "well again in, s", "wrong answers", "got over"}

// longest is how long anybody may wait, and soon how soon after it is whole again everybody is answered.
const (
	longest = 7 * time.Second
	soon    = 2 * time.Second
)

func (r result) well() bool {
	return r.lost == 0 && r.twice == 0 && len(r.wrong) == 0 && r.connections <= r.servers*(r.pool+ownConnections) && r.grown < 50 &&
		(!r.timed || r.worst <= longest && r.recovered <= soon)
}

func (r result) String() string {
	got := "yes"
	if !r.well() {
		got = "**no**"
	}
	wrong := fmt.Sprint(len(r.wrong))
	if len(r.wrong) > 0 {
		wrong += ": " + r.wrong[0]
	}
	return fmt.Sprintf("%s | %d | %d | %.1f | %d | %d | %d | %d | %.2f | %s | %s", r.name, r.tries, r.changes, r.worst.Seconds(), r.lost, r.twice, r.connections, r.grown,
		r.recovered.Seconds(), wrong, got)
}

// suffer has a fault happen again and again under load.
func (w *world) suffer(ctx context.Context, f fault) (result, error) {
	f.tries = max(1, f.tries/w.share)
	for of, usual := range map[*int]int{&f.servers: 1, &f.pool: poolSize} {
		if *of == 0 {
			*of = usual
		}
	}
	r := result{fault: f, timed: w.share == 1}
	if err := w.run(ctx, f); err != nil {
		return r, err
	}
	client.CloseIdleConnections()
	before := w.servers[0].metric("go_goroutines")
	addr := w.addr()
	var watching *onlooker
	if f.watched {
		addr = w.servers[0].addr
		var err error
		if watching, err = w.watch(ctx, w.servers[len(w.servers)-1].addr); err != nil {
			return r, err
		}
	}
	l := w.begin(addr, f)
	for range f.tries {
		time.Sleep(100*time.Millisecond + rand.N(200*time.Millisecond))
		whole, err := f.happen(ctx, w, l)
		if err != nil {
			return r, err
		}
		r.recovered = max(r.recovered, l.recovered(whole))
	}
	l.end()
	client.CloseIdleConnections()
	time.Sleep(time.Second)
	if watching != nil {
		l.seen = watching.end()
		if watching.ended != "" {
			l.complain("who watches hears %.300s", watching.ended)
		}
	}
	r.worst, r.wrong, r.changes = l.worst, l.wrong, len(l.done)
	var err error
	if r.lost, r.twice, err = l.kept(ctx); err != nil {
		return r, err
	}
	if r.connections, err = w.count(ctx, "select count(*) from pg_stat_activity where usename = 'tenantry_server'"); err != nil {
		return r, err
	}
	if after := w.servers[0].metric("go_goroutines"); !f.down && !f.unnoticed {
		r.grown = after - before
	}
	return r, nil
}

// locked does something while nobody can use a table.
func (w *world) locked(ctx context.Context, do func() error) error {
	conn, err := pgx.Connect(ctx, w.superuser)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "lock table app.tickets"); err != nil {
			return err
		}
		return do()
	})
}
