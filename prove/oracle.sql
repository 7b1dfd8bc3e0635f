-- Who sees what, written from the rules of the product alone: over the tables as they are, for a superuser,
-- whom no policy binds. There is a view for each type of the API, with a row for each viewer and object and
-- a column for each field. Lists and edges are keys; what a viewer may not see is null or not in the list.
create schema oracle;

-- Everybody whose eyes can be looked through: each user, and each user through each of their tokens.
create table oracle.eyes (
  account uuid, eye uuid, user_id uuid, token uuid, role text, status text, grandfathered boolean, memberships uuid[], narrowed boolean,
  active boolean,     -- signed in at all
  agent boolean,      -- no customer
  admin boolean,      -- an admin of the whole account
  everything boolean, -- every tenant item of the account
  tenantless boolean, -- the tenantless ones
  tenants uuid[],     -- those of these tenants
  primary key (account, eye)
);
-- The tenants whose items are in somebody's reach; the account's own id stands for those without a tenant.
create table oracle.reach (account uuid, eye uuid, tenant uuid, primary key (account, eye, tenant));
create table oracle.sees (account uuid, eye uuid, type text, id uuid, primary key (account, eye, type, id));
-- The session with which somebody asks.
create table oracle.asking (account uuid, eye uuid, session uuid, primary key (account, eye));

create procedure oracle.look() language plpgsql as $$
begin
  truncate oracle.eyes, oracle.reach, oracle.sees;

  insert into oracle.eyes
  with people as (
    select u.*, k.token, k.narrowed, k.over,
      array(select m.tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id) as memberships
    from app.users u, lateral (
      select null::uuid as token, false as narrowed, false as over
      union all
      select k.id, k.narrowed, coalesce(k.expires_at <= now(), false) from app.api_tokens k where k.account_id = u.account_id and k.user_id = u.id
    ) k
  )
  select p.account_id, coalesce(p.token, p.id), p.id, p.token, p.role, p.status, p.grandfathered, p.memberships, p.narrowed,
    p.status = 'ACTIVE' and not p.over,
    p.role <> 'CUSTOMER',
    p.role = 'ADMIN' and not p.narrowed,
    (p.role = 'ADMIN' or p.grandfathered) and not p.narrowed,
    p.role = 'MEMBER' and not p.grandfathered and p.memberships = '{}' and not p.narrowed,
    case when p.narrowed then array(
      select n.tenant_id from app.api_token_tenants n where n.account_id = p.account_id and n.token_id = p.token
        and (p.role = 'ADMIN' or p.grandfathered or n.tenant_id = any(p.memberships)))
    else p.memberships end
  from people p;

  insert into oracle.reach
  select e.account, e.eye, t.id from oracle.eyes e join app.tenants t on t.account_id = e.account
  where e.active and (e.everything or t.id = any(e.tenants) or e.tenantless and t.id = e.account);

  insert into oracle.sees
  select r.account, r.eye, i.type, i.id
  from oracle.eyes e join oracle.reach r using (account, eye) join (
    select account_id, tenant_id, id, 'Device' as type, false as internal from app.devices
    union all select account_id, tenant_id, id, 'DeviceGroup', false from app.device_groups
    union all select account_id, tenant_id, id, 'Ticket', false from app.tickets
    union all select account_id, tenant_id, id, 'TicketComment', visibility = 'INTERNAL' from app.ticket_comments
    union all select account_id, tenant_id, id, 'RemoteSession', false from app.remote_sessions
    union all select account_id, tenant_id, id, 'Asset', false from app.assets
    union all select account_id, tenant_id, id, 'Article', state <> 'PUBLISHED' from app.articles where audience <> 'ALL_TENANTS'
    union all select account_id, id, id, 'Tenant', false from app.tenants where id <> account_id
  ) i on i.account_id = r.account and i.tenant_id = r.tenant
  where e.agent or not i.internal;

  -- The one exception to reach: articles for all tenants.
  insert into oracle.sees
  select e.account, e.eye, 'Article', i.id from oracle.eyes e join app.articles i on i.account_id = e.account
  where e.active and i.audience = 'ALL_TENANTS' and case when i.state = 'PUBLISHED'
    then e.agent and not e.narrowed or exists (select from oracle.reach r where r.account = e.account and r.eye = e.eye)
    else e.agent and not e.narrowed and (e.everything or i.author_id is not distinct from e.user_id) end;

  insert into oracle.sees
  select e.account, e.eye, 'Account', e.account from oracle.eyes e where e.active
  union all
  select e.account, e.eye, 'User', u.id from oracle.eyes e join app.users u on u.account_id = e.account where e.active and (e.admin or u.id = e.user_id)
  union all
  select e.account, e.eye, 'AuditEvent', a.id from oracle.eyes e join app.audit_events a on a.account_id = e.account where e.active and e.admin
  union all
  select e.account, e.eye, 'Session', s.id from oracle.eyes e join app.sessions s on s.account_id = e.account and s.user_id = e.user_id
  where e.active and not e.narrowed
  union all
  select e.account, e.eye, 'ApiToken', k.id from oracle.eyes e join app.api_tokens k on k.account_id = e.account
  where e.active and not e.narrowed and (e.admin or k.user_id = e.user_id);

  -- A change is seen with its ticket, unless both of what it leads to are hidden by now.
  insert into oracle.sees
  select r.account, r.eye, 'TicketChange', c.id from oracle.reach r join app.ticket_changes c on c.account_id = r.account and c.tenant_id = r.tenant
  where c.field not in ('tenant', 'device', 'asset') or exists (select from oracle.sees s where s.account = r.account and s.eye = r.eye
    and s.type = initcap(c.field) and s.id in (c.before_id, c.after_id));
  analyze oracle.sees;
