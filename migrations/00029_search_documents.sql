-- +goose Up
-- What search looks in: one row for each object and one for each comment, kept by triggers.

-- +goose StatementBegin
-- The words of a text as search compares them, without case and accents, with a blank between them: what
-- is between whatever is neither a letter nor a digit. Of a long one the beginning counts.
-- internal/read/words.go does the same in Go.
create function app.words(value text) returns text language plpgsql immutable parallel safe set search_path = pg_catalog as $$
begin
  if octet_length(value) = length(value) then
    value := regexp_replace(lower(value), '[^a-z0-9]+' collate "C", ' ', 'g');
  else
    value := translate(regexp_replace(lower(normalize(value, NFKD) collate "und-x-icu"), '[\u0300-\u036f]', '', 'g'), 'ςøđðłħıŧŋ', 'σoddlhitn');
    value := replace(replace(replace(replace(value, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    value := regexp_replace(value collate "und-x-icu", '[^[:alnum:]]+', ' ', 'g');
  end if;
  if length(value) > 60 then
    value := regexp_replace(value collate "und-x-icu", '([[:alnum:]]{60})[[:alnum:]]+', '\1', 'g');
  end if;
  return nullif(btrim(value), '');
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- What stands before the words of an account, so that one index holds those of all accounts apart.
create function app.word_mark(account uuid) returns text language plpgsql immutable parallel safe set search_path = pg_catalog as $$
begin
  return left(md5(account::text), 4);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The words of an object as they are indexed: those of its title with "=", others with "~".
create function app.marked_words(account uuid, title text, body text) returns tsvector
language plpgsql immutable parallel safe set search_path = pg_catalog as $$
declare
  mark constant text := app.word_mark(account);
  titled constant text := mark || '=';
  other constant text := mark || '~';
begin
  return array_to_tsvector(coalesce(string_to_array(titled || replace(app.words(title), ' ', ' ' || titled), ' '), '{}')
    || coalesce(string_to_array(other || replace(app.words(body), ' ', ' ' || other), ' '), '{}'));
end
$$;
-- +goose StatementEnd

create table app.search_documents (
  account_id uuid not null references app.accounts (account_id),
  -- What it leads to, and the comment that it is made of, or the object again.
  kind text not null check (kind in ('Ticket', 'Device', 'Asset', 'Article', 'Tenant', 'User')),
  object_id uuid not null,
  part_id uuid not null,
  -- The tenant whose reach must hold it; of an article its seen_by, of a user the account.
  seen_by uuid,
  -- Not for customers: internal comments, articles that are not published.
  internal boolean not null,
  -- When the object was made: the newest are found first.
  made_at timestamptz not null,
  words tsvector not null,
  primary key (account_id, kind, object_id, part_id)
);
create index search_documents_newest on app.search_documents (account_id, kind, made_at, object_id) include (part_id, seen_by, internal);
create index search_documents_seen on app.search_documents (account_id, kind, seen_by, made_at, object_id);
-- Each word begins with its account's mark. No list of what is not yet in the tree: a search for a misspelt
-- word would read it hundreds of times.
create index search_documents_words on app.search_documents using gin (words) with (fastupdate = off);

select app.enclose('app.search_documents');
select app.allow('app.search_documents', 'select', '{admin}', null);
select app.allow('app.search_documents', 'select', '{all}', 'kind <> ''User''');
select app.allow('app.search_documents', 'select', '{member}', 'kind <> ''User'' and ' || app.reached('seen_by'));
select app.allow('app.search_documents', 'select', '{customer}', 'kind <> ''User'' and not internal and ' || app.reached('seen_by'));
grant select on app.search_documents to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
create function app.file_document(account uuid, sort text, object uuid, part uuid, seer uuid, hidden boolean, moment timestamptz, title text, body text)
returns void language sql set search_path = pg_catalog as $$
  insert into app.search_documents (account_id, kind, object_id, part_id, seen_by, internal, made_at, words)
  values (account, sort, object, part, seer, hidden, moment, app.marked_words(account, title, body))
  on conflict (account_id, kind, object_id, part_id) do update
    set seen_by = excluded.seen_by, internal = excluded.internal, made_at = excluded.made_at, words = excluded.words
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The documents of a kind that a viewer may find, as a condition on "d": $1 is the account, $2 the kind, $3
-- the reach, $4 whether internal ones are shown.
create function app.search_shown(reach uuid[]) returns text language plpgsql immutable set search_path = pg_catalog as $$
begin
  return 'd.account_id = $1 and d.kind = $2 and ($4 or not d.internal)' || case
    when reach is null then ''
    when cardinality(reach) = 1 then ' and d.seen_by = ($3)[1]'
    -- No join, and cheap to plan however many there are.
    else ' and (d.seen_by in (select unnest($3))) is true' end;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- What a viewer may find of a kind: nothing if the reach is empty, all of the account if it is null.
create function app.search_reach(sort text) returns uuid[] language plpgsql stable set search_path = pg_catalog as $$
declare
  role constant text := current_setting('role');
  tenants uuid[];
begin
  if sort = 'User' and role !~ '^tenantry_admin(_writer)?$' then
    return '{}';
  elsif role ~ '^tenantry_(admin|all)(_writer)?$' then
    return null;
  end if;
  tenants := coalesce(nullif(current_setting('app.tenants', true), '')::uuid[], '{}');
  if sort <> 'Article' then -- without what stands for more than tenants
    tenants := array_remove(array_remove(tenants, '00000000-0000-0000-0000-000000000001'), nullif(current_setting('app.viewer', true), '')::uuid);
  end if;
  return tenants;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The documents with one of the alternatives for each of so many places; after "*" any end will do.
-- Null if a place has none.
create function app.word_query(account uuid, alternatives text[], places integer[], marks text[]) returns tsquery
language sql immutable set search_path = pg_catalog as $$
  select case when count(*) = (select max(p) from unnest(places) p) then string_agg('(' || list || ')', '&')::tsquery end from (
    select string_agg('''' || app.word_mark(account) || mark || replace(replace(rtrim(word, '*'), '\', '\\'), '''', '''''') || ''''
      || case when word like '%*' then ':*' else '' end, '|') as list
    from unnest(alternatives, places) u (word, place) cross join unnest(marks) mark group by place) p
$$;
-- +goose StatementEnd

-- +goose Down
drop function app.word_query, app.search_reach, app.search_shown, app.file_document;
drop table app.search_documents;
drop function app.marked_words, app.word_mark, app.words;
