package graph

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/testdb"
)

// times is how often something is tried: so often in a proof, and a hundredth of it in every run of the tests.
func times(proof int) int {
	if full {
		return proof
	}
	return proof / 100
}

// TestOneConnectionShowsNobodyWhatAnotherSees when people of every kind and account take turns on it, and
// requests between are left, refused, broken, or end in a panic.
func TestOneConnectionShowsNobodyWhatAnotherSees(t *testing.T) {
	t.Parallel()
	hygiene(t, newAPIOn(t, 1))
}

// TestPgBouncerShowsNobodyWhatAnotherSees with one connection to the database for the four that the server
// has to it, and the settings that it does not pass on given to the server's role.
func TestPgBouncerShowsNobodyWhatAnotherSees(t *testing.T) {
	t.Parallel()
	a := newAPIBehind(t, 4, func(db *testdb.DB) string {
		owner, err := pgx.Connect(context.Background(), db.SuperuserURL)
		must(t, err)
		defer owner.Close(context.Background())
		for name, value := range map[string]string{
			"statement_timeout": "5s", "jit": "off", "plan_cache_mode": "force_generic_plan", "random_page_cost": "1.1", "idle_in_transaction_session_timeout": "30s",
		} {
			_, err := owner.Exec(context.Background(), fmt.Sprintf("alter role tenantry_server in database %s set %s = '%s'", db.Name, name, value))
			must(t, err)
		}
		return db.PgBouncer(t, 1)
	})
	var timeout, zone, pages string
	must(t, a.pool.QueryRow(context.Background(), "select current_setting('statement_timeout'), current_setting('timezone'), current_setting('random_page_cost')").Scan(&timeout, &zone, &pages))
	expect(t, "the settings of a connection", timeout+" "+zone+" "+pages, "5s UTC 1.1")
	hygiene(t, a)
}

// What a viewer sees, as far as a page goes; nothing in it moves when somebody merely touches a ticket. The
// evaluator does not search.
const (
	allThatIsSeen = "{" + listsSeen + `search(text: "alba") { totalCount nodes { title node { id } } } }`
	listsSeen     = `
	viewer { user { id email } account { name } tenantAccess can { createTenant } }
	devices(first: 50) { totalCount nodes { id name tenant { name } } }
	tickets(first: 20, orderBy: { field: NUMBER }) { totalCount nodes { id subject assignee { name } comments(first: 5) { totalCount nodes { body } } } }
	articles(first: 20) { totalCount nodes { id title } }
`
)

// visitor is somebody who asks, and what they are answered while nobody else is there.
type visitor struct {
	*client
	name, sees string
}

// hygiene asks as everybody in turn, with something going wrong before or at the same time.
func hygiene(t *testing.T, a *api) {
	d := newDifferentialOn(t, a, 50)
	d.compare("before anything goes wrong", document{text: "{" + listsSeen + "}", variables: map[string]any{}})
	ticket := encode("Ticket", one[[16]byte](a, `select k.id from app.tickets k join app.accounts using (account_id) join app.tenants t on t.id = k.tenant_id
		where accounts.name = 'Northwind IT' and t.name = 'Harbour Clinic' limit 1`))
	a.as(admin).done("updateTicket", in{"id": ticket, "status": "OPEN"}, "__typename")
	var all []visitor
	add := func(name string, c *client) {
		all = append(all, visitor{c, name, body(c.do(allThatIsSeen, nil))})
	}
	for _, p := range d.asking {
		add(p.name, d.client(p))
	}
	for _, email := range []string{admin, memberOfOne, customer, foreignAdmin, suspended} {
		add(email, a.as(email))
	}
	two := a.as(memberOfTwo)
	token := two.done("createApiToken", in{"name": "Narrow", "tenantIds": a.refs("Tenant", "Harbour Clinic")}, "token")["token"].(string)
	add("a token of "+memberOfTwo, &client{a, token})
	add(memberOfTwo, two)

	b := &breaker{api: a, Rand: rand.New(rand.NewPCG(51, 1)), outcomes: map[string]int{}, ticket: ticket, tenant: a.ref("Tenant", "Boulangerie Dubois"), member: a.ref("User", memberOfNone), able: a.as(admin)}
	var err error
	b.super, err = pgx.Connect(context.Background(), a.db.SuperuserURL)
	must(t, err)
	defer b.super.Close(context.Background())
	a.answered = func(ctx context.Context) {
		if n, ok := ctx.Value(panics{}).(*atomic.Int32); ok && n.Add(-1) == 0 {
			panic("on purpose")
		}
	}
	seen := 0
	for round := range times(10000) {
		var beside sync.WaitGroup
		if who := pick(b.Rand, all); b.IntN(2) == 0 {
			b.breakSomething(who.client)
		} else { // at the same time
			b.breakBeside(&beside, who.client)
		}
		for range 2 {
			who := pick(b.Rand, all)
			r := who.do(allThatIsSeen, nil)
			for tries := 0; r.code() == "UNAVAILABLE" && tries < 5; tries++ { // what the database ended may have been this
				r = who.do(allThatIsSeen, nil)
			}
			if seen++; body(r) != who.sees {
				t.Fatalf("round %d: %s sees\n%s\nand not\n%s\nlog: %s", round, who.name, body(r), who.sees, a.log.String())
			}
		}
		beside.Wait()
		b.nothingIsLeft()
		if (round+1)%1000 == 0 {
			t.Logf("%d answers were as they should", seen)
		}
	}
	d.compare("after everything went wrong", document{text: "{" + listsSeen + "}", variables: map[string]any{}})
	t.Logf("%d answers were as they should, beside requests that ended so: %v", seen, b.outcomes)
	for _, outcome := range []string{"left: UNAVAILABLE", "text: BAD_USER_INPUT", "panic: INTERNAL", "ended by the database: UNAVAILABLE", "verb: FORBIDDEN", "verb of an admin: user error", "dry run: ok"} {
		if b.outcomes[outcome] == 0 {
			t.Errorf("nothing ended as %s", outcome)
		}
	}
}

