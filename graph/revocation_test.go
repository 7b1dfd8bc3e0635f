package graph

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

// revocation is a way in which somebody comes to see less.
type revocation struct {
	name string
	// who sees less; in each round the same, or somebody new.
	who func(round int) *client
	// take is what takes the sight away, and give what gives it back, if the next round has the same viewer.
	take, give func(b *pgx.Batch, round int)
	// canary puts rows where they are no longer seen, in the same transaction; hidden takes them away.
	canary func(b *pgx.Batch)
	// dashboards says that it changes dashboards alone.
	dashboards bool
}

// canaryID is the id of all canaries, whatever their type: whoever guesses it finds nothing.
var canaryID = uuid.MustParse("0190c5b0-aaaa-7aaa-8aaa-aaaaaaaaaaaa")

// canaryTables have a canary, in the order in which they can be taken away.
var canaryTables = []string{"ticket_comments", "remote_sessions", "tickets", "assets", "articles", "devices"}

// plantCanaries puts one of every item into a tenant.
func plantCanaries(b *pgx.Batch, tenant uuid.UUID) {
	for _, insert := range []string{
		`devices (account_id, id, tenant_id, name, hostname, platform, kind, connection) select account_id, $2, id, 'canary', 'canary', 'LINUX', 'SERVER', 'ONLINE'`,
		`assets (account_id, id, tenant_id, name, kind, status, location, device_id) select account_id, $2, id, 'canary', 'HARDWARE', 'READY', 'canary', $2`,
		`articles (account_id, id, tenant_id, audience, title, body, summary, state, locale, author_id) select account_id, $2, id, 'TENANT', 'canary', 'canary', 'canary', 'PUBLISHED', 'en', null`,
		`tickets (account_id, id, tenant_id, number, subject, description, device_id, status, priority) select account_id, $2, id, 990001, 'canary', 'canary', $2, 'NEW', 'CRITICAL'`,
		`remote_sessions (account_id, id, tenant_id, device_id, ticket_id, mode, status, consent, outcome, started_at, agent_id)
			select account_id, $2, id, $2, $2, 'UNATTENDED', 'ACTIVE', 'NOT_NEEDED', 'UNKNOWN', now(), (select u.id from app.users u where u.account_id = t.account_id and email = 'ada@northwind.example')`,
		`ticket_comments (account_id, id, tenant_id, ticket_id, body, visibility, author_id)
			select account_id, $2, id, $2, 'canary', 'PUBLIC', (select u.id from app.users u where u.account_id = t.account_id and email = 'ada@northwind.example')`,
	} {
		b.Queue("insert into app."+insert+" from app.tenants t where id = $1 and id <> account_id", tenant, canaryID)
	}
}

// takeCanaries takes all away.
func takeCanaries(b *pgx.Batch) {
	for _, table := range canaryTables {
		b.Queue("delete from app."+table+" where id = $1", canaryID)
	}
}

// readings are what is asked all the time: nothing in their answers differs from one moment to the next but
// what is seen.
func readings(dashboards bool) []string {
	const numbers = "{ key count }"
	dashboard := "{ dashboard { ticketsByStatus " + numbers + " ticketsByPriority " + numbers + " ticketsUnassigned " + numbers + " devicesByConnection " + numbers +
		" devicesByPlatform " + numbers + " remoteSessionsActive " + numbers + " articlesInReview " + numbers + " busiestTenants { tenant { name } openTickets " + numbers + " } } }"
	if dashboards {
		return []string{dashboard}
	}
	return []string{
		dashboard,
		`{ tickets(first: 100, orderBy: { field: NUMBER }) { totalCount nodes { id subject tenant { name } device { name } comments { totalCount nodes { body } } } pageInfo { hasNextPage } } }`,
		`{ devices(first: 50) { totalCount nodes { id name group { name } tickets(first: 3) { totalCount nodes { subject } } } }
		   tenants { totalCount nodes { name counts { devices tickets openTickets assets articles remoteSessions } tickets(first: 2) { totalCount nodes { subject } } } } }`,
		`{ search(text: "canary") { totalCount nodes { title type } } tickets(filter: { search: "canary" }) { totalCount } assets { totalCount nodes { name location } }
		   articles(first: 50) { totalCount nodes { title state } } remoteSessions { totalCount nodes { status device { name } } } }`,
		fmt.Sprintf(`{ nodes(ids: [%q, %q, %q]) { id } node(id: %q) { id } ticket(id: %q) { subject } ticketByNumber(number: 990001) { id } }`, ids.Encode("Ticket", canaryID),
			ids.Encode("Device", canaryID), ids.Encode("TicketComment", canaryID), ids.Encode("Asset", canaryID), ids.Encode("Ticket", canaryID)),
	}
}

