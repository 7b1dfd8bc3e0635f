-- +goose Up
-- What happened, for those who watch: written by triggers in the transaction that does it, read by every
-- server (app.happened), and forgotten after some minutes (app.forget_events). No foreign key, which would be a
-- lock: an event outlives its object.
create table app.events (
  account_id uuid not null,
  id bigint not null generated always as identity,
  -- The transaction: all that it did happens at the moment it commits.
  tx xid8 not null default pg_current_xact_id(),
  -- TICKET and DEVICE: the object changed. COUNTED: something else did that dashboards count. MEMBERSHIP, USER,
  -- CREDENTIAL: what the user may see did, or a session or token of theirs is over.
  kind text not null check (kind in ('TICKET', 'DEVICE', 'COUNTED', 'MEMBERSHIP', 'USER', 'CREDENTIAL')),
  object_id uuid not null,
  -- The object's tenant, or that of the membership, before and after; null: there was none, or there is none.
  tenant_before uuid,
  tenant_after uuid,
  -- Customers cannot see what changed.
  internal boolean not null default false,
  -- Of a user, as they are now.
  role text,
  grandfathered boolean,
  primary key (account_id, id)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);
create index events_account on app.events (account_id, tx);

select app.enclose('app.events');

-- +goose StatementBegin
create function app.note_item() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  if tg_op = 'INSERT' then
    insert into app.events (account_id, kind, object_id, tenant_after) values (new.account_id, tg_argv[0], new.id, new.tenant_id);
  elsif tg_op = 'UPDATE' then
    insert into app.events (account_id, kind, object_id, tenant_before, tenant_after)
      values (new.account_id, tg_argv[0], new.id, old.tenant_id, new.tenant_id);
  else
    insert into app.events (account_id, kind, object_id, tenant_before) values (old.account_id, tg_argv[0], old.id, old.tenant_id);
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after insert or update or delete on app.tickets for each row execute function app.note_item('TICKET');
create trigger note after insert or update or delete on app.devices for each row execute function app.note_item('DEVICE');
create trigger note after insert or update or delete on app.remote_sessions for each row execute function app.note_item('COUNTED');
create trigger note after insert or update or delete on app.assets for each row execute function app.note_item('COUNTED');

-- +goose StatementBegin
-- A public comment changes its ticket, an internal one only what agents see of it.
create function app.note_comment() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.events (account_id, kind, object_id, tenant_before, tenant_after, internal)
    values (new.account_id, 'TICKET', new.ticket_id, new.tenant_id, new.tenant_id, true);
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after insert on app.ticket_comments for each row when (new.visibility = 'INTERNAL') execute function app.note_comment();

-- +goose StatementBegin
-- Who sees an article is more than a tenant, and a tenant is counted by its status and shown by its name: whoever
-- watches a dashboard of the account looks again.
create function app.note_counted() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.events (account_id, kind, object_id)
    values (coalesce(new.account_id, old.account_id), 'COUNTED', coalesce(new.id, old.id));
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after insert or update or delete on app.articles for each row execute function app.note_counted();
create trigger note after update on app.tenants for each row execute function app.note_counted();

-- +goose StatementBegin
create function app.note_membership() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.events (account_id, kind, object_id, tenant_before, tenant_after)
    values (coalesce(new.account_id, old.account_id), 'MEMBERSHIP', coalesce(new.user_id, old.user_id), old.tenant_id, new.tenant_id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after insert or delete on app.memberships for each row execute function app.note_membership();

-- +goose StatementBegin
create function app.note_user() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.events (account_id, kind, object_id, role, grandfathered)
    values (new.account_id, 'USER', new.id, new.role, new.grandfathered);
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after update on app.users for each row
  when ((old.role, old.status, old.grandfathered) is distinct from (new.role, new.status, new.grandfathered)) execute function app.note_user();

-- +goose StatementBegin
create function app.note_credential() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.events (account_id, kind, object_id) values (old.account_id, 'CREDENTIAL', old.user_id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger note after delete on app.sessions for each row execute function app.note_credential();
create trigger note after delete on app.api_tokens for each row execute function app.note_credential();
create trigger note after delete on app.api_token_tenants for each row execute function app.note_credential();

-- +goose StatementBegin
-- What was committed since a snapshot, in some accounts, as far as the statement's own snapshot shows it; of each
-- account the first so many. Two snapshots have between them exactly what was committed between them, however
-- long its transactions took.
create function app.happened(since pg_snapshot, accounts uuid[], most integer)
returns table (account_id uuid, tx bigint, kind text, object_id uuid, tenant_before uuid, tenant_after uuid, internal boolean,
  role text, grandfathered boolean)
language sql stable security definer set search_path = pg_catalog as $$
  select e.account_id, e.tx::text::bigint, e.kind, e.object_id, e.tenant_before, e.tenant_after, e.internal, e.role, e.grandfathered
  from (
    select e.*, row_number() over (partition by e.account_id order by e.id) as n from app.events e
    where e.tx >= pg_snapshot_xmin(since) and not pg_visible_in_snapshot(e.tx, since) and e.account_id = any (accounts)
      -- What a restored copy brought along from another server's count is no news.
      and e.tx < pg_snapshot_xmax(pg_current_snapshot())
  ) e
  where e.n <= most
  order by e.id
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Forgets what was over before a snapshot, and what a restored copy brought along.
create function app.forget_events(before pg_snapshot) returns void
language sql volatile security definer set search_path = pg_catalog as $$
  delete from app.events where tx < pg_snapshot_xmin(before) or tx >= pg_snapshot_xmax(pg_current_snapshot()) and tx <> pg_current_xact_id()
$$;
-- +goose StatementEnd
grant execute on function app.happened, app.forget_events to tenantry_server;

-- +goose StatementBegin
create function app.forget_account_events() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from app.events where account_id = old.account_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger forget_events after delete on app.accounts for each row execute function app.forget_account_events();

-- +goose Down
drop trigger forget_events on app.accounts;
drop trigger note on app.api_token_tenants;
drop trigger note on app.api_tokens;
drop trigger note on app.sessions;
drop trigger note on app.users;
drop trigger note on app.memberships;
drop trigger note on app.tenants;
drop trigger note on app.articles;
drop trigger note on app.ticket_comments;
drop trigger note on app.assets;
drop trigger note on app.remote_sessions;
drop trigger note on app.devices;
drop trigger note on app.tickets;
drop function app.forget_account_events, app.forget_events, app.happened, app.note_credential, app.note_user, app.note_membership,
  app.note_counted, app.note_comment, app.note_item;
drop table app.events;
