-- +goose Up
-- The last ticket number given in each account. The start is random, so that the first number says
-- nothing about the account's size.
create table app.ticket_numbers (
  account_id uuid primary key references app.accounts (account_id),
  last_number integer not null default 1000 + floor(random() * 9000)::integer
);

select app.enclose('app.ticket_numbers');
select app.allow('app.ticket_numbers', 'select', '{admin,all,member,customer}', null);
select app.allow('app.ticket_numbers', 'update', '{admin,all,member,customer}', null);
grant select, update (last_number) on app.ticket_numbers
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
create function app.add_ticket_number() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into app.ticket_numbers (account_id) values (new.account_id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger add_ticket_number after insert on app.accounts for each row execute function app.add_ticket_number();

-- +goose Down
drop trigger add_ticket_number on app.accounts;
drop function app.add_ticket_number;
drop table app.ticket_numbers;
