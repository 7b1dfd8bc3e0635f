-- +goose Up
-- Customer companies. Each account has one more row here, with the account's own id: the tenant that
-- tenantless items carry, so that keys and policies treat them like all others. Nobody sees that row.
create table app.tenants (
  account_id uuid not null references app.accounts (account_id),
  id uuid not null,
  name text collate "und-x-icu" not null check ((name = '') = (id = account_id)),
  external_ref text,
  status text not null default 'ACTIVE' check (status in ('ACTIVE', 'ARCHIVED')),
  contact_email text,
  phone text,
  time_zone text,
  notes text,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id)
);
create unique index tenants_unique_name on app.tenants (account_id, lower(name));
create index tenants_name on app.tenants (account_id, name, id);
create index tenants_created on app.tenants (account_id, created_at, id);
create index tenants_status on app.tenants (account_id, status, name, id);
create index tenants_external_ref on app.tenants (account_id, external_ref, id) where external_ref is not null;
create trigger touch before update on app.tenants for each row execute function app.touch();

-- +goose StatementBegin
create function app.add_tenantless() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.tenants (account_id, id, name) values (new.account_id, new.account_id, '');
  return null;
end
$$;
-- +goose StatementEnd
create trigger add_tenantless after insert on app.accounts for each row execute function app.add_tenantless();

select app.enclose('app.tenants');
select app.allow('app.tenants', 'select', '{admin,all}', 'id <> account_id');
select app.allow('app.tenants', 'select', '{member,customer}', 'id <> account_id and ' || app.reached('id'));
select app.allow('app.tenants', 'insert', '{admin}', 'id <> account_id');
select app.allow('app.tenants', 'update', '{admin}', 'id <> account_id');
grant select on app.tenants to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant select (account_id, id, name, status, contact_email, phone, time_zone, version, created_at, updated_at)
  on app.tenants to tenantry_customer, tenantry_customer_writer;
grant insert on app.tenants to tenantry_admin_writer;
grant update (name, external_ref, status, contact_email, phone, time_zone, notes) on app.tenants to tenantry_admin_writer;

-- +goose Down
drop table app.tenants;
drop trigger add_tenantless on app.accounts;
drop function app.add_tenantless;
