-- +goose Up
-- Search takes the shortest of its ways for who sees several tenants, by what the newest documents tell; and the
-- alternatives of a word are asked for in bundles.
drop function app.search_kind, app.search_sparse, app.search_bounds;

-- +goose StatementBegin
-- When to look how. "few" is up to how many documents of a viewer are all looked at, "way" is taken whatever
-- app.search_way would choose, and "steps" are for app.search_kind. They change nothing in what is found; but with some that make
-- one of the ways fail a caller could tell which was taken, and so what others have.
create function app.search_bounds(out few integer, out way text, out steps integer[]) language sql immutable set search_path = pg_catalog
  as $$ select 3000, null::text, '{1000,16000}'::integer[] $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The shortest way to the newest 26 objects of a kind that meet a query: to look at all of the viewer's "own", to
-- "gather" all that meet it from the index on words, to "sort" all of the viewer's by time, or to "walk" by the newest, for so
-- many documents in "steps", and no further than to a time. How many of 500 meet the query, are in reach, and come in a
-- time, is what the newest say; a document takes 2 microseconds to read and 0.2 to pass by.
create function app.search_way(sort text, reach uuid[], query tsquery, floor_time timestamptz, out way text, out steps integer[])
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  bounds constant record := app.search_bounds();
  sample constant float8 := 500;
  wanted constant float8 := 26;
  meet float8;
  own float8;
  newest timestamptz;
  oldest timestamptz;
  number float8;
  depth float8;
begin
  steps := bounds.steps;
  way := case when cardinality(reach) = 0 then 'gather' else bounds.way end;
  if way is not null then
    return;
  end if;
  select count(*) filter (where d.words @@ query), case when reach is null then count(*) else count(*) filter (where (d.seen_by in (select unnest(reach))) is true) end,
      max(d.made_at), min(d.made_at) into meet, own, newest, oldest
  from (select d.words, d.seen_by, d.made_at from app.search_documents d where d.account_id = account and d.kind = sort order by d.made_at desc, d.object_id desc limit sample) d;
  if meet = 0 then
    way := 'gather';
  elsif cardinality(reach) <= 100 and own < sample / 10 and app.search_small(sort, reach, bounds.few) then
    way := 'own';
  elsif coalesce(cardinality(reach), 1) = 1 then
    way := case when meet < 2 then 'gather' else 'walk' end;
  else
    number := case sort
      when 'Ticket' then (select coalesce(sum(t.tickets_new + t.tickets_open + t.tickets_on_hold + t.tickets_resolved + t.tickets_closed), 0) from app.tallies t where t.account_id = account)
      when 'Device' then (select coalesce(sum(t.devices_online + t.devices_offline + t.devices_overdue), 0) from app.tallies t where t.account_id = account)
      else 100000 end;
    depth := wanted * sample / meet * sample / greatest(own, 0.5);
    if floor_time is not null and newest > oldest then
      depth := least(depth, sample + sample * greatest(extract(epoch from newest - floor_time) / extract(epoch from newest - oldest), 0));
    end if;
    way := case least(meet / sample * number * 2, own / sample * number * 2, depth * (0.6 + own / sample * 2))
      when meet / sample * number * 2 then 'gather' when own / sample * number * 2 then 'sort' else 'walk' end;
    steps := array[greatest(1000, depth * 2)::integer]; -- to find where they end takes a third of what walking does
  end if;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The words of a search that does not mind a letter, with their places: of the many alternatives only those
-- that the account has in one of the kinds. The newest objects have the common ones, which it would take long to look up;
-- the others are asked for in bundles, of which nearly all have nothing.
create or replace function app.search_known(kinds text[], terms text[], alternatives text[], places integer[], out known text[], out spots integer[])
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  mark constant text := app.word_mark(nullif(current_setting('app.account', true), '')::uuid);
  size constant integer := 10; -- the work for a bundle grows with the square
  words text[];
  queries text[];
  bundles tsquery[];
  hits integer[];
  sort text;
  more text[];
