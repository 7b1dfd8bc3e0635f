-- +goose Up
-- What everybody sees of a user met through an item: id and name. It outlives the user, as "Former user".
create table app.user_names (
  account_id uuid not null references app.accounts (account_id),
  id uuid not null,
  name text collate "und-x-icu" not null,
  primary key (account_id, id)
);
create index user_names_name on app.user_names (account_id, name, id);

-- +goose StatementBegin
create function app.name_user() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  if tg_op = 'DELETE' then
    update app.user_names set name = 'Former user' where account_id = old.account_id and id = old.id;
  elsif tg_op = 'INSERT' then
    insert into app.user_names (account_id, id, name) values (new.account_id, new.id, new.name);
  else
    update app.user_names set name = new.name where account_id = new.account_id and id = new.id;
  end if;
  return null;
end
$$;
-- +goose StatementEnd
create trigger name_user after insert or delete or update of name on app.users
  for each row execute function app.name_user();

select app.enclose('app.user_names');
select app.allow('app.user_names', 'select', '{admin,all,member,customer}', null);
grant select on app.user_names to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop trigger name_user on app.users;
drop function app.name_user;
drop table app.user_names;
