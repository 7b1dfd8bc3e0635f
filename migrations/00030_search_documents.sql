-- +goose Up
-- What search looks in: one row for each object and one for each comment, kept by triggers.

-- +goose StatementBegin
-- A text as search compares it: without case and accents. internal/read/words.go does the same in Go.
create function app.folded(value text) returns text language sql immutable parallel safe set search_path = pg_catalog as $$
  select case when octet_length(value) = length(value) then lower(value collate "C") collate "und-x-icu"
    else replace(replace(replace(replace(
      translate(regexp_replace(lower(normalize(value, NFKD) collate "und-x-icu"), '[\u0300-\u036f]', '', 'g'), 'ςøđðłħıŧŋ', 'σoddlhitn'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The words of a text: what is between whatever is neither a letter nor a digit. Of a long one the
-- beginning counts.
create function app.words(value text) returns setof text language sql immutable parallel safe set search_path = pg_catalog as $$
  select left(w, 60) from unnest(string_to_array(
    regexp_replace(app.folded(value) collate "und-x-icu", '[^[:alnum:]]+', ' ', 'g'), ' ')) w where w <> ''
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- What stands before the words of an account, so that one index holds those of all accounts apart.
create function app.word_mark(account uuid) returns text language sql immutable parallel safe set search_path = pg_catalog as $$
  select left(md5(account::text), 4)
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The words of an object as they are indexed: those of its title with "=", others with "~".
create function app.marked_words(account uuid, title text, body text) returns tsvector
language sql immutable parallel safe set search_path = pg_catalog as $$
  select array_to_tsvector(array(
    select app.word_mark(account) || '=' || w from app.words(title) w
    union select app.word_mark(account) || '~' || w from app.words(body) w where w not in (select app.words(title))))
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
-- Each word begins with its account's mark. A short list of what is not yet in the tree: reading it is
-- a part of every search.
create index search_documents_words on app.search_documents using gin (words) with (gin_pending_list_limit = 256);

-- No viewer's role reads it: the functions that search do.
select app.enclose('app.search_documents');

-- +goose StatementBegin
create function app.file_document(account uuid, sort text, object uuid, part uuid, seer uuid, hidden boolean, moment timestamptz, title text, body text)
returns void language sql set search_path = pg_catalog as $$
  insert into app.search_documents (account_id, kind, object_id, part_id, seen_by, internal, made_at, words)
  values (account, sort, object, part, seer, hidden, moment, app.marked_words(account, title, body))
  on conflict (account_id, kind, object_id, part_id) do update
    set seen_by = excluded.seen_by, internal = excluded.internal, made_at = excluded.made_at, words = excluded.words
$$;
-- +goose StatementEnd

-- +goose Down
drop function app.file_document;
drop table app.search_documents;
drop function app.marked_words, app.word_mark, app.words, app.folded;
