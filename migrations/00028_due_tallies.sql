-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file require-concurrent-index-creation
-- How many open tickets of a tenant are due, and when, for dashboards: added to like app.tallies. What
-- has been due for an hour is folded into app.tallies as overdue. Nobody asks any more what was overdue
-- before, so what was overdue at a moment is that and what is here of before that moment.
create table app.due_tallies (
  account_id uuid not null,
  due_at timestamptz not null,
  tenant_id uuid not null,
  id bigint not null generated always as identity,
  tickets integer not null,
  primary key (account_id, due_at, tenant_id, id)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

select app.enclose('app.due_tallies');
select app.allow('app.due_tallies', 'select', '{admin,all}', null);
select app.allow('app.due_tallies', 'select', '{member,customer}', app.reached('tenant_id'));
grant select on app.due_tallies to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer;

-- +goose StatementBegin
create function app.tally_due() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.due_tallies (account_id, tenant_id, due_at, tickets)
    select r.account_id, r.tenant_id, r.due_at, r.n
    from (values (old.account_id, old.tenant_id, old.due_at, old.status, -1), (new.account_id, new.tenant_id, new.due_at, new.status, 1))
      r (account_id, tenant_id, due_at, status, n)
    where r.due_at is not null and r.status in ('NEW', 'OPEN', 'ON_HOLD');
  return null;
end
$$;
-- +goose StatementEnd
create trigger tally_due_insert after insert on app.tickets for each row
  when (new.due_at is not null and new.status in ('NEW', 'OPEN', 'ON_HOLD')) execute function app.tally_due();
create trigger tally_due_delete after delete on app.tickets for each row
  when (old.due_at is not null and old.status in ('NEW', 'OPEN', 'ON_HOLD')) execute function app.tally_due();
create trigger tally_due_change after update on app.tickets for each row
  when (coalesce(old.due_at, new.due_at) is not null and (old.tenant_id <> new.tenant_id or old.due_at is distinct from new.due_at
    or (old.status in ('NEW', 'OPEN', 'ON_HOLD')) <> (new.status in ('NEW', 'OPEN', 'ON_HOLD'))))
  execute function app.tally_due();

-- +goose StatementBegin
-- Folds some of what has been due for an hour into app.tallies: see app.compact_tallies.
create function app.compact_due_tallies(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app.tallies', 0)) then
    return 0;
  end if;
  with picked as (
    select k.* from app.accounts a cross join lateral (
      select k.account_id, k.due_at, k.tenant_id, k.id from app.due_tallies k
      where k.account_id = a.account_id and k.due_at < now() - interval '1 hour' order by k.due_at limit most
    ) k limit most
  ), gone as (
    delete from app.due_tallies k using picked p
    where k.account_id = p.account_id and k.due_at = p.due_at and k.tenant_id = p.tenant_id and k.id = p.id
    returning k.*
  ), kept as (
    insert into app.tallies (account_id, tenant_id, open_overdue)
      select g.account_id, g.tenant_id, sum(g.tickets) from gone g group by 1, 2 having sum(g.tickets) <> 0
  )
  select count(*) into folded from picked;
  return folded;
end
$$;
-- +goose StatementEnd
grant execute on function app.compact_due_tallies to tenantry_server;

-- +goose StatementBegin
-- Counts everything anew: for items that were there before the tallies, or were written without
-- triggers. One statement sees items and tallies at one moment, so what others write meanwhile stays.
create function app.recount_tallies() returns void language plpgsql set search_path = pg_catalog as $$
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
select app.recount_tallies();

-- +goose StatementBegin
-- A deleted account leaves nothing, also if its items went without triggers.
create function app.forget_tallies() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('app.tallies', 0));
  delete from app.tallies where account_id = old.account_id;
  delete from app.due_tallies where account_id = old.account_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger forget_tallies after delete on app.accounts for each row execute function app.forget_tallies();

-- The other numbers of a dashboard are counted: of all tenants, or of some.
create index assets_tenant_warranty on app.assets (account_id, tenant_id, warranty_until) where warranty_until is not null;
create index remote_sessions_active on app.remote_sessions (account_id, tenant_id) where status = 'ACTIVE';
create index articles_in_review on app.articles (account_id, seen_by, tenant_id) where state = 'IN_REVIEW';

-- +goose Down
drop index app.assets_tenant_warranty, app.remote_sessions_active, app.articles_in_review;
drop trigger forget_tallies on app.accounts;
drop trigger tally_due_insert on app.tickets;
drop trigger tally_due_delete on app.tickets;
drop trigger tally_due_change on app.tickets;
drop table app.due_tallies;
drop function app.forget_tallies, app.recount_tallies, app.compact_due_tallies, app.tally_due;
