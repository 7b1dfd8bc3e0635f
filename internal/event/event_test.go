package event

import (
	"log/slog"
	"testing"

	"github.com/google/uuid"

	"tenantry/internal/peer"
	"tenantry/internal/problem"
	"tenantry/internal/viewer"
	"tenantry/models"
)

var account, tenant, other = uuid.New(), uuid.New(), uuid.New()

func open(t *testing.T, typ string) (*Hub, *Stream) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	h := New(nil, peer.New(nil, "", log), log)
	s := h.Open(account, Wish{Type: typ})
	who := &viewer.Viewer{AccountID: account, UserID: uuid.New(), Role: models.RoleMember, Memberships: []uuid.UUID{tenant}}
	if err := s.Begin("10:10:", who); err != nil {
		t.Fatal(err)
	}
	return h, s
}

func happened(tx uint64, before, after *uuid.UUID) *event {
	return &event{account: account, tx: tx, kind: ticket, object: uuid.New(), before: before, after: after}
}

// TestOnlyDashboardsAreCountedAnew each minute: a stream of tickets has nothing to count.
func TestOnlyDashboardsAreCountedAnew(t *testing.T) {
	for typ, want := range map[string]int{"Ticket": 0, "Device": 0, "Dashboard": 1} {
		h, s := open(t, typ)
		h.each(func(l listener) { l.look() })
		h.each(func(l listener) { l.look() })
		if len(s.C) != want {
			t.Errorf("a stream of type %s is told %d times to look", typ, len(s.C))
		}
	}
}

// TestAStreamThatFallsBehindEnds with an error, and nothing is sent to it any more.
func TestAStreamThatFallsBehindEnds(t *testing.T) {
	h, s := open(t, "Ticket")
	for tx := range uint64(3 * queueMost) {
		if err := h.give("5000:5000:", []*event{happened(10+tx, nil, &tenant)}); err != nil {
			t.Fatal(err)
		}
	}
	set, more := <-s.C
	if !more || !problem.Is(set.Failed, problem.Unavailable) {
		t.Fatalf("the stream ends with %+v", set)
	}
	if _, more := <-s.C; more {
		t.Error("the stream goes on")
	}
	if h.watched() {
		t.Error("the stream is kept")
	}
	s.Close()
}

// TestWhatASnapshotShows: what was committed before it, and nothing that ran or began later.
func TestWhatASnapshotShows(t *testing.T) {
	s, err := parse("10:20:12,15")
	if err != nil {
		t.Fatal(err)
	}
	for tx, want := range map[uint64]bool{1: true, 9: true, 10: true, 11: true, 12: false, 13: true, 15: false, 19: true, 20: false, 21: false} {
		if s.shows(tx) != want {
			t.Errorf("the snapshot shows transaction %d: %v", tx, !want)
		}
	}
	for _, text := range []string{"", "x", "1:x:", "1:2:x"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q is read as a snapshot", text)
		}
	}
}

// TestWhatATransactionDoesIsOne for each object, from what was before to what is after.
func TestWhatATransactionDoesIsOne(t *testing.T) {
	id := uuid.New()
	made := merge([]*event{
		{tx: 1, kind: ticket, object: id, after: &tenant, internal: false}, {tx: 1, kind: ticket, object: id, before: &tenant, after: &other, internal: true},
		{tx: 2, kind: ticket, object: id, before: &other, after: &other, internal: true}, {tx: 2, kind: ticket, object: id, before: &other, after: &other, internal: true},
		{tx: 2, kind: membership, object: id, after: &tenant}, {tx: 2, kind: membership, object: id, before: &tenant},
	})
	if len(made) != 4 || made[0].before != nil || *made[0].after != other || made[0].internal || !made[1].internal || made[2].kind != membership || made[3].kind != membership {
		t.Errorf("merged: %+v", made)
	}
}

// TestAMovedCountEndsAllStreams: of a database that counts transactions anew nothing can be said.
func TestAMovedCountEndsAllStreams(t *testing.T) {
	h, s := open(t, "Ticket")
	h.since = "100:100:"
	if err := h.give("50:50:", nil); err != nil {
		t.Fatal(err)
	}
	if set := <-s.C; set.Failed == nil {
		t.Errorf("the stream is told %+v", set)
	}
}
