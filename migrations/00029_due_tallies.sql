-- +goose Up
-- How many open tickets of a tenant are due, and when, for dashboards: the overdue ones are the sum of
-- what was due before now. Added to and folded like app.tallies; what has been due for an hour is folded
-- into one row that was due since ever. Nobody asks what was overdue then, so nothing is lost.
create table app.due_tallies (
  account_id uuid not null,
  tenant_id uuid not null,
  due_at timestamptz not null,
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
-- See app.compact_tallies.
create function app.compact_due_tallies(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
  folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app.due_tallies', 0)) then
    return 0;
  end if;
  with picked as (
    select k.* from app.accounts a cross join lateral (
      select k.account_id, k.due_at, k.tenant_id, k.id from app.due_tallies k
      where k.account_id = a.account_id and k.due_at > '-infinity' and k.due_at < now() - interval '1 hour' order by k.due_at limit most
    ) k limit most
  ), gone as (
    delete from app.due_tallies k using (
      select * from picked
      union all
      select k.account_id, k.due_at, k.tenant_id, k.id from (select distinct p.account_id, p.tenant_id from picked p) t
        join app.due_tallies k on k.account_id = t.account_id and k.due_at = '-infinity' and k.tenant_id = t.tenant_id
    ) d
    where k.account_id = d.account_id and k.due_at = d.due_at and k.tenant_id = d.tenant_id and k.id = d.id
    returning k.*
  ), kept as (
    insert into app.due_tallies (account_id, tenant_id, due_at, tickets)
      select g.account_id, g.tenant_id, '-infinity', sum(g.tickets) from gone g group by 1, 2 having sum(g.tickets) <> 0
  )
  select count(*) into folded from picked;
  return folded;
end
$$;
-- +goose StatementEnd
grant execute on function app.compact_due_tallies to tenantry_server;

-- +goose StatementBegin
-- See app.recount_tallies.
create function app.recount_due_tallies() returns void language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('app.due_tallies', 0));
  with gone as (delete from app.due_tallies)
  insert into app.due_tallies (account_id, tenant_id, due_at, tickets)
    select account_id, tenant_id, case when due_at < now() - interval '1 hour' then '-infinity' else due_at end, count(*)
    from app.tickets where due_at is not null and status in ('NEW', 'OPEN', 'ON_HOLD') group by 1, 2, 3;
end
$$;
-- +goose StatementEnd
select app.recount_due_tallies();

-- +goose StatementBegin
create function app.forget_due_tallies() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('app.due_tallies', 0));
  delete from app.due_tallies where account_id = old.account_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger forget_due_tallies after delete on app.accounts for each row execute function app.forget_due_tallies();

-- The other numbers of a dashboard are counted: of one tenant's assets, too.
create index assets_tenant_warranty on app.assets (account_id, tenant_id, warranty_until) where warranty_until is not null;

-- +goose Down
drop index app.assets_tenant_warranty;
drop trigger forget_due_tallies on app.accounts;
drop trigger tally_due_insert on app.tickets;
drop trigger tally_due_delete on app.tickets;
drop trigger tally_due_change on app.tickets;
drop table app.due_tallies;
drop function app.forget_due_tallies, app.recount_due_tallies, app.compact_due_tallies, app.tally_due;
