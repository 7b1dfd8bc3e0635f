-- +goose Up
-- Which row of an import folder became which object, so that a repeated import finds it again. The
-- operator's commands alone use it.
create table app.import_refs (
  account_id uuid not null references app.accounts (account_id),
  kind text not null,
  external_id text not null,
  id uuid not null,
  primary key (account_id, kind, external_id)
);
select app.enclose('app.import_refs');

-- +goose Down
drop table app.import_refs;
