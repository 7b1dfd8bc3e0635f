-- What PostGraphile needs of a database: its roles, its own policies on the tables that it reads, and
-- what its users write in SQL where the tables alone do not say it. Safe to repeat. Functions that cannot
-- be inlined into a query are of plpgsql, which keeps their plans.

do $$
begin
  if not exists (select from pg_roles where rolname = 'postgraphile') then
    create role postgraphile login noinherit;
    create role postgraphile_visitor nologin;
    grant postgraphile_visitor to postgraphile;
  end if;
  execute format('grant connect on database %I to postgraphile', current_database());
end
$$;
grant execute on function pg_catalog.set_config(text, text, boolean) to postgraphile;
grant usage on schema app to postgraphile_visitor;

create or replace procedure app.postgraphile_allow(tbl regclass, command text, kind text, condition text) language plpgsql as $$
begin
  execute format('drop policy if exists %I on %s', 'postgraphile_' || command, tbl);
  execute format('create policy %I on %s for %s to postgraphile_visitor %s (account_id = (select current_setting(''jwt.claims.account'')::uuid) and %s)',
    'postgraphile_' || command, tbl, command, kind, condition);
end
$$;

-- The claims are read once for each statement, not for each row.
do $$
declare
  reached constant text := '%I = any ((select current_setting(''jwt.claims.tenants'')::uuid[])::uuid[])';
begin
  call app.postgraphile_allow('app.tenants', 'select', 'using', format(reached, 'id'));
  call app.postgraphile_allow('app.devices', 'select', 'using', format(reached, 'tenant_id'));
  call app.postgraphile_allow('app.device_groups', 'select', 'using', format(reached, 'tenant_id'));
  call app.postgraphile_allow('app.tickets', 'select', 'using', format(reached, 'tenant_id'));
  call app.postgraphile_allow('app.tickets', 'update', 'using', format(reached, 'tenant_id'));
  call app.postgraphile_allow('app.user_names', 'select', 'using', 'true');
  call app.postgraphile_allow('app.audit_events', 'insert', 'with check',
    'actor_id = (select current_setting(''jwt.claims.user'')::uuid) and ' || format(reached, 'tenant_id'));
end
$$;
drop procedure app.postgraphile_allow;

grant select on app.tenants, app.devices, app.device_groups, app.tickets, app.user_names to postgraphile_visitor;
grant update (status) on app.tickets to postgraphile_visitor;
grant insert (account_id, id, actor_id, actor_name, actor_ip, action, outcome, object_type, object_id, object_name, tenant_id, tenant_name, before, after)
  on app.audit_events to postgraphile_visitor;

-- W3: the open tickets of a device, newest first. It is inlined into the query.
create or replace function app.devices_open_tickets(device app.devices) returns setof app.tickets language sql stable as $$
  select * from app.tickets
  where account_id = device.account_id and device_id = device.id and status in ('NEW', 'OPEN', 'ON_HOLD')
  order by created_at desc, id desc
$$;

-- W4: the dashboard, in one pass over tickets and one over devices.
do $$
begin
  if to_regtype('app.dashboard') is null then
    create type app.number as (key text, count integer);
    create type app.dashboard as (tickets_by_status app.number[], tickets_by_priority app.number[], devices_by_connection app.number[]);
  end if;
end
$$;
create or replace function app.dashboard() returns app.dashboard language plpgsql stable as $$
declare
  counted app.dashboard;
begin
  with k as materialized (
    select k.status, k.priority, count(*)::integer as n from app.tickets k
      join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id and t.status = 'ACTIVE' group by 1, 2),
  c as materialized (
    select d.connection, count(*)::integer as n from app.devices d
      join app.tenants t on t.account_id = d.account_id and t.id = d.tenant_id and t.status = 'ACTIVE' group by 1)
  select
    array(select (key, coalesce((select sum(n) from k where status = key), 0))::app.number from unnest('{NEW,OPEN,ON_HOLD,RESOLVED,CLOSED}'::text[]) key),
    array(select (key, coalesce((select sum(n) from k where priority = key and status in ('NEW', 'OPEN', 'ON_HOLD')), 0))::app.number
      from unnest('{LOW,MEDIUM,HIGH,CRITICAL}'::text[]) key),
    array(select (key, coalesce((select n from c where connection = key), 0))::app.number from unnest('{ONLINE,OFFLINE,OVERDUE}'::text[]) key)
  into counted;
  return counted;
end
$$;

-- W5: a ticket's status with its audit entry.
create or replace function app.update_ticket_status(ticket uuid, next text) returns app.tickets language plpgsql volatile as $$
declare
  was text;
  tenant text;
  k app.tickets;
begin
  select o.status, t.name into was, tenant from app.tickets o
    join app.tenants t on t.account_id = o.account_id and t.id = o.tenant_id and t.status = 'ACTIVE'
    where o.account_id = current_setting('jwt.claims.account')::uuid and o.id = ticket for update of o;
  if not found then
    return null;
  end if;
  update app.tickets u set status = next where u.account_id = current_setting('jwt.claims.account')::uuid and u.id = ticket returning * into k;
  insert into app.audit_events (account_id, id, actor_id, actor_name, actor_ip, action, outcome, object_type, object_id, object_name, tenant_id, tenant_name, before, after)
    values (k.account_id, gen_random_uuid(), current_setting('jwt.claims.user')::uuid, current_setting('jwt.claims.name'), current_setting('jwt.claims.ip'),
      'updateTicket', 'DONE', 'Ticket', k.id, k.subject, k.tenant_id, tenant, jsonb_build_object('status', was), jsonb_build_object('status', k.status));
  return k;
end
$$;
revoke execute on function app.devices_open_tickets, app.dashboard(), app.update_ticket_status from public;
grant execute on function app.devices_open_tickets, app.dashboard(), app.update_ticket_status to postgraphile_visitor;
