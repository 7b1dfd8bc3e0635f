-- +goose Up
-- A deleted user takes memberships, password, sessions and invitations along, and leaves a face: see app.user_names.
select app.allow('app.users', 'delete', '{admin}', null);
grant delete on app.users to tenantry_admin_writer;

-- +goose StatementBegin
-- What tickets keep of their requester goes with the user, too; the edge says "Former user".
create function app.forget_requester() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set requester_name = null, requester_email = null where account_id = old.account_id and requester_id = old.id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger forget_requester after delete on app.users for each row execute function app.forget_requester();

-- +goose Down
drop trigger forget_requester on app.users;
drop function app.forget_requester;
revoke delete on app.users from tenantry_admin_writer;
drop policy delete_admin on app.users;
