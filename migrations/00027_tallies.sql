-- +goose Up
-- How many tickets and devices a tenant has, for dashboards. What it has is the sum of its rows here:
-- each change of an item adds the difference, so that those who write never wait for each other, and
-- app.compact_tallies folds them. No foreign key, which would be a lock: the item's own keys hold.
create table app.tallies (
  account_id uuid not null,
  tenant_id uuid not null,
  id bigint not null generated always as identity,
  -- Not folded yet.
  fresh boolean not null default true,
  tickets_new integer not null default 0,
  tickets_open integer not null default 0,
  tickets_on_hold integer not null default 0,
  tickets_resolved integer not null default 0,
  tickets_closed integer not null default 0,
  -- Of those that are NEW, OPEN or ON_HOLD.
  open_low integer not null default 0,
  open_medium integer not null default 0,
  open_high integer not null default 0,
  open_critical integer not null default 0,
  open_unassigned integer not null default 0,
  -- Of those that had been due for an hour or more when they were folded: see app.due_tallies.
  open_overdue integer not null default 0,
  devices_online integer not null default 0,
  devices_offline integer not null default 0,
  devices_overdue integer not null default 0,
  devices_windows integer not null default 0,
  devices_macos integer not null default 0,
  devices_linux integer not null default 0,
  devices_android integer not null default 0,
  devices_ios integer not null default 0,
  devices_other integer not null default 0,
  primary key (account_id, tenant_id, fresh, id)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);
create index tallies_fresh on app.tallies (account_id, tenant_id, id) where fresh;

select app.enclose('app.tallies');
select app.allow('app.tallies', 'select', '{admin,all}', null);
select app.allow('app.tallies', 'select', '{member,customer}', app.reached('tenant_id'));
grant select on app.tallies to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer;

-- +goose StatementBegin
create function app.tally_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
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
create trigger tally after insert or delete on app.tickets for each row execute function app.tally_ticket();
create trigger tally_change after update on app.tickets for each row
  when (old.tenant_id <> new.tenant_id or old.status <> new.status or old.priority <> new.priority
    or (old.assignee_id is null) <> (new.assignee_id is null))
  execute function app.tally_ticket();

-- +goose StatementBegin
create function app.tally_device() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.tallies (account_id, tenant_id, devices_online, devices_offline, devices_overdue,
      devices_windows, devices_macos, devices_linux, devices_android, devices_ios, devices_other)
    select r.account_id, r.tenant_id,
      r.n * (r.connection = 'ONLINE')::int, r.n * (r.connection = 'OFFLINE')::int, r.n * (r.connection = 'OVERDUE')::int,
      r.n * (r.platform = 'WINDOWS')::int, r.n * (r.platform = 'MACOS')::int, r.n * (r.platform = 'LINUX')::int,
      r.n * (r.platform = 'ANDROID')::int, r.n * (r.platform = 'IOS')::int, r.n * (r.platform = 'OTHER')::int
    from (values
      (old.account_id, old.tenant_id, old.connection, old.platform, -1),
      (new.account_id, new.tenant_id, new.connection, new.platform, 1)
    ) r (account_id, tenant_id, connection, platform, n)
    where r.account_id is not null;
  return null;
end
$$;
-- +goose StatementEnd
create trigger tally after insert or delete on app.devices for each row execute function app.tally_device();
create trigger tally_change after update on app.devices for each row
  when (old.tenant_id <> new.tenant_id or old.connection <> new.connection or old.platform <> new.platform)
  execute function app.tally_device();

-- +goose StatementBegin
-- Folds some of the rows that were added since, and tells how many. One at a time: a second would not
-- see the row that the first leaves, and let it be. A statement sees the rows that it deletes all at one
-- moment, and nobody else deletes them, so none is lost and none counts twice; a reader sees the rows
-- as they were or the one that is left.
create function app.compact_tallies(most integer) returns integer
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
grant execute on function app.compact_tallies to tenantry_server;

-- +goose Down
drop trigger tally on app.tickets;
drop trigger tally_change on app.tickets;
drop trigger tally on app.devices;
drop trigger tally_change on app.devices;
drop table app.tallies;
drop function app.compact_tallies, app.tally_device, app.tally_ticket;
