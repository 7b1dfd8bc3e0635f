package rate

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// take asks for a turn beside the test, and tells in a channel how to leave; nil: refused.
func take(t *Turns, ctx context.Context, of Lane, cost int) chan func() {
	done := make(chan func(), 1)
	_, before := t.Numbers()
	running, _ := t.Numbers()
	go func() {
		leave, ok := t.Take(ctx, of, cost)
		if !ok {
			leave = nil
		}
		done <- leave
	}()
	for len(done) == 0 { // until it is in the queue or through
		if now, waiting := t.Numbers(); waiting != before || now != running {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return done
}

func account() Lane { return Lane{Account: uuid.New()} }

func TestAnAccountHasThreeQuartersAndLeavesTheRestToOthers(t *testing.T) {
	turns, a, b := NewTurns(TurnLimits{Running: 8, Waiting: 100, Patience: time.Minute}), account(), account()
	for range 6 {
		if _, ok := turns.Take(t.Context(), a, 1); !ok {
			t.Fatal("refused while there is room")
		}
	}
	seventh := take(turns, t.Context(), a, 1)
	leave, ok := turns.Take(t.Context(), b, 1)
	if !ok || len(seventh) > 0 {
		t.Fatalf("another account finds no room (%v), or the first has all of it (%d)", ok, len(seventh))
	}
	leave()
	if len(seventh) > 0 {
		t.Error("what the other account leaves is taken beyond the share")
	}
}

func TestADearDocumentCountsAsSeveral(t *testing.T) {
	turns, a := NewTurns(TurnLimits{Running: 8, Waiting: 100, Patience: time.Minute}), account()
	leave, _ := turns.Take(t.Context(), a, 4*everyday) // five of six
	if _, ok := turns.Take(t.Context(), a, 1); !ok {
		t.Fatal("no everyday operation beside it")
	}
	second := take(turns, t.Context(), a, 1)
	if leave(); (<-second) == nil {
		t.Error("the place of a dear document is given to nobody")
	}
	turns, a = NewTurns(TurnLimits{Running: 8, Waiting: 100, Patience: time.Minute}), account()
	if _, ok := turns.Take(t.Context(), a, 1_000_000); !ok {
		t.Error("a document that counts for more than there is never runs")
	}
}

func TestADearDocumentIsNotPassedByCheapOnes(t *testing.T) {
	turns, a, b, c := NewTurns(TurnLimits{Running: 4, Waiting: 100, Patience: time.Minute}), account(), account(), account()
	first, _ := turns.Take(t.Context(), a, 1)
	second, _ := turns.Take(t.Context(), a, 1)
	dear := take(turns, t.Context(), b, 2*everyday)
	cheap := take(turns, t.Context(), c, 1)
	if len(cheap) > 0 {
		t.Fatal("a cheap one begins although a dear one waits for the room")
	}
	first()
	(<-dear)()
	(<-cheap)()
	second()
}

func TestAccountsBeginInTurn(t *testing.T) {
	turns, a, b := NewTurns(TurnLimits{Running: 1, Waiting: 100, Patience: time.Minute}), account(), account()
	leave, _ := turns.Take(t.Context(), a, 1)
	var ofA []chan func()
	for range 10 {
		ofA = append(ofA, take(turns, t.Context(), a, 1))
	}
	ofB := take(turns, t.Context(), b, 1)
	leave()
	(<-ofA[0])()
	if leave := <-ofB; leave == nil || len(ofA[1]) > 0 {
		t.Error("the second account waits behind all that the first asked before")
	}
}

func TestWhatFindsNoPlaceToWaitIsRefusedAtOnce(t *testing.T) {
	turns, a, b := NewTurns(TurnLimits{Running: 1, Waiting: 4, Patience: time.Hour}), account(), account()
	_, _ = turns.Take(t.Context(), a, 1)
	for range 2 {
		take(turns, t.Context(), a, 1)
	}
	if _, ok := turns.Take(t.Context(), a, 1); ok || !turns.Full(a) {
		t.Error("one account waits in more than half of the places")
	}
	if turns.Full(b) {
		t.Error("another account finds no place to wait")
	}
	for range 2 {
		take(turns, t.Context(), b, 1)
	}
	if _, ok := turns.Take(t.Context(), account(), 1); ok || !turns.Full(account()) {
		t.Error("a fifth waits")
	}
	stream, stop := context.WithCancel(t.Context())
	told := make(chan bool)
	go func() {
		_, ok := turns.Take(stream, Lane{a.Account, true}, 1)
		told <- ok
	}()
	stop()
	if <-told {
		t.Error("what a subscription reads begins after it has ended")
	}
}

func TestWhoWaitsForTooLongOrLeavesIsGone(t *testing.T) {
	turns, a := NewTurns(TurnLimits{Running: 1, Waiting: 10, Patience: 10 * time.Millisecond}), account()
	leave, _ := turns.Take(t.Context(), a, 1)
	if _, ok := turns.Take(t.Context(), a, 1); ok {
		t.Error("two run where one may")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := turns.Take(ctx, a, 1); ok {
		t.Error("who has left runs")
	}
	leave()
	leave() // once is enough
	if running, waiting := turns.Numbers(); running != 0 || waiting != 0 || len(turns.lanes) != 0 || len(turns.queue) != 0 {
		t.Errorf("%d run, %d wait, of %d accounts, %d in the queue", running, waiting, len(turns.lanes), len(turns.queue))
	}
}

func TestManyAtOnceLeaveNothingBehind(t *testing.T) {
	turns := NewTurns(TurnLimits{Running: 4, Waiting: 20, Patience: time.Millisecond})
	var all sync.WaitGroup
	var mu sync.Mutex
	most, running := 0, 0
	lanes := []Lane{account(), account(), {account().Account, true}}
	for i := range 60 {
		all.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(j%3)*time.Millisecond)
				if leave, ok := turns.Take(ctx, lanes[i%len(lanes)], 1); ok {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					time.Sleep(10 * time.Microsecond)
					mu.Lock()
					running--
					mu.Unlock()
					leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if running, waiting := turns.Numbers(); most > 4 || running != 0 || waiting != 0 || len(turns.lanes) != 0 || len(turns.queue) != 0 {
		t.Errorf("%d ran at once; %d run, %d wait, of %d accounts, %d in the queue", most, running, waiting, len(turns.lanes), len(turns.queue))
	}
}
