package tally

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/testdb"
)

// world is a database with two accounts of some tenants.
type world struct {
	*testing.T
	db  *testdb.DB
	own *pgx.Conn
}

const someTenants = `
	insert into app.accounts (account_id, name, cursor_key) select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'account ' || n, sha256(n::text::bytea) from generate_series(1, 2) n;
	insert into app.tenants (account_id, id, name) select a.account_id, gen_random_uuid(), 'tenant ' || n from app.accounts a cross join generate_series(1, 4) n;
	insert into app.users (account_id, id, email, name, role, status) select account_id, gen_random_uuid(), name || '@mail.example', 'Somebody', 'MEMBER', 'ACTIVE' from app.accounts;`

func makeWorld(t *testing.T) *world {
	w := &world{T: t, db: testdb.Open(t)}
	w.own = w.connect()
	w.exec(w.own, someTenants)
	return w
}

func (w *world) connect() *pgx.Conn {
	w.Helper()
	conn, err := pgx.Connect(context.Background(), w.db.OwnerURL)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (w *world) exec(conn *pgx.Conn, sql string) {
	w.Helper()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		w.Errorf("%.60s: %v", sql, err)
	}
}

// pool signs in as the server, which folds.
func (w *world) pool() *pgxpool.Pool {
	w.Helper()
	pool, err := pgxpool.New(context.Background(), w.db.ServerURL)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(pool.Close)
	return pool
}

// One statement, so that items and tallies are seen at one moment: what differs between both.
const differences = `
	with counted as (
		select account_id, tenant_id, 'tickets_' || lower(status) as what, 1 as n from app.tickets
		union all select account_id, tenant_id, 'open_' || lower(priority), 1 from app.tickets where status in ('NEW', 'OPEN', 'ON_HOLD')
		union all select account_id, tenant_id, 'open_unassigned', 1 from app.tickets where status in ('NEW', 'OPEN', 'ON_HOLD') and assignee_id is null
		union all select account_id, tenant_id, 'tickets_unassigned', 1 from app.tickets where assignee_id is null
		union all select account_id, tenant_id, 'assets_' || lower(kind), 1 from app.assets
		union all select account_id, tenant_id, 'assets_' || lower(status), 1 from app.assets
		union all select account_id, tenant_id, 'devices_' || lower(connection), 1 from app.devices
		union all select account_id, tenant_id, 'devices_' || lower(platform), 1 from app.devices
		union all select account_id, tenant_id, 'due', 1 from app.tickets where status in ('NEW', 'OPEN', 'ON_HOLD') and due_at < now()
	), told as (
		select k.account_id, k.tenant_id, case e.key when 'open_overdue' then 'due' else e.key end as what, e.value::int as n from app.tallies k cross join lateral jsonb_each_text(to_jsonb(k)) e
			where e.key not in ('account_id', 'tenant_id', 'id', 'fresh')
		union all select account_id, tenant_id, 'due', tickets from app.due_tallies where due_at < now()
	)
	select format('%s %s: %s', tenant_id, what, sum(n)) from (select * from counted union all select account_id, tenant_id, what, -n from told) d
	group by account_id, tenant_id, what having sum(n) <> 0`

