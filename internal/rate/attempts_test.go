package rate

import (
	"fmt"
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
