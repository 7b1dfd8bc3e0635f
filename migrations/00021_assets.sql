-- +goose Up
create table app.assets (
  account_id uuid not null,
  id uuid not null,
  tenant_id uuid not null,
  name text collate "und-x-icu" not null check (name <> ''),
  tag text collate "und-x-icu",
  kind text not null check (kind in ('HARDWARE', 'SOFTWARE')),
  status text not null check (status in ('READY', 'DEPLOYED', 'IN_REPAIR', 'LOST', 'RETIRED')),
  manufacturer text,
  model text,
  serial_number text,
  -- A link, not a key: the device may have moved out of the asset's tenant, and deleting it unlinks.
  device_id uuid,
  location text,
  purchased_on date,
  -- In the currency that the account reckons in.
  purchase_cost numeric(14, 2) check (purchase_cost >= 0),
  warranty_until date,
  seats_purchased integer check (seats_purchased >= 0),
  seats_assigned integer check (seats_assigned >= 0),
  contract_ends_on date,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id)
);
create unique index assets_unique_tag on app.assets (account_id, tenant_id, lower(tag));
create index assets_name on app.assets (account_id, name, id);
create index assets_tenant_name on app.assets (account_id, tenant_id, name, id);
create index assets_created on app.assets (account_id, created_at, id);
create index assets_tenant_created on app.assets (account_id, tenant_id, created_at, id);
create index assets_updated on app.assets (account_id, updated_at, id);
create index assets_tenant_updated on app.assets (account_id, tenant_id, updated_at, id);
create index assets_kind on app.assets (account_id, kind, tenant_id, name, id);
create index assets_status on app.assets (account_id, status, tenant_id, name, id);
create index assets_device on app.assets (account_id, device_id, created_at, id);
create index assets_warranty on app.assets (account_id, warranty_until, tenant_id) where warranty_until is not null;
create index assets_contract on app.assets (account_id, contract_ends_on, tenant_id) where contract_ends_on is not null;
create trigger touch before update on app.assets for each row execute function app.touch();

select app.enclose_items('app.assets');
select app.allow('app.assets', 'select', '{customer}', app.reached('tenant_id'));
select app.allow('app.assets', 'delete', '{admin,all}', null);
select app.allow('app.assets', 'delete', '{member}', app.reached_row('tenant_id'));
grant select on app.assets to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
-- Not what it cost: that is for agents.
grant select (account_id, id, tenant_id, name, tag, kind, status, manufacturer, model, serial_number, device_id, location, purchased_on,
    warranty_until, seats_purchased, seats_assigned, contract_ends_on, version, created_at, updated_at)
  on app.assets to tenantry_customer, tenantry_customer_writer;
grant insert, delete on app.assets to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (tenant_id, name, tag, kind, status, manufacturer, model, serial_number, device_id, location, purchased_on, purchase_cost,
    warranty_until, seats_purchased, seats_assigned, contract_ends_on)
  on app.assets to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.assets;
