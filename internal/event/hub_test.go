package event

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/peer"
	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// TestWhoSubscribesWhileTheHubWaitsIsToldWhatHappensThen: the hub has no connection yet when the stream opens, and the
// change is committed before it gets one.
func TestWhoSubscribesWhileTheHubWaitsIsToldWhatHappensThen(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), testdb.Open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pool, err := postgres.Open(ctx, db.ServerURL, postgres.Settings{Size: 1, Statement: 5 * time.Second})
	must(err)
	defer pool.Close()
	owner, err := pgx.Connect(ctx, db.OwnerURL)
	must(err)
	defer func() { _ = owner.Close(ctx) }()
	log := slog.New(slog.DiscardHandler)
	h := New(pool, peer.New(nil, "", log), log)
	must(h.look(ctx))
	held, err := pool.Acquire(ctx)
	must(err)
	looked := make(chan error, 1)
	go func() { looked <- h.look(ctx) }()
	time.Sleep(50 * time.Millisecond) // it waits for the connection
	s := h.Open(account, Wish{Type: "Ticket"})
	defer s.Close()
	var at string
	must(owner.QueryRow(ctx, "select pg_current_snapshot()::text").Scan(&at))
	must(s.Begin(at, &viewer.Viewer{AccountID: account, UserID: uuid.New(), Role: models.RoleMember, Memberships: []uuid.UUID{tenant}}))
	_, err = owner.Exec(ctx, "insert into app.events (account_id, kind, object_id, tenant_after) values ($1, 'TICKET', $2, $3)", account, uuid.New(), tenant)
	must(err)
	held.Release()
	must(<-looked)
	must(h.look(ctx))
	if len(s.C) != 1 {
		t.Errorf("the stream is told %d times of what was committed once", len(s.C))
	}
}

// TestABurstIsKeptOnceForAllWhoWatch: 500 members who see 900 changes hold them together.
func TestABurstIsKeptOnceForAllWhoWatch(t *testing.T) {
	const streams, changes = 500, 900
	log := slog.New(slog.DiscardHandler)
	h := New(nil, peer.New(nil, "", log), log)
	var all []*Stream
	for range streams {
		s := h.Open(account, Wish{Type: "Ticket"})
		if err := s.Begin("10:10:", &viewer.Viewer{AccountID: account, UserID: uuid.New(), Role: models.RoleMember, Memberships: []uuid.UUID{tenant}}); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for tx := range uint64(changes) {
		if err := h.give("5000:5000:", []*event{happened(10+tx, nil, &tenant)}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	for _, s := range all {
		if len(s.C) != changes {
			t.Fatalf("a stream holds %d changes", len(s.C))
		}
	}
	first, second := <-all[0].C, <-all[1].C
	if first != second {
		t.Error("two streams have each their own of the same change")
	}
	if kept := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / changes; kept > 2_000 {
		t.Errorf("a change is kept in %d bytes for %d streams", kept, streams)
	}
}