end $$;

-- The key if its object is seen, and those of many.
create function oracle.at(e oracle.eyes, kind text, key uuid) returns uuid language sql stable as $$
  select s.id from oracle.sees s where s.account = e.account and s.eye = e.eye and s.type = kind and s.id = key
$$;
create function oracle.ref(e oracle.eyes, kind text, key uuid) returns text language sql stable as $$
  select 'ref:' || kind || ':' || oracle.at(e, kind, key)
$$;
create function oracle.seen(e oracle.eyes, kind text, keys uuid[]) returns uuid[] language sql stable as $$
  select coalesce(array_agg(s.id order by k.n), '{}') from unnest(keys) with ordinality k(id, n)
  join oracle.sees s on s.account = e.account and s.eye = e.eye and s.type = kind and s.id = k.id
$$;
create function oracle.every(e oracle.eyes, kind text) returns uuid[] language sql stable as $$
  select array(select s.id from oracle.sees s where s.account = e.account and s.eye = e.eye and s.type = kind)
$$;
create function oracle.access(e oracle.eyes) returns text language sql stable as $$
  select case when e.status <> 'ACTIVE' then 'NONE' when e.everything then 'ALL' when e.tenantless then 'TENANTLESS'
    when e.tenants <> '{}' then 'ASSIGNED' else 'NONE' end
$$;

create view oracle."Query" as select e.account as "in", e.eye as "by", e.account as id,
  e.user_id as viewer, e.account as dashboard,
  oracle.every(e, 'Tenant') as tenants, oracle.every(e, 'Device') as devices, oracle.every(e, 'DeviceGroup') as "deviceGroups",
  oracle.every(e, 'Ticket') as tickets, oracle.every(e, 'RemoteSession') as "remoteSessions", oracle.every(e, 'Asset') as assets,
  oracle.every(e, 'Article') as articles,
  -- Null is FORBIDDEN.
  case when e.admin then oracle.every(e, 'User') end as users, case when e.admin then oracle.every(e, 'AuditEvent') end as "auditEvents"
from oracle.eyes e left join oracle.asking a using (account, eye)
where e.active and (a.session is null or exists (select from app.sessions s where s.account_id = e.account and s.id = a.session and s.expires_at > now()));

create view oracle."Viewer" as select e.account as "in", e.eye as "by", e.user_id as id,
  e.user_id as "user", e.account as "account", oracle.access(e) as "tenantAccess",
  case when e.narrowed then 'TOKEN' when e.role = 'ADMIN' then 'ROLE' when e.grandfathered then 'GRANDFATHERED'
    when e.memberships = '{}' then 'NO_MEMBERSHIP' else 'MEMBERSHIP' end as "accessReason",
  oracle.every(e, 'Tenant') as tenants, oracle.every(e, 'Session') as sessions,
  oracle.seen(e, 'ApiToken', array(select k.id from app.api_tokens k where k.account_id = e.account and k.user_id = e.user_id)) as "apiTokens",
  e.user_id as can
from oracle.eyes e where e.active;

