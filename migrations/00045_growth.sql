-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- What lists of open, of unassigned and of somebody's tickets are walked by: each has the tenant, the order of
-- the list, and beside them what a filter looks at, so that the tickets themselves are not read on the way.
create index tickets_open on app.tickets (account_id, tenant_id, created_at, id) include (status, priority, assignee_id, due_at)
  where status in ('NEW', 'OPEN', 'ON_HOLD');
create index tickets_unassigned on app.tickets (account_id, tenant_id, created_at, id) include (status, priority)
  where assignee_id is null;
drop index app.tickets_assignee;
create index tickets_assignee on app.tickets (account_id, assignee_id, created_at, id) include (tenant_id);
-- This one also finds what rule 7 has to unassign without reading an agent's closed tickets.
drop index app.tickets_assigned_open;
create index tickets_assigned_open on app.tickets (account_id, assignee_id, created_at, id) include (tenant_id)
  where status in ('NEW', 'OPEN', 'ON_HOLD');

-- +goose Down
drop index app.tickets_open, app.tickets_unassigned, app.tickets_assigned_open, app.tickets_assignee;
create index tickets_assignee on app.tickets (account_id, assignee_id, created_at, id);
create index tickets_assigned_open on app.tickets (account_id, assignee_id, tenant_id)
  where status in ('NEW', 'OPEN', 'ON_HOLD');
