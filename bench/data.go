package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
)

var account = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// database is a private PostgreSQL with data set M.
type database struct {
	*cluster.Cluster
	conn       *pgx.Conn // of the superuser
	postmaster int       // the process that all of PostgreSQL's are children of; 0 if it is not known
	temporary  string    // the folder that goes with it, if any
}

// openData starts PostgreSQL, with what is in the folder to keep or with new data.
func openData(ctx context.Context, keep string, log *slog.Logger) (d *database, err error) {
	d = &database{}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	dir := keep
	if dir == "" {
		if d.temporary, err = os.MkdirTemp("", "tenantry-bench"); err != nil {
			return d, err
		}
		dir = d.temporary
	}
	if d.Cluster, err = cluster.Open(ctx, dir, log); err != nil {
		return d, err
	}
	if err := postgres.Migrate(ctx, d.OwnerURL(), log); err != nil {
		return d, err
	}
	if d.conn, err = pgx.Connect(ctx, d.SuperuserURL()); err != nil {
		return d, err
	}
	var backend int
	var filled bool
	if err := d.conn.QueryRow(ctx, `select pg_backend_pid(), exists (select from app.accounts)`).Scan(&backend, &filled); err != nil {
		return d, err
	}
	if p, ok := readProcess(backend); ok {
		d.postmaster = p.parent
	}
	if filled {
		return d, nil
	}
	fmt.Println("Making data set M …")
	return d, fill(ctx, d.conn)
}

// url is that of another role than those that the cluster has for the product.
func (d *database) url(role, password string) (string, error) {
	u, err := url.Parse(d.SuperuserURL())
	if err == nil {
		u.User = url.UserPassword(role, password)
	}
	return u.String(), err
}

func (d *database) close() {
	if d.conn != nil {
		_ = d.conn.Close(context.Background())
	}
	if d.Cluster != nil {
		_ = d.Cluster.Close()
	}
	if d.temporary != "" {
		_ = cluster.Remove(d.temporary)
	}
}

// fill makes data set M: one account with 200 tenants of very different size, 300 users, 20,000
// devices, 100,000 tickets and 200,000 comments. The same each time, ids included, but for the moment
// that its times count back from.
func fill(ctx context.Context, conn *pgx.Conn) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	a := `'` + account.String() + `'::uuid`
	for _, sql := range []string{
		`select setseed(0.42)`,
		`insert into app.accounts (account_id, name, add_on_seats, cursor_key) values (` + a + `, 'Bench', 500, decode(repeat('07', 32), 'hex'))`,
		// Triggers would do one by one what is done at once below.
		`set local session_replication_role = replica`,
		`create temporary table t on commit drop as select md5('tenant ' || i)::uuid as id, i from generate_series(1, 200) i`,
		`create temporary table u on commit drop as select md5('user ' || i)::uuid as id, i from generate_series(1, 300) i`,
		`insert into app.tenants (account_id, id, name) select ` + a + `, id, 'tenant ' || lpad(i::text, 3, '0') from t`,
		`insert into app.users (account_id, id, email, name, role, status) select ` + a + `, id, 'user' || i || '@bench.example', 'User ' || i, 'MEMBER', 'ACTIVE' from u`,
		`insert into app.user_names (account_id, id, name) select account_id, id, name from app.users`,
		`insert into app.memberships (account_id, user_id, tenant_id) select ` + a + `, u.id, t.id from u join t on (t.i * 7 + u.i * 13) % 20 = 0`,
		`update app.users u set tenant_count = (select count(*) from app.memberships m where m.account_id = u.account_id and m.user_id = u.id)`,
		`insert into app.device_groups (account_id, id, tenant_id, name)
			select ` + a + `, md5('group ' || g || ' of ' || t.i)::uuid, t.id, 'group ' || g from t cross join generate_series(1, 3) g`,
		`create temporary table skew on commit drop as select i as n, 1 + floor(200 * power(random(), 2.5))::int as tenant from generate_series(1, 120000) i`,
		`insert into app.devices (account_id, id, tenant_id, group_id, name, hostname, platform, kind, os_name, os_version, manufacturer, model, serial_number, connection, last_seen_at)
			select ` + a + `, md5('device ' || s.n)::uuid, t.id, md5('group ' || 1 + s.n % 3 || ' of ' || t.i)::uuid,
				'device ' || lpad(s.n::text, 6, '0'), 'host' || s.n, 'WINDOWS', 'LAPTOP', 'Windows 11 Pro', '23H2', 'Lenovo', 'ThinkPad', 'SN' || s.n,
				(array['ONLINE', 'ONLINE', 'ONLINE', 'OFFLINE', 'OVERDUE'])[1 + s.n % 5], now()
			from skew s join t on t.i = s.tenant where s.n <= 20000`,
		`create temporary table d on commit drop as
			select id, tenant_id, row_number() over (partition by tenant_id order by name) as k, count(*) over (partition by tenant_id) as of from app.devices`,
		`insert into app.tickets (account_id, id, tenant_id, number, subject, description, device_id, assignee_id, status, type, priority, category, created_at, updated_at)
			select ` + a + `, md5('ticket ' || s.n)::uuid, t.id, s.n, 'Subject of ticket ' || s.n, 'What happened: ' || repeat('x', 200), d.id,
				case when s.n % 4 > 0 then md5('user ' || 1 + s.n % 300)::uuid end,
				(array['NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED'])[1 + s.n % 5], 'INCIDENT', (array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'])[1 + s.n % 4], 'hardware',
				now() - s.n * interval '5 minutes', now() - s.n * interval '5 minutes'
			from skew s join t on t.i = s.tenant left join d on d.tenant_id = t.id and d.k = 1 + s.n % d.of where s.n <= 100000`,
		`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility)
			select account_id, md5('comment ' || g || ' on ' || number)::uuid, tenant_id, id, coalesce(assignee_id, md5('user 1')::uuid), 'A comment', 'PUBLIC'
			from app.tickets cross join generate_series(1, 2) g`,
		`set local session_replication_role = default`,
		`select app.recount_tallies()`,
		`select app.file_everything()`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.80s: %w", sql, err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `vacuum analyze`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `checkpoint`)
	return err
}
