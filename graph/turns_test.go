package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tenantry/internal/rate"
)

// asked is what somebody who asks over HTTP gets, as browsers ask.
func (c *client) asked(query string) *httptest.ResponseRecorder {
	body, err := json.Marshal(map[string]any{"query": query})
	must(c.t, err)
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.token)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}

// TestWhatTheServerCannotDoIsRefusedAndOthersAreServed stops the tickets of everybody in the database: the calls of an
// account that ask for them hold what it may have, and no more.
func TestWhatTheServerCannotDoIsRefusedAndOthersAreServed(t *testing.T) {
	t.Parallel()
	a := newAPIOn(t, 4, func(o *Options) { o.Turns = rate.TurnLimits{Running: 4, Waiting: 8, Patience: 50 * time.Millisecond} })
	ada, olga := a.as(admin), a.as("olga@southwind.example")
	const tickets = `{ tickets(first: 1) { totalCount nodes { subject } } }`
	ada.ok(tickets, nil)
	want := olga.ok(`{ devices { totalCount } }`, nil).raw
	tx, err := a.owner.Begin(context.Background())
	must(t, err)
	_, err = tx.Exec(context.Background(), "lock table app.tickets")
	must(t, err)
	answers := make(chan *httptest.ResponseRecorder, 40)
	var all sync.WaitGroup
	for range cap(answers) {
		all.Go(func() { answers <- ada.asked(tickets) })
	}
	for refused := range 37 { // three run, as long as the table is locked
		w := <-answers
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !bytes.Contains(w.Body.Bytes(), []byte(`"UNAVAILABLE"`)) {
			t.Fatalf("after %d refusals of an admin who asks forty things at once: %d %v %s", refused, w.Code, w.Header(), w.Body)
		}
	}
	if r := olga.ok(`{ devices { totalCount } }`, nil); r.raw != want {
		t.Errorf("a member of another account, meanwhile: %s", r.raw)
	}
	must(t, tx.Rollback(context.Background()))
	all.Wait()
	for range 3 {
		if w := <-answers; w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(`"totalCount":16`)) {
			t.Errorf("what had begun is answered %d %s", w.Code, w.Body)
		}
	}
	ada.ok(tickets, nil)
}
