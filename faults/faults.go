package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// fault is something that breaks.
type fault struct {
	name  string
	tries int
	// down: it is the server itself that is away.
	down bool
	// happen breaks something and makes it whole again, and tells when it was.
	happen func(ctx context.Context, w *world) (whole time.Time, err error)
}

var faults = []fault{
	{name: "the database is killed and started again", tries: 20, happen: func(ctx context.Context, w *world) (time.Time, error) {
		w.signal(syscall.SIGKILL)
		pause()
		err := w.revive(ctx)
		return time.Now(), err
	}},
	{name: "all of its sessions are ended", tries: 50, happen: func(ctx context.Context, w *world) (time.Time, error) {
		err := w.sql(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_server'")
		return time.Now(), err
	}},
	{name: "it stands still for eight seconds", tries: 5, happen: func(_ context.Context, w *world) (time.Time, error) {
		w.signal(syscall.SIGSTOP)
		time.Sleep(8 * time.Second)
		w.signal(syscall.SIGCONT)
		return time.Now(), nil
	}},
	{name: "it lets nobody in any more", tries: 20, happen: func(ctx context.Context, w *world) (time.Time, error) {
		err := w.sql(ctx, "alter role tenantry_server connection limit 0", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_server'")
		if err == nil {
			pause()
			err = w.sql(ctx, "alter role tenantry_server connection limit -1")
		}
		return time.Now(), err
	}},
	{name: "it becomes read-only", tries: 20, happen: func(ctx context.Context, w *world) (time.Time, error) {
		err := w.sql(ctx, "alter role tenantry_server set default_transaction_read_only = on", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_server'")
		if err == nil {
			pause()
			err = w.sql(ctx, "alter role tenantry_server reset default_transaction_read_only", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tenantry_server'")
		}
		return time.Now(), err
	}},
	{name: "a table is locked", tries: 10, happen: func(ctx context.Context, w *world) (time.Time, error) {
		conn, err := pgx.Connect(ctx, w.superuser)
		if err != nil {
			return time.Time{}, err
		}
		defer func() { _ = conn.Close(ctx) }()
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "lock table app.tickets"); err != nil {
				return err
			}
			pause()
			return nil
		})
		return time.Now(), err
	}},
	{name: "the server is killed and started again", tries: 200, down: true, happen: func(ctx context.Context, w *world) (time.Time, error) {
		w.server.Kill()
		err := w.serve(ctx)
		return time.Now(), err
	}},
	{name: "the server is ended in order and started again", tries: 20, down: true, happen: func(ctx context.Context, w *world) (time.Time, error) {
		w.server.Stop()
		err := w.serve(ctx)
		return time.Now(), err
	}},
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
	return r.lost == 0 && r.twice == 0 && len(r.wrong) == 0 && r.connections <= connections && r.grown < 50 &&
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
	r := result{fault: f, timed: w.share == 1}
	before := w.metric("go_goroutines")
	l := w.begin(2*poolSize, f.down)
	for range f.tries {
		time.Sleep(100*time.Millisecond + rand.N(200*time.Millisecond))
		whole, err := f.happen(ctx, w)
		if err != nil {
			return r, err
		}
		r.recovered = max(r.recovered, l.recovered(whole))
	}
	l.end()
	time.Sleep(time.Second)
	r.worst, r.wrong, r.changes = l.worst, l.wrong, len(l.done)
	var err error
	if r.lost, r.twice, err = l.kept(ctx); err != nil {
		return r, err
	}
	conn, err := pgx.Connect(ctx, w.superuser)
	if err != nil {
		return r, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, "select count(*) from pg_stat_activity where usename = 'tenantry_server'").Scan(&r.connections); err != nil {
		return r, err
	}
	if after := w.metric("go_goroutines"); !f.down {
		r.grown = after - before
	}
	return r, nil
}
