-- +goose Up
-- Who reaches a tenant is told as far as it is needed: to agents the agents, whom they may assign, and to
-- customers of one user whether they are such an agent. Which customers reach it, nobody is told.
revoke execute on function app.reaching(uuid, boolean) from tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
-- The active agents whose reach holds the items of a tenant in the viewer's own (see app.reaching).
create function app.assignable(tenant uuid) returns table (user_id uuid)
language sql stable security definer set search_path = pg_catalog as $$
  select r.user_id from app.reaching(tenant, false) r
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether a user is one of them.
create function app.is_assignable(person uuid, tenant uuid) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (select from app.reaching(tenant, false) r where r.user_id = person)
$$;
-- +goose StatementEnd

grant execute on function app.assignable to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant execute on function app.is_assignable to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop function app.is_assignable, app.assignable;
grant execute on function app.reaching(uuid, boolean) to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
