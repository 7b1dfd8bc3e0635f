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
	state := func() [2]int { // streams, which are in no number, counted
		t.mu.Lock()
		defer t.mu.Unlock()
		waiting := 0
		for _, l := range t.lanes {
			waiting += len(l.waiting)
		}
		return [2]int{t.running, waiting}
	}
	before := state()
	go func() {
		leave, ok := t.Take(ctx, of, cost)
		if !ok {
			leave = nil
		}
		done <- leave
	}()
	for len(done) == 0 && state() == before { // until it is in the queue or through
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

func TestAnAccountHasItsShareByRequestsAndSubscriptionsTogether(t *testing.T) {
	turns, a, b := NewTurns(TurnLimits{Running: 8, Waiting: 100, Patience: time.Minute}), account(), account()
	streams := Lane{a.Account, true}
	first, _ := turns.Take(t.Context(), streams, 4*everyday) // five of six
	second, ok := turns.Take(t.Context(), a, 1)
	if !ok {
		t.Fatal("no request beside a subscription while there is room")
	}
	dear := take(turns, t.Context(), a, everyday)
	cheap := take(turns, t.Context(), streams, 1)
	leave, ok := turns.Take(t.Context(), b, everyday)
	if !ok || len(dear)+len(cheap) > 0 {
		t.Fatalf("another account finds no room (%v), or the first has more than its share (%d)", ok, len(dear)+len(cheap))
	}
	if second(); len(cheap) > 0 {
		t.Error("a subscription slips by a dearer request of the same account that waits for the share")
	}
	first()
	(<-dear)()
	(<-cheap)()
	leave()
}

func TestWhatFindsNoPlaceToWaitIsRefusedAtOnce(t *testing.T) {
	turns, a, b := NewTurns(TurnLimits{Running: 1, Waiting: 4, Patience: time.Hour}), account(), account()
	leave, _ := turns.Take(t.Context(), a, 1)
	waiting := []chan func(){take(turns, t.Context(), a, 1), take(turns, t.Context(), a, 1)}
	if _, ok := turns.Take(t.Context(), a, 1); ok || !turns.Full(a) {
		t.Error("one account waits in more than half of the places")
	}
	if turns.Full(b) {
		t.Error("another account finds no place to wait")
	}
	waiting = append(waiting, take(turns, t.Context(), b, 1), take(turns, t.Context(), b, 1))
	c := account()
	if turns.Full(c) {
		t.Error("two accounts in all places leave none for a third")
	}
	third := take(turns, t.Context(), c, 1)
	if _, ok := turns.Take(t.Context(), c, 1); ok || !turns.Full(c) {
		t.Error("a second of the third account waits, although all places are taken")
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
	leave()
	(<-waiting[0])()
	(<-waiting[2])()
	(<-third)()
	if len(waiting[1])+len(waiting[3]) == 2 {
		t.Error("the third account waits behind all that two others asked before")
	}
	(<-waiting[1])()
	(<-waiting[3])()
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
	if running, waiting := turns.Numbers(); running != 0 || waiting != 0 || len(turns.lanes)+len(turns.held)+len(turns.queue) != 0 {
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
	if running, waiting := turns.Numbers(); most > 4 || running != 0 || waiting != 0 || len(turns.lanes)+len(turns.held)+len(turns.queue) != 0 {
		t.Errorf("%d ran at once; %d run, %d wait, of %d accounts, %d in the queue", most, running, waiting, len(turns.lanes), len(turns.queue))
	}
}