// together runs statements in one transaction, as the owner of the schema.
func (a *api) together(queue ...func(b *pgx.Batch)) {
	a.t.Helper()
	var b pgx.Batch
	b.Queue("begin")
	for _, q := range queue {
		q(&b)
	}
	b.Queue("commit")
	must(a.t, a.owner.SendBatch(context.Background(), &b).Close())
}

// revoke takes somebody's sight away, as often as it is asked for, while others in their place read all the time.
// Each answer is the one from before or the one from after; nothing else is possible, least of all a canary.
func (a *api) revoke(x revocation, rounds int) (answers, retried int64) {
	a.t.Helper()
	documents := readings(x.dashboards)
	var before, after []string
	ask := func(c *client) (all []string) {
		for _, document := range documents {
			all = append(all, body(c.do(document, nil)))
		}
		return all
	}
	before = ask(x.who(0))
	a.together(func(b *pgx.Batch) { x.take(b, 0) })
	after = ask(x.who(0))
	if fmt.Sprint(before) == fmt.Sprint(after) {
		a.t.Fatalf("%s takes nothing away: %v", x.name, after)
	}
	a.together(func(b *pgx.Batch) { x.give(b, 0) })

	var now atomic.Pointer[client]
	now.Store(x.who(1))
	var stop atomic.Bool
	var count, again atomic.Int64
	var group sync.WaitGroup
	defer group.Wait()
	defer stop.Store(true)
	for reader := range 2 {
		group.Go(func() {
			for n := reader; !stop.Load() && !a.t.Failed(); n++ {
				i := n % len(documents)
				got := body(now.Load().do(documents[i], nil))
				switch {
				case got == before[i] || got == after[i]:
					count.Add(1)
				case strings.Contains(got, `"UNAVAILABLE"`) && !strings.Contains(got, "canary"):
					again.Add(1) // their access changed twice in a moment
				default:
					a.t.Errorf("%s, while it happens: %.2000s\nneither as before: %.2000s\nnor as after: %.2000s", x.name, got, before[i], after[i])
				}
			}
		})
	}
	for round := 1; round <= rounds && !a.t.Failed(); round++ {
		c := x.who(round)
		now.Store(c)
		i := round % len(documents)
		expect(a.t, fmt.Sprintf("%s, round %d: what is seen before", x.name, round), body(c.do(documents[i], nil)), before[i])
		a.together(func(b *pgx.Batch) { x.take(b, round) }, x.canary)
		expect(a.t, fmt.Sprintf("%s, round %d: what is seen once it is done", x.name, round), body(c.do(documents[i], nil)), after[i])
		a.together(takeCanaries, func(b *pgx.Batch) { x.give(b, round) })
	}
	stop.Store(true)
	group.Wait()
	return count.Load(), again.Load()
}

// TestNobodyReadsWhatCameWithTheirRevocation: whoever loses sight of something loses it for the very next
// statement, and never sees what was written in the transaction that took it away.
func TestNobodyReadsWhatCameWithTheirRevocation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	rounds, first := 3, 10
	if full {
		rounds, first = 200, 1000
	}
	for i, x := range a.revocations(t, rounds) {
		rounds := rounds
		if i == 0 {
			rounds = first
		}
		answers, retried := a.revoke(x, rounds)
		t.Logf("%s: %d rounds, %d answers, %d to be asked again", x.name, rounds, answers, retried)
		if answers < int64(rounds) && !t.Failed() {
			t.Errorf("%s: only %d answers", x.name, answers)
		}
	}
}

