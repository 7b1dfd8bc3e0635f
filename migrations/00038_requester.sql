-- +goose Up
-- +goose StatementBegin
-- Name and address of a user as the requester of a tenant's ticket; no row unless their reach holds it, and
-- to a customer their own alone.
create or replace function app.requester(requester uuid, tenant uuid) returns table (name text, email text)
language sql stable security definer set search_path = pg_catalog as $$
  select u.name, u.email from app.users u join app.reaching(tenant, true) r on r.user_id = u.id
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = requester
    and (current_setting('role') !~ '^tenantry_customer' or u.id = nullif(current_setting('app.viewer', true), '')::uuid)
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function app.requester(requester uuid, tenant uuid) returns table (name text, email text)
language sql stable security definer set search_path = pg_catalog as $$
  select u.name, u.email from app.users u join app.reaching(tenant, true) r on r.user_id = u.id
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = requester
$$;
-- +goose StatementEnd
