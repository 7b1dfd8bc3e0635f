package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
	"tenantry/models"
)

// Data set L: one account with 5,000 tenants of very different size, of which one in a hundred is
// archived, 1 million devices, 2 million tickets, 300,000 assets, 200,000 remote sessions and 20,000
// articles. The same each time. Every open ticket has a time when it is due, mostly past.
const (
	tenantsL  = 5000
	devicesL  = 1_000_000
	ticketsL  = 2_000_000
	assetsL   = 300_000
	sessionsL = 200_000
	articlesL = 20_000
)

// onlooker is somebody who looks at L.
type onlooker struct {
	name    string
	role    models.Role
	tenants string // the condition on the number i of a tenant; the lower, the busier
	token   string
}

func onlookers() []onlooker {
	all := []onlooker{{name: "admin", role: models.RoleAdmin, tenants: "false"}}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all,
			onlooker{name: fmt.Sprintf("member of %d, busy", n), role: models.RoleMember, tenants: fmt.Sprintf("i between 2 and %d", n+1)},
			onlooker{name: fmt.Sprintf("member of %d, quiet", n), role: models.RoleMember, tenants: fmt.Sprintf("i > %d", tenantsL-n)},
			onlooker{name: fmt.Sprintf("member of %d, any", n), role: models.RoleMember, tenants: fmt.Sprintf("i %% %d = 1", tenantsL/n)},
		)
	}
	return append(all, onlooker{name: "member of none", role: models.RoleMember, tenants: "false"})
}

// The id of row number i of a kind, so that ids come in the order of the rows.
const idL = `('0190%s-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid`

func idOf(kind string) string { return fmt.Sprintf(idL, kind+kind+kind+kind) }

// tenantOf is the tenant of a random row: the first has the most, the last four hundredths of that. One
// row of a thousand is tenantless.
var tenantOf = `case when i % 1000 = 0 then '` + account.String() + `'::uuid else ` + fmt.Sprintf(`('01901111-0000-7000-8000-' || lpad(to_hex(1 + floor(%d * power(random(), 2.5))::int), 12, '0'))::uuid`, tenantsL) + ` end`

