package peer

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
)

// open makes a process that hears about a topic.
func open(t *testing.T, poolURL, listenURL string) (*Peers, chan string) {
	t.Helper()
	pool, err := postgres.Open(t.Context(), poolURL, postgres.Settings{Size: 2, Statement: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	p, heard := New(pool, listenURL, slog.New(slog.DiscardHandler)), make(chan string, 100)
	p.On("news", func(text string) { heard <- text })
	stop := p.Keep(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		stop()
		pool.Close()
	})
	return p, heard
}

// until waits for something that comes soon or never.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

func TestWhatAProcessTellsAllOthersHearAndItselfDoesNot(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	a, heardA := open(t, db.ServerURL, db.ServerURL)
	until(t, "the first listens", a.Listening)
	if a.Count() != 0 {
		t.Errorf("alone, it knows %d others", a.Count())
	}
	b, heardB := open(t, db.ServerURL, db.ServerURL)
	c, heardC := open(t, db.ServerURL, db.ServerURL)
	for _, p := range []*Peers{a, b, c} {
		until(t, "all know each other", func() bool { return p.Count() == 2 && p.Listening() })
	}
	for range 5 { // what is told more than once is meant so, and told together
		a.Tell("news", "one two")
	}
	a.Tell("other", "nobody hears about this")
	a.Tell("news", "")
	for _, want := range []string{"one two", "one two", "one two", "one two", "one two", ""} {
		if b, c := <-heardB, <-heardC; b != want || c != want {
			t.Errorf("the others hear %q and %q, not %q", b, c, want)
		}
	}
	b.Tell("news", "three")
	if got := <-heardA; got != "three" {
		t.Errorf("the first hears %q", got)
	}
}

func TestListeningGoesOnAfterTheConnectionBrokeOff(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	a, _ := open(t, db.ServerURL, db.ServerURL)
	b, heard := open(t, db.ServerURL, db.ServerURL)
	until(t, "they know each other", func() bool { return a.Count() == 1 && b.Count() == 1 })
	super, err := pgxpool.New(t.Context(), db.SuperuserURL)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close()
	if _, err := super.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tenantry listening' and datname = current_database()"); err != nil {
		t.Fatal(err)
	}
	until(t, "the end is noticed", func() bool { return !b.Listening() })
	until(t, "it listens again", b.Listening)
	until(t, "something told is heard", func() bool {
		a.Tell("news", "again")
		select {
		case <-heard:
			return true
		default:
			return false
		}
	})
}

func TestBehindAPoolerItTellsAndListensByAnotherWay(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	a, _ := open(t, db.PgBouncer(t, 4), db.ServerURL)
	b, heard := open(t, db.PgBouncer(t, 4), db.ServerURL)
	until(t, "they know each other", func() bool { return a.Count() == 1 && b.Count() == 1 })
	a.Tell("news", "through the pooler")
	if got := <-heard; got != "through the pooler" {
		t.Errorf("the other hears %q", got)
	}
}

func TestWhoListensThroughAPoolerIsToldThatNothingIsHeard(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	pool, err := postgres.Open(t.Context(), db.ServerURL, postgres.Settings{Size: 2, Statement: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	said := make(chan string, 10)
	p := New(pool, db.PgBouncer(t, 4), slog.New(slog.NewTextHandler(lines(said), nil)))
	defer p.Keep(t.Context())()
	if line := <-said; !strings.Contains(line, "TENANTRY_LISTEN_DATABASE_URL") || p.Listening() {
		t.Errorf("it says %q, and listens: %v", line, p.Listening())
	}
}

// lines are what is logged.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

func TestWhoCanTellNothingForAWhileListensSoonAfter(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t)
	pool, err := postgres.Open(t.Context(), db.ServerURL, postgres.Settings{Size: 1, Statement: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	held, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 10)
	p := New(pool, db.ServerURL, slog.New(slog.NewTextHandler(lines(said), nil)))
	defer p.Keep(t.Context())()
	if line := <-said; !strings.Contains(line, errMute.Error()) || p.Listening() {
		t.Errorf("it says %q, and listens: %v", line, p.Listening())
	}
	held.Release()
	until(t, "it listens", p.Listening)
}
