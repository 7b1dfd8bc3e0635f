-- +goose Up
create table app.accounts (
  account_id uuid primary key,
  name text not null check (name <> ''),
  add_on_seats integer not null default 0 check (add_on_seats >= 0),
  -- Seals the cursors that the account's viewers get; no viewer's role may read it.
  cursor_key bytea not null check (length(cursor_key) = 32),
  -- Whether it was made for trying out, with passwords that everybody knows.
  demo boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create trigger touch before update on app.accounts for each row execute function app.touch();

select app.enclose('app.accounts');
select app.allow('app.accounts', 'select', '{admin,all,member,customer}', null);
select app.allow('app.accounts', 'update', '{admin}', null);
grant select (account_id, name, version, created_at, updated_at) on app.accounts
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant select (add_on_seats) on app.accounts to tenantry_admin, tenantry_admin_writer;
grant update (add_on_seats) on app.accounts to tenantry_admin_writer;

-- +goose Down
drop table app.accounts;
