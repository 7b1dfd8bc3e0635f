-- +goose Up
-- What every table's wall is made of: see docs/access.md.

alter default privileges revoke execute on functions from public;
grant usage on schema app to tenantry_server,
  tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
-- Encloses a table: row level security for everybody, the owner included, who then gets a policy of
-- his own (migrations, the operator's commands and SECURITY DEFINER functions run as the owner).
create function app.enclose(tbl regclass) returns void language plpgsql set search_path = pg_catalog as $$
begin
  execute format('alter table %s enable row level security', tbl);
  execute format('alter table %s force row level security', tbl);
  execute format('create policy owner on %s for all to tenantry_owner using (true) with check (true)', tbl);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Allows one command on the rows of the account that meet one plain condition, to the given kinds of
-- viewer. Reading is for a kind and its writer, changing for the writer alone.
create function app.allow(tbl regclass, command text, kinds text[], condition text) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  account constant text := 'account_id = (select nullif(current_setting(''app.account'', true), '''')::uuid)';
  rule constant text := '(' || account || coalesce(' and ' || condition, '') || ')';
  roles text;
begin
  select string_agg(quote_ident(r), ', ') into roles from (
    select 'tenantry_' || k || '_writer' as r from unnest(kinds) k
    union all
    select 'tenantry_' || k from unnest(kinds) k where command = 'select'
  ) r;
  execute format('create policy %I on %s for %s to %s %s', command || '_' || array_to_string(kinds, '_'), tbl, command, roles,
    case command
      when 'insert' then 'with check ' || rule
      when 'update' then 'using ' || rule || ' with check ' || rule
      else 'using ' || rule
    end);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The rows of the viewer's tenants. A member without memberships, who sees the tenantless items, has
-- the account's own id as the only tenant: tenantless rows carry it.
create function app.reached(col text) returns text language sql immutable set search_path = pg_catalog as $$
  select format('%I in (select unnest((select nullif(current_setting(''app.tenants'', true), '''')::uuid[])))', col)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The same for rows that are written: one row at a time, so the plain array is faster.
create function app.reached_row(col text) returns text language sql immutable set search_path = pg_catalog as $$
  select format('%I = any ((select nullif(current_setting(''app.tenants'', true), '''')::uuid[])::uuid[])', col)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The viewer's own rows.
create function app.own(col text) returns text language sql immutable set search_path = pg_catalog as $$
  select format('%I = (select nullif(current_setting(''app.viewer'', true), '''')::uuid)', col)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Encloses a table of tenant items and allows what every kind of viewer may do with such items.
create function app.enclose_items(tbl regclass) returns void language plpgsql set search_path = pg_catalog as $$
begin
  perform app.enclose(tbl);
  perform app.allow(tbl, 'select', '{admin,all}', null);
  perform app.allow(tbl, 'select', '{member}', app.reached('tenant_id'));
  perform app.allow(tbl, 'insert', '{admin,all}', null);
  perform app.allow(tbl, 'insert', '{member}', app.reached_row('tenant_id'));
  perform app.allow(tbl, 'update', '{admin,all}', null);
  perform app.allow(tbl, 'update', '{member}', app.reached_row('tenant_id'));
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Moves version and time of a changed row.
create function app.touch() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  new.version := old.version + 1;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
-- +goose StatementEnd

-- +goose Down
drop function app.touch, app.enclose_items, app.own, app.reached_row, app.reached, app.allow, app.enclose;
