package main

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// Ids are plain bytes here, which pgx takes as they are.
type row = [16]byte

var accountRow = row(account)

func (l *limit) point(ctx context.Context, c *member, id row) ([]byte, error) {
	var name, platform, kind, connection, tenant string
	var hostname, osName, serial *string
	err := l.pool.QueryRow(ctx, `select d.name, d.hostname, d.platform, d.kind, d.os_name, d.serial_number, d.connection, t.name
		from app.devices d join app.tenants t on t.account_id = d.account_id and t.id = d.tenant_id
		where d.account_id = $1 and d.id = $2 and d.tenant_id = any($3)`, accountRow, id, c.tenants).
		Scan(&name, &hostname, &platform, &kind, &osName, &serial, &connection, &tenant)
	if err != nil {
		return nil, err
	}
	out := ref([]byte(`{"data":{"device":{`), "Device", id)
	for _, f := range []struct {
		key string
		v   *string
	}{{"name", &name}, {"hostname", hostname}, {"platform", &platform}, {"kind", &kind}, {"osName", osName}, {"serialNumber", serial}, {"connection", &connection}} {
		out = text(append(out, ','), f.key, f.v)
	}
	return append(named(append(out, ','), "tenant", &tenant), "}}}"...), nil
}

func (l *limit) list(ctx context.Context, c *member) ([]byte, error) {
	rows, err := l.pool.Query(ctx, `select k.id, k.number, k.subject, k.status, k.type, k.priority, k.category, k.created_at, t.name, n.name
		from (select k.id from unnest($2::uuid[]) u(id) cross join lateral (
				select k.id, k.created_at from app.tickets k where k.account_id = $1 and k.tenant_id = u.id order by k.created_at desc, k.id desc limit 50) k
			order by k.created_at desc, k.id desc limit 50) w
		join app.tickets k on k.account_id = $1 and k.id = w.id
		join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id
		left join app.user_names n on n.account_id = k.account_id and n.id = k.assignee_id
		order by k.created_at desc, k.id desc`, accountRow, c.tenants)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, 16<<10), `{"data":{"tickets":{"nodes":[`...)
	var id row
	var number int32
	var subject, status, typ, priority, tenant string
	var category, assignee *string
	var created time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &number, &subject, &status, &typ, &priority, &category, &created, &tenant, &assignee}, func() error {
		out = append(ref(append(comma(out), '{'), "Ticket", id), `,"number":`...)
		out = append(strconv.AppendInt(out, int64(number), 10), ',')
		out = append(text(out, "subject", &subject), ',')
		out = append(text(out, "status", &status), ',')
		out = append(text(out, "type", &typ), ',')
		out = append(text(out, "priority", &priority), ',')
		out = append(text(out, "category", category), ',')
		out = append(moment(out, "createdAt", created), ',')
		out = append(named(out, "tenant", &tenant), ',')
		out = append(named(out, "assignee", assignee), '}')
		return nil
	})
	return append(out, "]}}}"...), err
}

func (l *limit) nested(ctx context.Context, c *member) ([]byte, error) {
	rows, err := l.pool.Query(ctx, `select d.id, d.name, d.platform, t.name, g.name, k.subjects, k.statuses, k.assignees
		from (select d.* from unnest($2::uuid[]) u(id) cross join lateral (
				select d.account_id, d.id, d.name, d.platform, d.tenant_id, d.group_id from app.devices d where d.account_id = $1 and d.tenant_id = u.id order by d.name, d.id limit 20) d
			order by d.name, d.id limit 20) d
		join app.tenants t on t.account_id = d.account_id and t.id = d.tenant_id
		left join app.device_groups g on g.account_id = d.account_id and g.id = d.group_id
		left join lateral (select array_agg(k.subject order by k.created_at desc, k.id desc) as subjects, array_agg(k.status order by k.created_at desc, k.id desc) as statuses,
				array_agg(n.name order by k.created_at desc, k.id desc) as assignees
			from (select k.* from app.tickets k where k.account_id = $1 and k.device_id = d.id and k.status in ('NEW', 'OPEN', 'ON_HOLD') and k.tenant_id = any($2)
				order by k.created_at desc, k.id desc limit 5) k
			left join app.user_names n on n.account_id = k.account_id and n.id = k.assignee_id) k on true
		order by d.name, d.id`, accountRow, c.tenants)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 0, 16<<10), `{"data":{"devices":{"nodes":[`...)
	var id row
	var name, platform, tenant string
	var group *string
	var subjects, statuses []string
	var assignees []*string
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &platform, &tenant, &group, &subjects, &statuses, &assignees}, func() error {
		out = append(ref(append(comma(out), '{'), "Device", id), ',')
		out = append(text(out, "name", &name), ',')
		out = append(text(out, "platform", &platform), ',')
		out = append(named(out, "tenant", &tenant), ',')
		out = append(named(out, "group", group), `,"tickets":{"nodes":[`...)
		for i := range subjects {
			out = append(text(append(comma(out), '{'), "subject", &subjects[i]), ',')
			out = append(text(out, "status", &statuses[i]), ',')
			out = append(named(out, "assignee", assignees[i]), '}')
		}
		out = append(out, "]}}"...)
		return nil
	})
	return append(out, "]}}}"...), err
}

