-- +goose Up
create table app.memberships (
  account_id uuid not null,
  user_id uuid not null,
  tenant_id uuid not null check (tenant_id <> account_id),
  added_by_id uuid,
  created_at timestamptz not null default now(),
  primary key (account_id, user_id, tenant_id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade,
  foreign key (account_id, tenant_id) references app.tenants (account_id, id),
  foreign key (account_id, added_by_id) references app.user_names (account_id, id)
);
create unique index memberships_tenant on app.memberships (account_id, tenant_id, user_id);
create index memberships_added_by on app.memberships (account_id, added_by_id);

-- +goose StatementBegin
-- A membership changes what its user sees, and the first one ends grandfathering.
create function app.count_memberships() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    update app.users set tenant_count = tenant_count + 1, grandfathered = false
      where account_id = new.account_id and id = new.user_id;
  else
    update app.users set tenant_count = tenant_count - 1
      where account_id = old.account_id and id = old.user_id;
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger count_memberships after insert or delete on app.memberships
  for each row execute function app.count_memberships();

select app.enclose('app.memberships');
select app.allow('app.memberships', 'select', '{admin}', null);
select app.allow('app.memberships', 'select', '{all,member,customer}', app.own('user_id'));
select app.allow('app.memberships', 'insert', '{admin}', null);
select app.allow('app.memberships', 'delete', '{admin}', null);
grant select on app.memberships to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert, delete on app.memberships to tenantry_admin_writer;

-- +goose Down
drop table app.memberships;
drop function app.count_memberships;
