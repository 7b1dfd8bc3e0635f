-- +goose Up
-- What every transaction calls keeps its plan from call to call: an SQL function that cannot be inlined is
-- planned anew each time, and one of plpgsql whose parameter may be NULL as well, unless it is told not to.
alter function app.access_holds(uuid, uuid, uuid, bigint) set plan_cache_mode = force_generic_plan;

-- +goose StatementBegin
create or replace function app.hold_access(users uuid[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog as $$
begin
  perform from app.users u
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = any (users)
  order by u.id for share;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create or replace function app.hold_tenant(tenant uuid) returns table (name text, status text)
language plpgsql volatile security definer set search_path = pg_catalog as $$
begin
  return query select t.name, t.status from app.tenants t
  where t.account_id = nullif(current_setting('app.account', true), '')::uuid and t.id = tenant
    and (current_setting('role') ~ '^tenantry_(admin|all)_writer$'
      or tenant = any (nullif(current_setting('app.tenants', true), '')::uuid[]))
  for share;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function app.hold_tenant(tenant uuid) returns table (name text, status text)
language sql volatile security definer set search_path = pg_catalog as $$
  select t.name, t.status from app.tenants t
  where t.account_id = nullif(current_setting('app.account', true), '')::uuid and t.id = tenant
    and (current_setting('role') ~ '^tenantry_(admin|all)_writer$'
      or tenant = any (nullif(current_setting('app.tenants', true), '')::uuid[]))
  for share
$$;
-- +goose StatementEnd
-- +goose StatementBegin
create or replace function app.hold_access(users uuid[]) returns void
language sql volatile security definer set search_path = pg_catalog as $$
  select from app.users u
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = any (users)
  order by u.id for share
$$;
-- +goose StatementEnd
alter function app.access_holds(uuid, uuid, uuid, bigint) reset plan_cache_mode;
