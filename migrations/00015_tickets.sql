-- +goose Up
create table app.tickets (
  account_id uuid not null,
  id uuid not null,
  tenant_id uuid not null,
  number integer not null,
  subject text not null check (subject <> ''),
  description text,
  -- A link, not a key: the device may have moved out of the ticket's tenant, and deleting it unlinks.
  device_id uuid,
  requester_id uuid,
  requester_name text,
  requester_email text,
  assignee_id uuid,
  status text not null default 'NEW' check (status in ('NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED')),
  type text not null default 'INCIDENT' check (type in ('INCIDENT', 'REQUEST')),
  priority text not null default 'MEDIUM' check (priority in ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
  source text,
  category text,
  tags text[] not null default '{}',
  due_at timestamptz,
  first_responded_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  -- What comments point at: they follow their ticket's tenant.
  unique (account_id, tenant_id, id),
  unique (account_id, number),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id),
  foreign key (account_id, requester_id) references app.user_names (account_id, id),
  foreign key (account_id, assignee_id) references app.user_names (account_id, id)
);
create index tickets_tenant_number on app.tickets (account_id, tenant_id, number, id);
create index tickets_created on app.tickets (account_id, created_at, id);
create index tickets_tenant_created on app.tickets (account_id, tenant_id, created_at, id);
create index tickets_updated on app.tickets (account_id, updated_at, id);
create index tickets_tenant_updated on app.tickets (account_id, tenant_id, updated_at, id);
create index tickets_status on app.tickets (account_id, status, tenant_id, created_at, id);
create index tickets_priority on app.tickets (account_id, priority, tenant_id, created_at, id);
create index tickets_type on app.tickets (account_id, type, tenant_id);
create index tickets_assignee on app.tickets (account_id, assignee_id, created_at, id);
create index tickets_requester on app.tickets (account_id, requester_id, created_at, id);
create index tickets_device on app.tickets (account_id, device_id, created_at, id);
create index tickets_due on app.tickets (account_id, due_at, tenant_id) where due_at is not null;
-- Finds what rule 7 has to unassign without reading an agent's closed tickets.
create index tickets_assigned_open on app.tickets (account_id, assignee_id, tenant_id)
  where status in ('NEW', 'OPEN', 'ON_HOLD');
create trigger touch before update on app.tickets for each row execute function app.touch();

-- +goose StatementBegin
-- A deleted device leaves its tickets, those that its deleter cannot see included.
create function app.unlink_device() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set device_id = null where account_id = old.account_id and device_id = old.id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger unlink_device after delete on app.devices for each row execute function app.unlink_device();

select app.enclose_items('app.tickets');
select app.allow('app.tickets', 'select', '{customer}', app.reached('tenant_id'));
select app.allow('app.tickets', 'insert', '{customer}', app.reached_row('tenant_id') || ' and ' || app.own('requester_id'));
select app.allow('app.tickets', 'update', '{customer}', app.reached_row('tenant_id') || ' and ' || app.own('requester_id'));
grant select on app.tickets to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
-- Not requester_email: a customer reads the own address, and no other's.
grant select (account_id, id, tenant_id, number, subject, description, device_id, requester_id, requester_name, assignee_id, status, type,
    priority, source, category, tags, due_at, first_responded_at, resolved_at, closed_at, version, created_at, updated_at)
  on app.tickets to tenantry_customer, tenantry_customer_writer;
grant insert on app.tickets
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant update (subject, description, device_id, assignee_id, status, type, priority, source, category, tags, due_at,
    resolved_at, closed_at)
  on app.tickets to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (assignee_id, status, resolved_at, closed_at) on app.tickets to tenantry_customer_writer;

-- +goose Down
drop table app.tickets;
drop trigger unlink_device on app.devices;
drop function app.unlink_device;
