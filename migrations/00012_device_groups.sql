-- +goose Up
create table app.device_groups (
  account_id uuid not null,
  id uuid not null,
  tenant_id uuid not null,
  name text collate "und-x-icu" not null check (name <> ''),
  description text,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  -- What devices point at, so that a device and its group cannot differ in tenant.
  unique (account_id, tenant_id, id),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id)
);
create unique index device_groups_unique_name on app.device_groups (account_id, tenant_id, lower(name));
create index device_groups_name on app.device_groups (account_id, name, id);
create index device_groups_tenant_name on app.device_groups (account_id, tenant_id, name, id);
create index device_groups_created on app.device_groups (account_id, created_at, id);
create index device_groups_tenant_created on app.device_groups (account_id, tenant_id, created_at, id);
create trigger touch before update on app.device_groups for each row execute function app.touch();

select app.enclose_items('app.device_groups');
select app.allow('app.device_groups', 'select', '{customer}', app.reached('tenant_id'));
select app.allow('app.device_groups', 'delete', '{admin,all}', null);
select app.allow('app.device_groups', 'delete', '{member}', app.reached_row('tenant_id'));
grant select on app.device_groups to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert, delete on app.device_groups to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (name, description) on app.device_groups to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.device_groups;
