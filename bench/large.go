package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
	"tenantry/models"
)

// dataset is one account whose tenants are of very different size; one in a hundred is archived. The same
// each time. Every open ticket has a time when it is due, mostly past. Texts are words of a vocabulary in
// which the word of rank r is r times as rare as the first.
type dataset struct {
	name                                                  string
	tenants, devices, tickets, assets, sessions, articles int
}

// L, and M of the same making, to compare with.
var (
	dataL = dataset{"L", 5000, 1_000_000, 2_000_000, 300_000, 200_000, 20_000}
	dataM = dataset{"M", 200, 20_000, 100_000, 12_000, 8_000, 800}
)

const (
	agents     = 300
	vocabulary = 30_000
)

var scaleAccount = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// onlooker is somebody who looks at the data.
type onlooker struct {
	name    string
	role    models.Role
	tenants string // the condition on the number i of a tenant; the lower, the busier
	token   string
}

// onlookers are the viewers: members of ever more tenants, busy ones, quiet ones, or every so many.
func (d dataset) onlookers() []onlooker {
	all := []onlooker{{name: "admin", role: models.RoleAdmin, tenants: "false"}}
	member := func(name, tenants string) {
		all = append(all, onlooker{name: name, role: models.RoleMember, tenants: tenants})
	}
	for _, n := range []int{1, 10, 100, 1000} {
		if n < d.tenants {
			member(fmt.Sprintf("member of %d, busy", n), fmt.Sprintf("i between 2 and %d", n+1))
			member(fmt.Sprintf("member of %d, quiet", n), fmt.Sprintf("i > %d", d.tenants-n))
			member(fmt.Sprintf("member of %d, any", n), fmt.Sprintf("i %% %d = 1", d.tenants/n))
		}
	}
	member(fmt.Sprintf("member of %d, any", d.tenants*4/5), "i % 5 <> 0")
	member("member of none", "false")
	return append(all, onlooker{name: "customer of 10, any", role: models.RoleCustomer, tenants: fmt.Sprintf("i %% %d = 1", d.tenants/10)})
}

// Rows are numbered by kind, so that ids come in the order of the rows.
const tenantKind, agentKind, deviceKind, ticketKind, assetKind, sessionKind, articleKind, groupKind = 1, 2, 3, 4, 5, 6, 7, 8

// idOf is the id of a row with a number.
func idOf(kind int, number string) string {
	return fmt.Sprintf(`('0190%s-0000-7000-8000-' || lpad(to_hex(%s), 12, '0'))::uuid`, strings.Repeat(fmt.Sprint(kind), 4), number)
}

// wordOf is the word of a rank.
func wordOf(rank string) string {
	syllable := func(by int) string {
		n := fmt.Sprintf("(%s * 7919 + 104729) / %d %% 100", rank, by)
		return fmt.Sprintf("substr('bcdfghjklmnpqrstvwxz', %s / 5 + 1, 1) || substr('aeiou', %s %% 5 + 1, 1)", n, n)
	}
	return syllable(1) + " || " + syllable(100) + " || " + syllable(10_000) + fmt.Sprintf(" || (array['n', 'ter', ''])[%s %% 3 + 1]", rank)
}

// wordsOf is a text of so many words; the number must name a column, else each row has the same text.
func wordsOf(number string) string {
	return fmt.Sprintf(`(select string_agg((select array_agg(w order by r) from words)[floor(exp(random() * ln(%d)))::int]::text, ' ') from generate_series(1, %s))`,
		vocabulary, number)
}