-- What each mutation asks for: the least role, and whether it is within what narrowed tokens and tokens at all may.
create view oracle.verbs as
select verb, least, tokens from (values
  ('CUSTOMER', 'yes', 'createTicket updateTicket commentOnTicket'),
  ('CUSTOMER', 'all', 'signIn acceptInvitation answerRemoteSession'),
  ('CUSTOMER', 'no', 'signOut changePassword'),
  ('CUSTOMER', 'whole', 'endSessions'),
  ('MEMBER', 'no', 'createApiToken'),
  ('MEMBER', 'whole', 'revokeApiToken'),
  ('MEMBER', 'yes', 'createDevice updateDevice deleteDevice reportDevices moveDevices createDeviceGroup updateDeviceGroup deleteDeviceGroup'),
  ('MEMBER', 'yes', 'addDevicesToGroup removeDevicesFromGroup updateTickets assignTicket moveTicket startRemoteSession endRemoteSession'),
  ('MEMBER', 'yes', 'createAsset updateAsset moveAssets deleteAsset createArticle updateArticle submitArticle deleteArticle'),
  ('ADMIN', 'yes', 'approveArticle rejectArticle archiveArticle'),
  ('ADMIN', 'whole', 'createTenant updateTenant archiveTenant restoreTenant deleteTenant addUsersToTenant removeUsersFromTenant setUserTenants'),
  ('ADMIN', 'whole', 'endGrandfathering inviteUser resetAccess updateUser suspendUser reactivateUser deleteUser setAddOnSeats')
) r(least, tokens, names), regexp_split_to_table(names, ' ') verb;

create view oracle."ViewerCan" as select e.account as "in", e.eye as "by", e.user_id as id, (select jsonb_object_agg(v.verb,
    case e.role when 'ADMIN' then true when 'MEMBER' then v.least <> 'ADMIN' else v.least = 'CUSTOMER' end
    and (e.token is null or v.tokens <> 'no' and not (select k.read_only from app.api_tokens k where k.account_id = e.account and k.id = e.token))
    and (not e.narrowed or v.tokens in ('yes', 'all'))) from oracle.verbs v) as also
from oracle.eyes e where e.active;

create view oracle."Account" as select e.account as "in", e.eye as "by", a.account_id as id, a.name, case when e.admin then a.account_id end as licence,
  a.created_at as "createdAt", a.updated_at as "updatedAt", a.version
from oracle.eyes e join app.accounts a on a.account_id = e.account where e.active;

create view oracle."Licence" as select e.account as "in", e.eye as "by", a.account_id as id, 'MSP' as plan, 1 as "includedSeats", a.add_on_seats as "addOnSeats",
  used as "usedSeats", 1 + a.add_on_seats - used as "availableSeats"
from oracle.eyes e join app.accounts a on a.account_id = e.account,
  lateral (select count(*) as used from app.users u where u.account_id = e.account and u.status <> 'SUSPENDED') s
where e.active and e.admin;

create view oracle."Session" as select e.account as "in", e.eye as "by", s.id, s.ip, s.user_agent as "userAgent",
  s.id is not distinct from (select a.session from oracle.asking a where a.account = e.account and a.eye = e.eye) as current,
  s.expires_at as "expiresAt", s.created_at as "createdAt", s.updated_at as "updatedAt", s.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Session' join app.sessions s on s.account_id = e.account and s.id = v.id;

create view oracle."ApiToken" as select e.account as "in", e.eye as "by", k.id, k.name, k.last_four as "lastFour",
  case when k.narrowed then oracle.seen(e, 'Tenant', array(select n.tenant_id from app.api_token_tenants n where n.account_id = e.account and n.token_id = k.id)) end as tenants,
  k.read_only as "readOnly", k.expires_at as "expiresAt", k.last_used_at as "lastUsedAt", k.created_at as "createdAt", k.updated_at as "updatedAt", k.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'ApiToken' join app.api_tokens k on k.account_id = e.account and k.id = v.id;

-- Anybody may be met through an item: as id and name, and whole by themself and admins.
create view oracle."User" as select e.account as "in", e.eye as "by", n.id, case when u.id is null then 'Former user' else u.name end as name,
  case when w then u.email end as email, case when w then u.role end as role, case when w then u.status end as status,
  case when w then u.grandfathered end as grandfathered,
  case when w then oracle.access(o) end as "tenantAccess",
  case when w or e.user_id = u.id then oracle.seen(e, 'Tenant', o.memberships) end as tenants,
  case when w then oracle.seen(e, 'ApiToken', array(select k.id from app.api_tokens k where k.account_id = e.account and k.user_id = u.id)) end as "apiTokens",
  case when w then u.last_sign_in_at end as "lastSignInAt", case when w then u.locale end as locale,
  case when w then u.created_at end as "createdAt", case when w then u.updated_at end as "updatedAt", case when w then u.version end as version
