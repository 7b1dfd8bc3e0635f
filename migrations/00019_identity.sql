-- +goose Up
-- How a request gets its identity. These are the only ways in.

-- +goose StatementBegin
-- Everything that decides what the owner of a session may see; no row when the session is unknown,
-- over, or its user not active. "tenants" are the user's memberships.
create function app.session(account uuid, session uuid, secret bytea)
returns table (user_id uuid, name text, role text, grandfathered boolean, access_version bigint,
  tenants uuid[], cursor_key bytea, expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog as $$
  select u.id, u.name, u.role, u.grandfathered, u.access_version,
    array(select m.tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id order by 1),
    a.cursor_key, s.expires_at
  from app.sessions s
  join app.users u on u.account_id = s.account_id and u.id = s.user_id
  join app.accounts a on a.account_id = s.account_id
  where s.account_id = account and s.id = session and s.secret_hash = secret
    and s.expires_at > clock_timestamp() and u.status = 'ACTIVE'
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether a user's access is still what it was at the given version and, with a session, whether that
-- session still holds.
create function app.access_holds(account uuid, viewer uuid, session uuid, seen bigint) returns boolean
language sql volatile security definer set search_path = pg_catalog as $$
  select exists (select from app.users u
      where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE')
    and (session is null or exists (select from app.sessions s
      where s.account_id = account and s.id = session and s.user_id = viewer and s.expires_at > clock_timestamp()))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Becomes a viewer until the end of the transaction: settings that the policies read, then the role,
-- last, so that nothing after it can change them. "kind" is admin, all, member or customer, with
-- _writer for mutations. Fails with TN001 when the viewer's access is no longer what the caller read.
create function app.become(account uuid, viewer uuid, session uuid, version bigint, tenants uuid[], kind text)
returns void language plpgsql set search_path = pg_catalog as $$
begin
  if nullif(current_setting('app.account', true), '') is not null then
    raise exception 'identity is set already' using errcode = 'TN002';
  end if;
  if not app.access_holds(account, viewer, session, version) then
    raise exception 'access has changed' using errcode = 'TN001';
  end if;
  perform set_config('app.account', account::text, true), set_config('app.viewer', viewer::text, true),
    set_config('app.tenants', tenants::text, true);
  perform set_config('role', 'tenantry_' || kind, true);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whose password a sign-in with this e-mail address may be checked against, with what is needed to
-- become that user.
create function app.sign_in(address text)
returns table (account_id uuid, account_name text, user_id uuid, name text, password_hash text, role text, grandfathered boolean,
  access_version bigint, cursor_key bytea, tenants uuid[])
language sql stable security definer set search_path = pg_catalog as $$
  select u.account_id, a.name, u.id, u.name, c.password_hash, u.role, u.grandfathered, u.access_version, a.cursor_key,
    array(select m.tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id order by 1)
  from app.sign_in_names n
  join app.users u on u.account_id = n.account_id and u.id = n.user_id
  join app.accounts a on a.account_id = u.account_id
  join app.credentials c on c.account_id = u.account_id and c.user_id = u.id
  where n.email = address and u.status = 'ACTIVE'
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The password hash of the owner of a session, to check the old password before a change.
create function app.own_password(account uuid, session uuid, secret bytea) returns text
language sql stable security definer set search_path = pg_catalog as $$
  select c.password_hash from app.sessions s
  join app.credentials c on c.account_id = s.account_id and c.user_id = s.user_id
  where s.account_id = account and s.id = session and s.secret_hash = secret and s.expires_at > clock_timestamp()
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Uses up an invitation: sets the password and makes its user active. No row when the invitation is
-- unknown, used or over.
create function app.accept_invitation(account uuid, invited uuid, secret bytea, hash text)
returns table (name text, role text, grandfathered boolean, access_version bigint, cursor_key bytea, tenants uuid[])
language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from app.invitations i
    where i.account_id = account and i.user_id = invited and i.secret_hash = secret and i.expires_at > clock_timestamp();
  if not found then
    return;
  end if;
  update app.users u set status = 'ACTIVE' where u.account_id = account and u.id = invited and u.status in ('INVITED', 'ACTIVE');
  if not found then
    return;
  end if;
  insert into app.credentials (account_id, user_id, password_hash) values (account, invited, hash)
    on conflict (account_id, user_id) do update set password_hash = excluded.password_hash, updated_at = clock_timestamp();
  return query
    select u.name, u.role, u.grandfathered, u.access_version, a.cursor_key,
      array(select m.tenant_id from app.memberships m where m.account_id = account and m.user_id = invited order by 1)
    from app.users u join app.accounts a on a.account_id = u.account_id where u.account_id = account and u.id = invited;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether the database has users with passwords that everybody knows.
create function app.has_demo() returns boolean
language sql stable security definer set search_path = pg_catalog as $$
  select exists (select from app.accounts a where a.demo)
$$;
-- +goose StatementEnd

grant execute on function app.has_demo, app.session, app.access_holds, app.become, app.sign_in, app.own_password, app.accept_invitation
  to tenantry_server;

-- +goose StatementBegin
-- The users whose reach holds the items of a tenant (tenantless ones: the account's own id). Answers
-- only for the account of the viewer who asks, and only for a tenant in the viewer's own reach.
create function app.reaching(tenant uuid, customers boolean) returns table (user_id uuid)
language sql stable security definer set search_path = pg_catalog as $$
  select u.id from app.users u
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid
    and u.status = 'ACTIVE'
    and (current_setting('role') ~ '^tenantry_(admin|all)(_writer)?$'
      or tenant = any (nullif(current_setting('app.tenants', true), '')::uuid[]))
    and case u.role
      when 'ADMIN' then true
      when 'CUSTOMER' then customers and exists (select from app.memberships m
        where m.account_id = u.account_id and m.user_id = u.id and m.tenant_id = tenant)
      else u.grandfathered
        or (u.tenant_count = 0 and tenant = u.account_id)
        or exists (select from app.memberships m
          where m.account_id = u.account_id and m.user_id = u.id and m.tenant_id = tenant)
      end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Holds a user's access as it is until the end of the transaction, so that what depends on it
-- (being an assignee or a requester) cannot break behind the caller's back.
create function app.hold_access(users uuid[]) returns void
language sql volatile security definer set search_path = pg_catalog as $$
  select from app.users u
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = any (users)
  order by u.id for share
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Holds a tenant's status until the end of the transaction, and tells it to who reaches the tenant's
-- items: no row for others. The account's own id stands for the tenantless items.
create function app.hold_tenant(tenant uuid) returns table (name text, status text)
language sql volatile security definer set search_path = pg_catalog as $$
  select t.name, t.status from app.tenants t
  where t.account_id = nullif(current_setting('app.account', true), '')::uuid and t.id = tenant
    and (current_setting('role') ~ '^tenantry_(admin|all)_writer$'
      or tenant = any (nullif(current_setting('app.tenants', true), '')::uuid[]))
  for share
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Name and address of a user as the requester of a tenant's ticket; no row unless their reach holds it.
create function app.requester(requester uuid, tenant uuid) returns table (name text, email text)
language sql stable security definer set search_path = pg_catalog as $$
  select u.name, u.email from app.users u join app.reaching(tenant, true) r on r.user_id = u.id
  where u.account_id = nullif(current_setting('app.account', true), '')::uuid and u.id = requester
$$;
-- +goose StatementEnd

grant execute on function app.hold_tenant, app.requester to tenantry_admin_writer, tenantry_all_writer,
  tenantry_member_writer, tenantry_customer_writer;
grant execute on function app.reaching to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant execute on function app.hold_access to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer,
  tenantry_customer_writer;

-- +goose Down
drop function app.requester, app.hold_tenant, app.hold_access, app.reaching, app.accept_invitation, app.own_password, app.sign_in, app.become,
  app.access_holds, app.session, app.has_demo;
