-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file require-concurrent-index-creation
-- A session that waits for its answer is found by its id alone: who answers may be nobody in particular.
create index remote_sessions_asked on app.remote_sessions (id) where status = 'REQUESTED';

-- A guess at the code leaves version and time as they were: it changes nothing that anybody reads.
drop trigger touch on app.remote_sessions;
create trigger touch before update on app.remote_sessions for each row
  when (old.consent_tries = new.consent_tries) execute function app.touch();

-- +goose StatementBegin
-- Answers a request for the person at the device, who has the code whose hash is given or is the viewer
-- "viewer" of the account "home" (null for nobody): a customer who sees session and device. Tells whether
-- it is answered, and not why not; a wrong code counts as a try all the same. The caller becomes the
-- viewer in the same transaction, so that one whose access has changed is not heard.
create function app.answer_consent(session uuid, code bytea, yes boolean, home uuid, viewer uuid, event uuid, address text, request text)
returns boolean language plpgsql security definer set search_path = pg_catalog as $$
declare
  place record;
  asked record;
  person record;
  moment timestamptz;
begin
  select r.account_id, r.tenant_id into place from app.remote_sessions r where r.id = session and r.status = 'REQUESTED';
  perform from app.tenants t where t.account_id = place.account_id and t.id = place.tenant_id for share;
  select r.account_id, r.id, r.tenant_id, r.device_id, r.agent_id, r.consent_hash, r.consent_tries, r.created_at, t.name as tenant, d.name as device
    into asked
    from app.remote_sessions r
    join app.tenants t on t.account_id = r.account_id and t.id = r.tenant_id and t.status = 'ACTIVE'
    left join app.devices d on d.account_id = r.account_id and d.id = r.device_id
    where r.account_id = place.account_id and r.id = session and r.status = 'REQUESTED'
    for update of r;
  moment := clock_timestamp(); -- after the wait for the row
  if not found or asked.created_at <= moment - interval '60 seconds' or (asked.account_id = home and asked.agent_id = viewer) then
    return false;
  end if;
  select u.id, u.name, u.role = 'CUSTOMER'
      and exists (select from app.memberships m where m.account_id = u.account_id and m.user_id = u.id and m.tenant_id = asked.tenant_id)
      and exists (select from app.devices d
        join app.memberships m on m.account_id = d.account_id and m.tenant_id = d.tenant_id and m.user_id = u.id
        where d.account_id = u.account_id and d.id = asked.device_id) as sees
    into person
    from app.users u
    where u.account_id = asked.account_id and u.account_id = home and u.id = viewer and u.status = 'ACTIVE';
  if person.sees is not true then
    if code is null or asked.consent_tries >= 5 then
      return false;
    end if;
    if code is distinct from asked.consent_hash then
      update app.remote_sessions r set consent_tries = r.consent_tries + 1 where r.account_id = asked.account_id and r.id = asked.id;
      return false;
    end if;
  end if;
  update app.remote_sessions r
    set status = case when yes then 'ACTIVE' else 'DECLINED' end, consent = case when yes then 'GRANTED' else 'DENIED' end,
      started_at = case when yes then moment end, ended_at = case when not yes then moment end, consent_hash = null
    where r.account_id = asked.account_id and r.id = asked.id;
  insert into app.audit_events (account_id, id, actor_id, actor_name, actor_ip, request_id, action, outcome,
      object_type, object_id, object_name, tenant_id, tenant_name, before, after)
    values (asked.account_id, event, person.id, coalesce(person.name, 'With the consent code'), address, request, 'answerRemoteSession', 'DONE',
      'RemoteSession', asked.id, coalesce(asked.device, ''),
      nullif(asked.tenant_id, asked.account_id), case when asked.tenant_id <> asked.account_id then asked.tenant end,
      jsonb_build_object('status', 'REQUESTED', 'consent', 'ASKED', case when yes then 'startedAt' else 'endedAt' end, null),
      jsonb_build_object('status', case when yes then 'ACTIVE' else 'DECLINED' end, 'consent', case when yes then 'GRANTED' else 'DENIED' end,
        case when yes then 'startedAt' else 'endedAt' end, to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')));
  return true;
end
$$;
-- +goose StatementEnd
grant execute on function app.answer_consent to tenantry_server;

-- +goose Down
drop function app.answer_consent;
drop trigger touch on app.remote_sessions;
create trigger touch before update on app.remote_sessions for each row execute function app.touch();
drop index app.remote_sessions_asked;