from oracle.eyes e join app.user_names n on n.account_id = e.account left join app.users u on u.account_id = e.account and u.id = n.id
  left join oracle.eyes o on o.account = e.account and o.eye = u.id,
  lateral (select coalesce(u.id is not null and (e.admin or u.id = e.user_id and not e.narrowed), false)) x(w)
where e.active;

create view oracle."Tenant" as select e.account as "in", e.eye as "by", t.id, t.name, case when e.agent then t.external_ref end as "externalRef", t.status,
  t.contact_email as "contactEmail", t.phone, t.time_zone as "timeZone", case when e.agent then t.notes end as notes,
  case when e.admin then array(select m.user_id from app.memberships m where m.account_id = e.account and m.tenant_id = t.id) end as users,
  oracle.seen(e, 'Device', array(select i.id from app.devices i where i.account_id = e.account and i.tenant_id = t.id)) as devices,
  oracle.seen(e, 'DeviceGroup', array(select i.id from app.device_groups i where i.account_id = e.account and i.tenant_id = t.id)) as "deviceGroups",
  oracle.seen(e, 'Ticket', array(select i.id from app.tickets i where i.account_id = e.account and i.tenant_id = t.id)) as tickets,
  oracle.seen(e, 'RemoteSession', array(select i.id from app.remote_sessions i where i.account_id = e.account and i.tenant_id = t.id)) as "remoteSessions",
  oracle.seen(e, 'Asset', array(select i.id from app.assets i where i.account_id = e.account and i.tenant_id = t.id)) as assets,
  oracle.seen(e, 'Article', array(select i.id from app.articles i where i.account_id = e.account and i.tenant_id = t.id)) as articles,
  t.id as counts, t.created_at as "createdAt", t.updated_at as "updatedAt", t.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Tenant' join app.tenants t on t.account_id = e.account and t.id = v.id;

create view oracle."TenantCounts" as select t."in", t."by", t.id, cardinality(t.devices) as devices, cardinality(t."deviceGroups") as "deviceGroups",
  cardinality(t.tickets) as tickets, cardinality(t."remoteSessions") as "remoteSessions", cardinality(t.assets) as assets, cardinality(t.articles) as articles,
  (select count(*) from app.tickets k where k.account_id = t."in" and k.id = any(t.tickets) and k.status in ('NEW', 'OPEN', 'ON_HOLD')) as "openTickets"
from oracle."Tenant" t;

create view oracle."TenantUserEdge" as select e.account as "in", e.eye as "by", m.tenant_id as parent, m.user_id as id, m.added_by_id as "addedBy", m.created_at as "addedAt"
from oracle.eyes e join app.memberships m on m.account_id = e.account where e.active and e.admin;

create view oracle."DeviceGroup" as select e.account as "in", e.eye as "by", g.id, g.name, g.description, oracle.at(e, 'Tenant', g.tenant_id) as tenant,
  oracle.seen(e, 'Device', array(select i.id from app.devices i where i.account_id = e.account and i.group_id = g.id)) as devices,
  g.created_at as "createdAt", g.updated_at as "updatedAt", g.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'DeviceGroup' join app.device_groups g on g.account_id = e.account and g.id = v.id;

create view oracle."Device" as select e.account as "in", e.eye as "by", d.id, d.name, d.hostname, oracle.at(e, 'Tenant', d.tenant_id) as tenant,
  oracle.at(e, 'DeviceGroup', d.group_id) as "group", d.platform, d.kind, d.os_name as "osName", d.os_version as "osVersion", d.manufacturer, d.model,
  d.serial_number as "serialNumber", d.mac_address as "macAddress", d.public_ip as "publicIp", d.agent_version as "agentVersion",
  d.logged_in_user as "loggedInUser", d.connection, d.last_seen_at as "lastSeenAt", d.tags,
  oracle.seen(e, 'Ticket', array(select i.id from app.tickets i where i.account_id = e.account and i.device_id = d.id)) as tickets,
  (select i.id from app.assets i where i.account_id = e.account and i.device_id = d.id and i.kind = 'HARDWARE' and oracle.at(e, 'Asset', i.id) is not null
    order by i.created_at desc, i.id desc limit 1) as asset,
  oracle.seen(e, 'RemoteSession', array(select i.id from app.remote_sessions i where i.account_id = e.account and i.device_id = d.id)) as "remoteSessions",
  d.created_at as "createdAt", d.updated_at as "updatedAt", d.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Device' join app.devices d on d.account_id = e.account and d.id = v.id;