// fill makes the data in one transaction, so that it is there or not.
func (d dataset) fill(ctx context.Context, conn *pgx.Conn) error {
	a := "'" + scaleAccount.String() + "'::uuid"
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	do := func(sql string, args ...any) {
		if err != nil {
			return
		}
		start, statement := time.Now(), fmt.Sprintf(sql, args...)
		if _, err = tx.Exec(ctx, statement); err != nil {
			err = fmt.Errorf("%.80s: %w", statement, err)
		}
		if took := time.Since(start); took > time.Second {
			fmt.Printf("  %6.1f s  %.60s\n", took.Seconds(), statement)
		}
	}
	drops, indexes, err := secondary(ctx, tx)
	if err != nil {
		return err
	}
	// The tenant of a random row: the first has the most. One row of a thousand is tenantless, as tenant 0.
	random := fmt.Sprintf("case when i %% 1000 = 0 then 0 else 1 + floor(%d * power(random(), 2.5))::int end as t", d.tenants)
	tenant := "case when t = 0 then " + a + " else " + idOf(tenantKind, "t") + " end"
	agent := idOf(agentKind, fmt.Sprintf("1 + i %% %d", agents))

	do(`set local maintenance_work_mem = '1GB'`)
	do(`set local session_replication_role = replica`)
	do(`select setseed(0.42)`)
	for _, sql := range drops {
		do("%s", sql)
	}
	do(`create temporary table words on commit drop as select r, (%s)::name as w from generate_series(1, %d) r`, wordOf("r"), vocabulary)
	do(`insert into app.accounts (account_id, name, add_on_seats, cursor_key) values (%s, 'Scale', 500, decode(repeat('07', 32), 'hex'))`, a)
	do(`insert into app.tenants (account_id, id, name) values (%s, %s, '')`, a, a)
	do(`insert into app.tenants (account_id, id, name, status) select %s, %s, 'tenant ' || lpad(i::text, 4, '0'), case when i %% 100 = 50 then 'ARCHIVED' else 'ACTIVE' end
		from generate_series(1, %d) i`, a, idOf(tenantKind, "i"), d.tenants)
	do(`insert into app.users (account_id, id, email, name, role, status, grandfathered) select %s, %s, 'agent' || i || '@scale.example', 'Agent ' || i, 'MEMBER', 'ACTIVE', true
		from generate_series(1, %d) i`, a, idOf(agentKind, "i"), agents)
	do(`insert into app.device_groups (account_id, id, tenant_id, name) select %s, %s, %s, 'group ' || i %% 3 from generate_series(3, %d * 3 + 2) i`,
		a, idOf(groupKind, "i"), idOf(tenantKind, "i / 3"), d.tenants)
	do(`insert into app.devices (account_id, id, tenant_id, group_id, name, hostname, platform, kind, os_name, manufacturer, model, serial_number, connection, last_seen_at, created_at, updated_at)
		select %s, %s, %s, case when t > 0 then %s end, %s || ' ' || i, 'host' || i,
			(array['WINDOWS', 'WINDOWS', 'WINDOWS', 'WINDOWS', 'MACOS', 'MACOS', 'LINUX', 'ANDROID', 'IOS', 'OTHER'])[1 + floor(random() * 10)::int], 'LAPTOP', 'Some 11', 'Lenovo', 'ThinkPad', 'SN' || i,
			(array['ONLINE', 'ONLINE', 'ONLINE', 'OFFLINE', 'OVERDUE'])[1 + floor(random() * 5)::int], now(), now() - i * interval '1 minute', now() - i * interval '30 seconds'
		from (select i, %s from generate_series(1, %d) i) r`,
		a, idOf(deviceKind, "i"), tenant, idOf(groupKind, "t * 3 + i % 3"), wordsOf("1 + i * 0"), random, d.devices)
	do(`insert into app.tickets (account_id, id, tenant_id, number, subject, description, assignee_id, status, type, priority, category, due_at, created_at, updated_at)
		select %s, %s, %s, i, %s, %s, case when i %% 4 > 0 then %s end,
			case when r < 0.02 then 'NEW' when r < 0.07 then 'OPEN' when r < 0.1 then 'ON_HOLD' when r < 0.2 then 'RESOLVED' else 'CLOSED' end, 'INCIDENT',
			(array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + floor(random() * 4)::int], 'hardware', at + interval '5 days', at, at + interval '1 hour'
		from (select i, %s, random() as r, now() - (%d - i) * interval '30 seconds' as at from generate_series(1, %d) i) r`,
		a, idOf(ticketKind, "i"), tenant, wordsOf("4 + i % 3"), wordsOf("8 + i % 5"), agent, random, d.tickets, d.tickets)
	do(`insert into app.assets (account_id, id, tenant_id, name, kind, status, warranty_until)
		select %s, %s, %s, 'asset ' || i, 'HARDWARE', 'DEPLOYED', current_date - 700 + floor(random() * 1800)::int from (select i, %s from generate_series(1, %d) i) r`,
		a, idOf(assetKind, "i"), tenant, random, d.assets)
	do(`insert into app.remote_sessions (account_id, id, tenant_id, agent_id, mode, status, consent, created_at)
		select %s, %s, %s, %s, 'ATTENDED', case when i %% 500 = 1 then 'ACTIVE' when i %% 20 = 2 then 'REQUESTED' else 'ENDED' end, 'GRANTED', now() - i * interval '2 minutes'
		from (select i, %s from generate_series(1, %d) i) r`, a, idOf(sessionKind, "i"), tenant, agent, random, d.sessions)
	do(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
		select %s, %s, %s, case when t = 0 then 'TENANTLESS' else 'TENANT' end, %s, %s, case when i %% 20 = 1 then 'IN_REVIEW' when i %% 20 = 2 then 'DRAFT' else 'PUBLISHED' end, %s
		from (select i, %s from generate_series(1, %d) i) r`,
		a, idOf(articleKind, "i"), tenant, wordsOf("4 + i % 3"), wordsOf("50 + i % 20"), agent, random, d.articles)
	for i, o := range d.onlookers() {
		user := ids.New()
		do(`insert into app.users (account_id, id, email, name, role, status) values (%s, '%s', 'onlooker%d@scale.example', '%s', '%s', 'ACTIVE')`, a, user, i, o.name, o.role)
		do(`insert into app.memberships (account_id, user_id, tenant_id) select %s, '%s', %s from generate_series(1, %d) i where %s`, a, user, idOf(tenantKind, "i"), d.tenants, o.tenants)
	}
	do(`insert into app.user_names (account_id, id, name) select account_id, id, name from app.users`)
	do(`update app.users u set tenant_count = (select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`)
	do(`select app.recount_tallies()`)
	do(`select app.file_everything()`)
	for _, sql := range indexes {
		do("%s", sql)
	}
	if err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `vacuum analyze`)
	return err
}

// secondary is how to drop and how to make the indexes of the large tables that are no constraint's: made
// at once they take a fraction of the time.
func secondary(ctx context.Context, tx pgx.Tx) (drops, makes []string, err error) {
	rows, _ := tx.Query(ctx, `select format('drop index app.%I', i.relname), pg_get_indexdef(i.oid) from pg_index x join pg_class i on i.oid = x.indexrelid
		where x.indrelid in ('app.tickets'::regclass, 'app.devices'::regclass, 'app.assets'::regclass, 'app.remote_sessions'::regclass, 'app.search_documents'::regclass)
			and not exists (select from pg_constraint k where k.conindid = i.oid) order by 1`)
	var drop, make string
	_, err = pgx.ForEachRow(rows, []any{&drop, &make}, func() error {
		drops, makes = append(drops, drop), append(makes, make)
		return nil
	})
	return drops, makes, err
}

// signIn gives each onlooker a session.
func (d dataset) signIn(ctx context.Context, conn *pgx.Conn) ([]onlooker, error) {
	all := d.onlookers()
	for i := range all {
		var user uuid.UUID
		if err := conn.QueryRow(ctx, `select id from app.users where email = $1`, fmt.Sprintf("onlooker%d@scale.example", i)).Scan(&user); err != nil {
			return nil, err
		}
		t := token.New(scaleAccount, ids.New())
		all[i].token = t.Write(token.Session)
		if _, err := conn.Exec(ctx, `insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')`,
			scaleAccount, t.ID, user, t.Hash()); err != nil {
			return nil, err
		}
	}
	return all, nil
}
