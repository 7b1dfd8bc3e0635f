-- +goose Up
-- Who a user is to an OpenID Connect issuer, once a token of it was used for the first time.
create table app.identities (
  account_id uuid not null,
  issuer text not null,
  subject text not null,
  user_id uuid not null,
  -- What was issued before is over.
  valid_after timestamptz not null default '-infinity',
  created_at timestamptz not null default clock_timestamp(),
  primary key (account_id, issuer, subject),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);
create unique index identities_user on app.identities (account_id, user_id, issuer);
select app.enclose('app.identities');

-- +goose StatementBegin
-- Everything that decides what the owner of a token of an issuer may see, as app.session() says it of a session.
-- The first token of somebody with the verified address of an active user is linked with that user, for good: an
-- address may be given to somebody else one day. No row for an unknown account, subject and address, for a user who
-- is not active, and for a token that was issued before the user was signed out everywhere.
create function app.identity(account_name text, token_issuer text, token_subject text, address text, issued timestamptz, event uuid, ip text, request text)
returns table (account_id uuid, user_id uuid, name text, role text, grandfathered boolean, access_version bigint,
  tenants uuid[], cursor_key bytea)
language plpgsql volatile security definer set search_path = pg_catalog as $$
declare
  account constant uuid := (select n.account_id from app.account_names n where n.name = lower(account_name));
  linked uuid;
begin
  if address <> '' and not exists (select from app.identities i
      where i.account_id = account and i.issuer = token_issuer and i.subject = token_subject) then
    insert into app.identities as i (account_id, issuer, subject, user_id)
      select u.account_id, token_issuer, token_subject, u.id from app.users u
      where u.account_id = account and u.email = address and u.status = 'ACTIVE'
      on conflict do nothing
      returning i.user_id into linked;
    insert into app.audit_events (account_id, id, actor_id, actor_name, actor_ip, request_id, action, outcome, object_type, object_id, object_name)
      select u.account_id, event, u.id, u.name, ip, request, 'linkIdentity', 'DONE', 'User', u.id, u.name
      from app.users u where u.account_id = account and u.id = linked;
    update app.users u set last_sign_in_at = clock_timestamp() where u.account_id = account and u.id = linked;
  end if;
  return query
    select u.account_id, u.id, u.name, u.role, u.grandfathered, u.access_version,
      array(select m.tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id order by 1), a.cursor_key
    from app.identities i
    join app.users u on u.account_id = i.account_id and u.id = i.user_id
    join app.accounts a on a.account_id = u.account_id
    where i.account_id = account and i.issuer = token_issuer and i.subject = token_subject
      and u.status = 'ACTIVE' and issued > i.valid_after;
end
$$;
-- +goose StatementEnd
grant execute on function app.identity to tenantry_server;

-- +goose StatementBegin
-- Ends what issuers have given to a user so far: to the viewer, or by an admin to anybody.
create function app.end_identities(of_user uuid) returns integer
language plpgsql volatile security definer set search_path = pg_catalog as $$
declare
  ended integer;
begin
  update app.identities i set valid_after = clock_timestamp()
  where i.account_id = nullif(current_setting('app.account', true), '')::uuid and i.user_id = of_user
    and (current_setting('role') = 'tenantry_admin_writer' or of_user = nullif(current_setting('app.viewer', true), '')::uuid);
  get diagnostics ended = row_count;
  return ended;
end
$$;
-- +goose StatementEnd
grant execute on function app.end_identities to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
-- Whoever remembers what such a token saw is stale.
create function app.stale_identity() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  update app.users set access_version = access_version + 1 where account_id = new.account_id and id = new.user_id;
  return null;
end
$$;
-- +goose StatementEnd
create trigger stale_identity after update on app.identities for each row execute function app.stale_identity();
create trigger note after update on app.identities for each row execute function app.note_credential();

-- +goose Down
drop table app.identities;
drop function app.stale_identity, app.end_identities, app.identity;