// panics is the key of how many answers of the database a request reads before it panics.
type panics struct{}

// breaker makes requests that go wrong.
type breaker struct {
	*api
	*rand.Rand
	super *pgx.Conn
	// What requests name: of Northwind IT.
	ticket, tenant, member string
	able                   *client
	mu                     sync.Mutex
	outcomes               map[string]int
}

// nothingIsLeft of anybody in the connection that comes next: no identity, no role, no lock.
func (b *breaker) nothingIsLeft() {
	b.t.Helper()
	var left string
	err := errors.New("never asked")
	for tries := 0; err != nil && tries < 5; tries++ { // the database may just have ended it
		err = b.pool.QueryRow(context.Background(), `select current_user || coalesce(current_setting('app.account', true), '') || coalesce(current_setting('app.viewer', true), '')
			|| coalesce(current_setting('app.tenants', true), '') || current_setting('transaction_read_only')
			|| (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) || (select count(*) from pg_cursors where name <> '')`).Scan(&left)
	}
	must(b.t, err)
	expect(b.t, "what is left in a connection", left, "tenantry_serveroff00")
}

func (b *breaker) breakBeside(beside *sync.WaitGroup, c *client) {
	f := b.choose(c)
	beside.Go(f)
}

func (b *breaker) breakSomething(c *client) { b.choose(c)() }

// choose draws what goes wrong; running it draws nothing any more, so that it can be beside others.
func (b *breaker) choose(c *client) func() {
	query, touch := allThatIsSeen, `mutation($id: ID!) { updateTicket(input: { id: $id, status: OPEN }) { ticket { subject comments { nodes { body } } } userErrors { code } } }`
	if b.IntN(3) == 0 {
		query = touch
	}
	askAs := func(c *client, kind string, ctx context.Context, query string, vars in) {
		r := b.ask(ctx, c, query, vars)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.outcomes[kind+": "+r]++
	}
	ask := func(kind string, ctx context.Context, query string, vars in) { askAs(c, kind, ctx, query, vars) }
	vars := in{"id": b.ticket}
	if query != touch {
		vars = nil
	}
	background := context.Background()
	switch b.IntN(8) {
	case 0, 1:
		wait := time.Duration(b.IntN(8000)) * time.Microsecond
		return func() {
			ctx, leave := context.WithTimeout(background, wait)
			defer leave()
			ask("left", ctx, query, vars)
		}
	case 2:
		return func() {
			ask("text", background, `query($t: [String!]) { devices { totalCount } articles(filter: { category: $t }) { totalCount } tickets { totalCount } }`, in{"t": []any{"a\x00b"}})
			ask("text", background, `mutation($s: String!) { createTicket(input: { subject: $s, description: $s }) { userErrors { code } } }`, in{"s": "a\x00b"})
		}
	case 3, 4:
		var n atomic.Int32
		n.Store(1 + int32(b.IntN(12)))
		return func() { ask("panic", context.WithValue(background, panics{}, &n), query, vars) }
	case 5:
		end := pick(b.Rand, []string{"pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend"})
		wait := time.Duration(b.IntN(5000)) * time.Microsecond
		return func() {
			var asked sync.WaitGroup
			asked.Go(func() { ask("ended by the database", background, query, vars) })
			time.Sleep(wait)
			b.mu.Lock()
			_, err := b.super.Exec(background, "select "+end+"(pid) from pg_stat_activity where datname = $1 and usename = 'tenantry_server' and state <> 'idle'", b.db.Name)
			b.mu.Unlock()
			must(b.t, err)
			asked.Wait()
		}
	case 6:
		return func() {
			askAs(b.able, "verb of an admin", background, `mutation { createTenant(input: { name: "" }) { userErrors { code } } }`, nil)
			ask("verb", background, `mutation { createTenant(input: { name: "" }) { userErrors { code } } }`, nil)
			askAs(b.able, "dry run", background, `mutation($t: ID!, $u: ID!) { addUsersToTenant(input: { tenantId: $t, userIds: [$u], dryRun: true }) { results { gained { devices } } userErrors { code } } }`,
				in{"t": b.tenant, "u": b.member})
		}
	default: // what is known of them is doubted
		return func() {
			b.mu.Lock()
			_, err := b.super.Exec(background, "update app.users set access_version = access_version + 1")
			b.mu.Unlock()
			must(b.t, err)
			ask("doubted", background, query, vars)
		}
	}
}

// ask is how a request ends, in a word.
func (b *breaker) ask(ctx context.Context, c *client, query string, vars in) (end string) {
	defer func() {
		if p := recover(); p != nil {
			end = fmt.Sprint("escapes: ", p)
		}
	}()
	r := c.doIn(ctx, query, vars)
	for _, payload := range r.Data {
		p, _ := payload.(map[string]any)
		if list, _ := p["userErrors"].([]any); len(list) > 0 {
			return "user error"
		}
	}
	if end = r.code(); end == "" {
		end = "ok"
	}
	return end
}
