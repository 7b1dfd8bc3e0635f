-- +goose Up
-- How many assets a tenant has, and how many tickets nobody has taken, whatever their status: the totals of lists
-- are sums of tallies where there is one, and these grew with what they counted.
alter table app.tallies
  add column tickets_unassigned integer not null default 0,
  add column assets_hardware integer not null default 0,
  add column assets_software integer not null default 0,
  add column assets_ready integer not null default 0,
  add column assets_deployed integer not null default 0,
  add column assets_in_repair integer not null default 0,
  add column assets_lost integer not null default 0,
  add column assets_retired integer not null default 0;

-- +goose StatementBegin
create or replace function app.tally_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.tallies (account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed,
      open_low, open_medium, open_high, open_critical, open_unassigned, tickets_unassigned)
    select r.account_id, r.tenant_id, r.n * (r.status = 'NEW')::int, r.n * (r.status = 'OPEN')::int, r.n * (r.status = 'ON_HOLD')::int,
      r.n * (r.status = 'RESOLVED')::int, r.n * (r.status = 'CLOSED')::int,
      r.open * (r.priority = 'LOW')::int, r.open * (r.priority = 'MEDIUM')::int, r.open * (r.priority = 'HIGH')::int,
      r.open * (r.priority = 'CRITICAL')::int, r.open * (r.assignee_id is null)::int, r.n * (r.assignee_id is null)::int
    from (values
      (old.account_id, old.tenant_id, old.status, old.priority, old.assignee_id, -1, -(old.status in ('NEW', 'OPEN', 'ON_HOLD'))::int),
      (new.account_id, new.tenant_id, new.status, new.priority, new.assignee_id, 1, (new.status in ('NEW', 'OPEN', 'ON_HOLD'))::int)
    ) r (account_id, tenant_id, status, priority, assignee_id, n, open)
    where r.account_id is not null; -- there is no old row of an insert, and no new one of a delete
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.tally_asset() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.tallies (account_id, tenant_id, assets_hardware, assets_software, assets_ready, assets_deployed, assets_in_repair, assets_lost, assets_retired)
    select r.account_id, r.tenant_id, r.n * (r.kind = 'HARDWARE')::int, r.n * (r.kind = 'SOFTWARE')::int,
      r.n * (r.status = 'READY')::int, r.n * (r.status = 'DEPLOYED')::int, r.n * (r.status = 'IN_REPAIR')::int,
      r.n * (r.status = 'LOST')::int, r.n * (r.status = 'RETIRED')::int
    from (values
      (old.account_id, old.tenant_id, old.kind, old.status, -1),
      (new.account_id, new.tenant_id, new.kind, new.status, 1)
    ) r (account_id, tenant_id, kind, status, n)
    where r.account_id is not null;
  return null;
end
$$;
-- +goose StatementEnd
create trigger tally after insert or delete on app.assets for each row execute function app.tally_asset();
create trigger tally_change after update on app.assets for each row
  when (old.tenant_id <> new.tenant_id or old.kind <> new.kind or old.status <> new.status)
  execute function app.tally_asset();

