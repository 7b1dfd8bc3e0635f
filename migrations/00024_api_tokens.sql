-- +goose Up
-- Tokens with which a user's programs ask. A revoked one is deleted.
create table app.api_tokens (
  account_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  name text collate "und-x-icu" not null check (name <> ''),
  -- SHA-256 of the secret half of the token.
  secret_hash bytea not null check (length(secret_hash) = 32),
  -- The end of the token as it was handed out, to tell several apart by.
  last_four text not null check (length(last_four) = 4),
  -- Whether it named tenants when it was made: then it is for those, and for nothing once all are deleted.
  narrowed boolean not null default false,
  read_only boolean not null default false,
  expires_at timestamptz,
  last_used_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  unique (account_id, user_id, id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);
create index api_tokens_user on app.api_tokens (account_id, user_id, created_at, id);

select app.enclose('app.api_tokens');
select app.allow('app.api_tokens', 'select', '{admin}', null);
select app.allow('app.api_tokens', 'select', '{all,member,customer}', app.own('user_id'));
select app.allow('app.api_tokens', 'insert', '{admin,all,member}', app.own('user_id'));
select app.allow('app.api_tokens', 'delete', '{admin}', null);
select app.allow('app.api_tokens', 'delete', '{all,member}', app.own('user_id'));
grant select (account_id, id, user_id, name, last_four, narrowed, read_only, expires_at, last_used_at, version, created_at, updated_at)
  on app.api_tokens to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
grant insert (account_id, id, user_id, name, secret_hash, last_four, narrowed, read_only, expires_at, version, created_at, updated_at), delete
  on app.api_tokens to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.api_tokens;
