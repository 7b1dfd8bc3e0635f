package rate

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// TurnLimits are how much may run at once.
type TurnLimits struct {
	// Running is how many everyday operations run at once, dearer ones counting as several. One account leaves a
	// quarter of it, so that others find room whatever it asks.
	Running int
	// Waiting is how many operations may wait for their turn; half of them at most are of one account. The first of an
	// account always may.
	Waiting int
	// Patience is how long they wait.
	Patience time.Duration
}

// Endless limits bind nobody.
var Endless = TurnLimits{Running: 1 << 30, Waiting: 1 << 30, Patience: time.Hour}

// everyday is how much cost counts as one operation: a list of fifty with what stands beside each. A document of
// the highest cost has the database work for a second.
const everyday = 250

// Turns lets operations run a few at a time, and accounts in turn. What arrives beyond that is refused at once, since
// whoever waits for long has asked again by then: a server that does more than it can does it for nobody.
type Turns struct {
	limits TurnLimits
	mu     sync.Mutex
	// lanes are those in which somebody waits.
	lanes map[Lane]*lane
	// held is how much of an account runs.
	held map[uuid.UUID]int
	// queue are the lanes in which somebody waits, whose turn it is first.
	queue            []*lane
	running, waiting int
}

// Lane is where operations wait behind each other: those of an account, the zero account being nobody's, and beside
// them what its subscriptions read.
type Lane struct {
	Account uuid.UUID
	// Streaming waits as long as it takes, and is not counted: the number of streams is bounded.
	Streaming bool
}

type lane struct {
	of      Lane
	waiting []*turn
}

// turn is an operation, and begin is closed when it may run.
type turn struct {
	weight int
	begin  chan struct{}
}

// NewTurns has nothing running.
func NewTurns(limits TurnLimits) *Turns {
	return &Turns{limits: limits, lanes: map[Lane]*lane{}, held: map[uuid.UUID]int{}}
}

// Full tells whether nothing more of a lane may wait.
func (t *Turns) Full(of Lane) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.full(of)
}

// full is not said of a lane in which nobody waits: whatever others ask, there is a turn for everybody.
func (t *Turns) full(of Lane) bool {
	l := t.lanes[of]
	return !of.Streaming && l != nil && (t.waiting >= t.limits.Waiting || len(l.waiting) >= max(1, t.limits.Waiting/2))
}

// Take waits until an operation of a cost may run. It is not ok if too many wait, it took too long, or the context
// ended. "leave" says that the operation is over, and must be called.
func (t *Turns) Take(ctx context.Context, of Lane, cost int) (leave func(), ok bool) {
	mine := &turn{weight: min(1+cost/everyday, t.share()), begin: make(chan struct{})}
	t.mu.Lock()
	crowded := t.full(of)
	t.wait(of, mine)
	t.next()
	if crowded && !begun(mine) {
		t.forget(of, mine)
		t.mu.Unlock()
		return nil, false
	}
	t.mu.Unlock()
	leave = sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.running -= mine.weight
		if t.held[of.Account] -= mine.weight; t.held[of.Account] == 0 {
			delete(t.held, of.Account)
		}
		t.next()
	})
	if begun(mine) {
		return leave, true
	}
	var patience <-chan time.Time
	if !of.Streaming {
		timer := time.NewTimer(t.limits.Patience)
		defer timer.Stop()
		patience = timer.C
	}
	select {
	case <-mine.begin:
		return leave, true
	case <-patience:
	case <-ctx.Done():
	}
	t.mu.Lock()
	late := begun(mine) // just now
	if !late {
		t.forget(of, mine)
		t.next() // behind it may be somebody whose turn it is
	}
	t.mu.Unlock()
	if late {
		return leave, true
	}
	return nil, false
}

// Numbers are how much runs, in everyday operations, and how many wait.
func (t *Turns) Numbers() (running, waiting int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.running, t.waiting
}

// share is how much of one account may run.
func (t *Turns) share() int { return t.limits.Running - t.limits.Running/4 }

func begun(t *turn) bool {
	select {
	case <-t.begin:
		return true
	default:
		return false
	}
}

func (t *Turns) wait(of Lane, mine *turn) {
	l := t.lanes[of]
	if l == nil {
		l = &lane{of: of}
		t.lanes[of] = l
		t.queue = append(t.queue, l)
	}
	l.waiting = append(l.waiting, mine)
	if !of.Streaming {
		t.waiting++
	}
}

// forget takes out a turn that waits.
func (t *Turns) forget(of Lane, mine *turn) {
	l := t.lanes[of]
	l.waiting = slices.DeleteFunc(l.waiting, func(other *turn) bool { return other == mine })
	if !of.Streaming {
		t.waiting--
	}
	if len(l.waiting) == 0 {
		delete(t.lanes, of)
		t.queue = slices.DeleteFunc(t.queue, func(other *lane) bool { return other == l })
	}
}

// next begins whatever there is room for. An account that has its share is passed over, in both its lanes; one that
// only waits for room is not, or a dear operation would wait for ever while cheap ones slip by.
func (t *Turns) next() {
	var passed []uuid.UUID
	for i := 0; i < len(t.queue); {
		l := t.queue[i]
		first, of := l.waiting[0], l.of.Account
		if slices.Contains(passed, of) || t.held[of]+first.weight > t.share() {
			passed = append(passed, of)
			i++
			continue
		}
		if t.running+first.weight > t.limits.Running {
			return
		}
		t.running += first.weight
		t.held[of] += first.weight
		close(first.begin)
		l.waiting = l.waiting[1:]
		if !l.of.Streaming {
			t.waiting--
		}
		t.queue = slices.Delete(t.queue, i, i+1)
		if len(l.waiting) > 0 {
			t.queue = append(t.queue, l)
		} else {
			delete(t.lanes, l.of)
		}
	}
}
