-- +goose Up
create table app.sessions (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  -- SHA-256 of the secret half of the token.
  secret_hash bytea not null check (length(secret_hash) = 32),
  ip text not null default '',
  user_agent text not null default '',
  expires_at timestamptz not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);
create index sessions_user on app.sessions (account_id, user_id, created_at, id);

select app.enclose('app.sessions');
select app.allow('app.sessions', 'select', '{admin}', null);
select app.allow('app.sessions', 'select', '{all,member,customer}', app.own('user_id'));
select app.allow('app.sessions', 'insert', '{admin,all,member,customer}', app.own('user_id'));
select app.allow('app.sessions', 'delete', '{admin}', null);
select app.allow('app.sessions', 'delete', '{all,member,customer}', app.own('user_id'));
grant select (account_id, id, user_id, ip, user_agent, expires_at, version, created_at, updated_at) on app.sessions
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert, delete on app.sessions
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop table app.sessions;