// fillLarge makes L in one transaction, so that it is there or not.
func fillLarge(ctx context.Context, conn *pgx.Conn) error {
	a := "'" + account.String() + "'::uuid"
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	var indexes []string
	do := func(sql string) {
		if err != nil {
			return
		}
		start := time.Now()
		if _, err = tx.Exec(ctx, sql); err != nil {
			err = fmt.Errorf("%.80s: %w", sql, err)
		}
		if took := time.Since(start); took > time.Second {
			fmt.Printf("  %6.1f s  %.60s\n", took.Seconds(), sql)
		}
	}
	rows, _ := tx.Query(ctx, `select format('drop index app.%I', i.relname), pg_get_indexdef(i.oid) from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
		where c.oid in ('app.tickets'::regclass, 'app.devices'::regclass, 'app.assets'::regclass, 'app.remote_sessions'::regclass)
			and not exists (select from pg_constraint k where k.conindid = i.oid) order by 1`)
	var drop, make string
	var drops []string
	if _, err = pgx.ForEachRow(rows, []any{&drop, &make}, func() error {
		drops, indexes = append(drops, drop), append(indexes, make)
		return nil
	}); err != nil {
		return err
	}
	do(`set local maintenance_work_mem = '1GB'`)
	do(`set local session_replication_role = replica`)
	do(`select setseed(0.42)`)
	for _, sql := range drops {
		do(sql)
	}
	do(`insert into app.accounts (account_id, name, add_on_seats, cursor_key) values (` + a + `, 'Scale', 500, decode(repeat('07', 32), 'hex'))`)
	do(`insert into app.tenants (account_id, id, name) values (` + a + `, ` + a + `, '')`)
	do(`insert into app.tenants (account_id, id, name, status) select ` + a + `, ` + idOf("1") + `, 'tenant ' || lpad(i::text, 4, '0'), case when i % 100 = 50 then 'ARCHIVED' else 'ACTIVE' end
		from generate_series(1, ` + fmt.Sprint(tenantsL) + `) i`)
	do(`insert into app.users (account_id, id, email, name, role, status) select ` + a + `, ` + idOf("2") + `, 'agent' || i || '@scale.example', 'Agent ' || i, 'MEMBER', 'ACTIVE' from generate_series(1, 300) i`)
	do(`insert into app.devices (account_id, id, tenant_id, name, hostname, platform, kind, os_name, manufacturer, model, serial_number, connection, last_seen_at, created_at, updated_at)
		select ` + a + `, ` + idOf("3") + `, ` + tenantOf + `, 'device ' || lpad(i::text, 7, '0'), 'host' || i,
			(array['WINDOWS', 'WINDOWS', 'WINDOWS', 'WINDOWS', 'MACOS', 'MACOS', 'LINUX', 'ANDROID', 'IOS', 'OTHER'])[1 + floor(random() * 10)::int], 'LAPTOP', 'Some 11', 'Lenovo', 'ThinkPad', 'SN' || i,
			(array['ONLINE', 'ONLINE', 'ONLINE', 'OFFLINE', 'OVERDUE'])[1 + floor(random() * 5)::int], now(), now() - i * interval '1 minute', now() - i * interval '30 seconds'
		from generate_series(1, ` + fmt.Sprint(devicesL) + `) i`)
	do(`insert into app.tickets (account_id, id, tenant_id, number, subject, description, assignee_id, status, type, priority, category, due_at, created_at, updated_at)
		select ` + a + `, ` + idOf("4") + `, ` + tenantOf + `, i, 'Subject of ticket ' || i, 'What happened', case when i % 4 > 0 then ('01902222-0000-7000-8000-' || lpad(to_hex(1 + i % 300), 12, '0'))::uuid end,
			case when r < 0.02 then 'NEW' when r < 0.07 then 'OPEN' when r < 0.1 then 'ON_HOLD' when r < 0.2 then 'RESOLVED' else 'CLOSED' end, 'INCIDENT',
			(array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + floor(random() * 4)::int], 'hardware',
			at + interval '5 days', at, at + interval '1 hour'
		from (select i, random() as r, now() - (` + fmt.Sprint(ticketsL) + ` - i) * interval '30 seconds' as at from generate_series(1, ` + fmt.Sprint(ticketsL) + `) i) t`)
	do(`insert into app.assets (account_id, id, tenant_id, name, kind, status, warranty_until)
		select ` + a + `, ` + idOf("5") + `, ` + tenantOf + `, 'asset ' || i, 'HARDWARE', 'DEPLOYED', current_date - 700 + floor(random() * 1800)::int
		from generate_series(1, ` + fmt.Sprint(assetsL) + `) i`)
	do(`insert into app.remote_sessions (account_id, id, tenant_id, agent_id, mode, status, consent, created_at)
		select ` + a + `, ` + idOf("6") + `, ` + tenantOf + `, ('01902222-0000-7000-8000-' || lpad(to_hex(1 + i % 300), 12, '0'))::uuid, 'ATTENDED',
			case when i % 500 = 1 then 'ACTIVE' when i % 20 = 2 then 'REQUESTED' else 'ENDED' end, 'GRANTED', now() - i * interval '2 minutes'
		from generate_series(1, ` + fmt.Sprint(sessionsL) + `) i`)
	do(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
		select ` + a + `, ` + idOf("7") + `, t, case when t = ` + a + ` then 'TENANTLESS' else 'TENANT' end, 'article ' || i, 'text', case when i % 20 = 1 then 'IN_REVIEW' when i % 20 = 2 then 'DRAFT' else 'PUBLISHED' end,
			('01902222-0000-7000-8000-' || lpad(to_hex(1 + i % 300), 12, '0'))::uuid
		from (select i, ` + tenantOf + ` as t from generate_series(1, ` + fmt.Sprint(articlesL) + `) i) t`)
	for i, o := range onlookers() {
		user := ids.New()
		do(fmt.Sprintf(`insert into app.users (account_id, id, email, name, role, status) values (%s, '%s', 'onlooker%d@scale.example', '%s', '%s', 'ACTIVE')`, a, user, i, o.name, o.role))
		do(fmt.Sprintf(`insert into app.memberships (account_id, user_id, tenant_id) select %s, '%s', %s from generate_series(1, %d) i where %s`, a, user, idOf("1"), tenantsL, o.tenants))
	}
	do(`insert into app.user_names (account_id, id, name) select account_id, id, name from app.users`)
	do(`update app.users u set tenant_count = (select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`)
	for _, sql := range indexes {
		do(sql)
	}
	do(`select app.recount_tallies()`)
	if err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `vacuum analyze`)
	return err
}

// signOnlookersIn gives each a session.
func signOnlookersIn(ctx context.Context, conn *pgx.Conn) ([]onlooker, error) {
	all := onlookers()
	for i := range all {
		var user uuid.UUID
		if err := conn.QueryRow(ctx, `select id from app.users where email = $1`, fmt.Sprintf("onlooker%d@scale.example", i)).Scan(&user); err != nil {
			return nil, err
		}
		t := token.New(account, ids.New())
		all[i].token = t.Write(token.Session)
		if _, err := conn.Exec(ctx, `insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')`,
			account, t.ID, user, t.Hash()); err != nil {
			return nil, err
		}
	}
	return all, nil
}
