-- +goose Up
-- Who did what, when and from where, with what it was before and after. Nobody changes or deletes an
-- entry; only app.audit_denied() counts repeated refusals within a minute.
create table app.audit_events (
  account_id uuid not null references app.accounts (account_id),
  id uuid not null,
  actor_id uuid,
  actor_name text not null,
  actor_ip text not null default '',
  request_id text not null default '',
  action text not null check (action <> ''),
  outcome text not null check (outcome in ('DONE', 'DENIED')),
  count integer not null default 1,
  object_type text,
  object_id uuid,
  object_name text,
  tenant_id uuid,
  tenant_name text,
  before jsonb,
  after jsonb,
  version integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (account_id, id)
);
create index audit_events_created on app.audit_events (account_id, created_at, id);
create index audit_events_actor on app.audit_events (account_id, actor_id, created_at, id);
create index audit_events_tenant on app.audit_events (account_id, tenant_id, created_at, id);
create index audit_events_action on app.audit_events (account_id, action, created_at, id);
create index audit_events_object on app.audit_events (account_id, object_id, created_at, id);
create index audit_events_outcome on app.audit_events (account_id, outcome, created_at, id);
create unique index audit_events_denied on app.audit_events
  (account_id, actor_id, action, date_trunc('minute', created_at at time zone 'UTC')) where outcome = 'DENIED';

select app.enclose('app.audit_events');
select app.allow('app.audit_events', 'select', '{admin}', null);
select app.allow('app.audit_events', 'insert', '{admin,all,member,customer}', app.own('actor_id') || ' and outcome = ''DONE''');
grant select on app.audit_events to tenantry_admin, tenantry_admin_writer;
grant insert on app.audit_events
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
-- Records that the viewer was refused a verb: one entry per user, verb and minute, with a count.
create function app.audit_denied(event uuid, verb text, ip text, request text) returns void
language sql security definer set search_path = pg_catalog as $$
  insert into app.audit_events as e (account_id, id, actor_id, actor_name, actor_ip, request_id, action, outcome)
  select u.account_id, event, u.id, u.name, ip, request, verb, 'DENIED'
  from app.users u
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid
    and u.id = nullif(current_setting('app.viewer', true), '')::uuid
  on conflict (account_id, actor_id, action, date_trunc('minute', created_at at time zone 'UTC')) where outcome = 'DENIED'
  do update set count = e.count + 1, updated_at = clock_timestamp(), version = e.version + 1
$$;
-- +goose StatementEnd
grant execute on function app.audit_denied to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer,
  tenantry_customer_writer;

-- +goose Down
drop function app.audit_denied;
drop table app.audit_events;
