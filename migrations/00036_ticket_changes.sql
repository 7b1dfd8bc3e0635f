-- +goose Up
-- What changed on each ticket: its history. Written by the database, so that nothing is forgotten.
create table app.ticket_changes (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  ticket_id uuid not null,
  actor_id uuid,
  -- The field's name in the API.
  field text not null,
  -- The values; of a field that leads to an object, the object's id instead.
  before jsonb,
  after jsonb,
  before_id uuid,
  after_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  primary key (account_id, id),
  foreign key (account_id, tenant_id, ticket_id) references app.tickets (account_id, tenant_id, id) on update cascade on delete cascade,
  foreign key (account_id, actor_id) references app.user_names (account_id, id)
);
create index ticket_changes_ticket on app.ticket_changes (account_id, ticket_id, created_at, id);
create index ticket_changes_tenant on app.ticket_changes (account_id, tenant_id, ticket_id);
create index ticket_changes_actor on app.ticket_changes (account_id, actor_id);

-- +goose StatementBegin
create function app.keep_history() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.ticket_changes (account_id, tenant_id, ticket_id, actor_id, field, before, after, before_id, after_id)
  select new.account_id, new.tenant_id, new.id, nullif(current_setting('app.viewer', true), '')::uuid,
    c.field, c.before, c.after, c.before_id, c.after_id
  from (values
    ('subject', to_jsonb(old.subject), to_jsonb(new.subject), null::uuid, null::uuid),
    ('description', to_jsonb(old.description), to_jsonb(new.description), null, null),
    ('tenant', null, null, nullif(old.tenant_id, old.account_id), nullif(new.tenant_id, new.account_id)),
    ('device', null, null, old.device_id, new.device_id),
    ('asset', null, null, old.asset_id, new.asset_id),
    ('assignee', null, null, old.assignee_id, new.assignee_id),
    ('status', to_jsonb(old.status), to_jsonb(new.status), null, null),
    ('type', to_jsonb(old.type), to_jsonb(new.type), null, null),
    ('priority', to_jsonb(old.priority), to_jsonb(new.priority), null, null),
    ('source', to_jsonb(old.source), to_jsonb(new.source), null, null),
    ('category', to_jsonb(old.category), to_jsonb(new.category), null, null),
    ('tags', to_jsonb(old.tags), to_jsonb(new.tags), null, null),
    ('dueAt', to_jsonb(old.due_at), to_jsonb(new.due_at), null, null)
  ) c(field, before, after, before_id, after_id)
  where c.before is distinct from c.after or c.before_id is distinct from c.after_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger keep_history after update of subject, description, tenant_id, device_id, asset_id, assignee_id, status, type, priority,
  source, category, tags, due_at on app.tickets for each row execute function app.keep_history();

select app.enclose('app.ticket_changes');
select app.allow('app.ticket_changes', 'select', '{admin,all}', null);
select app.allow('app.ticket_changes', 'select', '{member,customer}', app.reached('tenant_id'));
grant select on app.ticket_changes to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop trigger keep_history on app.tickets;
drop function app.keep_history;
drop table app.ticket_changes;
