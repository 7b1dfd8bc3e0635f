-- +goose Up
-- Who may be signing in with an e-mail address, whatever the account: the one place where an account
-- is not known yet. No viewer's role reads it; app.sign_in() does.
create table app.sign_in_names (
  email text not null,
  account_id uuid not null,
  user_id uuid not null,
  primary key (email, account_id),
  foreign key (account_id, user_id) references app.users (account_id, id) on delete cascade
);
create index sign_in_names_user on app.sign_in_names (account_id, user_id);
select app.enclose('app.sign_in_names');

-- +goose StatementBegin
create function app.name_sign_in() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from app.sign_in_names where account_id = new.account_id and user_id = new.id;
  insert into app.sign_in_names (email, account_id, user_id) values (new.email, new.account_id, new.id);
  return null;
end
$$;
-- +goose StatementEnd
create trigger name_sign_in after insert or update of email on app.users
  for each row execute function app.name_sign_in();

-- +goose Down
drop trigger name_sign_in on app.users;
drop function app.name_sign_in;
drop table app.sign_in_names;
