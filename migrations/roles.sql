-- Prepares a database for Tenantry. Run it once, as a superuser, connected to the database that
-- Tenantry shall use (it is safe to repeat):
--
--   createdb tenantry
--   psql -d tenantry -f migrations/roles.sql
--   psql -d tenantry -c "alter role tenantry_owner  password '…'"
--   psql -d tenantry -c "alter role tenantry_server password '…'"
--
-- Then start the server with
--
--   TENANTRY_OWNER_DATABASE_URL=postgres://tenantry_owner:…@host/tenantry
--   DATABASE_URL=postgres://tenantry_server:…@host/tenantry
--
-- tenantry_owner   owns the schema; for migrations and the operator's commands. Never serves.
-- tenantry_server  signs in for the server. NOINHERIT and without rights of its own: whatever it
--                  does, it does as one of the roles below, chosen by app.become() for one transaction.
-- tenantry_admin, tenantry_all, tenantry_member, tenantry_customer
--                  the kinds of viewer, reading; each has a …_writer twin for mutations.

do $$
declare
  kind text;
begin
  if not exists (select from pg_roles where rolname = 'tenantry_owner') then
    create role tenantry_owner login noinherit nosuperuser nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'tenantry_server') then
    create role tenantry_server login noinherit nosuperuser nobypassrls;
  end if;
  foreach kind in array array['admin', 'all', 'member', 'customer'] loop
    if not exists (select from pg_roles where rolname = 'tenantry_' || kind) then
      execute format('create role %I nologin', 'tenantry_' || kind);
    end if;
    if not exists (select from pg_roles where rolname = 'tenantry_' || kind || '_writer') then
      execute format('create role %I nologin', 'tenantry_' || kind || '_writer');
    end if;
    execute format('grant %I, %I to tenantry_server', 'tenantry_' || kind, 'tenantry_' || kind || '_writer');
  end loop;
  execute format('alter database %I owner to tenantry_owner', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to tenantry_server', current_database());
end
$$;

-- Without set_config a statement that an attacker managed to alter cannot change who is asking.
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
grant execute on function pg_catalog.set_config(text, text, boolean) to tenantry_server, tenantry_owner;

-- Nor leave anything behind, in the connection or for viewers of other accounts: locks of the session, and large
-- objects, which PostgreSQL 15 makes in transactions that only read, too.
do $$
declare
  f regprocedure;
begin
  for f in select oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(lo_|loread$|lowrite$|pg_(try_)?advisory_(un)?lock)' loop
    execute format('revoke execute on function %s from public', f);
  end loop;
end
$$;
-- Migrations wait for each other.
grant execute on function pg_catalog.pg_advisory_lock(bigint) to tenantry_owner;

revoke all on schema public from public;
create schema if not exists app authorization tenantry_owner;