create view oracle."Ticket" as select e.account as "in", e.eye as "by", t.id, t.number, t.subject, t.description, oracle.at(e, 'Tenant', t.tenant_id) as tenant,
  oracle.at(e, 'Device', t.device_id) as device, oracle.at(e, 'Asset', t.asset_id) as asset,
  case when t.requester_id is not null or t.requester_name is not null then t.id end as requester, t.assignee_id as assignee,
  t.status, t.type, t.priority, t.source, t.category, t.tags, t.due_at as "dueAt", t.first_responded_at as "firstRespondedAt",
  t.resolved_at as "resolvedAt", t.closed_at as "closedAt",
  oracle.seen(e, 'TicketComment', array(select i.id from app.ticket_comments i where i.account_id = e.account and i.ticket_id = t.id)) as comments,
  oracle.seen(e, 'RemoteSession', array(select i.id from app.remote_sessions i where i.account_id = e.account and i.ticket_id = t.id)) as "remoteSessions",
  oracle.seen(e, 'TicketChange', array(select i.id from app.ticket_changes i where i.account_id = e.account and i.ticket_id = t.id order by i.created_at, i.id)) as history,
  t.created_at as "createdAt", t.updated_at as "updatedAt", t.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Ticket' join app.tickets t on t.account_id = e.account and t.id = v.id;

create view oracle."TicketRequester" as select e.account as "in", e.eye as "by", t.id, coalesce(u.name, n.name, t.requester_name) as name,
  case when e.agent or t.requester_id = e.user_id then t.requester_email end as email, t.requester_id as "user"
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Ticket' join app.tickets t on t.account_id = e.account and t.id = v.id
  left join app.users u on u.account_id = e.account and u.id = t.requester_id
  left join app.user_names n on n.account_id = e.account and n.id = t.requester_id;

create view oracle."TicketComment" as select e.account as "in", e.eye as "by", c.id, oracle.at(e, 'Ticket', c.ticket_id) as ticket, c.author_id as author, c.body, c.visibility,
  c.created_at as "createdAt", c.updated_at as "updatedAt", c.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'TicketComment' join app.ticket_comments c on c.account_id = e.account and c.id = v.id;

create view oracle."TicketChange" as select e.account as "in", e.eye as "by", c.id, c.created_at as at, c.actor_id as actor, c.field,
  case when c.field in ('tenant', 'device', 'asset') then to_jsonb(oracle.ref(e, initcap(c.field), c.before_id))
    when c.before_id is not null then to_jsonb('ref:User:' || c.before_id) else c.before end as before,
  case when c.field in ('tenant', 'device', 'asset') then to_jsonb(oracle.ref(e, initcap(c.field), c.after_id))
    when c.after_id is not null then to_jsonb('ref:User:' || c.after_id) else c.after end as after
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'TicketChange' join app.ticket_changes c on c.account_id = e.account and c.id = v.id;

create view oracle."RemoteSession" as select e.account as "in", e.eye as "by", r.id, oracle.at(e, 'Tenant', r.tenant_id) as tenant, oracle.at(e, 'Device', r.device_id) as device,
  r.agent_id as agent, oracle.at(e, 'Ticket', r.ticket_id) as ticket, r.mode,
  case when late then 'DECLINED' else r.status end as status, case when late then 'TIMED_OUT' else r.consent end as consent, r.outcome,
  r.started_at as "startedAt", case when late then r.created_at + interval '60 seconds' else r.ended_at end as "endedAt",
  case when e.agent then r.notes end as notes, r.created_at as "createdAt", r.updated_at as "updatedAt", r.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'RemoteSession' join app.remote_sessions r on r.account_id = e.account and r.id = v.id,
  lateral (select r.status = 'REQUESTED' and r.created_at <= now() - interval '60 seconds') x(late);

create view oracle."Asset" as select e.account as "in", e.eye as "by", a.id, a.name, a.tag, oracle.at(e, 'Tenant', a.tenant_id) as tenant, a.kind, a.status, a.manufacturer, a.model,
  a.serial_number as "serialNumber", oracle.at(e, 'Device', a.device_id) as device, a.location, a.purchased_on as "purchasedOn",
  case when e.agent then a.purchase_cost::float8 end as "purchaseCost", a.warranty_until as "warrantyUntil",
  a.seats_purchased as "seatsPurchased", a.seats_assigned as "seatsAssigned", a.contract_ends_on as "contractEndsOn",
  a.created_at as "createdAt", a.updated_at as "updatedAt", a.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Asset' join app.assets a on a.account_id = e.account and a.id = v.id;

