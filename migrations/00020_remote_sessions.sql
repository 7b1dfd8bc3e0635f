-- +goose Up
create table app.remote_sessions (
  account_id uuid not null,
  id uuid not null,
  -- The device's when the session started: the session stays there when the device moves.
  tenant_id uuid not null,
  -- Links, not keys: both may move out of the session's tenant, and deleting the device unlinks.
  device_id uuid,
  ticket_id uuid,
  agent_id uuid not null,
  mode text not null check (mode in ('ATTENDED', 'UNATTENDED')),
  -- As last written: a request that nobody answered for 60 seconds is declined for every reader.
  status text not null check (status in ('REQUESTED', 'ACTIVE', 'ENDED', 'DECLINED')),
  consent text not null check (consent in ('NOT_NEEDED', 'ASKED', 'GRANTED', 'DENIED')),
  -- SHA-256 of the code that the person at the device answers with, and how often it was guessed wrong.
  consent_hash bytea check (length(consent_hash) = 32),
  consent_tries integer not null default 0,
  outcome text not null default 'UNKNOWN' check (outcome in ('RESOLVED', 'UNRESOLVED', 'UNKNOWN')),
  started_at timestamptz,
  ended_at timestamptz,
  notes text,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id),
  foreign key (account_id, agent_id) references app.user_names (account_id, id)
);
create index remote_sessions_created on app.remote_sessions (account_id, created_at, id);
create index remote_sessions_tenant_created on app.remote_sessions (account_id, tenant_id, created_at, id);
create index remote_sessions_device on app.remote_sessions (account_id, device_id, created_at, id);
create index remote_sessions_ticket on app.remote_sessions (account_id, ticket_id, created_at, id);
create index remote_sessions_agent on app.remote_sessions (account_id, agent_id, created_at, id);
create index remote_sessions_status on app.remote_sessions (account_id, status, tenant_id, created_at, id);
create trigger touch before update on app.remote_sessions for each row execute function app.touch();

select app.enclose_items('app.remote_sessions');
select app.allow('app.remote_sessions', 'select', '{customer}', app.reached('tenant_id'));
grant select (account_id, id, tenant_id, device_id, ticket_id, agent_id, mode, status, consent, outcome, started_at, ended_at,
    version, created_at, updated_at)
  on app.remote_sessions to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant select (notes) on app.remote_sessions to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant insert on app.remote_sessions to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (status, outcome, ended_at, notes) on app.remote_sessions
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.remote_sessions;
