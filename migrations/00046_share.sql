-- +goose Up
-- +goose StatementBegin
-- About how much of the account's open tickets and of its devices belong to some tenants, whichever is less; 0
-- for fewer tenants than there is use for it. The server plans lists by it; nothing that it decides is seen.
create function app.share(account uuid, tenants uuid[]) returns real
language plpgsql stable security definer set search_path = pg_catalog set jit = off as $$
begin
  if cardinality(tenants) < 100 then
    return 0;
  end if;
  return (
    select coalesce(least(sum(k.open) filter (where k.theirs)::real / nullif(sum(k.open), 0), sum(k.devices) filter (where k.theirs)::real / nullif(sum(k.devices), 0)), 0)
    from (
      select t.tickets_new + t.tickets_open + t.tickets_on_hold as open, t.devices_online + t.devices_offline + t.devices_overdue as devices,
        (t.tenant_id in (select unnest(tenants))) is true as theirs
      from app.tallies t where t.account_id = account
    ) k);
end
$$;
-- +goose StatementEnd
grant execute on function app.share to tenantry_server;

-- Totals are read from the tallies after a change, too.
grant select on app.tallies to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
revoke select on app.tallies from tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
drop function app.share;