create view oracle."Article" as select e.account as "in", e.eye as "by", a.id, a.title, a.body, a.summary, a.category, a.tags, a.locale,
  oracle.at(e, 'Tenant', a.tenant_id) as tenant, a.audience, a.state, case when e.agent then a.author_id end as author,
  case when e.agent then a.reviewer_id end as reviewer, case when e.agent then a.review_note end as "reviewNote",
  a.published_at as "publishedAt", a.created_at as "createdAt", a.updated_at as "updatedAt", a.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'Article' join app.articles a on a.account_id = e.account and a.id = v.id;

create view oracle."AuditEvent" as select e.account as "in", e.eye as "by", a.id, a.created_at as at, a.actor_id as actor, a.actor_name as "actorName", a.actor_ip as "actorIp",
  a.request_id as "requestId", a.action, a.outcome, a.count, a.object_type as "objectType", 'ref:' || a.object_type || ':' || a.object_id as "objectId",
  a.object_name as "objectName", oracle.ref(e, a.object_type, a.object_id) as object, oracle.at(e, 'Tenant', a.tenant_id) as tenant,
  a.tenant_name as "tenantName", a.before, a.after, a.created_at as "createdAt", a.updated_at as "updatedAt", a.version
from oracle.eyes e join oracle.sees v on v.account = e.account and v.eye = e.eye and v.type = 'AuditEvent' join app.audit_events a on a.account_id = e.account and a.id = v.id;

-- A number of a dashboard.
create function oracle.number(key text, list text, n bigint) returns jsonb language sql immutable as $$
  select jsonb_build_object('key', key, 'list', list, 'count', n)
$$;

-- The numbers leave out what belongs to archived tenants.
create view oracle."Dashboard" as select e.account as "in", e.eye as "by", e.account as id, x.*
from oracle.eyes e, lateral (
  with live as (select n.id from app.tenants n where n.account_id = e.account and n.status = 'ACTIVE'),
  t as (select k.*, k.status in ('NEW', 'OPEN', 'ON_HOLD') as open from app.tickets k join live on live.id = k.tenant_id
    where k.account_id = e.account and oracle.at(e, 'Ticket', k.id) is not null),
  d as (select k.* from app.devices k join live on live.id = k.tenant_id where k.account_id = e.account and oracle.at(e, 'Device', k.id) is not null)
  select
    (select jsonb_agg(oracle.number(k, 'tickets', (select count(*) from t where t.status = k)) order by n)
      from unnest(array['NEW', 'OPEN', 'ON_HOLD', 'RESOLVED', 'CLOSED']) with ordinality o(k, n)) as "ticketsByStatus",
    (select jsonb_agg(oracle.number(k, 'tickets', (select count(*) from t where t.open and t.priority = k)) order by n)
      from unnest(array['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']) with ordinality o(k, n)) as "ticketsByPriority",
    oracle.number('UNASSIGNED', 'tickets', (select count(*) from t where t.open and t.assignee_id is null)) as "ticketsUnassigned",
    oracle.number('OVERDUE', 'tickets', (select count(*) from t where t.open and t.due_at < now())) as "ticketsOverdue",
    (select jsonb_agg(oracle.number(k, 'devices', (select count(*) from d where d.connection = k)) order by n)
      from unnest(array['ONLINE', 'OFFLINE', 'OVERDUE']) with ordinality o(k, n)) as "devicesByConnection",
    (select jsonb_agg(oracle.number(k, 'devices', (select count(*) from d where d.platform = k)) order by n)
      from unnest(array['WINDOWS', 'MACOS', 'LINUX', 'ANDROID', 'IOS', 'OTHER']) with ordinality o(k, n)) as "devicesByPlatform",
    oracle.number('ACTIVE', 'remoteSessions', (select count(*) from app.remote_sessions k join live on live.id = k.tenant_id
      where k.account_id = e.account and k.status = 'ACTIVE' and oracle.at(e, 'RemoteSession', k.id) is not null)) as "remoteSessionsActive",
    oracle.number('WARRANTY_EXPIRING', 'assets', (select count(*) from app.assets k join live on live.id = k.tenant_id
      where k.account_id = e.account and oracle.at(e, 'Asset', k.id) is not null
        and k.warranty_until >= (now() at time zone 'UTC')::date and k.warranty_until < (now() at time zone 'UTC')::date + 30)) as "assetsWarrantyExpiring",
    case when e.agent then oracle.number('IN_REVIEW', 'articles', (select count(*) from app.articles k join live on live.id = k.tenant_id
      where k.account_id = e.account and k.state = 'IN_REVIEW' and oracle.at(e, 'Article', k.id) is not null)) end as "articlesInReview",
    (select coalesce(jsonb_agg(jsonb_build_object('tenant', 'ref:Tenant:' || b.tenant_id, 'openTickets', oracle.number('ref:Tenant:' || b.tenant_id, 'tickets', b.n))
        order by b.n desc, b.tenant_id), '[]')
      from (select t.tenant_id, count(*) as n from t where t.open and t.tenant_id <> e.account group by 1 order by 2 desc, 1 limit 10) b) as "busiestTenants"
) x
where e.active;