-- +goose StatementBegin
create or replace function app.compact_tallies(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app.tallies', 0)) then
    return 0;
  end if;
  with picked as (
    select k.account_id, k.tenant_id, k.fresh, k.id from app.tallies k where k.fresh order by k.account_id, k.tenant_id, k.id limit most
  ), gone as (
    delete from app.tallies k using (
      select * from picked
      union all
      select k.account_id, k.tenant_id, k.fresh, k.id from (select distinct p.account_id, p.tenant_id from picked p) t
        join app.tallies k on k.account_id = t.account_id and k.tenant_id = t.tenant_id and not k.fresh
    ) d
    where k.account_id = d.account_id and k.tenant_id = d.tenant_id and k.fresh = d.fresh and k.id = d.id
    returning k.*
  ), sums as (
    select g.account_id, g.tenant_id, sum(g.tickets_new) as tickets_new, sum(g.tickets_open) as tickets_open,
      sum(g.tickets_on_hold) as tickets_on_hold, sum(g.tickets_resolved) as tickets_resolved, sum(g.tickets_closed) as tickets_closed,
      sum(g.open_low) as open_low, sum(g.open_medium) as open_medium, sum(g.open_high) as open_high,
      sum(g.open_critical) as open_critical, sum(g.open_unassigned) as open_unassigned, sum(g.open_overdue) as open_overdue,
      sum(g.devices_online) as devices_online, sum(g.devices_offline) as devices_offline, sum(g.devices_overdue) as devices_overdue,
      sum(g.devices_windows) as devices_windows, sum(g.devices_macos) as devices_macos, sum(g.devices_linux) as devices_linux,
      sum(g.devices_android) as devices_android, sum(g.devices_ios) as devices_ios, sum(g.devices_other) as devices_other,
      sum(g.tickets_unassigned) as tickets_unassigned, sum(g.assets_hardware) as assets_hardware, sum(g.assets_software) as assets_software,
      sum(g.assets_ready) as assets_ready, sum(g.assets_deployed) as assets_deployed, sum(g.assets_in_repair) as assets_in_repair,
      sum(g.assets_lost) as assets_lost, sum(g.assets_retired) as assets_retired
    from gone g group by 1, 2
  ), kept as (
    insert into app.tallies (fresh, account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed,
        open_low, open_medium, open_high, open_critical, open_unassigned, open_overdue, devices_online, devices_offline, devices_overdue,
        devices_windows, devices_macos, devices_linux, devices_android, devices_ios, devices_other,
        tickets_unassigned, assets_hardware, assets_software, assets_ready, assets_deployed, assets_in_repair, assets_lost, assets_retired)
      select false, s.* from sums s
      -- What is left of a tenant that has nothing any more is nothing.
      where (s.tickets_new, s.tickets_open, s.tickets_on_hold, s.tickets_resolved, s.tickets_closed,
          s.open_low, s.open_medium, s.open_high, s.open_critical, s.open_unassigned, s.open_overdue, s.devices_online, s.devices_offline, s.devices_overdue,
          s.devices_windows, s.devices_macos, s.devices_linux, s.devices_android, s.devices_ios, s.devices_other,
          s.tickets_unassigned, s.assets_hardware, s.assets_software, s.assets_ready, s.assets_deployed, s.assets_in_repair, s.assets_lost, s.assets_retired)
        <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  )
  select count(*) into folded from picked;
  return folded;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Counts everything anew: for items that were there before the tallies, or were written without
-- triggers. One statement sees items and tallies at one moment, so what others write meanwhile stays.
create or replace function app.recount_tallies() returns void language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('app.tallies', 0));
  with gone as (delete from app.tallies), gone_due as (delete from app.due_tallies),
  due as (
    insert into app.due_tallies (account_id, tenant_id, due_at, tickets)
      select account_id, tenant_id, due_at, count(*) from app.tickets
      where due_at >= now() - interval '1 hour' and status in ('NEW', 'OPEN', 'ON_HOLD') group by 1, 2, 3
  ), of_tickets as (
    insert into app.tallies (account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed, tickets_unassigned,
        open_low, open_medium, open_high, open_critical, open_unassigned, open_overdue)
      select account_id, tenant_id, count(*) filter (where status = 'NEW'), count(*) filter (where status = 'OPEN'), count(*) filter (where status = 'ON_HOLD'),
        count(*) filter (where status = 'RESOLVED'), count(*) filter (where status = 'CLOSED'), count(*) filter (where assignee_id is null),
        count(*) filter (where open and priority = 'LOW'), count(*) filter (where open and priority = 'MEDIUM'),
        count(*) filter (where open and priority = 'HIGH'), count(*) filter (where open and priority = 'CRITICAL'),
        count(*) filter (where open and assignee_id is null), count(*) filter (where open and due_at < now() - interval '1 hour')
      from (select *, status in ('NEW', 'OPEN', 'ON_HOLD') as open from app.tickets) t group by 1, 2
  ), of_devices as (
    insert into app.tallies (account_id, tenant_id, devices_online, devices_offline, devices_overdue,
        devices_windows, devices_macos, devices_linux, devices_android, devices_ios, devices_other)
      select account_id, tenant_id, count(*) filter (where connection = 'ONLINE'), count(*) filter (where connection = 'OFFLINE'),
        count(*) filter (where connection = 'OVERDUE'), count(*) filter (where platform = 'WINDOWS'), count(*) filter (where platform = 'MACOS'),
        count(*) filter (where platform = 'LINUX'), count(*) filter (where platform = 'ANDROID'), count(*) filter (where platform = 'IOS'),
        count(*) filter (where platform = 'OTHER')
      from app.devices group by 1, 2
  )
  insert into app.tallies (account_id, tenant_id, assets_hardware, assets_software, assets_ready, assets_deployed, assets_in_repair, assets_lost, assets_retired)
    select account_id, tenant_id, count(*) filter (where kind = 'HARDWARE'), count(*) filter (where kind = 'SOFTWARE'),
      count(*) filter (where status = 'READY'), count(*) filter (where status = 'DEPLOYED'), count(*) filter (where status = 'IN_REPAIR'),
      count(*) filter (where status = 'LOST'), count(*) filter (where status = 'RETIRED')
    from app.assets group by 1, 2;
  perform app.compact_tallies(2147483647); -- one row for each tenant
