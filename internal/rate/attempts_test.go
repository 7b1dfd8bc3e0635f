package rate

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tenantry/internal/problem"
)

func TestGuessesAreCountedByUserAndByAddress(t *testing.T) {
	a, now := NewAttempts(), time.Now()
	a.now = func() time.Time { return now }
	refused := func(user, address string) bool {
		_, err := a.Try(user, address)
		if err != nil && !problem.Is(err, problem.RateLimited) {
			t.Fatal(err)
		}
		return err != nil
	}
	for i := range userBurst {
		if refused("ada", fmt.Sprint("192.0.2.", i)) {
			t.Fatalf("guess %d is refused", i+1)
		}
	}
	if !refused("ada", "192.0.2.99") {
		t.Error("one more guess from a new address is taken")
	}
	if refused("ben", "192.0.2.99") {
		t.Error("a guess for another user is refused")
	}
	for i := range 2 * addressBurst {
		if refused(fmt.Sprint("user", i), "192.0.2.200") != (i >= addressBurst) {
			t.Fatalf("guess %d from one address, each for another user", i+1)
		}
	}
	now = now.Add(userPause)
	if refused("ada", "192.0.2.1") || !refused("ada", "192.0.2.1") {
		t.Error("after a pause there is not one guess more")
	}
}

func TestWhoKnowsThePasswordIsNeverThrottled(t *testing.T) {
	a := NewAttempts()
	for range 500 {
		end, err := a.Try("ada", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		end(true)
	}
}

func TestManyGuessesAtOnceLockNobodyOutForLonger(t *testing.T) {
	a, now := NewAttempts(), time.Now()
	a.now = func() time.Time { return now }
	var taken atomic.Int32
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if _, err := a.Try("ada", fmt.Sprint("192.0.2.", i)); err == nil {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != userBurst {
		t.Errorf("%d of 100 guesses at once are taken", taken.Load())
	}
	now = now.Add(userPause)
	if _, err := a.Try("ada", "198.51.100.1"); err != nil {
		t.Error("the user is locked out for longer than a pause")
	}
}

func TestNamesThatAreNotLookedAtPushNobodyOut(t *testing.T) {
	a := NewAttempts()
	for range userBurst {
		_, _ = a.Try("ada", "192.0.2.1")
	}
	for i := range bucketsMost + 1 {
		_, _ = a.Try(fmt.Sprint("user", i), "192.0.2.2")
	}
	if _, err := a.Try("ada", "192.0.2.3"); err == nil {
		t.Error("after names of others from one address, the guesses for a user begin anew")
	}
}