func (w *world) same(conn *pgx.Conn, when string) {
	w.Helper()
	rows, err := conn.Query(context.Background(), differences)
	if err != nil {
		w.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(all) > 0 {
		w.Errorf("%s, counting and tallies differ by %v: %v", when, all, err)
	}
}

func (w *world) count(conn *pgx.Conn, sql string) (n int) {
	w.Helper()
	if err := conn.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

const (
	someStatus  = `(array['NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED'])[1 + floor(random() * 5)::int]`
	assetStatus = `(array['READY', 'DEPLOYED', 'IN_REPAIR', 'LOST', 'RETIRED'])[1 + floor(random() * 5)::int]`
	someTenant  = `(select t.id from app.tenants t where t.account_id = k.account_id order by random() limit 1)`
	// Long past, just past and to come; some are due never.
	someDue = `(array[now() - random() * interval '9 days', now() + (random() - 0.5) * interval '1 second', now() + random() * interval '1 day', null])[1 + floor(random() * 4)::int]`
)

// deeds are what others do all at once. They pass over rows that somebody else has, so that they wait
// only for what they cannot know of.
var deeds = []string{
	`insert into app.tickets (account_id, id, tenant_id, number, subject, status, priority, due_at, assignee_id)
		select k.account_id, gen_random_uuid(), k.id, floor(random() * 2e9)::int, 'subject', ` + someStatus + `, (array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + floor(random() * 4)::int], ` + someDue + `,
			case when random() < 0.5 then (select u.id from app.users u where u.account_id = k.account_id limit 1) end
		from (select * from app.tenants order by random() limit 3) k on conflict do nothing`,
	`insert into app.devices (account_id, id, tenant_id, name, platform, kind, connection)
		select k.account_id, gen_random_uuid(), k.id, 'device', (array['WINDOWS', 'MACOS', 'LINUX', 'ANDROID', 'IOS', 'OTHER'])[1 + floor(random() * 6)::int], 'OTHER',
			(array['ONLINE', 'OFFLINE', 'OVERDUE'])[1 + floor(random() * 3)::int]
		from (select * from app.tenants order by random() limit 3) k`,
	`update app.tickets k set status = ` + someStatus + ` where k.id in (select id from app.tickets order by random() limit 4 for update skip locked)`,
	`update app.tickets k set due_at = ` + someDue + `, priority = 'HIGH', subject = 'other' where k.id in (select id from app.tickets order by random() limit 2 for update skip locked)`,
	`update app.tickets k set assignee_id = case when k.assignee_id is null then (select u.id from app.users u where u.account_id = k.account_id limit 1) end
		where k.id in (select id from app.tickets order by random() limit 3 for update skip locked)`,
	`update app.tickets k set tenant_id = ` + someTenant + `, status = ` + someStatus + ` where k.id in (select id from app.tickets order by random() limit 2 for update skip locked)`,
	`update app.devices k set tenant_id = ` + someTenant + ` where k.id in (select id from app.devices order by random() limit 2 for update skip locked)`,
	`update app.devices k set connection = 'ONLINE', platform = 'LINUX' where k.id in (select id from app.devices order by random() limit 2 for update skip locked)`,
	`insert into app.assets (account_id, id, tenant_id, name, kind, status)
		select k.account_id, gen_random_uuid(), k.id, 'asset', (array['HARDWARE', 'SOFTWARE'])[1 + floor(random() * 2)::int], ` + assetStatus + `
		from (select * from app.tenants order by random() limit 3) k`,
	`update app.assets k set tenant_id = ` + someTenant + `, name = 'moved' where k.id in (select id from app.assets order by random() limit 2 for update skip locked)`,
	`update app.assets k set status = ` + assetStatus + `, kind = 'HARDWARE' where k.id in (select id from app.assets order by random() limit 2 for update skip locked)`,
	`delete from app.assets where id in (select id from app.assets order by random() limit 1 for update skip locked)`,
	`delete from app.tickets where id in (select id from app.tickets order by random() limit 1 for update skip locked)`,
	`delete from app.devices where id in (select id from app.devices order by random() limit 1 for update skip locked)`,
}

func TestTalliesEqualCountingWhateverIsDoneAtOnce(t *testing.T) {
	w := makeWorld(t)
	pool := w.pool()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	var writers, others sync.WaitGroup
	for i := range 5 {
		conn, r := w.connect(), rand.New(rand.NewPCG(uint64(i), 9))
		writers.Go(func() {
			for range 150 {
				// Several in a transaction, some of which are undone.
				var sql []string
				for range 1 + r.IntN(4) {
					sql = append(sql, deeds[r.IntN(len(deeds))])
				}
				w.exec(conn, "begin;"+strings.Join(sql, ";")+";"+[]string{"commit", "commit", "commit", "rollback"}[r.IntN(4)])
			}
		})
	}
	go func() {
		writers.Wait()
		cancel()
	}()
	for range 2 { // two servers
		others.Go(func() {
			for ctx.Err() == nil {
				for _, fold := range folds {
					if _, err := pool.Exec(ctx, fold, 1+rand.IntN(20)); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			}
		})
	}
	reader, recounter := w.connect(), w.connect()
	for n := 0; ctx.Err() == nil; n++ {
		w.same(reader, "meanwhile")
		if n%10 == 0 {
			w.exec(recounter, "select app.recount_tallies()")
		}
	}
	writers.Wait()
	others.Wait()
	w.same(reader, "afterwards")
	if err := Fold(context.Background(), pool); err != nil {
		t.Fatal(err)
	}
	w.same(reader, "folded")
	for _, items := range []string{"tickets", "devices", "assets"} {
		if n := w.count(reader, "select count(*) from app."+items); n < 50 {
			t.Errorf("only %d %s were left", n, items)
		}
	}
	if n := w.count(reader, "select count(*) from app.tallies"); n > 10 {
		t.Errorf("%d rows are left of ten tenants", n)
	}
}

func TestOneRowIsLeftOfATenantAndNoneOfOneWithoutItems(t *testing.T) {
	w := makeWorld(t)
	pool := w.pool()
	for range 20 {
		// What is to come stays as it is until it has been due.
		w.exec(w.own, strings.ReplaceAll(deeds[0], someDue, "now() - (1 + random()) * interval '2 hours'"))
		w.exec(w.own, deeds[1])
		w.exec(w.own, deeds[8])
	}
	if err := Fold(context.Background(), pool); err != nil {
		t.Fatal(err)
	}
	w.same(w.own, "folded")
	if n := w.count(w.own, "select max(n) from (select count(*) as n from app.tallies group by tenant_id) k"); n != 1 {
		t.Errorf("%d rows of a tenant are left", n)
	}
	if n := w.count(w.own, "select count(*) from app.due_tallies"); n != 0 {
		t.Errorf("%d rows of what is long due are left", n)
	}
	w.exec(w.own, "delete from app.tickets; delete from app.devices; delete from app.assets")
	w.same(w.own, "emptied")
	if err := Fold(context.Background(), pool); err != nil {
		t.Fatal(err)
	}
	if n := w.count(w.own, "select (select count(*) from app.tallies) + (select count(*) from app.due_tallies)"); n != 0 {
		t.Errorf("%d rows are left of nothing", n)
	}
}

func TestADeletedAccountLeavesNoTallies(t *testing.T) {
	w := makeWorld(t)
	w.exec(w.own, `insert into app.tallies (account_id, tenant_id, tickets_new) select account_id, account_id, 1 from app.accounts;
		insert into app.due_tallies (account_id, tenant_id, due_at, tickets) select account_id, account_id, now(), 1 from app.accounts`)
	const first = ` where account_id = '00000000-0000-7000-8000-000000000001'`
	for _, table := range []string{"sign_in_names", "users", "user_names", "ticket_numbers", "account_names", "tenants", "accounts"} {
		w.exec(w.own, "delete from app."+table+first)
	}
	if n := w.count(w.own, "select (select count(*) from app.tallies"+first+") + (select count(*) from app.due_tallies"+first+")"); n != 0 {
		t.Errorf("%d rows are left of an account that is gone", n)
	}
	if n := w.count(w.own, "select (select count(*) from app.tallies) + (select count(*) from app.due_tallies)"); n != 2 {
		t.Errorf("%d rows are left of the other account", n)
	}
}

func TestFoldingGoesOnAfterItFailedUntilItIsStopped(t *testing.T) {
	w := makeWorld(t)
	var log lines
	stop := Keep(context.Background(), w.pool(), slog.New(slog.NewTextHandler(&log, nil)), 10*time.Millisecond)
	eventually := func(what string, is func() bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s did not happen; log: %s", what, log.text())
			}
		}
	}
	folded := func() bool { return w.count(w.own, "select count(*) from app.tallies where fresh") == 0 }
	w.exec(w.own, deeds[0])
	eventually("folding", folded)
	w.exec(w.own, "alter function app.compact_tallies rename to away")
	w.exec(w.own, deeds[0])
	eventually("a warning", func() bool { return strings.Contains(log.text(), "cannot be folded") })
	if folded() {
		t.Error("somebody else folds")
	}
	w.exec(w.own, "alter function app.away rename to compact_tallies")
	eventually("folding again", folded)
	eventually("saying so", func() bool { return strings.Contains(log.text(), "folded again") })
	if n := strings.Count(log.text(), "cannot be folded"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
	stop()
	w.exec(w.own, deeds[0])
	if folded() {
		t.Error("somebody folds after the end")
	}
}

// lines is a log that several may write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprint(l.b.String())
}
