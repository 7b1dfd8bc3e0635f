-- +goose Up
-- From before the first release, when no table of anybody's held anything.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- Search that stays fast whatever the word and whoever asks. One index on words for each kind, so that a word
-- that is common in tickets costs nothing where devices are looked for; and how common a word is decides how it is
-- looked for: of a rare one all documents are gathered from the index, for a common one the newest documents of
-- the viewer are read until there are enough. The account's words may decide how something is found, as that
-- changes nothing in the answer; what a viewer's role is told depends on what is in reach alone.
drop index app.search_documents_words;
create index search_tickets on app.search_documents using gin (words) with (fastupdate = off) where kind = 'Ticket';
create index search_devices on app.search_documents using gin (words) with (fastupdate = off) where kind = 'Device';
create index search_assets on app.search_documents using gin (words) with (fastupdate = off) where kind = 'Asset';
create index search_articles on app.search_documents using gin (words) with (fastupdate = off) where kind = 'Article';
create index search_tenants on app.search_documents using gin (words) with (fastupdate = off) where kind = 'Tenant';
create index search_users on app.search_documents using gin (words) with (fastupdate = off) where kind = 'User';

drop function app.search(text[], text[], text[], integer[], integer, timestamptz, uuid, integer, integer, integer, integer, integer, integer);
drop function app.search_count, app.search_found, app.search_shown_query, app.search_query, app.search_known, app.search_kind, app.search_common, app.search_shown;

-- +goose StatementBegin
-- The documents of a kind that a viewer may find, as a condition on "d": $1 is the account, $2 the reach, $3
-- whether internal ones are shown. The kind stands in it, for the sake of its index.
create function app.search_shown(sort text, reach uuid[]) returns text language plpgsql immutable set search_path = pg_catalog as $$
begin
  return format('d.account_id = $1 and d.kind = %L and ($3 or not d.internal)', sort) || case
    when reach is null then ''
    when cardinality(reach) = 1 then ' and d.seen_by = ($2)[1]'
    -- No join, and cheap to plan however many there are.
    else ' and (d.seen_by in (select unnest($2))) is true' end;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- When to look how: "common" is for app.search_common, the others are for app.search_kind. They change nothing in what
-- is found; but with some that make one of the ways fail a caller could tell which was taken, and so what others have.
create function app.search_bounds(out few integer, out sparse integer, out common integer, out steps integer[]) language sql immutable set search_path = pg_catalog
  as $$ select 3000, 20, 3, '{1000,16000}'::integer[] $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether a query is so common that it takes long to gather all that meet it: so many of the newest 1,000
-- documents of a kind in the account do; or, if a reach is given, of those among the newest 5,000 that are in it.
create function app.search_common(sort text, reach uuid[], query tsquery, enough integer) returns boolean
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
begin
  return enough <= (select count(*) from (select from (
    select n.words from (
      select d.words, d.seen_by, d.internal from app.search_documents d where d.account_id = nullif(current_setting('app.account', true), '')::uuid and d.kind = sort
      order by d.made_at desc, d.object_id desc limit case when reach is null then 1000 else 5000 end) n
    where reach is null or (agents or not n.internal) and (n.seen_by in (select unnest(reach))) is true offset 0) s where s.words @@ query limit enough) m);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Whether less than so many of the newest 1,000 documents of a kind in the account belong to some tenants.
create function app.search_sparse(sort text, reach uuid[], enough integer) returns boolean
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set max_parallel_workers_per_gather = 0 set jit = off as $$
begin
  return enough > (select count(*) from (
    select d.seen_by from app.search_documents d where d.account_id = nullif(current_setting('app.account', true), '')::uuid and d.kind = sort
    order by d.made_at desc, d.object_id desc limit 1000) s where (s.seen_by in (select unnest(reach))) is true);
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The words of a search that does not mind a letter, with their places: of the many alternatives only those
-- that the account has in one of the kinds. The newest objects have the common ones, which it would take long to look up.
create function app.search_known(kinds text[], terms text[], alternatives text[], places integer[], out known text[], out spots integer[])
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  mark constant text := app.word_mark(nullif(current_setting('app.account', true), '')::uuid);
  sort text;
  more text[];
