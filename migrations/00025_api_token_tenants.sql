-- +goose Up
-- The tenants that a narrowed token names. A deleted tenant goes; the token stays narrowed.
create table app.api_token_tenants (
  account_id uuid not null,
  user_id uuid not null,
  token_id uuid not null,
  tenant_id uuid not null check (tenant_id <> account_id),
  primary key (account_id, token_id, tenant_id),
  foreign key (account_id, user_id, token_id) references app.api_tokens (account_id, user_id, id) on delete cascade,
  foreign key (account_id, tenant_id) references app.tenants (account_id, id) on delete cascade
);
create index api_token_tenants_tenant on app.api_token_tenants (account_id, tenant_id);
create index api_token_tenants_token on app.api_token_tenants (account_id, user_id, token_id);

-- +goose StatementBegin
-- A token that has lost a tenant sees less: whoever remembers what it saw is stale.
create function app.narrow_token() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.users set access_version = access_version + 1 where account_id = old.account_id and id = old.user_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger narrow_token after delete on app.api_token_tenants for each row execute function app.narrow_token();

select app.enclose('app.api_token_tenants');
select app.allow('app.api_token_tenants', 'select', '{admin}', null);
select app.allow('app.api_token_tenants', 'select', '{all,member,customer}', app.own('user_id'));
select app.allow('app.api_token_tenants', 'insert', '{admin,all,member}', app.own('user_id'));
grant select on app.api_token_tenants to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert on app.api_token_tenants to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.api_token_tenants;
drop function app.narrow_token;
