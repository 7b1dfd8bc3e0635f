-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file require-concurrent-index-creation
-- The asset that a ticket is about. A link, not a key, as the device is.
alter table app.tickets add column asset_id uuid;
create index tickets_asset on app.tickets (account_id, asset_id, created_at, id);
grant select (asset_id) on app.tickets to tenantry_customer, tenantry_customer_writer;
grant update (asset_id) on app.tickets to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose StatementBegin
create function app.unlink_asset() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set asset_id = null where account_id = old.account_id and asset_id = old.id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger unlink_asset after delete on app.assets for each row execute function app.unlink_asset();

-- +goose StatementBegin
-- A deleted device leaves whatever points at it, what its deleter cannot see included.
create or replace function app.unlink_device() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set device_id = null where account_id = old.account_id and device_id = old.id;
  update app.remote_sessions set device_id = null where account_id = old.account_id and device_id = old.id;
  update app.assets set device_id = null where account_id = old.account_id and device_id = old.id;
  return null;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function app.unlink_device() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set device_id = null where account_id = old.account_id and device_id = old.id;
  return null;
end
$$;
-- +goose StatementEnd
drop trigger unlink_asset on app.assets;
drop function app.unlink_asset;
alter table app.tickets drop column asset_id;
