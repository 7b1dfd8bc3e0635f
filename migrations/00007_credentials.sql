-- +goose Up
-- Passwords, as argon2id in PHC format. No viewer's role may read the hash.
create table app.credentials (
  account_id uuid not null,
  user_id uuid not null,
  password_hash text not null,
  updated_at timestamptz not null default now(),
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);

select app.enclose('app.credentials');
select app.allow('app.credentials', 'select', '{admin}', null);
select app.allow('app.credentials', 'select', '{all,member,customer}', app.own('user_id'));
select app.allow('app.credentials', 'update', '{admin,all,member,customer}', app.own('user_id'));
select app.allow('app.credentials', 'delete', '{admin}', null);
grant select (account_id, user_id) on app.credentials
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant update (password_hash, updated_at) on app.credentials
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant delete on app.credentials to tenantry_admin_writer;

-- +goose Down
drop table app.credentials;
