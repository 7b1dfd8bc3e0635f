-- +goose Up
-- Asked one after the other, so that what is not asked is not prepared either: every transaction calls it,
-- nearly always for a session, and beginning a query takes longer than these take to run.
-- +goose StatementBegin
create or replace function app.access_holds(account uuid, viewer uuid, credential uuid, seen bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog as $$
begin
  if credential is not null then
    perform from app.users u join app.sessions s on s.account_id = u.account_id and s.user_id = u.id
    where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE'
      and s.account_id = account and s.id = credential and s.expires_at > clock_timestamp();
    if found then
      return true;
    end if;
    perform from app.api_tokens k
    where k.account_id = account and k.id = credential and k.user_id = viewer and (k.expires_at > clock_timestamp()) is not false;
    if not found then
      return false;
    end if;
  end if;
  perform from app.users u where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE';
  return found;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
create or replace function app.access_holds(account uuid, viewer uuid, credential uuid, seen bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from app.users u
      where u.account_id = account and u.id = viewer and u.access_version = seen and u.status = 'ACTIVE')
    and (credential is null
      or exists (select from app.sessions s
        where s.account_id = account and s.id = credential and s.user_id = viewer and s.expires_at > clock_timestamp())
      or exists (select from app.api_tokens k
        where k.account_id = account and k.id = credential and k.user_id = viewer
          and (k.expires_at > clock_timestamp()) is not false));
end
$$;
-- +goose StatementEnd
