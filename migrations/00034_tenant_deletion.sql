-- +goose Up
-- A tenant is deleted by admins, and with it what is deleted in no other way: tickets, comments and sessions.
select app.allow('app.tenants', 'delete', '{admin}', 'id <> account_id');
grant delete on app.tenants to tenantry_admin_writer;
select app.allow('app.tickets', 'delete', '{admin}', null);
grant delete on app.tickets to tenantry_admin_writer;
select app.allow('app.ticket_comments', 'delete', '{admin}', null);
grant delete on app.ticket_comments to tenantry_admin_writer;
select app.allow('app.remote_sessions', 'delete', '{admin}', null);
grant delete on app.remote_sessions to tenantry_admin_writer;

-- Sessions of other tenants that point at a deleted ticket let go of it.
grant update (ticket_id) on app.remote_sessions to tenantry_admin_writer;

-- +goose Down
revoke update (ticket_id) on app.remote_sessions from tenantry_admin_writer;
revoke delete on app.tenants, app.tickets, app.ticket_comments, app.remote_sessions from tenantry_admin_writer;
drop policy delete_admin on app.remote_sessions;
drop policy delete_admin on app.ticket_comments;
drop policy delete_admin on app.tickets;
drop policy delete_admin on app.tenants;
