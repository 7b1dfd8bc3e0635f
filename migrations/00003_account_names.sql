-- +goose Up
-- Account names are unique on the server, so this small table is shared by all accounts. Only the
-- owner touches it.
create table app.account_names (
  name text primary key,
  account_id uuid not null references app.accounts (account_id) on delete cascade
);
create index account_names_account on app.account_names (account_id);
select app.enclose('app.account_names');

-- +goose StatementBegin
create function app.name_account() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from app.account_names where account_id = new.account_id;
  insert into app.account_names (name, account_id) values (lower(new.name), new.account_id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger name_account after insert or update of name on app.accounts
  for each row execute function app.name_account();

-- +goose Down
drop trigger name_account on app.accounts;
drop function app.name_account;
drop table app.account_names;
