package rate

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/viewer"
	"tenantry/models"
)

func somebody(account uuid.UUID, role models.Role) *viewer.Viewer {
	return &viewer.Viewer{AccountID: account, UserID: uuid.New(), Role: role}
}

// at makes buckets with a clock that stands until it is set.
func at(l Limits) (*Buckets, func(time.Duration)) {
	b, now := New(l), time.Now()
	b.now = func() time.Time { return now }
	return b, func(d time.Duration) { now = now.Add(d) }
}

// drawn is how many documents of a cost somebody may ask until the bucket is empty.
func drawn(b *Buckets, who *viewer.Viewer, address string, cost int) (n int) {
	for n < 10_000 {
		if _, ok := b.Take(who, address, cost); !ok {
			return n
		}
		n++
	}
	return n
}

func TestAMemberAsksSoMuchASecondAndLeavesOthersTheirShare(t *testing.T) {
	b, wait := at(Limits{Viewer: 20_000, Account: 50_000, Largest: 10_000})
	account := uuid.New()
	ada, ben, eve := somebody(account, models.RoleMember), somebody(account, models.RoleMember), somebody(uuid.New(), models.RoleAdmin)
	if n := drawn(b, ada, "", 100); n != 200 {
		t.Errorf("a member asks %d documents of cost 100 in a second", n)
	}
	if n := drawn(b, ben, "", 100); n != 200 {
		t.Errorf("another member then asks %d", n)
	}
	wait(500 * time.Millisecond)
	if n := drawn(b, ada, "", 100); n != 100 {
		t.Errorf("half a second later the first asks %d", n)
	}
	if n := drawn(b, eve, "", 100); n != 200 {
		t.Errorf("somebody of another account asks %d", n)
	}
	if n := drawn(b, nil, "192.0.2.1", 100); n != 200 {
		t.Errorf("somebody who is not signed in asks %d", n)
	}
}

func TestTheUsersOfAnAccountAreBoundTogether(t *testing.T) {
	b, _ := at(Limits{Viewer: 20_000, Account: 50_000, Largest: 10_000})
	account, n := uuid.New(), 0
	for range 4 {
		n += drawn(b, somebody(account, models.RoleMember), "", 100)
	}
	if n != 500 {
		t.Errorf("four members ask %d documents", n)
	}
}

func TestACustomerHasATenthOfTheAccounts(t *testing.T) {
	b, _ := at(Limits{Viewer: 20_000, Account: 50_000, Largest: 1_000})
	if n := drawn(b, somebody(uuid.New(), models.RoleCustomer), "", 100); n != 50 {
		t.Errorf("a customer asks %d documents of cost 100", n)
	}
}

func TestWhatIsRefusedDrawsNothing(t *testing.T) {
	b, wait := at(Limits{Viewer: 100, Account: 1_000, Largest: 100})
	ada := somebody(uuid.New(), models.RoleMember)
	if _, ok := b.Take(ada, "", 60); !ok {
		t.Fatal("the first document is refused")
	}
	s, ok := b.Take(ada, "", 60)
	if ok || s.Remaining != 40 || s.Limit != 100 || s.Wait != 200*time.Millisecond {
		t.Errorf("%v %+v", ok, s)
	}
	if s := b.Look(ada, "", 60); s.Remaining != 40 || s.Cost != 60 || s.ResetAt.Sub(b.now()) != 600*time.Millisecond {
		t.Errorf("%+v", s)
	}
	wait(200 * time.Millisecond)
	if _, ok := b.Take(ada, "", 60); !ok {
		t.Error("it is refused after the wait that was told")
	}
}

func TestTheLargestDocumentFitsIntoEveryBucket(t *testing.T) {
	b, _ := at(Limits{Viewer: 10, Account: 10, Largest: 10_000})
	for _, role := range models.AllRole {
		if _, ok := b.Take(somebody(uuid.New(), role), "", 10_000); !ok {
			t.Errorf("not into that of %s", role)
		}
	}
}

func TestWhatIsRefusedBesideOthersDrawsNothing(t *testing.T) {
	b, wait := at(Limits{Viewer: 1_000, Account: 10_000, Largest: 1_000})
	ada := somebody(uuid.New(), models.RoleMember)
	drawn(b, ada, "", 100)
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			for range 20 {
				b.Take(ada, "", 70)
			}
		})
	}
	all.Wait()
	wait(time.Second)
	if n := drawn(b, ada, "", 100); n != 10 {
		t.Errorf("a second after many documents at once were refused, a member asks %d", n)
	}
	if s := b.Look(somebody(ada.AccountID, models.RoleMember), "", 0); s.Remaining != 1_000 {
		t.Errorf("another member of the account has %d left", s.Remaining)
	}
	n := 0
	for range 20 {
		n += drawn(b, somebody(ada.AccountID, models.RoleMember), "", 1_000)
	}
	if n != 9 {
		t.Errorf("then the account asks %d of the largest documents", n)
	}
}

func TestTheAddressesOfASiteHaveOneBucket(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"2001:db8::1", "2001:db8::ffff:0:0:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"", "nowhere", false},
	} {
		b, _ := at(Limits{Viewer: 1_000, Account: 2_000, Largest: 1_000})
		drawn(b, nil, c.a, 100)
		if left := drawn(b, nil, c.b, 100); (left == 0) != c.same {
			t.Errorf("after %s has asked, %s asks %d", c.a, c.b, left)
		}
	}
}
