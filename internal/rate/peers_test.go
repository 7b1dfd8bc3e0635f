package rate

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tenantry/models"
)

// wire connects processes that hear each other at once.
type wire struct{ hear []map[string]func(string) }

// end is one process's end of the wire.
type end struct {
	wire *wire
	n    int
}

func (w *wire) end() end {
	w.hear = append(w.hear, map[string]func(string){})
	return end{w, len(w.hear) - 1}
}

func (e end) On(topic string, hear func(string)) { e.wire.hear[e.n][topic] = hear }

func (e end) Tell(topic, text string) {
	for n, hear := range e.wire.hear {
		if do := hear[topic]; n != e.n && do != nil {
			do(text)
		}
	}
}

func TestAViewerHasOneBucketWhicheverProcessIsAsked(t *testing.T) {
	limits := Limits{Viewer: 20_000, Account: 200_000, Largest: 10_000}
	w := &wire{}
	var processes []*Buckets
	var waits []func(time.Duration)
	for range 3 {
		b, wait := at(limits)
		b.Join(w.end())
		processes, waits = append(processes, b), append(waits, wait)
	}
	ada := somebody(uuid.New(), models.RoleMember)
	inTurn := func(cost int) (n int) {
		for refused := 0; refused < len(processes); {
			if _, ok := processes[n%len(processes)].Take(ada, "", cost); !ok {
				refused++
				continue
			}
			refused = 0
			n++
		}
		return n
	}
	// Of each process a twentieth may be drawn that the others do not know of.
	if n := inTurn(100); n < 200 || n > 200+2*200/told {
		t.Errorf("a member of 200 documents a second asks %d of three processes", n)
	}
	for i := range processes {
		if n := drawn(processes[i], ada, "", 100); n > 200/told {
			t.Errorf("and %d more of process %d alone", n, i)
		}
	}
	for range 10 { // in the long run it is exact
		for _, wait := range waits {
			wait(time.Second)
		}
		inTurn(100)
	}
	for _, wait := range waits {
		wait(time.Second)
	}
	if n := inTurn(100); n > 200+3*200/told {
		t.Errorf("after ten seconds of asking, %d in one", n)
	}
	if n := drawn(processes[0], somebody(ada.AccountID, models.RoleMember), "", 100); n != 200 {
		t.Errorf("another member of the account asks %d", n)
	}
}

func TestAnAccountACustomerAndAnAddressHaveOneBucketToo(t *testing.T) {
	w := &wire{}
	a, _ := at(Limits{Viewer: 1_000, Account: 2_000, Largest: 1_000})
	b, _ := at(Limits{Viewer: 1_000, Account: 2_000, Largest: 1_000})
	a.Join(w.end())
	b.Join(w.end())
	account := uuid.New()
	customer := somebody(account, models.RoleCustomer)
	drawn(a, customer, "", 100)
	if n := drawn(b, customer, "", 100); n > 0 {
		t.Errorf("a customer who asked all of one process asks %d of another", n)
	}
	drawn(a, somebody(account, models.RoleMember), "", 100)
	if n := drawn(b, somebody(account, models.RoleMember), "", 100); n > 0 {
		t.Errorf("an account that asked all of one process asks %d of another", n)
	}
	drawn(a, nil, "192.0.2.1", 100)
	if n := drawn(b, nil, "192.0.2.1", 100); n > 0 {
		t.Errorf("an address that asked all of one process asks %d of another", n)
	}
	if n := drawn(b, nil, "192.0.2.2", 100); n != 10 {
		t.Errorf("another address asks %d", n)
	}
}

func TestGuessesAreCountedWhicheverProcessIsAsked(t *testing.T) {
	w := &wire{}
	a, b := NewAttempts(), NewAttempts()
	a.Join(w.end())
	b.Join(w.end())
	for i := range userBurst {
		done, err := []*Attempts{a, b}[i%2].Try("ada", "192.0.2.1")
		if err != nil {
			t.Fatalf("guess %d is refused", i+1)
		}
		done(false)
	}
	for _, process := range []*Attempts{a, b} {
		if _, err := process.Try("ada", "192.0.2.2"); err == nil {
			t.Error("one more guess is taken")
		}
		if done, err := process.Try("ben", "192.0.2.1"); err != nil {
			t.Error("a guess for another user is refused")
		} else {
			done(true)
		}
	}
}

func TestWhatIsNoDrawingIsPassedOver(t *testing.T) {
	w := &wire{}
	b, _ := at(Limits{Viewer: 1_000, Account: 2_000, Largest: 1_000})
	b.Join(w.end())
	NewAttempts().Join(w.end())
	for _, text := range []string{"", "x", `{"Of":1}`, `{"Of":{"Address":"192.0.2.1"},"Cost":-5000}`, `{"Of":{"Address":"192.0.2.1"},"Cost":0}`} {
		w.hear[0][drawnTopic](text)
		w.hear[1][guessedTopic](text)
	}
	if n := drawn(b, nil, "192.0.2.1", 100); n != 10 {
		t.Errorf("after nonsense an address asks %d", n)
	}
}
