-- +goose Up
-- A deleted user takes memberships, password, sessions and invitations along, and leaves a face: see app.user_names.
select app.allow('app.users', 'delete', '{admin}', null);
grant delete on app.users to tenantry_admin_writer;

-- +goose Down
revoke delete on app.users from tenantry_admin_writer;
drop policy delete_admin on app.users;
