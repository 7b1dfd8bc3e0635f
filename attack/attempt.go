package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// attack is something that is tried again and again.
type attack struct {
	name  string
	tries int
	// try tries it for the nth time and says what came of it.
	try func(ctx context.Context, n int) (outcome string, err error)
	// fine are the outcomes that do no harm.
	fine []string
	// processor is the most that one try may cost the server of processor time; 0: it is not bound.
	processor time.Duration
	// slow: the try itself takes its time, and tells nothing of the server's.
	slow bool
}

// groups are all attacks.
var groups = []func(*target) []attack{documents, requests, strangers, sockets}

// result is what came of an attack.
type result struct {
	attack
	worst, mean time.Duration
	memory      int
	outcomes    map[string]int
	held        bool
}

var columns = []string{"attack", "tries", "worst time, ms", "processor, ms a try", "most memory, MB", "outcome", "held"}

func (r result) String() string {
	worst := fmt.Sprintf("%.0f", float64(r.worst.Microseconds())/1000)
	if r.slow {
		worst = "—"
	}
	said, held := "", "yes"
	for _, o := range slices.Sorted(keys(r.outcomes)) {
		said += fmt.Sprintf("%s ×%d, ", o, r.outcomes[o])
	}
	if !r.held {
		held = "**no**"
	}
	return fmt.Sprintf("%s | %d | %s | %.1f | %d | %s | %s", r.name, r.tries, worst, float64(r.mean.Microseconds())/1000, r.memory, said[:max(0, len(said)-2)], held)
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// attempt tries an attack. It held if every outcome is fine, no try costs too much, and the server then answers an
// everyday question in a second.
func (t *target) attempt(ctx context.Context, a attack) result {
	r := result{attack: a, outcomes: map[string]int{}, held: true}
	before := t.Processor()
	for n := range a.tries {
		began := time.Now()
		outcome, err := a.try(ctx, n)
		r.worst = max(r.worst, time.Since(began))
		if err != nil {
			outcome = err.Error()
		}
		r.outcomes[outcome]++
		r.held = r.held && slices.Contains(a.fine, outcome)
	}
	r.mean = (t.Processor() - before) / time.Duration(a.tries)
	r.memory = t.Resident("VmHWM")
	if a.processor > 0 && r.mean > a.processor && t.share == 1 { // a few tries tell nothing of a clock of hundredths
		r.held = false
	}
	if took, err := t.alive(ctx); err != nil {
		r.outcomes["and then: "+err.Error()]++
		r.held = false
	} else if took > time.Second {
		r.outcomes[fmt.Sprintf("and then %v for a question", took.Round(time.Millisecond))]++
		r.held = false
	}
	return r
}
