-- +goose Up
create table app.ticket_comments (
  account_id uuid not null,
  id uuid not null,
  tenant_id uuid not null,
  ticket_id uuid not null,
  author_id uuid not null,
  body text not null check (body <> ''),
  visibility text not null check (visibility in ('PUBLIC', 'INTERNAL')),
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, tenant_id, ticket_id) references app.tickets (account_id, tenant_id, id) on update cascade,
  foreign key (account_id, author_id) references app.user_names (account_id, id)
);
create index ticket_comments_ticket on app.ticket_comments (account_id, ticket_id, created_at, id);
create index ticket_comments_tenant on app.ticket_comments (account_id, tenant_id, ticket_id);
create index ticket_comments_author on app.ticket_comments (account_id, author_id);

-- +goose StatementBegin
-- A public comment moves its ticket, and the first one by somebody else than the requester answers it.
-- An internal one leaves no trace that a customer could see.
create function app.comment_on_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.tickets set first_responded_at = coalesce(first_responded_at,
      case when new.author_id is distinct from requester_id and exists (
        select from app.users u where u.account_id = new.account_id and u.id = new.author_id and u.role <> 'CUSTOMER'
      ) then new.created_at end)
    where account_id = new.account_id and id = new.ticket_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger comment_on_ticket after insert on app.ticket_comments
  for each row when (new.visibility = 'PUBLIC') execute function app.comment_on_ticket();

select app.enclose('app.ticket_comments');
select app.allow('app.ticket_comments', 'select', '{admin,all}', null);
select app.allow('app.ticket_comments', 'select', '{member}', app.reached('tenant_id'));
select app.allow('app.ticket_comments', 'select', '{customer}', app.reached('tenant_id') || ' and visibility = ''PUBLIC''');
select app.allow('app.ticket_comments', 'insert', '{admin,all}', app.own('author_id'));
select app.allow('app.ticket_comments', 'insert', '{member}', app.reached_row('tenant_id') || ' and ' || app.own('author_id'));
select app.allow('app.ticket_comments', 'insert', '{customer}',
  app.reached_row('tenant_id') || ' and ' || app.own('author_id') || ' and visibility = ''PUBLIC''');
grant select, insert on app.ticket_comments
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant select on app.ticket_comments to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer;

-- +goose Down
drop table app.ticket_comments;
drop function app.comment_on_ticket;
