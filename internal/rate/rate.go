// Package rate bounds how much is asked: a bucket of cost for each viewer, for each account, and for each address that
// asks without signing in. A bucket fills at a constant rate up to what it holds. The processes on one database tell
// each other what was drawn, so that a bucket is the same whichever of them is asked: see Join.
package rate

import (
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"

	"tenantry/internal/viewer"
	"tenantry/models"
)

// Limits are how much may be asked, in cost a second.
type Limits struct {
	// Viewer is for each user, with all their sessions and tokens, and for each address without a user.
	Viewer int
	// Account is for all users of an account together; a customer has at most a tenth of it.
	Account int
	// Largest is the highest cost of one document: every bucket holds at least that.
	Largest int
}

// Boundless limits bind nobody.
var Boundless = Limits{Viewer: 1 << 40, Account: 1 << 44, Largest: 1 << 30}

// State is what is left in the bucket that a document drew from.
type State struct {
	// Limit is what the bucket holds, Cost what the document takes of it, Remaining what is left.
	Limit, Cost, Remaining int32
	// ResetAt is when the bucket is full again, if nothing more is asked.
	ResetAt time.Time
	// Wait is how long until so much is in the buckets, when there was too little.
	Wait time.Duration
}

// Buckets are all buckets of a process.
type Buckets struct {
	limits Limits
	book   *book[key]
	draws  draws
	now    func() time.Time
	peers  Peers
}

// key is whose bucket it is: a user's, an account's or an address's.
type key struct {
	Account, User uuid.UUID
	Customer      bool
	Address       string
}

// bucket knows besides how much was drawn that other processes were not told of.
type bucket struct {
	*rate.Limiter
	untold atomic.Int64
}

// New makes buckets, all full.
func New(limits Limits) *Buckets {
	// A bucket holds as much as flows into it in a second, or the largest document if that is more.
	slowest := min(limits.Viewer, max(1, limits.Account/10))
	full := time.Duration(1+limits.Largest/slowest) * time.Second
	return &Buckets{limits: limits, book: newBook[key](full + time.Minute), now: time.Now}
}

// Take draws the cost of a document from the buckets of who asks: of the user and their account, or if nobody is
// signed in of the address. It draws from none, and is not ok, if one has too little.
func (b *Buckets) Take(who *viewer.Viewer, address string, cost int) (State, bool) {
	now := b.now()
	buckets := b.of(who, address)
	wait, _ := b.draws.draw(now, cost, buckets...)
	if wait == 0 {
		for i, k := range keysOf(who, address) {
			b.tell(k, buckets[i], cost)
		}
	}
	s := state(buckets[0].Limiter, now, cost)
	s.Wait = wait
	return s, wait == 0
}

// Look tells what Take would draw, and draws nothing.
func (b *Buckets) Look(who *viewer.Viewer, address string, cost int) State {
	return state(b.of(who, address)[0].Limiter, b.now(), cost)
}

func state(bucket *rate.Limiter, now time.Time, cost int) State {
	left := max(0, bucket.TokensAt(now))
	full := float64(bucket.Burst())
	return State{
		Limit: whole(full), Cost: whole(float64(cost)), Remaining: whole(left),
		ResetAt: now.Add(time.Duration((full - left) / float64(bucket.Limit()) * float64(time.Second))),
	}
}

// whole is a number as GraphQL has it.
func whole(n float64) int32 { return int32(min(n, math.MaxInt32)) }

// keysOf are whose buckets somebody draws from, their own first.
func keysOf(who *viewer.Viewer, address string) []key {
	if who == nil {
		return []key{{Address: site(address)}}
	}
	// The role is in the key: with another role it is another bucket.
	return []key{{Account: who.AccountID, User: who.UserID, Customer: who.Role == models.RoleCustomer}, {Account: who.AccountID}}
}

// of are the buckets of who asks, their own first.
func (b *Buckets) of(who *viewer.Viewer, address string) (buckets []*bucket) {
	for _, k := range keysOf(who, address) {
		buckets = append(buckets, b.bucket(k))
	}
	return buckets
}

func (b *Buckets) bucket(k key) *bucket {
	perSecond := b.limits.Viewer
	switch {
	case k.Customer:
		perSecond = min(perSecond, max(1, b.limits.Account/10))
	case k.User == uuid.Nil && k.Address == "":
		perSecond = b.limits.Account
	}
	return b.book.of(k, rate.Limit(perSecond), max(perSecond, b.limits.Largest))
}

// book remembers the buckets of whoever drew last; who has not drawn for so long that the bucket is full is forgotten.
type book[K comparable] struct {
	mu      sync.Mutex // two that come at once get the same bucket
	buckets *lru.LRU[K, *bucket]
}

// bucketsMost is how many a book remembers.
const bucketsMost = 50_000

func newBook[K comparable](full time.Duration) *book[K] {
	return &book[K]{buckets: lru.NewLRU[K, *bucket](bucketsMost, nil, full)}
}

// of is the bucket of a key, which is full when it is new.
func (b *book[K]) of(k K, limit rate.Limit, burst int) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.buckets.Get(k)
	if !ok {
		known = &bucket{Limiter: rate.NewLimiter(limit, burst)}
	}
	b.buckets.Add(k, known) // from its last use on
	return known
}

// draws are made one at a time: what is in several buckets must still be there when it is taken.
type draws struct{ mu sync.Mutex }

// draw takes so much from all of these buckets, and tells how to give it back; or, if one has too little, from none,
// and tells how long until they have enough.
func (d *draws) draw(now time.Time, n int, buckets ...*bucket) (wait time.Duration, back func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range buckets {
		wait = max(wait, b.lacks(now, n))
	}
	if wait > 0 {
		return wait, nil
	}
	// Nothing is reserved that may have to be given back at once: a limiter gives back less of what was reserved
	// before something else.
	var drawn []*rate.Reservation
	for _, b := range buckets {
		drawn = append(drawn, b.ReserveN(now, n))
	}
	return 0, func() {
		for _, r := range drawn {
			r.CancelAt(now)
		}
	}
}

// lacks is how long until the bucket has so much.
func (b *bucket) lacks(now time.Time, n int) time.Duration {
	lack := float64(n) - b.TokensAt(now)
	return max(0, time.Duration(lack/float64(b.Limit())*float64(time.Second)))
}

// site is whose bucket is drawn from from an address: with version 6 of IP, everybody has 2^64 of them.
func site(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return address
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}