// dashboard counts, in one pass over the tickets and one over the devices.
func (l *limit) dashboard(ctx context.Context, c *member) ([]byte, error) {
	rows, err := l.pool.Query(ctx, `select 'ticket', k.status, k.priority, count(*) from app.tickets k
			join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id and t.status = 'ACTIVE'
			where k.account_id = $1 and k.tenant_id = any($2) group by 2, 3
		union all select 'device', k.connection, '', count(*) from app.devices k
			join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id and t.status = 'ACTIVE'
			where k.account_id = $1 and k.tenant_id = any($2) group by 2`, accountRow, c.tenants)
	if err != nil {
		return nil, err
	}
	status, priority, connection := map[string]int64{}, map[string]int64{}, map[string]int64{}
	var kind, state, level string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&kind, &state, &level, &n}, func() error {
		if kind == "device" {
			connection[state] += n
			return nil
		}
		status[state] += n
		if state == "NEW" || state == "OPEN" || state == "ON_HOLD" {
			priority[level] += n
		}
		return nil
	})
	out := []byte(`{"data":{"dashboard":{`)
	for i, part := range []struct {
		name   string
		keys   []string
		counts map[string]int64
	}{
		{"ticketsByStatus", []string{"NEW", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"}, status},
		{"ticketsByPriority", []string{"LOW", "MEDIUM", "HIGH", "CRITICAL"}, priority},
		{"devicesByConnection", []string{"ONLINE", "OFFLINE", "OVERDUE"}, connection},
	} {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), part.name...), `":[`...)
		for _, key := range part.keys {
			out = append(text(append(comma(out), '{'), "key", &key), `,"count":`...)
			out = append(strconv.AppendInt(out, part.counts[key], 10), '}')
		}
		out = append(out, ']')
	}
	return append(out, "}}}"...), err
}

func (l *limit) write(ctx context.Context, c *member, id row, status, ip string) ([]byte, error) {
	var subject string
	var number int32
	err := l.pool.QueryRow(ctx, `with old as (
			select k.id, k.status, k.tenant_id, t.name from app.tickets k join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id and t.status = 'ACTIVE'
			where k.account_id = $1 and k.id = $2 and k.tenant_id = any($3) for update of k),
		new as (update app.tickets k set status = $4 from old where k.account_id = $1 and k.id = old.id returning k.id, k.number, k.subject),
		trail as (insert into app.audit_events (account_id, id, actor_id, actor_name, actor_ip, action, outcome, object_type, object_id, object_name, tenant_id, tenant_name, before, after)
			select $1, $5, $6, $7, $8, 'updateTicket', 'DONE', 'Ticket', new.id, new.subject, old.tenant_id, old.name,
				jsonb_build_object('status', old.status), jsonb_build_object('status', $4::text)
			from new, old)
		select number, subject from new`, accountRow, id, c.tenants, status, row(ids.New()), row(c.User), c.Name, ip).
		Scan(&number, &subject)
	if err != nil {
		return nil, err
	}
	out := ref([]byte(`{"data":{"updateTicket":{"ticket":{`), "Ticket", id)
	out = append(text(append(out, ','), "status", &status), ',')
	out = append(text(out, "subject", &subject), `,"number":`...)
	return append(strconv.AppendInt(out, int64(number), 10), `},"userErrors":[]}}}`...), nil
}
