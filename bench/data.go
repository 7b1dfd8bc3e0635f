package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

// caller is a member of ten tenants, as the product and as LIMIT know them.
type caller struct {
	token   string
	user    uuid.UUID
	tenants []uuid.UUID
	// devices and tickets are some that the caller sees.
	devices, tickets []uuid.UUID
}

var account = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// fill makes data set M: one account with 200 tenants of very different size, 300 users, 20,000
// devices, 100,000 tickets and 200,000 comments. The same each time.
func fill(ctx context.Context, conn *pgx.Conn) error {
	for _, sql := range []string{
		`select setseed(0.42)`,
		`insert into app.accounts (account_id, name, add_on_seats, cursor_key) values ('` + account.String() + `', 'Bench', 500, decode(repeat('07', 32), 'hex'))`,
		// Triggers would count one by one what is set at once below.
		`set session_replication_role = replica`,
		`create temporary table t as select gen_random_uuid() as id, i from generate_series(1, 200) i`,
		`create temporary table u as select gen_random_uuid() as id, i from generate_series(1, 300) i`,
		`insert into app.tenants (account_id, id, name) select '` + account.String() + `', id, 'tenant ' || lpad(i::text, 3, '0') from t`,
		`insert into app.users (account_id, id, email, name, role, status) select '` + account.String() + `', id, 'user' || i || '@bench.example', 'User ' || i, 'MEMBER', 'ACTIVE' from u`,
		`insert into app.user_names (account_id, id, name) select account_id, id, name from app.users`,
		`insert into app.memberships (account_id, user_id, tenant_id)
			select distinct '` + account.String() + `'::uuid, u.id, t.id from u join t on (t.i * 7 + u.i * 13) % 20 = 0 and t.i > 0`,
		`update app.users u set tenant_count = (select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`,
		`insert into app.device_groups (account_id, id, tenant_id, name)
			select '` + account.String() + `', gen_random_uuid(), t.id, 'group ' || g from t cross join generate_series(1, 3) g`,
		`create temporary table skew as select i as n, 1 + floor(200 * power(random(), 2.5))::int as tenant from generate_series(1, 120000) i`,
		`insert into app.devices (account_id, id, tenant_id, group_id, name, hostname, platform, kind, os_name, os_version, manufacturer, model, serial_number, connection, last_seen_at)
			select '` + account.String() + `', gen_random_uuid(), t.id, (select g.id from app.device_groups g where g.account_id = '` + account.String() + `' and g.tenant_id = t.id order by md5(g.id::text || s.n) limit 1),
				'device ' || lpad(s.n::text, 6, '0'), 'host' || s.n, 'WINDOWS', 'LAPTOP', 'Windows 11 Pro', '23H2', 'Lenovo', 'ThinkPad', 'SN' || s.n, 'ONLINE', now()
			from skew s join t on t.i = s.tenant where s.n <= 20000`,
		`create temporary table d as select id, tenant_id, row_number() over (partition by tenant_id order by name) as k, count(*) over (partition by tenant_id) as of from app.devices`,
		`insert into app.tickets (account_id, id, tenant_id, number, subject, description, device_id, assignee_id, status, type, priority, category, created_at, updated_at)
			select '` + account.String() + `', gen_random_uuid(), t.id, s.n, 'Subject of ticket ' || s.n, 'What happened: ' || repeat('x', 200), d.id,
				case when s.n % 4 > 0 then (select id from u where i = 1 + s.n % 300) end,
				(array['NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED'])[1 + s.n % 5], 'INCIDENT', (array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + s.n % 4], 'hardware',
				now() - s.n * interval '5 minutes', now() - s.n * interval '5 minutes'
			from skew s join t on t.i = s.tenant left join d on d.tenant_id = t.id and d.k = 1 + s.n % d.of where s.n <= 100000`,
		`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility)
			select account_id, gen_random_uuid(), tenant_id, id, coalesce(assignee_id, (select id from u where i = 1)), 'A comment', 'PUBLIC' from app.tickets cross join generate_series(1, 2)`,
		`set session_replication_role = default`,
		`select app.recount_tallies()`,
		`vacuum analyze`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.80s: %w", sql, err)
		}
	}
	return nil
}

// callers signs members of ten tenants in.
func callers(ctx context.Context, conn *pgx.Conn, n int) ([]caller, error) {
	rows, err := conn.Query(ctx, `select user_id, array_agg(tenant_id order by tenant_id) from app.memberships group by 1 having count(*) = 10 order by 1 limit $1`, n)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c caller, err error) { return c, row.Scan(&c.user, &c.tenants) })
	if err != nil {
		return nil, err
	}
	for i := range out {
		c := &out[i]
		t := token.New(account, ids.New())
		c.token = t.Write(token.Session)
		_, err := conn.Exec(ctx, `insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')`,
			account, t.ID, c.user, t.Hash())
		if err != nil {
			return nil, err
		}
		for table, into := range map[string]*[]uuid.UUID{"devices": &c.devices, "tickets": &c.tickets} {
			rows, err := conn.Query(ctx, `select id from app.`+table+` where tenant_id = any($1) order by md5(id::text) limit 200`, c.tenants)
			if err != nil {
				return nil, err
			}
			if *into, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