begin
  select array_agg(distinct w) into known from unnest(alternatives) w
  where w = any (terms) or w like '%*'
    or w in (select substr(l.lexeme, 6) from app.search_sample(kinds, 50) s cross join lateral unnest(s.list) l);
  select array_agg(w), array_agg('''' || mark || '=' || v || '''|''' || mark || '~' || v || '''') into words, queries
    from (select distinct w, replace(replace(w, '\', '\\'), '''', '''''') as v from unnest(alternatives) w where (w in (select unnest(known))) is not true) u;
  select array_agg(q) into bundles from (select string_agg(q, '|' order by n)::tsquery as q from unnest(queries) with ordinality u (q, n) group by (n - 1) / size order by (n - 1) / size) b;
  foreach sort in array kinds loop
    execute format('select array_agg(n) from unnest($1) with ordinality b (q, n) where exists (select from app.search_documents d where d.kind = %L and d.words @@ b.q)', sort)
      into hits using bundles;
    if hits is not null then
      execute format('select array_agg(w) from unnest($1, $2) with ordinality u (w, q, n) where (n - 1) / $3 + 1 = any ($4)
          and exists (select from app.search_documents d where d.kind = %L and d.words @@ u.q::tsquery)', sort)
        into more using words, queries, size, hits;
      known := known || more;
    end if;
  end loop;
  select array_agg(w), array_agg(p) into known, spots from unnest(alternatives, places) u (w, p) where (w in (select unnest(known))) is true;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The newest objects of a kind that meet a query and none of whose documents meets an earlier one, between
-- two places in the order of time, in the way that app.search_way names. The newest are walked by in "steps" before all
-- that meet the query are gathered after all. None of this changes what is found.
create function app.search_kind(sort text, reach uuid[], query tsquery, way text, earlier tsquery, from_time timestamptz, from_id uuid, floor_time timestamptz, floor_id uuid,
  most integer, steps integer[])
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
  if way = 'own' and reach is not null then
    steps := '{}';
    source := 'select d.* from unnest($2) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = ' || quote_literal(sort) || ' and d.seen_by = r offset 0) d where ' || shown || before;
  elsif way = 'sort' and not one then
    steps := '{}';
    source := 'select w.made_at, w.object_id, w.part_id, d.words from (select d.made_at, d.object_id, d.part_id from unnest($2) r cross join lateral (
        select * from app.search_documents d where d.account_id = $1 and d.kind = ' || quote_literal(sort) || ' and d.seen_by = r offset 0) d where ' || shown || before || '
      order by made_at desc, object_id desc offset 0)' || worded;
  elsif way <> 'walk' then
    steps := '{}';
    source := 'select d.* from (' || gathered || ' offset 0) d where ' || shown || before;
  end if;
  for step in 0 .. cardinality(steps) loop
    to_time := floor_time;
    to_id := floor_id;
    if step < cardinality(steps) then
      execute 'select made_at, object_id from app.search_documents d where ' || walked || before || ' order by made_at desc, object_id desc offset $10 limit 1'
        into to_time, to_id using account, reach, agents, query, earlier, from_time, from_id, floor_time, floor_id, steps[step + 1];
      if to_id is null then
        to_time := floor_time;
        to_id := floor_id;
      end if;
      source := 'select made_at, object_id, part_id' || case when one then ', words' else '' end || ' from app.search_documents d where ' || shown || before ||
        ' order by made_at desc, object_id desc offset 0';
      if not one then
        source := 'select w.made_at, w.object_id, w.part_id, d.words from (' || source || ')' || worded;
      end if;
    elsif way = 'walk' then
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
create or replace function app.search(kinds text[], terms text[], alternatives text[], spots integer[], after_rank integer, after_time timestamptz, after_id uuid, most integer)
returns table (rank integer, moment timestamptz, sort text, item uuid, part uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  each constant integer[] := array(select generate_series(1, cardinality(terms)));
  tenants constant uuid[] := app.search_reach('Ticket');
  readership constant uuid[] := app.search_reach('Article');
  reach uuid[];
  ways text[];
  way text;
  steps integer[];
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
      reach := case kinds[i] when 'Article' then readership else tenants end;
      -- What is rare in any text is so in titles, and who has few documents has them in each stage.
      if (stage <> 2 or after_rank >= 2) and ways[i] is distinct from 'own' then
        select w.way, w.steps into way, steps from app.search_way(kinds[i], reach, case stage when 1 then app.word_query(account, terms, each, '{=,~}') else query end, moments[most]) w;
        ways[i] := way;
      end if;
      if stage < 3 and ways[i] not in ('gather', 'own') then
        select w.way, w.steps into way, steps from app.search_way(kinds[i], reach, query, moments[most]) w;
      else
        way := ways[i];
      end if;
      -- What is older than those that were found already is not looked for.
      select array_agg(h.m order by h.m desc, h.i desc), array_agg(h.s order by h.m desc, h.i desc), array_agg(h.i order by h.m desc, h.i desc), array_agg(h.p order by h.m desc, h.i desc)
        into moments, sorts, items, parts
      from (
        select * from unnest(moments, sorts, items, parts) f (m, s, i, p)
        union all
        select s.moment, kinds[i], s.item, s.part from app.search_kind(kinds[i], reach, query, way, earlier, after_time, after_id, moments[most], items[most], most, steps) s
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
create or replace function app.search_newest(sort text, terms text[], alternatives text[], places integer[], after_time timestamptz, after_id uuid, most integer)
returns table (moment timestamptz, item uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
declare
  reach constant uuid[] := app.search_reach(sort);
  meant tsquery;
begin
  if most > 0 then
    meant := app.search_query(array[sort], terms, alternatives, places);
    return query select s.moment, s.item from app.search_way(sort, reach, meant, null) w cross join lateral app.search_kind(sort, reach, meant, w.way, null,
      after_time, after_id, null, null, most, w.steps) s;
  end if;
end
$$;
-- +goose StatementEnd

-- +goose Down
drop function app.search_kind, app.search_way, app.search_bounds;

-- +goose StatementBegin
-- When to look how: "common" is for app.search_common, the others are for app.search_kind. They change nothing in what
-- is found; but with some that make one of the ways fail a caller could tell which was taken, and so what others have.
create function app.search_bounds(out few integer, out sparse integer, out common integer, out steps integer[]) language sql immutable set search_path = pg_catalog
  as $$ select 3000, 20, 3, '{1000,16000}'::integer[] $$;
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
create or replace function app.search_known(kinds text[], terms text[], alternatives text[], places integer[], out known text[], out spots integer[])
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
create or replace function app.search(kinds text[], terms text[], alternatives text[], spots integer[], after_rank integer, after_time timestamptz, after_id uuid, most integer)
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
create or replace function app.search_newest(sort text, terms text[], alternatives text[], places integer[], after_time timestamptz, after_id uuid, most integer)
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
