-- +goose Up
-- The tenants of a viewer come as the text that the policies read: whoever has 1,000 of them would else
-- have them written as an array, read as one, and written as text in every transaction. Settings are made by
-- assignments, which plpgsql evaluates by itself, where "perform" runs a statement.
drop function app.become;

-- +goose StatementBegin
-- Becomes a viewer until the end of the transaction: settings that the policies read, then the role,
-- last, so that nothing after it can change them. "tenants" is a uuid[] as text; "kind" is admin, all,
-- member or customer, with _writer for mutations; a token that names tenants is a member of those, whatever
-- its owner is. Fails with TN001 when the viewer's access is no longer what the caller read.
create function app.become(account uuid, viewer uuid, credential uuid, version bigint, tenants text, kind text)
returns void language plpgsql set search_path = pg_catalog as $$
declare
  made text;
begin
  if nullif(current_setting('app.account', true), '') is not null then
    raise exception 'identity is set already' using errcode = 'TN002';
  end if;
  if not app.access_holds(account, viewer, credential, version) then
    raise exception 'access has changed' using errcode = 'TN001';
  end if;
  made := set_config('app.account', account::text, true);
  made := set_config('app.viewer', viewer::text, true);
  made := set_config('app.tenants', tenants, true);
  made := set_config('role', 'tenantry_' || kind, true);
end
$$;
-- +goose StatementEnd

grant execute on function app.become to tenantry_server;

-- +goose Down
drop function app.become;

-- +goose StatementBegin
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

grant execute on function app.become to tenantry_server;
