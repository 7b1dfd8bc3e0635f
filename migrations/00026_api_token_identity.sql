-- +goose Up
-- How a request gets its identity by an API token.

-- +goose StatementBegin
-- Everything that decides what an API token may see, as app.session() says it of a session: "tenants"
-- are its owner's memberships, "named" the tenants that it names. No row when it is unknown, revoked
-- or over, or its owner not an active agent.
create function app.api_token(account uuid, token uuid, secret bytea)
returns table (user_id uuid, name text, role text, grandfathered boolean, access_version bigint,
  tenants uuid[], cursor_key bytea, expires_at timestamptz, narrowed boolean, named uuid[], read_only boolean)
language sql stable security definer set search_path = pg_catalog as $$
  select u.id, u.name, u.role, u.grandfathered, u.access_version,
    array(select m.tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id order by 1),
    a.cursor_key, k.expires_at, k.narrowed,
    array(select n.tenant_id from app.api_token_tenants n where n.account_id = k.account_id and n.token_id = k.id order by 1),
    k.read_only
  from app.api_tokens k
  join app.users u on u.account_id = k.account_id and u.id = k.user_id
  join app.accounts a on a.account_id = k.account_id
  where k.account_id = account and k.id = token and k.secret_hash = secret
    and (k.expires_at > clock_timestamp()) is not false and u.status = 'ACTIVE' and u.role <> 'CUSTOMER'
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Notes that an API token was used, at most once a minute.
create function app.use_api_token(account uuid, token uuid) returns void
language sql volatile security definer set search_path = pg_catalog as $$
  update app.api_tokens k set last_used_at = clock_timestamp()
  where k.account_id = account and k.id = token
    and (k.last_used_at > clock_timestamp() - interval '1 minute') is not true
$$;
-- +goose StatementEnd

drop function app.become, app.access_holds;

-- +goose StatementBegin
-- Whether a user's access is still what it was at the given version and, with the id of a session or
-- an API token for a credential, whether that still holds.
create function app.access_holds(account uuid, viewer uuid, credential uuid, seen bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog as $$
begin
  return exists (select from app.users u
      where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE')
    and (credential is null
      or exists (select from app.sessions s
        where s.account_id = account and s.id = credential and s.user_id = viewer and s.expires_at > clock_timestamp())
      or exists (select from app.api_tokens k
        where k.account_id = account and k.id = credential and k.user_id = viewer
          and (k.expires_at > clock_timestamp()) is not false));
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Becomes a viewer until the end of the transaction: settings that the policies read, then the role,
-- last, so that nothing after it can change them. "kind" is admin, all, member or customer, with
-- _writer for mutations; a token that names tenants is a member of those, whatever its owner is. Fails
-- with TN001 when the viewer's access is no longer what the caller read.
create function app.become(account uuid, viewer uuid, credential uuid, version bigint, tenants uuid[], kind text)
returns void language plpgsql set search_path = pg_catalog as $$
begin
  if nullif(current_setting('app.account', true), '') is not null then
    raise exception 'identity is set already' using errcode = 'TN002';
  end if;
  if not app.access_holds(account, viewer, credential, version) then
    raise exception 'access has changed' using errcode = 'TN001';
  end if;
  perform set_config('app.account', account::text, true), set_config('app.viewer', viewer::text, true),
    set_config('app.tenants', tenants::text, true);
  perform set_config('role', 'tenantry_' || kind, true);
end
$$;
-- +goose StatementEnd

grant execute on function app.api_token, app.use_api_token, app.access_holds, app.become to tenantry_server;

-- +goose Down
drop function app.become, app.access_holds, app.use_api_token, app.api_token;

-- +goose StatementBegin
create function app.access_holds(account uuid, viewer uuid, session uuid, seen bigint) returns boolean
language sql volatile security definer set search_path = pg_catalog as $$
  select exists (select from app.users u
      where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE')
    and (session is null or exists (select from app.sessions s
      where s.account_id = account and s.id = session and s.user_id = viewer and s.expires_at > clock_timestamp()))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
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
grant execute on function app.access_holds, app.become to tenantry_server;
