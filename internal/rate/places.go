package rate

import (
	"sync"

	"github.com/google/uuid"

	"tenantry/internal/viewer"
	"tenantry/models"
)

// PlaceLimits are how many streams and sockets may be open at once.
type PlaceLimits struct {
	// Viewer is for each user, and for each address while nobody has signed in on its sockets.
	Viewer int
	// Account is for all users of an account together; its customers have at most a tenth of it together.
	Account int
	// Process is for all.
	Process int
}

// Places are those that are taken.
type Places struct {
	limits PlaceLimits
	mu     sync.Mutex
	taken  map[place]int
}

// place is whose places are counted: a user's, an address's, an account's or its customers'; the zero value is all.
type place struct {
	account, user uuid.UUID
	customers     bool
	address       string
}

// NewPlaces has all of them free.
func NewPlaces(limits PlaceLimits) *Places {
	return &Places{limits: limits, taken: map[place]int{}}
}

// Take takes a place for a viewer, or for an address if there is none; it is not ok if there is no more. "leave"
// gives it back, once however often it is called.
func (p *Places) Take(who *viewer.Viewer, address string) (leave func(), ok bool) {
	wanted := map[place]int{{}: p.limits.Process}
	if who == nil {
		wanted[place{address: site(address)}] = p.limits.Viewer
	} else {
		wanted[place{account: who.AccountID, user: who.UserID}] = p.limits.Viewer
		wanted[place{account: who.AccountID}] = p.limits.Account
		if who.Role == models.RoleCustomer {
			wanted[place{account: who.AccountID, customers: true}] = max(1, p.limits.Account/10)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for of, most := range wanted {
		if p.taken[of] >= most {
			return func() {}, false
		}
	}
	for of := range wanted {
		p.taken[of]++
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for of := range wanted {
			if p.taken[of]--; p.taken[of] == 0 {
				delete(p.taken, of)
			}
		}
	}), true
}
