-- +goose Up
-- Which words an account has is asked inside the functions that find, and no longer told by one of its own: a
-- statement that somebody injects would learn of words out of the viewer's reach.
drop function app.search_count(text[], tsquery);
drop function app.search_found(text, tsquery, bigint);
drop function app.own_words;

-- +goose StatementBegin
-- The words of a search that does not mind a letter, with their places: of the many alternatives only those
-- that the account has. The newest objects have the common ones, which it would take long to look up.
create function app.search_known(terms text[], alternatives text[], places integer[], out known text[], out spots integer[])
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  mark constant text := app.word_mark(nullif(current_setting('app.account', true), '')::uuid);
begin
  select array_agg(w), array_agg(p) into known, spots
  from (select w, p, replace(replace(w, '\', '\\'), '''', '''''') || '''' as word from unnest(alternatives, places) u (w, p)) u
  where w = any (terms) or w like '%*'
    or w in (select substr(l.lexeme, 6) from app.search_sample('{Ticket,Device,Asset,Article,Tenant,User}', 200) s cross join lateral unnest(s.list) l)
    or exists (select from app.search_documents d where d.words @@ ('''' || mark || '=' || word || '|''' || mark || '~' || word)::tsquery);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The query of such a search: null if there is nothing for a place.
create or replace function app.search_query(terms text[], alternatives text[], places integer[]) returns tsquery
language plpgsql stable set search_path = pg_catalog as $$
declare
  words text[];
  spots integer[];
begin
  select k.known, k.spots into words, spots from app.search_known(terms, alternatives, places) k;
  if (select max(p) from unnest(spots) p) = (select max(p) from unnest(places) p) then
    return app.word_query(nullif(current_setting('app.account', true), '')::uuid, words, spots, '{=,~}');
  end if;
  return null;
end
$$;
-- +goose StatementEnd
revoke execute on function app.search_query from tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose StatementBegin
-- The same with the words alone that documents of a kind have which the viewer may find, so that the query can
-- be shown. For who reaches a great many of them: the newest have the common words.
create function app.search_shown_query(sort text, terms text[], alternatives text[], places integer[]) returns tsquery
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  words text[];
  spots integer[];
begin
  select k.known, k.spots into words, spots from app.search_known(terms, alternatives, places) k;
  execute 'with newest as materialized (
      select substr(l.lexeme, 6) as w from (
        select d.words from app.search_documents d where ' || app.search_shown(reach) || ' order by d.made_at desc, d.object_id desc limit 200) d
      cross join lateral unnest(d.words) l)
    select array_agg(w), array_agg(p) from unnest($5, $6) u (w, p)
    where w = any ($7) or w like ''%*'' or w in (select n.w from newest n) or exists (select from (
      select * from app.search_documents d where d.words @@ app.word_query($1, array[w], ''{1}'', ''{=,~}'') offset 0) d where ' || app.search_shown(reach) || ')'
    into words, spots using account, sort, reach, current_setting('role') !~ '^tenantry_customer(_writer)?$', words, spots, terms;
  return app.word_query(account, words, spots, '{=,~}');
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- How many objects are few: a list looks at what it comes past rather than at more of those that are found.
create function app.search_few() returns bigint language sql immutable set search_path = pg_catalog as 'select 10000::bigint';
-- +goose StatementEnd

-- +goose StatementBegin
-- All objects of a kind that meet a search; or, unless it must be the whole, the query by which to look at what
-- a list comes past if there are more than a few to look at. Where others see objects, too, it is six times as
-- many: the way past all of them is longer. How many there are is the database's to say: a caller with a
-- small number could count what is out of reach.
create function app.search_found(sort text, terms text[], alternatives text[], places integer[], whole boolean, out ids uuid[], out query tsquery)
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0
  set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  meant constant tsquery := app.search_query(terms, alternatives, places);
  few constant bigint := app.search_few();
  most constant bigint := case when reach is null then few else few * 6 end;
  n bigint;
begin
  if meant is null or cardinality(reach) = 0 or account is null then
    ids := '{}';
    return;
  end if;
  if not app.search_small(sort, reach, few) then
    if whole or not (select app.search_common(array_agg(s.sort), array_agg(s.list), meant, case when reach is null then 2 else 5 end) from app.search_sample(array[sort], 200) s) then
      execute 'with d as materialized (
          select d.account_id, d.kind, d.object_id, d.seen_by, d.internal from app.search_documents d where d.words @@ $5 limit $6)
        select (select count(*) from d), array(select distinct d.object_id from d where ' || app.search_shown(reach) || ')'
        into n, ids using account, sort, reach, agents, meant, case when not whole then most + 1 end;
      if whole or n <= most then
        return;
      end if;
    end if;
    if not app.search_small(sort, reach, few * 2) then
      ids := null;
      query := app.search_shown_query(sort, terms, alternatives, places);
      return;
    end if;
  end if;
  execute 'select array(select distinct d.object_id from unnest($3) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = $2 and d.seen_by = r offset 0) d where ' || app.search_shown(reach) || ' and d.words @@ $5)'
    into ids using account, sort, reach, agents, meant;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- How many objects of some kinds meet a search.
create function app.search_count(kinds text[], terms text[], alternatives text[], places integer[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set work_mem = '32MB' set jit = off as $$
declare
  meant constant tsquery := app.search_query(terms, alternatives, places);
  total bigint := 0;
  n bigint;
  sort text;
begin
  foreach sort in array kinds loop
    continue when cardinality(app.search_reach(sort)) = 0;
    execute 'select count(distinct d.object_id) from (select * from app.search_documents d where d.words @@ $5 offset 0) d where ' || app.search_shown(app.search_reach(sort))
      into n using nullif(current_setting('app.account', true), '')::uuid, sort, app.search_reach(sort),
        current_setting('role') !~ '^tenantry_customer(_writer)?$', meant;
    total := total + n;
  end loop;
  return total;
end
$$;
-- +goose StatementEnd

grant execute on function app.search_found, app.search_count
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop function app.search_count(text[], text[], text[], integer[]);
drop function app.search_found(text, text[], text[], integer[], boolean);
drop function app.search_few, app.search_shown_query, app.search_query, app.search_known;

-- +goose StatementBegin
-- The query of a search that does not mind a letter: of the many alternatives only those that are there.
-- The newest objects have the common ones, which it would take long to look up.
create function app.search_query(terms text[], alternatives text[], places integer[]) returns tsquery
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  mark constant text := app.word_mark(account);
  known text[];
  spots integer[];
begin
  select array_agg(w), array_agg(p) into known, spots
  from (select w, p, replace(replace(w, '\', '\\'), '''', '''''') || '''' as word from unnest(alternatives, places) u (w, p)) u
  where w = any (terms) or w like '%*'
    or w in (select substr(l.lexeme, 6) from app.search_sample('{Ticket,Device,Asset,Article,Tenant,User}', 200) s cross join lateral unnest(s.list) l)
    or exists (select from app.search_documents d where d.words @@ ('''' || mark || '=' || word || '|''' || mark || '~' || word)::tsquery);
  if (select max(p) from unnest(spots) p) = (select max(p) from unnest(places) p) then
    return app.word_query(account, known, spots, '{=,~}');
  end if;
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether all words of a query are of the viewer's account: who asks the functions by themselves could name others'.
create function app.own_words(query tsquery) returns boolean language sql stable set search_path = pg_catalog as $$
  select coalesce(bool_and(m[1] ~ ('^' || app.word_mark(nullif(current_setting('app.account', true), '')::uuid) || '[=~]')), false)
  from regexp_matches(replace(query::text, '''''', ''), '''([^'']*)''', 'g') m
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- All objects of a kind that meet a query; null if there are more than so many to look at. Where others
-- see objects, too, it is six times as many: the way past all of them is longer.
create function app.search_found(sort text, query tsquery, most bigint) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0
  set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  small bigint;
  n bigint;
  found uuid[];
begin
  if query is null or cardinality(reach) = 0 or account is null or not app.own_words(query) then
    return '{}';
  end if;
  if not app.search_small(sort, reach, most) then
    small := most * 2;
    most := case when reach is null then most else most * 6 end;
    if most > 1000000 or not (select app.search_common(array_agg(s.sort), array_agg(s.list), query, case when reach is null then 2 else 5 end) from app.search_sample(array[sort], 200) s) then
      execute 'with d as materialized (
          select d.account_id, d.kind, d.object_id, d.seen_by, d.internal from app.search_documents d where d.words @@ $5 limit $6 + 1)
        select (select count(*) from d), array(select distinct d.object_id from d where ' || app.search_shown(reach) || ')'
        into n, found using account, sort, reach, agents, query, most;
      if n <= most then
        return found;
      end if;
    end if;
    if not app.search_small(sort, reach, small) then
      return null;
    end if;
  end if;
  execute 'select array(select distinct d.object_id from unnest($3) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = $2 and d.seen_by = r offset 0) d where ' || app.search_shown(reach) || ' and d.words @@ $5)'
    into found using account, sort, reach, agents, query;
  return found;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- How many objects of some kinds meet a query.
create function app.search_count(kinds text[], query tsquery) returns bigint
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set work_mem = '32MB' set jit = off as $$
declare
  total bigint := 0;
  n bigint;
  sort text;
begin
  foreach sort in array kinds loop
    continue when cardinality(app.search_reach(sort)) = 0;
    execute 'select count(distinct d.object_id) from (select * from app.search_documents d where d.words @@ $5 offset 0) d where ' || app.search_shown(app.search_reach(sort))
      into n using nullif(current_setting('app.account', true), '')::uuid, sort, app.search_reach(sort),
        current_setting('role') !~ '^tenantry_customer(_writer)?$', query;
    total := total + n;
  end loop;
  return total;
end
$$;
-- +goose StatementEnd

grant execute on function app.search_query, app.search_found, app.search_count
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;