end
$$;
-- +goose StatementEnd
select app.recount_tallies();

-- +goose Down
drop trigger tally on app.assets;
drop trigger tally_change on app.assets;
drop function app.tally_asset;
-- +goose StatementBegin
create or replace function app.tally_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.tallies (account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed,
      open_low, open_medium, open_high, open_critical, open_unassigned)
    select r.account_id, r.tenant_id, r.n * (r.status = 'NEW')::int, r.n * (r.status = 'OPEN')::int, r.n * (r.status = 'ON_HOLD')::int,
      r.n * (r.status = 'RESOLVED')::int, r.n * (r.status = 'CLOSED')::int,
      r.open * (r.priority = 'LOW')::int, r.open * (r.priority = 'MEDIUM')::int, r.open * (r.priority = 'HIGH')::int,
      r.open * (r.priority = 'CRITICAL')::int, r.open * (r.assignee_id is null)::int
    from (values
      (old.account_id, old.tenant_id, old.status, old.priority, old.assignee_id, -1, -(old.status in ('NEW', 'OPEN', 'ON_HOLD'))::int),
      (new.account_id, new.tenant_id, new.status, new.priority, new.assignee_id, 1, (new.status in ('NEW', 'OPEN', 'ON_HOLD'))::int)
    ) r (account_id, tenant_id, status, priority, assignee_id, n, open)
    where r.account_id is not null; -- there is no old row of an insert, and no new one of a delete
  return null;
