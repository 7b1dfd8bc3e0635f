-- +goose Up
create table app.devices (
  account_id uuid not null,
  id uuid not null,
  tenant_id uuid not null,
  group_id uuid,
  name text collate "und-x-icu" not null check (name <> ''),
  hostname text,
  platform text not null check (platform in ('WINDOWS', 'MACOS', 'LINUX', 'ANDROID', 'IOS', 'OTHER')),
  kind text not null check (kind in ('SERVER', 'WORKSTATION', 'LAPTOP', 'MOBILE', 'NETWORK', 'OTHER')),
  os_name text,
  os_version text,
  manufacturer text,
  model text,
  serial_number text,
  mac_address text,
  public_ip text,
  agent_version text,
  logged_in_user text,
  connection text not null default 'OFFLINE' check (connection in ('ONLINE', 'OFFLINE', 'OVERDUE')),
  last_seen_at timestamptz,
  tags text[] not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id),
  foreign key (account_id, tenant_id, group_id) references app.device_groups (account_id, tenant_id, id)
);
create index devices_name on app.devices (account_id, name, id);
create index devices_tenant_name on app.devices (account_id, tenant_id, name, id);
create index devices_created on app.devices (account_id, created_at, id);
create index devices_tenant_created on app.devices (account_id, tenant_id, created_at, id);
create index devices_updated on app.devices (account_id, updated_at, id);
create index devices_tenant_updated on app.devices (account_id, tenant_id, updated_at, id);
create index devices_group on app.devices (account_id, group_id, name, id);
create index devices_platform on app.devices (account_id, platform, tenant_id);
create index devices_kind on app.devices (account_id, kind, tenant_id);
create index devices_connection on app.devices (account_id, connection, tenant_id);
create index devices_last_seen on app.devices (account_id, last_seen_at, tenant_id);
create trigger touch before update on app.devices for each row execute function app.touch();

select app.enclose_items('app.devices');
select app.allow('app.devices', 'select', '{customer}', app.reached('tenant_id'));
select app.allow('app.devices', 'delete', '{admin,all}', null);
select app.allow('app.devices', 'delete', '{member}', app.reached_row('tenant_id'));
grant select on app.devices to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert, delete on app.devices to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (group_id, name, hostname, platform, kind, os_name, os_version, manufacturer, model, serial_number,
    mac_address, public_ip, agent_version, logged_in_user, connection, last_seen_at, tags)
  on app.devices to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.devices;