-- Agents whose reach holds items of a tenant, or tenantless ones; null for who does not see such items.
create function oracle.assignable(e oracle.eyes, place uuid) returns uuid[] language sql stable as $$
  select array(select o.user_id from oracle.eyes o join oracle.reach r using (account, eye)
    where o.account = e.account and o.token is null and o.agent and r.tenant = place)
  where exists (select from oracle.reach r where r.account = e.account and r.eye = e.eye and r.tenant = place)
$$;

-- By which rule somebody sees what they see.
create view oracle.rules as select s.account, s.eye, s.type, s.id, case when o.role = 'ADMIN' then 'ADMIN' when o.grandfathered then 'GRANDFATHERED'
  when a.audience = 'ALL_TENANTS' and a.state = 'PUBLISHED' then 'PUBLISHED_TO_ALL' when a.audience = 'ALL_TENANTS' then 'AUTHOR'
  when o.memberships = '{}' then 'TENANTLESS_WITHOUT_MEMBERSHIP' else 'MEMBER_OF_TENANT' end as rule
from oracle.sees s join oracle.eyes o using (account, eye) left join app.articles a on s.type = 'Article' and a.account_id = s.account and a.id = s.id;

create function oracle.rule(o oracle.eyes, kind text, item uuid) returns text language sql stable as $$
  select r.rule from oracle.rules r where r.account = o.account and r.eye = o.eye and r.type = kind and r.id = item
$$;
create view oracle."UserAccessEdge" as select e.account as "in", e.eye as "by", r.type || ':' || r.id as parent, o.user_id as id, r.rule
from oracle.eyes e join oracle.eyes o on o.account = e.account and o.token is null join oracle.rules r on r.account = o.account and r.eye = o.eye
where e.active and e.admin;

-- What is found by a whole word: in what the viewer may read of an object.
create function oracle.search(e oracle.eyes, word text) returns table (type text, id uuid, title text) language sql stable as $$
  select f.type, f.id, f.title from (
    select 'Ticket' as type, t.id, t.account_id, t.subject as title, concat_ws(' ', t.number, t.subject, t.description, (select string_agg(c.body, ' ') from app.ticket_comments c
      where c.account_id = t.account_id and c.ticket_id = t.id and oracle.at(e, 'TicketComment', c.id) is not null)) as said from app.tickets t
    union all select 'Device', d.id, d.account_id, d.name, concat_ws(' ', d.name, d.hostname, d.serial_number) from app.devices d
    union all select 'Asset', a.id, a.account_id, a.name, concat_ws(' ', a.name, a.tag, a.serial_number) from app.assets a
    union all select 'Article', a.id, a.account_id, a.title, concat_ws(' ', a.title, a.summary, a.body) from app.articles a
    union all select 'Tenant', t.id, t.account_id, t.name, t.name from app.tenants t
    union all select 'User', u.id, u.account_id, u.name, concat_ws(' ', u.name, u.email) from app.users u where e.admin
  ) f
  where f.account_id = e.account and oracle.at(e, f.type, f.id) is not null
    and lower(word) = any(regexp_split_to_array(lower(f.said), '[^a-z0-9]+'))
$$;