end
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create or replace function app.compact_tallies(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app.tallies', 0)) then
    return 0;
  end if;
  with picked as (
    select k.account_id, k.tenant_id, k.fresh, k.id from app.tallies k where k.fresh order by k.account_id, k.tenant_id, k.id limit most
  ), gone as (
    delete from app.tallies k using (
      select * from picked
      union all
      select k.account_id, k.tenant_id, k.fresh, k.id from (select distinct p.account_id, p.tenant_id from picked p) t
        join app.tallies k on k.account_id = t.account_id and k.tenant_id = t.tenant_id and not k.fresh
    ) d
    where k.account_id = d.account_id and k.tenant_id = d.tenant_id and k.fresh = d.fresh and k.id = d.id
    returning k.*
  ), sums as (
    select g.account_id, g.tenant_id, sum(g.tickets_new) as tickets_new, sum(g.tickets_open) as tickets_open,
      sum(g.tickets_on_hold) as tickets_on_hold, sum(g.tickets_resolved) as tickets_resolved, sum(g.tickets_closed) as tickets_closed,
      sum(g.open_low) as open_low, sum(g.open_medium) as open_medium, sum(g.open_high) as open_high,
      sum(g.open_critical) as open_critical, sum(g.open_unassigned) as open_unassigned, sum(g.open_overdue) as open_overdue,
      sum(g.devices_online) as devices_online, sum(g.devices_offline) as devices_offline, sum(g.devices_overdue) as devices_overdue,
      sum(g.devices_windows) as devices_windows, sum(g.devices_macos) as devices_macos, sum(g.devices_linux) as devices_linux,
      sum(g.devices_android) as devices_android, sum(g.devices_ios) as devices_ios, sum(g.devices_other) as devices_other
    from gone g group by 1, 2
  ), kept as (
    insert into app.tallies (fresh, account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed,
        open_low, open_medium, open_high, open_critical, open_unassigned, open_overdue, devices_online, devices_offline, devices_overdue,
        devices_windows, devices_macos, devices_linux, devices_android, devices_ios, devices_other)
      select false, s.* from sums s
      -- What is left of a tenant that has nothing any more is nothing.
      where (s.tickets_new, s.tickets_open, s.tickets_on_hold, s.tickets_resolved, s.tickets_closed,
          s.open_low, s.open_medium, s.open_high, s.open_critical, s.open_unassigned, s.open_overdue, s.devices_online, s.devices_offline, s.devices_overdue,
          s.devices_windows, s.devices_macos, s.devices_linux, s.devices_android, s.devices_ios, s.devices_other)
        <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  )
  select count(*) into folded from picked;
  return folded;
end
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create or replace function app.recount_tallies() returns void language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('app.tallies', 0));
  with gone as (delete from app.tallies), gone_due as (delete from app.due_tallies),
  due as (
    insert into app.due_tallies (account_id, tenant_id, due_at, tickets)
      select account_id, tenant_id, due_at, count(*) from app.tickets
      where due_at >= now() - interval '1 hour' and status in ('NEW', 'OPEN', 'ON_HOLD') group by 1, 2, 3
  )
  insert into app.tallies (fresh, account_id, tenant_id, tickets_new, tickets_open, tickets_on_hold, tickets_resolved, tickets_closed,
      open_low, open_medium, open_high, open_critical, open_unassigned, open_overdue, devices_online, devices_offline, devices_overdue,
      devices_windows, devices_macos, devices_linux, devices_android, devices_ios, devices_other)
    select false, account_id, tenant_id, sum(a), sum(b), sum(c), sum(d), sum(e), sum(f), sum(g), sum(h), sum(i), sum(j),
      sum(k), sum(l), sum(m), sum(n), sum(o), sum(p), sum(q), sum(r), sum(s), sum(t)
    from (
      select account_id, tenant_id, count(*) filter (where status = 'NEW') as a, count(*) filter (where status = 'OPEN') as b,
        count(*) filter (where status = 'ON_HOLD') as c, count(*) filter (where status = 'RESOLVED') as d, count(*) filter (where status = 'CLOSED') as e,
        count(*) filter (where open and priority = 'LOW') as f, count(*) filter (where open and priority = 'MEDIUM') as g,
        count(*) filter (where open and priority = 'HIGH') as h, count(*) filter (where open and priority = 'CRITICAL') as i,
        count(*) filter (where open and assignee_id is null) as j, count(*) filter (where open and due_at < now() - interval '1 hour') as k,
        0 as l, 0 as m, 0 as n, 0 as o, 0 as p, 0 as q, 0 as r, 0 as s, 0 as t
      from (select *, status in ('NEW', 'OPEN', 'ON_HOLD') as open from app.tickets) t group by 1, 2
      union all
      select account_id, tenant_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*) filter (where connection = 'ONLINE'),
        count(*) filter (where connection = 'OFFLINE'), count(*) filter (where connection = 'OVERDUE'),
        count(*) filter (where platform = 'WINDOWS'), count(*) filter (where platform = 'MACOS'), count(*) filter (where platform = 'LINUX'),
        count(*) filter (where platform = 'ANDROID'), count(*) filter (where platform = 'IOS'), count(*) filter (where platform = 'OTHER')
      from app.devices group by 1, 2
    ) counts group by account_id, tenant_id;
end
$$;
-- +goose StatementEnd
alter table app.tallies
  drop column tickets_unassigned,
  drop column assets_hardware,
  drop column assets_software,
  drop column assets_ready,
  drop column assets_deployed,
  drop column assets_in_repair,
  drop column assets_lost,
  drop column assets_retired;
