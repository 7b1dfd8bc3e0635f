-- +goose Up
create table app.articles (
  account_id uuid not null,
  id uuid not null,
  -- The tenant of a TENANT article; others carry the account's own id.
  tenant_id uuid not null,
  audience text not null check (audience in ('TENANT', 'TENANTLESS', 'ALL_TENANTS')),
  title text collate "und-x-icu" not null check (title <> ''),
  body text not null,
  summary text,
  category text,
  tags text[] not null default '{}',
  locale text not null default 'en',
  state text not null default 'DRAFT' check (state in ('DRAFT', 'IN_REVIEW', 'PUBLISHED', 'REJECTED', 'ARCHIVED')),
  author_id uuid,
  reviewer_id uuid,
  review_note text,
  published_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Whose reach must hold it: the tenant, or for ALL_TENANTS everybody's (the id below, which every
  -- reader of such articles carries among their tenants), while not published its author's alone.
  seen_by uuid generated always as (case when audience <> 'ALL_TENANTS' then tenant_id
    when state = 'PUBLISHED' then '00000000-0000-0000-0000-000000000001'::uuid
    else author_id end) stored,
  primary key (account_id, id),
  foreign key (account_id, tenant_id) references app.tenants (account_id, id),
  foreign key (account_id, author_id) references app.user_names (account_id, id),
  foreign key (account_id, reviewer_id) references app.user_names (account_id, id),
  constraint tenant_article_has_tenant check ((audience = 'TENANT') = (tenant_id <> account_id))
);
create index articles_title on app.articles (account_id, title, id);
create index articles_seen_title on app.articles (account_id, seen_by, title, id);
create index articles_created on app.articles (account_id, created_at, id);
create index articles_seen_created on app.articles (account_id, seen_by, created_at, id);
create index articles_updated on app.articles (account_id, updated_at, id);
create index articles_seen_updated on app.articles (account_id, seen_by, updated_at, id);
create index articles_tenant on app.articles (account_id, tenant_id, state);
create index articles_state on app.articles (account_id, state, seen_by, title, id);
create index articles_author on app.articles (account_id, author_id, title, id);
create index articles_reviewer on app.articles (account_id, reviewer_id);
create trigger touch before update on app.articles for each row execute function app.touch();

select app.enclose('app.articles');
select app.allow('app.articles', 'select', '{admin,all}', null);
select app.allow('app.articles', 'select', '{member}', app.reached('seen_by'));
select app.allow('app.articles', 'select', '{customer}', 'state = ''PUBLISHED'' and ' || app.reached('seen_by'));
select app.allow('app.articles', 'insert', '{admin,all}', null);
select app.allow('app.articles', 'insert', '{member}', 'audience <> ''ALL_TENANTS'' and ' || app.reached_row('tenant_id'));
select app.allow('app.articles', 'update', '{admin,all}', null);
select app.allow('app.articles', 'update', '{member}', 'audience <> ''ALL_TENANTS'' and ' || app.reached_row('tenant_id'));
select app.allow('app.articles', 'delete', '{admin,all}', null);
select app.allow('app.articles', 'delete', '{member}', 'audience <> ''ALL_TENANTS'' and ' || app.reached_row('tenant_id'));
grant select on app.articles to tenantry_admin, tenantry_all, tenantry_member,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
-- Not who wrote and who reviewed it: that is for agents.
grant select (account_id, id, tenant_id, audience, title, body, summary, category, tags, locale, state, published_at, seen_by,
    version, created_at, updated_at)
  on app.articles to tenantry_customer, tenantry_customer_writer;
grant insert (account_id, id, tenant_id, audience, title, body, summary, category, tags, locale, state, author_id, reviewer_id, review_note,
    published_at, version, created_at, updated_at), delete
  on app.articles to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;
grant update (tenant_id, audience, title, body, summary, category, tags, locale, state, reviewer_id, review_note, published_at)
  on app.articles to tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer;

-- +goose Down
drop table app.articles;
