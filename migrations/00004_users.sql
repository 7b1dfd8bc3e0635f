-- +goose Up
create table app.users (
  account_id uuid not null references app.accounts (account_id),
  id uuid not null,
  email text not null check (email <> ''),
  name text collate "und-x-icu" not null check (name <> ''),
  role text not null check (role in ('ADMIN', 'MEMBER', 'CUSTOMER')),
  status text not null check (status in ('INVITED', 'ACTIVE', 'SUSPENDED')),
  grandfathered boolean not null default false,
  -- How many memberships there are; kept by a trigger on memberships.
  tenant_count integer not null default 0 check (tenant_count >= 0),
  -- Moves with whatever changes what the user may see: who still acts on an older one is stale.
  access_version bigint not null default 1,
  locale text not null default 'en',
  last_sign_in_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  constraint grandfathered_without_membership check (not grandfathered or (role = 'MEMBER' and tenant_count = 0))
);
create unique index users_email on app.users (account_id, email);
create index users_name on app.users (account_id, name, id);
create index users_created on app.users (account_id, created_at, id);
create index users_role on app.users (account_id, role, status, name, id);
create index users_status on app.users (account_id, status, name, id);
create index users_grandfathered on app.users (account_id, name, id) where grandfathered;

-- +goose StatementBegin
-- Keeps the version of the user's access, and the promise that grandfathering ends for good.
create function app.user_access() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if new.grandfathered and not old.grandfathered then
    raise exception 'grandfathering ends for good' using errcode = 'check_violation';
  end if;
  if (new.name, new.role, new.status, new.grandfathered, new.tenant_count) is distinct from
     (old.name, old.role, old.status, old.grandfathered, old.tenant_count) then
    new.access_version := old.access_version + 1;
  end if;
  if (to_jsonb(new) - '{last_sign_in_at,access_version,tenant_count,version,updated_at}'::text[]) is distinct from
     (to_jsonb(old) - '{last_sign_in_at,access_version,tenant_count,version,updated_at}'::text[]) then
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
  end if;
  return new;
end
$$;
-- +goose StatementEnd
create trigger user_access before update on app.users for each row execute function app.user_access();

select app.enclose('app.users');
select app.allow('app.users', 'select', '{admin}', null);
select app.allow('app.users', 'select', '{all,member,customer}', app.own('id'));
-- Only an import or migration, which run as the owner, make grandfathered users.
select app.allow('app.users', 'insert', '{admin}', 'not grandfathered');
select app.allow('app.users', 'update', '{admin}', null);
select app.allow('app.users', 'update', '{all,member,customer}', app.own('id'));
grant select on app.users to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert on app.users to tenantry_admin_writer;
grant update (name, role, status, grandfathered, locale, last_sign_in_at) on app.users to tenantry_admin_writer;
grant update (last_sign_in_at) on app.users to tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop table app.users;
drop function app.user_access;
