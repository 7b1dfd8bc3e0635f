-- +goose Up
-- What became of mutations that were sent with a key: a repeat is answered from here, and changes nothing. A row
-- is written in the transaction of its mutation; ids and user errors are kept, no secret.
create table app.idempotency_keys (
  account_id uuid not null,
  user_id uuid not null,
  -- The API token that asked, or the user's own id.
  credential_id uuid not null,
  key text not null,
  -- The name of the root field in the answer.
  field text not null,
  -- SHA-256 of the document and its variables.
  request_hash bytea not null check (length(request_hash) = 32),
  outcome jsonb,
  created_at timestamptz not null default clock_timestamp(),
  primary key (account_id, user_id, credential_id, key, field),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);

select app.enclose('app.idempotency_keys');
select app.allow('app.idempotency_keys', 'select', '{admin,all,member,customer}', app.own('user_id'));
select app.allow('app.idempotency_keys', 'insert', '{admin,all,member,customer}', app.own('user_id'));
select app.allow('app.idempotency_keys', 'update', '{admin,all,member,customer}', app.own('user_id'));
select app.allow('app.idempotency_keys', 'delete', '{admin,all,member,customer}', app.own('user_id'));
grant select, insert (account_id, user_id, credential_id, key, field, request_hash), update (outcome), delete on app.idempotency_keys
  to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop table app.idempotency_keys;