begin
  select array_agg(distinct w) into known from unnest(alternatives) w
  where w = any (terms) or w like '%*'
    or w in (select substr(l.lexeme, 6) from app.search_sample(kinds, 200) s cross join lateral unnest(s.list) l);
  foreach sort in array kinds loop
    execute format('select array_agg(a.w) from (
        select w, (''''''%1$s='' || v || ''''''|''''%1$s~'' || v || '''''''')::tsquery as q
        from (select distinct w, replace(replace(w, ''\'', ''\\''), '''''''', '''''''''''') as v from unnest($1) w) u where (w in (select unnest($2))) is not true offset 0) a
      where exists (select from app.search_documents d where d.kind = %2$L and d.words @@ a.q)', mark, sort)
      into more using alternatives, known;
    known := known || more;
  end loop;
  select array_agg(w), array_agg(p) into known, spots from unnest(alternatives, places) u (w, p) where (w in (select unnest(known))) is true;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The query of such a search: null if there is nothing for a place.
create function app.search_query(kinds text[], terms text[], alternatives text[], places integer[]) returns tsquery
language plpgsql stable set search_path = pg_catalog as $$
declare
  words text[];
  spots integer[];
begin
  select k.known, k.spots into words, spots from app.search_known(kinds, terms, alternatives, places) k;
  if (select max(p) from unnest(spots) p) = (select max(p) from unnest(places) p) then
    return app.word_query(nullif(current_setting('app.account', true), '')::uuid, words, spots, '{=,~}');
  end if;
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The same with the words alone that documents of a kind have which the viewer may find, so that the query can
-- be shown. For who reaches a great many of them: the newest have the common words.
create function app.search_shown_query(sort text, terms text[], alternatives text[], places integer[]) returns tsquery
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  shown constant text := app.search_shown(sort, reach);
  words text[];
  spots integer[];
begin
  select k.known, k.spots into words, spots from app.search_known(array[sort], terms, alternatives, places) k;
  execute 'with newest as materialized (
      select substr(l.lexeme, 6) as w from (
        select d.words from app.search_documents d where ' || shown || ' order by d.made_at desc, d.object_id desc limit 200) d
      cross join lateral unnest(d.words) l)
    select array_agg(w), array_agg(p) from unnest($4, $5) u (w, p)
    where w = any ($6) or w like ''%*'' or w in (select n.w from newest n) or exists (select from (
      select * from app.search_documents d where d.kind = ' || quote_literal(sort) || ' and d.words @@ app.word_query($1, array[w], ''{1}'', ''{=,~}'') offset 0) d where ' || shown || ')'
    into words, spots using account, reach, current_setting('role') !~ '^tenantry_customer(_writer)?$', words, spots, terms;
  return app.word_query(account, words, spots, '{=,~}');
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The newest objects of a kind that meet a query and none of whose documents meets an earlier one, between
-- two places in the order of time. Of a rare query all documents are gathered; "few" is up to how many documents of a viewer are all looked at. If less than "sparse" of the newest
-- 1,000 are the viewer's, theirs are put into the order of time; else the newest are walked by, "steps" of them
-- (ten times as many where others see some) before all are gathered after all. None of this changes what is found.
create function app.search_kind(sort text, reach uuid[], query tsquery, rare boolean, earlier tsquery, from_time timestamptz, from_id uuid, floor_time timestamptz, floor_id uuid,
  most integer, few integer, sparse integer, steps integer[])
returns table (moment timestamptz, item uuid, part uuid)
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set enable_hashjoin = off
  set enable_mergejoin = off set max_parallel_workers_per_gather = 0 set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  one constant boolean := coalesce(cardinality(reach), 1) = 1;
  shown constant text := app.search_shown(sort, reach) || ' and ($8 is null or (d.made_at, d.object_id) > ($8, $9))';
  -- The documents to walk by, and to gather, each with those that are shown.
  walked constant text := case when one then shown else app.search_shown(sort, null) || ' and ($8 is null or (d.made_at, d.object_id) > ($8, $9))' end;
  gathered constant text := format('select * from app.search_documents d where d.kind = %L and d.words @@ $4', sort);
  -- What is read of those of several tenants without their words, and the words then one by one.
  worded constant text := ' w cross join lateral (select d.words from app.search_documents d
    where d.account_id = $1 and d.kind = ' || quote_literal(sort) || ' and d.object_id = w.object_id and d.part_id = w.part_id offset 0) d';
  before text := ' and ($6 is null or (d.made_at, d.object_id) < ($6, $7))';
  source text;
  to_time timestamptz;
  to_id uuid;
  n bigint;
begin
  if cardinality(reach) = 0 or account is null or query is null then
    return;
  end if;
  if cardinality(reach) <= 100 and app.search_small(sort, reach, few) then
    steps := '{}';
    source := 'select d.* from unnest($2) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = ' || quote_literal(sort) || ' and d.seen_by = r offset 0) d where ' || shown || before;
  elsif rare then
    steps := '{}';
    source := 'select d.* from (' || gathered || ' offset 0) d where ' || shown || before;
  elsif not one and app.search_sparse(sort, reach, sparse) then
    steps := '{}';
    source := 'select w.made_at, w.object_id, w.part_id, d.words from (select d.made_at, d.object_id, d.part_id from unnest($2) r cross join lateral (
        select * from app.search_documents d where d.account_id = $1 and d.kind = ' || quote_literal(sort) || ' and d.seen_by = r offset 0) d where ' || shown || before || '
      order by made_at desc, object_id desc offset 0)' || worded;
  end if;
  for step in 0 .. cardinality(steps) loop
    to_time := floor_time;
    to_id := floor_id;
    if step < cardinality(steps) then
      execute 'select made_at, object_id from app.search_documents d where ' || walked || before || ' order by made_at desc, object_id desc offset $10 limit 1'
        into to_time, to_id using account, reach, agents, query, earlier, from_time, from_id, floor_time, floor_id, steps[step + 1] * case when one then 1 else 10 end;
      if to_id is null then
        to_time := floor_time;
        to_id := floor_id;
      end if;
      source := 'select made_at, object_id, part_id' || case when one then ', words' else '' end || ' from app.search_documents d where ' || shown || before ||
        ' order by made_at desc, object_id desc offset 0';
      if not one then
        source := 'select w.made_at, w.object_id, w.part_id, d.words from (' || source || ')' || worded;
      end if;
    elsif step > 0 then
      source := 'select d.* from (' || gathered || case when reach is null then '' else ' and d.account_id = $1 and d.seen_by = any ($2)' end || ' offset 0) d where ' || shown || before;
    end if;
    return query execute 'select distinct on (d.made_at, d.object_id) d.made_at, d.object_id, d.part_id from (
        select s.made_at, s.object_id, s.part_id, s.part_id = s.object_id as own from (' || source || ') s where s.words @@ $4
        order by s.made_at desc, s.object_id desc, own desc, s.part_id desc offset 0) d
      where $5 is null or not exists (select from app.search_documents e
        where e.account_id = $1 and e.kind = ' || quote_literal(sort) || ' and e.object_id = d.object_id and ($3 or not e.internal) and e.words @@ $5)
      order by d.made_at desc, d.object_id desc, d.own desc, d.part_id desc limit $10'
      using account, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
    get diagnostics n = row_count;
    most := most - n;
    exit when most <= 0 or to_id is not distinct from floor_id;
    from_time := to_time;
    from_id := to_id;
    before := ' and (d.made_at, d.object_id) <= ($6, $7)';
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Finds objects: those with all words in the title, then those with all words in one of their texts, then
-- those that have them but for a letter; each the newest first. Continues after a place in that order.
create function app.search(kinds text[], terms text[], alternatives text[], spots integer[], after_rank integer, after_time timestamptz, after_id uuid, most integer)
returns table (rank integer, moment timestamptz, sort text, item uuid, part uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  each constant integer[] := array(select generate_series(1, cardinality(terms)));
  tenants constant uuid[] := app.search_reach('Ticket');
  readership constant uuid[] := app.search_reach('Article');
  bounds constant record := app.search_bounds();
  rare boolean[];
  query tsquery;
  earlier tsquery;
  moments timestamptz[];
  sorts text[];
  items uuid[];
  parts uuid[];
begin
  if current_setting('role') !~ '^tenantry_admin(_writer)?$' then
    kinds := array_remove(kinds, 'User');
  end if;
  for stage in 1 .. 3 loop
    exit when most <= 0;
    earlier := query;
    query := case stage when 1 then app.word_query(account, terms, each, '{=}') when 2 then app.word_query(account, terms, each, '{=,~}')
      when 3 then app.search_query(kinds, terms, alternatives, spots) end;
    continue when query is null or stage < after_rank;
    moments := '{}';
    sorts := '{}';
    items := '{}';
    parts := '{}';
    for i in 1 .. cardinality(kinds) loop
      -- What is rare in any text is so in titles.
      if stage <> 2 or after_rank >= 2 then
        rare[i] := not app.search_common(kinds[i], null, case stage when 1 then app.word_query(account, terms, each, '{=,~}') else query end, bounds.common);
      end if;
      if stage < 3 and not rare[i] then
        rare[i] := not app.search_common(kinds[i], null, query, bounds.common);
      end if;
      -- What is older than those that were found already is not looked for.
      select array_agg(h.m order by h.m desc, h.i desc), array_agg(h.s order by h.m desc, h.i desc), array_agg(h.i order by h.m desc, h.i desc), array_agg(h.p order by h.m desc, h.i desc)
        into moments, sorts, items, parts
      from (
        select * from unnest(moments, sorts, items, parts) f (m, s, i, p)
        union all
        select s.moment, kinds[i], s.item, s.part from app.search_kind(kinds[i], case kinds[i] when 'Article' then readership else tenants end, query, rare[i], earlier, after_time, after_id, moments[most], items[most], most,
          bounds.few, bounds.sparse, bounds.steps) s
        order by 1 desc, 3 desc limit most) h;
    end loop;
    return query select stage, f.* from unnest(moments, sorts, items, parts) f;
    most := most - coalesce(cardinality(items), 0);
    after_time := null;
    after_id := null;
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The newest objects of a kind that meet a search, after a place in the order of time.
create function app.search_newest(sort text, terms text[], alternatives text[], places integer[], after_time timestamptz, after_id uuid, most integer)
returns table (moment timestamptz, item uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  bounds constant record := app.search_bounds();
  meant tsquery;
begin
  if most > 0 then
    meant := app.search_query(array[sort], terms, alternatives, places);
    return query select s.moment, s.item from app.search_kind(sort, app.search_reach(sort), meant, not app.search_common(sort, null, meant, bounds.common), null,
      after_time, after_id, null, null, most, bounds.few, bounds.sparse, bounds.steps) s;
  end if;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- All objects of a kind that meet a search; or, unless it must be the whole, the query by which to look at what
-- a list comes past if there are more than a few. Which of the two it is tells only of what is in reach: neither
-- how many others there are decides it nor a number of the caller's.
create function app.search_found(sort text, terms text[], alternatives text[], places integer[], whole boolean, out ids uuid[], out query tsquery)
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0
  set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  shown constant text := app.search_shown(sort, reach);
  meant constant tsquery := app.search_query(array[sort], terms, alternatives, places);
  few constant bigint := app.search_few();
  n bigint;
begin
  ids := '{}';
  if meant is null or cardinality(reach) = 0 or account is null then
    return;
  end if;
  if not app.search_small(sort, reach, few) then
    if whole or not app.search_common(sort, reach, meant, 8) then
      execute format('with d as materialized (
          select d.object_id from (select * from app.search_documents d where d.kind = %L and d.words @@ $4 offset 0) d where ', sort) || shown || ' limit $5)
        select (select count(*) from d), array(select distinct d.object_id from d)'
        into n, ids using account, reach, agents, meant, case when not whole then few + 1 end;
      if whole or n <= few then
        return;
      end if;
    end if;
    if not app.search_small(sort, reach, few * 2) then
      ids := null;
      query := app.search_shown_query(sort, terms, alternatives, places);
      return;
    end if;
  end if;
  execute format('select array(select distinct d.object_id from unnest($2) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = %L and d.seen_by = r offset 0) d where ', sort) || shown || ' and d.words @@ $4)'
    into ids using account, reach, agents, meant;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- How many objects of some kinds meet a search.
create function app.search_count(kinds text[], terms text[], alternatives text[], places integer[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set work_mem = '32MB' set jit = off as $$
declare
  meant constant tsquery := app.search_query(kinds, terms, alternatives, places);
  total bigint := 0;
  n bigint;
  sort text;
begin
  foreach sort in array kinds loop
    continue when cardinality(app.search_reach(sort)) = 0;
    execute format('select count(distinct d.object_id) from (select * from app.search_documents d where d.kind = %L and d.words @@ $4 offset 0) d where ', sort) || app.search_shown(sort, app.search_reach(sort))
      into n using nullif(current_setting('app.account', true), '')::uuid, app.search_reach(sort), current_setting('role') !~ '^tenantry_customer(_writer)?$', meant;
    total := total + n;
  end loop;
  return total;
end
$$;
-- +goose StatementEnd

grant execute on function app.search, app.search_newest, app.search_found, app.search_count
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop function app.search_count, app.search_found, app.search_newest, app.search, app.search_kind, app.search_shown_query, app.search_query, app.search_known,
  app.search_sparse, app.search_common, app.search_bounds, app.search_shown;

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
-- Whether a query is so common that it takes long to gather all that meet it: at least so many of a sample do.
create function app.search_common(kinds text[], lists tsvector[], query tsquery, enough integer) returns boolean
language plpgsql immutable set search_path = pg_catalog as $$
begin
  return exists (select from unnest(kinds, lists) s (k, list) where list @@ query group by k having count(*) >= enough);
end
$$;
-- +goose StatementEnd

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
create function app.search_query(terms text[], alternatives text[], places integer[]) returns tsquery
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
-- The newest objects of a kind that meet a query and none of whose documents meets an earlier one, between
-- two places in the order of time. The newest documents are looked at; if these are not enough, all that the
-- viewer reaches, if they are few; else step by step the next newest, until there are enough or it is shorter
-- to look at all that meet the query.
create function app.search_kind(sort text, query tsquery, earlier tsquery, from_time timestamptz, from_id uuid, floor_time timestamptz, floor_id uuid,
  most integer, small integer, step integer, longest integer)
returns table (moment timestamptz, item uuid, part uuid)
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set enable_hashjoin = off
  set enable_mergejoin = off set max_parallel_workers_per_gather = 0 set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  direct constant boolean := coalesce(cardinality(reach), 1) = 1;
  shown text := app.search_shown(reach) || ' and ($9 is null or (d.made_at, d.object_id) > ($9, $10))';
  before text := ' and ($7 is null or (d.made_at, d.object_id) < ($7, $8))';
  source text;
  to_time timestamptz;
  to_id uuid;
  n bigint;
  walked integer := 0;
  rest boolean := false;
begin
  if cardinality(reach) = 0 or account is null then
    return;
  end if;
  loop
    to_time := floor_time;
    to_id := floor_id;
    if rest and app.search_small(sort, reach, small) then
      source := 'select d.* from unnest($3) r cross join lateral (
          select * from app.search_documents d where d.account_id = $1 and d.kind = $2 and d.seen_by = r offset 0) d where ' || shown || before;
    elsif walked > longest then
      source := 'select d.* from (select * from app.search_documents d where d.words @@ $5 offset 0) d where ' || shown || before;
    else
      rest := false;
      execute 'select made_at, object_id from app.search_documents d where ' ||
        case when direct then shown else 'd.account_id = $1 and d.kind = $2 and ($9 is null or (d.made_at, d.object_id) > ($9, $10))' end || before ||
        ' order by made_at desc, object_id desc offset $11 limit 1'
        into to_time, to_id using account, sort, reach, agents, query, earlier, from_time, from_id, floor_time, floor_id, step;
      if to_id is null then
        to_time := floor_time;
        to_id := floor_id;
      end if;
      source := 'select made_at, object_id, part_id' || case when direct then ', words' else '' end || ' from app.search_documents d where ' || shown || before ||
        ' order by made_at desc, object_id desc offset 0';
      if not direct then
        source := 'select w.made_at, w.object_id, w.part_id, d.words from (' || source || ') w cross join lateral (select d.words from app.search_documents d
          where d.account_id = $1 and d.kind = $2 and d.object_id = w.object_id and d.part_id = w.part_id offset 0) d';
      end if;
    end if;
    return query execute 'select distinct on (d.made_at, d.object_id) d.made_at, d.object_id, d.part_id from (
        select s.made_at, s.object_id, s.part_id, s.part_id = s.object_id as own from (' || source || ') s where s.words @@ $5
        order by s.made_at desc, s.object_id desc, own desc, s.part_id desc offset 0) d
      where $6 is null or not exists (select from app.search_documents e
        where e.account_id = $1 and e.kind = $2 and e.object_id = d.object_id and ($4 or not e.internal) and e.words @@ $6)
      order by d.made_at desc, d.object_id desc, d.own desc, d.part_id desc limit $11'
      using account, sort, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
    get diagnostics n = row_count;
    most := most - n;
    exit when most <= 0 or to_id is not distinct from floor_id;
    rest := walked = 0;
    walked := walked + step;
    step := step * 2;
    from_time := to_time;
    from_id := to_id;
    before := ' and (d.made_at, d.object_id) <= ($7, $8)';
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Finds objects: those with all words in the title, then those with all words in one of their texts, then
-- those that have them but for a letter; each the newest first. Continues after a place in that order.
-- The last five say when to look how, and change nothing in what is found.
create function app.search(kinds text[], terms text[], alternatives text[], spots integer[], after_rank integer, after_time timestamptz, after_id uuid,
  most integer, narrow integer default 3000, few integer default 7500, small integer default 30000, step integer default 8000, longest integer default 60000)
returns table (rank integer, moment timestamptz, sort text, item uuid, part uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set work_mem = '32MB'
  set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  tenants constant uuid[] := nullif(current_setting('app.tenants', true), '')::uuid[];
  everything constant boolean := current_setting('role') ~ '^tenantry_(admin|all)(_writer)?$';
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  each constant integer[] := array(select generate_series(1, cardinality(terms)));
  query tsquery;
  earlier tsquery;
  close boolean;
  sample_kinds text[];
  sample_lists tsvector[];
  n bigint;
  moments timestamptz[];
  sorts text[];
  items uuid[];
  parts uuid[];
begin
  if current_setting('role') !~ '^tenantry_admin(_writer)?$' then
    kinds := array_remove(kinds, 'User');
  end if;
  if not everything then
    few := few * 4; -- a way through what others see, too, is longer
  end if;
  close := not everything and narrow >= (select count(*) from (select from unnest(kinds) k cross join unnest(tenants) r cross join lateral (
    select from app.search_documents d where d.account_id = account and d.kind = k and d.seen_by = r limit narrow + 1) d limit narrow + 1) d);
  select array_agg(s.sort), array_agg(s.list) into sample_kinds, sample_lists from app.search_sample(kinds, 200) s;
  for stage in 1 .. 3 loop
    exit when most <= 0;
    earlier := query;
    query := case stage when 1 then app.word_query(account, terms, each, '{=}') when 2 then app.word_query(account, terms, each, '{=,~}')
      when 3 then app.search_query(terms, alternatives, spots) end;
    continue when query is null or stage < after_rank;
    n := few + 1;
    if close or not app.search_common(sample_kinds, sample_lists, query, 2) then
      -- All that the viewer reaches, or else all that meet the query, at once if they are few.
      with f as materialized (
          select d.made_at, d.kind, d.object_id, d.part_id, d.account_id, d.seen_by, d.internal from app.search_documents d
          where not close and d.words @@ query limit few + 1),
        c as (select d.* from unnest(kinds) k cross join unnest(tenants) r cross join lateral (select * from app.search_documents d
          where d.account_id = account and d.kind = k and d.seen_by = r offset 0) d where close and d.words @@ query),
        v as (select d.made_at, d.kind, d.object_id, d.part_id = d.object_id as own, d.part_id
          from (select * from f union all select made_at, kind, object_id, part_id, account_id, seen_by, internal from c) d
          where d.account_id = account and d.kind = any (kinds) and (agents or not d.internal)
            and (everything or (d.seen_by in (select unnest(tenants))) is true) and (after_time is null or (d.made_at, d.object_id) < (after_time, after_id))
          order by d.made_at desc, d.object_id desc, own desc, d.part_id desc offset 0),
        h as (select distinct on (v.made_at, v.object_id) v.* from v where (earlier is null or not exists (select from app.search_documents e
            where e.account_id = account and e.kind = v.kind and e.object_id = v.object_id and (agents or not e.internal) and e.words @@ earlier))
          order by v.made_at desc, v.object_id desc, v.own desc, v.part_id desc limit most)
      select (select count(*) from f), array_agg(made_at), array_agg(kind), array_agg(object_id), array_agg(part_id) into n, moments, sorts, items, parts from h;
    end if;
    if n > few then
      moments := '{}';
      sorts := '{}';
      items := '{}';
      parts := '{}';
    end if;
    for i in 1 .. case when n > few then cardinality(kinds) else 0 end loop
      -- What is older than those that were found already is not looked for.
      select array_agg(h.m order by h.m desc, h.i desc), array_agg(h.s order by h.m desc, h.i desc), array_agg(h.i order by h.m desc, h.i desc), array_agg(h.p order by h.m desc, h.i desc)
        into moments, sorts, items, parts
      from (
        select * from unnest(moments, sorts, items, parts) f (m, s, i, p)
        union all
        select s.moment, kinds[i], s.item, s.part from app.search_kind(kinds[i], query, earlier, after_time, after_id, moments[most], items[most], most,
          small, step, longest) s
        order by 1 desc, 3 desc limit most) h;
    end loop;
    return query select stage, f.* from unnest(moments, sorts, items, parts) f;
    most := most - coalesce(cardinality(items), 0);
    after_time := null;
    after_id := null;
  end loop;
end
$$;
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

grant execute on function app.search, app.search_found, app.search_count
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

drop index app.search_tickets, app.search_devices, app.search_assets, app.search_articles, app.search_tenants, app.search_users;
create index search_documents_words on app.search_documents using gin (words) with (fastupdate = off);
