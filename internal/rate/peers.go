package rate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Peers are the other processes on the database.
type Peers interface {
	// On has a function called with what they tell about a topic.
	On(topic string, hear func(text string))
	// Tell tells them something about a topic.
	Tell(topic, text string)
}

// The topics of what processes tell each other.
const (
	drawnTopic   = "drawn"
	guessedTopic = "guessed"
)

// told is how much of what a bucket gets in a second is drawn before others are told: a twentieth. So many seconds'
// worth may be drawn too much, for each process, and once.
const told = 20

// drawing is what a process drew from a bucket.
type drawing struct {
	Of   key
	Cost int64
}

// Join has what is drawn told to other processes, and takes what they drew from the buckets here. What somebody
// else's process drew at the same moment may bring a bucket below nothing; then it takes longer until it has something
// again, so that in the long run no more is drawn than flows in.
func (b *Buckets) Join(p Peers) {
	b.peers = p
	p.On(drawnTopic, func(text string) {
		var d drawing
		if json.Unmarshal([]byte(text), &d) == nil {
			b.take(d)
		}
	})
}

func (b *Buckets) tell(k key, from *bucket, cost int) {
	if b.peers == nil {
		return
	}
	sum := from.untold.Add(int64(cost))
	if float64(sum) < float64(from.Limit())/told || !from.untold.CompareAndSwap(sum, 0) {
		return // or who added more tells it
	}
	text, err := json.Marshal(drawing{k, sum})
	if err == nil {
		b.peers.Tell(drawnTopic, string(text))
	}
}

// take draws what another process drew, whatever is left.
func (b *Buckets) take(d drawing) {
	from := b.bucket(d.Of)
	for most := int64(from.Burst()); d.Cost > 0; d.Cost -= most {
		from.ReserveN(b.now(), int(min(d.Cost, most)))
	}
}

// Join has guesses of passwords told to other processes, and counts theirs. Users and addresses are told as hashes.
func (a *Attempts) Join(p Peers) {
	a.peers = p
	p.On(guessedTopic, func(text string) {
		user, address, ok := strings.Cut(text, " ")
		if ok {
			a.user(user).ReserveN(a.now(), 1)
			a.address(address).ReserveN(a.now(), 1)
		}
	})
}

func (a *Attempts) tell(user, address string) {
	if a.peers != nil {
		a.peers.Tell(guessedTopic, user+" "+address)
	}
}

// hashed names whoever has a name by something that does not tell it.
func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}
