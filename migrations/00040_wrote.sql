-- +goose Up
-- +goose StatementBegin
-- Fails, with TN003, unless a statement wrote as many rows as it should. It is asked by statements that go
-- to the database together with the transaction's end, when nobody looks at their counts before.
create function app.wrote(rows bigint, wanted bigint) returns void language plpgsql set search_path = pg_catalog as $$
begin
  if rows <> wanted then
    raise exception '% rows were written, and not %', rows, wanted using errcode = 'TN003';
  end if;
end
$$;
-- +goose StatementEnd

grant execute on function app.wrote to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop function app.wrote;