-- Whether somebody sees an item or a tenant, and by which rule or for which reason not.
create function oracle.explain(e oracle.eyes, person uuid, program uuid, what text, item uuid)
returns table (allowed boolean, rule text, membership jsonb) language sql stable as $$
  with place as (
    select tenant_id, false as internal, false as for_all from app.devices where what = 'Device' and account_id = e.account and id = item
    union all select tenant_id, false, false from app.device_groups where what = 'DeviceGroup' and account_id = e.account and id = item
    union all select tenant_id, false, false from app.tickets where what = 'Ticket' and account_id = e.account and id = item
    union all select tenant_id, visibility = 'INTERNAL', false from app.ticket_comments where what = 'TicketComment' and account_id = e.account and id = item
    union all select tenant_id, false, false from app.remote_sessions where what = 'RemoteSession' and account_id = e.account and id = item
    union all select tenant_id, false, false from app.assets where what = 'Asset' and account_id = e.account and id = item
    union all select tenant_id, state <> 'PUBLISHED', audience = 'ALL_TENANTS' from app.articles where what = 'Article' and account_id = e.account and id = item
    union all select id, false, false from app.tenants where what = 'Tenant' and account_id = e.account and id = item and id <> account_id
  ), said as (
    select p.tenant_id, case when not o.active or not u.active then 'NOT_ACTIVE'
      when seen is null then case when p.internal and (p.for_all or reached) then 'INTERNAL'
        when p.for_all then 'NOT_MEMBER' when p.tenant_id = e.account then 'TENANTLESS_HIDDEN' else 'NOT_MEMBER' end
      when oracle.at(o, what, item) is null then 'TOKEN_NARROWED' else seen end as rule
    from place p, oracle.eyes u, oracle.eyes o,
      lateral (select oracle.rule(u, what, item) as seen, exists (select from oracle.reach r where r.account = u.account and r.eye = u.eye and r.tenant = p.tenant_id) as reached) x
    where u.account = e.account and u.eye = person and u.token is null
      and o.account = e.account and o.eye = coalesce(program, person) and o.user_id = person
  )
  select s.rule in ('ADMIN', 'GRANDFATHERED', 'MEMBER_OF_TENANT', 'TENANTLESS_WITHOUT_MEMBERSHIP', 'PUBLISHED_TO_ALL', 'AUTHOR'), s.rule,
    (select jsonb_build_object('tenant', 'ref:Tenant:' || m.tenant_id, 'addedBy', 'ref:User:' || m.added_by_id, 'addedAt', m.created_at)
      from app.memberships m where s.rule = 'MEMBER_OF_TENANT' and m.account_id = e.account and m.user_id = person and m.tenant_id = s.tenant_id)
  from said s
$$;

-- What somebody may read of each table, at most, who types SQL: a condition on its row x and their eyes e.
create view oracle.tables as select * from (values
  ('devices', 'oracle.at(e, ''Device'', x.id) is not null'), ('device_groups', 'oracle.at(e, ''DeviceGroup'', x.id) is not null'),
  ('tickets', 'oracle.at(e, ''Ticket'', x.id) is not null'), ('ticket_comments', 'oracle.at(e, ''TicketComment'', x.id) is not null'),
  ('remote_sessions', 'oracle.at(e, ''RemoteSession'', x.id) is not null'), ('assets', 'oracle.at(e, ''Asset'', x.id) is not null'),
  ('articles', 'oracle.at(e, ''Article'', x.id) is not null'), ('tenants', 'oracle.at(e, ''Tenant'', x.id) is not null'),
  ('ticket_changes', 'oracle.reaches(e, x.tenant_id)'), ('tallies', 'oracle.reaches(e, x.tenant_id)'), ('due_tallies', 'oracle.reaches(e, x.tenant_id)'),
  ('search_documents', 'case when x.kind = ''User'' then e.admin else oracle.at(e, x.kind, x.object_id) is not null and (e.agent or not x.internal) end'),
  ('audit_events', 'e.admin'), ('users', 'e.admin or x.id = e.user_id'), ('memberships', 'e.admin or x.user_id = e.user_id'),
  ('sessions', 'e.admin or x.user_id = e.user_id'), ('api_tokens', 'e.admin or x.user_id = e.user_id'), ('api_token_tenants', 'e.admin or x.user_id = e.user_id'),
  ('idempotency_keys', 'x.user_id = e.user_id'), ('credentials', 'e.admin or x.user_id = e.user_id'), ('invitations', 'e.admin'),
  ('accounts', 'true'), ('user_names', 'true'), ('ticket_numbers', 'true'),
  ('account_names', 'false'), ('sign_in_names', 'false'), ('import_refs', 'false'), ('events', 'false'), ('identities', 'false')
) r(name, condition);

create function oracle.reaches(e oracle.eyes, place uuid) returns boolean language sql stable as $$
  select exists (select from oracle.reach r where r.account = e.account and r.eye = e.eye and r.tenant = place)
$$;

-- The tenants whose items somebody reaches.
create function oracle.reached(e oracle.eyes) returns uuid[] language sql stable as $$
  select array(select r.tenant from oracle.reach r where r.account = e.account and r.eye = e.eye)
$$;
