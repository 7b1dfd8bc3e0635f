-- +goose Up
-- One-time tokens with which an invited user, or one whose access was reset, sets a password.
create table app.invitations (
  account_id uuid not null,
  user_id uuid not null,
  -- SHA-256 of the secret half of the token.
  secret_hash bytea not null check (length(secret_hash) = 32),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (account_id, user_id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);

select app.enclose('app.invitations');
select app.allow('app.invitations', 'select', '{admin}', null);
select app.allow('app.invitations', 'insert', '{admin}', null);
select app.allow('app.invitations', 'delete', '{admin}', null);
grant select (account_id, user_id, expires_at, created_at) on app.invitations to tenantry_admin_writer;
grant insert, delete on app.invitations to tenantry_admin_writer;

-- +goose Down
drop table app.invitations;