func (a *api) revocations(t *testing.T, rounds int) []revocation {
	account := one[uuid.UUID](a, "select account_id from app.accounts where name = 'Northwind IT'")
	dubois, harbour := a.key("Northwind IT", "Tenant", "Boulangerie Dubois"), a.key("Northwind IT", "Tenant", "Harbour Clinic")
	user := func(email string) uuid.UUID { return a.key("Northwind IT", "User", email) }
	into := func(tenant uuid.UUID) func(*pgx.Batch) { return func(b *pgx.Batch) { plantCanaries(b, tenant) } }
	always := func(c *client) func(int) *client { return func(int) *client { return c } }
	do := func(sql string, args ...any) func(*pgx.Batch, int) {
		return func(b *pgx.Batch, _ int) { b.Queue(sql, args...) }
	}
	nothing := func(*pgx.Batch, int) {}
	membership := func(name, email string, tenant uuid.UUID) revocation {
		return revocation{
			name: name, who: always(a.as(email)), canary: into(tenant),
			take: do("delete from app.memberships where account_id = $1 and user_id = $2 and tenant_id = $3", account, user(email), tenant),
			give: do("insert into app.memberships (account_id, user_id, tenant_id) values ($1, $2, $3)", account, user(email), tenant),
		}
	}
	change := func(name, email, column, to, back string, canary func(*pgx.Batch)) revocation {
		set := func(value string) func(*pgx.Batch, int) {
			return do("update app.users set "+column+" = '"+value+"' where account_id = $1 and id = $2", account, user(email))
		}
		return revocation{name: name, who: always(a.as(email)), take: set(to), give: set(back), canary: canary}
	}
	// Whoever cannot come back is somebody new in each round.
	users := func(grandfathered bool) (keys []uuid.UUID, clients []*client) {
		for i := range rounds + 1 {
			id, session := ids.New(), token.New(account, ids.New())
			a.sql("insert into app.users (account_id, id, email, name, role, status, grandfathered) values ($1, $2, $3, 'N', 'MEMBER', 'ACTIVE', $4)", account, id,
				fmt.Sprintf("%d%t@x.example", i, grandfathered), grandfathered)
			if !grandfathered {
				a.sql("insert into app.memberships (account_id, user_id, tenant_id) values ($1, $2, $3)", account, id, dubois)
			}
			a.sql("insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 hour')", account, session.ID, id, session.Hash())
			keys, clients = append(keys, id), append(clients, &client{api: a, token: session.Write(token.Session)})
		}
		return keys, clients
	}
	tokens := func() (keys []uuid.UUID, clients []*client) {
		for range rounds + 1 {
			c, id := a.token(account, user(memberOfTwo), []uuid.UUID{dubois, harbour}, false)
			keys, clients = append(keys, id), append(clients, c)
		}
		return keys, clients
	}
	at := func(clients []*client) func(int) *client {
		return func(round int) *client { return clients[min(round, len(clients)-1)] }
	}
	each := func(keys []uuid.UUID, sql string, args ...any) func(*pgx.Batch, int) {
		return func(b *pgx.Batch, round int) { b.Queue(sql, append([]any{account, keys[round]}, args...)...) }
	}
	leavers, leaving := users(false)
	elders, eldersAsking := users(true)
	revoked, revokedAsking := tokens()
	narrowed, narrowedAsking := tokens()
	tom := a.as(memberOfTwo)
	session, _ := token.Read(token.Session, tom.token)
	gone := a.passingTenant(account, user(memberOfTwo))
	return []revocation{
		membership("a membership of two ends", memberOfTwo, dubois),
		membership("the only membership ends", memberOfOne, dubois),
		membership("a customer's membership ends", customer, dubois),
		change("an admin becomes a member", otherAdmin, "role", "MEMBER", "ADMIN", into(harbour)),
		change("an admin becomes a customer", otherAdmin, "role", "CUSTOMER", "ADMIN", into(harbour)),
		change("a member becomes a customer", memberOfOne, "role", "CUSTOMER", "MEMBER", func(b *pgx.Batch) {
			b.Queue(`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, body, visibility, author_id)
				select account_id, $2, tenant_id, id, 'canary', 'INTERNAL', $3 from app.tickets where tenant_id = $1 order by number limit 1`, dubois, canaryID, user(admin))
			b.Queue(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, locale) values ($1, $2, $3, 'TENANT', 'canary', 'canary', 'DRAFT', 'en')`,
				account, canaryID, dubois)
		}),
		change("a member is suspended", memberOfTwo, "status", "SUSPENDED", "ACTIVE", into(dubois)),
		change("an admin is suspended", otherAdmin, "status", "SUSPENDED", "ACTIVE", into(dubois)),
		{
			name: "grandfathering ends", who: at(eldersAsking), give: nothing, canary: into(dubois),
			take: each(elders, "update app.users set grandfathered = false where account_id = $1 and id = $2"),
		},
		{
			name: "a user is deleted", who: at(leaving), give: nothing, canary: into(dubois),
			take: each(leavers, "delete from app.users where account_id = $1 and id = $2"),
		},
		{
			name: "a session ends", who: always(tom), canary: into(dubois),
			take: do("delete from app.sessions where account_id = $1 and id = $2", account, session.ID),
			give: do("insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 hour')",
				account, session.ID, user(memberOfTwo), session.Hash()),
		},
		{
			name: "a session's time is over", who: always(tom), canary: into(dubois),
			take: do("update app.sessions set expires_at = now() - interval '1 second' where account_id = $1 and id = $2", account, session.ID),
			give: do("update app.sessions set expires_at = now() + interval '1 hour' where account_id = $1 and id = $2", account, session.ID),
		},
		{
			name: "a token is revoked", who: at(revokedAsking), give: nothing, canary: into(dubois),
			take: each(revoked, "delete from app.api_tokens where account_id = $1 and id = $2"),
		},
		{
			name: "a token loses a tenant", who: at(narrowedAsking), give: nothing, canary: into(dubois),
			take: each(narrowed, "delete from app.api_token_tenants where account_id = $1 and token_id = $2 and tenant_id = $3", dubois),
		},
		{
			name: "a tenant is archived", who: always(tom), canary: into(dubois), dashboards: true,
			take: do("update app.tenants set status = 'ARCHIVED' where account_id = $1 and id = $2", account, dubois),
			give: do("update app.tenants set status = 'ACTIVE' where account_id = $1 and id = $2", account, dubois),
		},
		gone,
	}
}

// passingTenant is a tenant that is deleted with its members while its items become tenantless, and comes back.
func (a *api) passingTenant(account, member uuid.UUID) revocation {
	tenant := ids.New()
	make := func(b *pgx.Batch) {
		b.Queue("insert into app.tenants (account_id, id, name) values ($1, $2, 'Passing Ltd')", account, tenant)
		b.Queue("insert into app.memberships (account_id, user_id, tenant_id) values ($1, $2, $3)", account, member, tenant)
	}
	a.together(make, func(b *pgx.Batch) {
		for i := range 3 {
			b.Queue("insert into app.tickets (account_id, id, tenant_id, number, subject) values ($1, $2, $3, $4, 'Passing')", account, ids.New(), tenant, 990100+i)
			b.Queue("insert into app.devices (account_id, id, tenant_id, name, platform, kind, hostname) values ($1, $2, $3, 'PASSING', 'LINUX', 'SERVER', 'passing')", account, ids.New(), tenant)
		}
	})
	return revocation{
		name: "a tenant is deleted", who: func(int) *client { return a.as(memberOfTwo) }, canary: func(*pgx.Batch) {},
		take: func(b *pgx.Batch, _ int) {
			b.Queue("update app.tickets set tenant_id = account_id, subject = 'canary' where account_id = $1 and tenant_id = $2", account, tenant)
			b.Queue("update app.devices set tenant_id = account_id, name = 'canary' where account_id = $1 and tenant_id = $2", account, tenant)
			b.Queue("delete from app.memberships where account_id = $1 and tenant_id = $2", account, tenant)
			b.Queue("delete from app.tenants where account_id = $1 and id = $2", account, tenant)
		},
		give: func(b *pgx.Batch, _ int) {
			make(b)
			b.Queue("update app.tickets set tenant_id = $2, subject = 'Passing' where account_id = $1 and subject = 'canary'", account, tenant)
			b.Queue("update app.devices set tenant_id = $2, name = 'PASSING' where account_id = $1 and name = 'canary'", account, tenant)
		},
	}
}
