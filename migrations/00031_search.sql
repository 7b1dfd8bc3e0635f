-- +goose Up
-- Search. Under row level security no index on words is used, so these functions run as the owner. What
-- they may find is said by app.become alone: account, tenants and role, whatever a caller asks for.

-- +goose StatementBegin
-- The words of the newest documents of each kind, by which it is judged how common a query is.
create function app.search_sample(kinds text[], size integer) returns table (sort text, list tsvector)
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
begin
  return query select k, d.words from unnest(kinds) k cross join lateral (
    select d.words from app.search_documents d where d.account_id = nullif(current_setting('app.account', true), '')::uuid and d.kind = k
    order by d.made_at desc, d.object_id desc limit size) d;
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
-- Whether a viewer reaches no more than so many documents of a kind. For all of an account it is not asked.
create function app.search_small(sort text, reach uuid[], most bigint) returns boolean
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set max_parallel_workers_per_gather = 0 set jit = off as $$
begin
  return reach is not null and most >= (select count(*) from (select from unnest(reach) r cross join lateral (
    select from app.search_documents d where d.account_id = nullif(current_setting('app.account', true), '')::uuid and d.kind = sort and d.seen_by = r
    limit most + 1) d limit most + 1) d);
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

grant execute on function app.search, app.search_query, app.search_found, app.search_count
  to tenantry_admin, tenantry_all, tenantry_member, tenantry_customer,
  tenantry_admin_writer, tenantry_all_writer, tenantry_member_writer, tenantry_customer_writer;

-- +goose Down
drop function app.search_count, app.search_found, app.own_words, app.search, app.search_kind, app.search_small, app.search_query, app.search_common,
  app.search_sample;
