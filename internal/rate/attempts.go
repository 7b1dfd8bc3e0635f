package rate

import (
	"time"

	"golang.org/x/time/rate"

	"tenantry/internal/problem"
)

// How often passwords may be guessed: so many times at once, and then again after each pause. What goes well does not
// count.
const (
	userBurst, userPause       = 10, 30 * time.Second
	addressBurst, addressPause = 100, time.Second
)

// Attempts counts guesses of passwords, by the user who is meant and by the address they come from. Whether there is
// such a user makes no difference.
type Attempts struct {
	users, addresses *book[string]
	draws            draws
	now              func() time.Time
	peers            Peers
}

// NewAttempts has seen none.
func NewAttempts() *Attempts {
	return &Attempts{
		users: newBook[string]((userBurst + 1) * userPause), addresses: newBook[string]((addressBurst + 1) * addressPause), now: time.Now,
	}
}

// Try counts an attempt; it is a problem if there were too many. Otherwise "end" tells whether it went well.
func (a *Attempts) Try(user, address string) (end func(well bool), err error) {
	user, address = hashed(user), hashed(site(address))
	now, from := a.now(), a.address(address)
	wait, back := from.lacks(now, 1), func() {}
	if wait == 0 { // else the user's is not even looked for: whoever names many would have others' forgotten
		wait, back = a.draws.draw(now, 1, from, a.user(user))
	}
	if wait > 0 {
		return nil, problem.New(problem.RateLimited, "Too many attempts: try again in %d s.", int(wait.Seconds())+1)
	}
	return func(well bool) {
		if well {
			back()
		} else {
			a.tell(user, address)
		}
	}, nil
}

func (a *Attempts) user(of string) *bucket { return a.users.of(of, rate.Every(userPause), userBurst) }

func (a *Attempts) address(of string) *bucket {
	return a.addresses.of(of, rate.Every(addressPause), addressBurst)
}
