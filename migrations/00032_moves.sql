-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid
-- What an item needs to change its tenant.

-- A group takes its devices along, so that the two never differ in tenant.
alter table app.devices drop constraint devices_account_id_tenant_id_group_id_fkey;
alter table app.devices add foreign key (account_id, tenant_id, group_id)
  references app.device_groups (account_id, tenant_id, id) on update cascade;

grant update (tenant_id) on app.devices, app.tickets
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
-- These move only with their whole tenant.
grant update (tenant_id) on app.device_groups, app.remote_sessions to tenantry_admin_writer;

-- A ticket that moves takes its comments along, as internal ones, and with them when it was first answered.
grant update (first_responded_at) on app.tickets to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
select app.allow('app.ticket_comments', 'update', '{admin,all}', null);
select app.allow('app.ticket_comments', 'update', '{member}', app.reached_row('tenant_id'));
grant update (visibility, version, updated_at) on app.ticket_comments
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
revoke update (visibility, version, updated_at) on app.ticket_comments from tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
drop policy update_member on app.ticket_comments;
drop policy update_admin_all on app.ticket_comments;
revoke update (first_responded_at) on app.tickets from tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
revoke update (tenant_id) on app.device_groups, app.remote_sessions from tenantry_admin_writer;
revoke update (tenant_id) on app.devices, app.tickets from tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
alter table app.devices drop constraint devices_account_id_tenant_id_group_id_fkey;
alter table app.devices add foreign key (account_id, tenant_id, group_id) references app.device_groups (account_id, tenant_id, id);
