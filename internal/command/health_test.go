package command

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
)

// TestHoweverManyAskTheDatabaseIsAskedNowAndThen whether the server is ready, and a change is seen soon.
func TestHoweverManyAskTheDatabaseIsAskedNowAndThen(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), testdb.Open(t).ServerURL, postgres.Settings{Size: 2, Statement: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	h := &Health{Pool: pool}
	ready := func() int {
		w := httptest.NewRecorder()
		h.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return w.Code
	}
	before, start := pool.Stat().AcquireCount(), time.Now()
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			if code := ready(); code != http.StatusOK {
				t.Errorf("a server with its database answers %d", code)
			}
		})
	}
	all.Wait()
	if n, most := pool.Stat().AcquireCount()-before, 1+int64(time.Since(start)/pingPause); n > most {
		t.Errorf("the database is asked %d times, not at most %d", n, most)
	}
	pool.Close()
	for deadline := time.Now().Add(20 * time.Second); ready() != http.StatusServiceUnavailable; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a server without its database is ready")
		}
	}
}
