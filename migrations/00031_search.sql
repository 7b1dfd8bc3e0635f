-- +goose Up
-- Search. Under row level security no index on words is used, so these functions run as the owner. What
-- they may find is said by app.become alone: account, tenants and role, whatever a caller asks for.

-- +goose StatementBegin
-- The documents that a viewer may find, as conditions on "d" for the arguments of app.search_stretch.
create function app.search_shown(reach uuid[]) returns text language plpgsql immutable set search_path = pg_catalog as $$
begin
  return 'd.account_id = $1 and d.kind = $2 and ($4 or not d.internal)' || case
    when reach is null then ''
    when cardinality(reach) = 1 then ' and d.seen_by = ($3)[1]'
    else ' and d.seen_by = any ($3)' end;
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

-- +goose StatementBegin
-- The query of a search that does not mind a letter: of the many alternatives only those that are there.
create function app.search_query(alternatives text[], places integer[]) returns tsquery
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  titled constant text := '''' || app.word_mark(account) || '=';
  other constant text := '''' || app.word_mark(account) || '~';
  known text[];
  spots integer[];
begin
  select array_agg(w), array_agg(p) into known, spots
  from (select w, p, replace(replace(w, '\', '\\'), '''', '''''') || '''' as word from unnest(alternatives, places) u (w, p)) u
  where w like '%*' or exists (select from app.search_documents d where d.words @@ (titled || word || '|' || other || word)::tsquery);
  if (select max(p) from unnest(spots) p) = (select max(p) from unnest(places) p) then
    return app.word_query(account, known, spots, '{=,~}');
  end if;
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The newest of a kind that meet a query, and none of them by an earlier one. Few are all looked at. Of
-- many the newest are; how many of them meet the query tells which is shorter: to walk on, or to look
-- at all that do.
create function app.search_kind(sort text, query tsquery, earlier tsquery, from_time timestamptz, from_id uuid, most integer,
  few boolean, step integer, longest integer)
returns table (moment timestamptz, item uuid, part uuid)
language plpgsql stable set search_path = pg_catalog set enable_seqscan = off set enable_sort = off set enable_hashjoin = off
  set enable_mergejoin = off set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  shown constant text := app.search_shown(reach);
  hits constant text := 'select distinct on (d.made_at, d.object_id) d.made_at, d.object_id, d.part_id from %s d where ' || shown ||
    ' and ($7 is null or (d.made_at, d.object_id) %s ($7, $8)) and d.words @@ $5 and ($6 is null or not exists (
      select from app.search_documents e where e.account_id = $1 and e.kind = $2 and e.object_id = d.object_id and ($4 or not e.internal) and e.words @@ $6))
    order by d.made_at desc, d.object_id desc, (d.part_id = d.object_id) desc, d.part_id desc limit $11';
  having_words constant text := '(select * from app.search_documents d where d.words @@ $5 offset 0)';
  direct constant boolean := coalesce(cardinality(reach), 1) = 1;
  op text := '<';
  to_time timestamptz;
  to_id uuid;
  n bigint;
  walked integer := 0;
begin
  if cardinality(reach) = 0 or account is null then
    return;
  end if;
  if few then
    return query execute format(hits, having_words, op) using account, sort, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
    return;
  end if;
  if not direct then
    select count(*) into n from (select from unnest(reach) r cross join lateral (
      select from app.search_documents d where d.account_id = account and d.kind = sort and d.seen_by = r limit step * 4 + 1) d limit step * 4 + 1) d;
    if n <= step * 4 then
      return query execute format(hits, '(select d.* from unnest($3) r cross join lateral (
          select * from app.search_documents d where d.account_id = $1 and d.kind = $2 and d.seen_by = r offset 0) d)', op)
        using account, sort, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
      return;
    end if;
  end if;
  while most > 0 loop
    execute 'select made_at, object_id from app.search_documents d where ' || case when direct then shown else 'd.account_id = $1 and d.kind = $2' end ||
      format(' and ($7 is null or (d.made_at, d.object_id) %s ($7, $8)) order by made_at desc, object_id desc offset $9 limit 1', op)
      into to_time, to_id using account, sort, reach, agents, query, earlier, from_time, from_id, step;
    return query execute format(hits, case when direct then '(select * from app.search_documents d where '
        else '(select d.* from (select object_id as o, part_id as p from app.search_documents d where ' end || shown ||
        format(' and ($7 is null or (d.made_at, d.object_id) %s ($7, $8)) and ($9 is null or (d.made_at, d.object_id) > ($9, $10))
          order by made_at desc, object_id desc offset 0)', op) ||
        case when direct then '' else ' w join app.search_documents d on d.account_id = $1 and d.kind = $2 and d.object_id = w.o and d.part_id = w.p)' end, op)
      using account, sort, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
    get diagnostics n = row_count;
    most := most - n;
    exit when most <= 0 or to_id is null;
    walked := walked + step;
    if walked = step then
      execute 'select count(*) from (select d.words from app.search_documents d where d.account_id = $1 and d.kind = $2' ||
        format(' and ($7 is null or (d.made_at, d.object_id) %s ($7, $8)) order by made_at desc, object_id desc limit $9) d where d.words @@ $5', op)
        into n using account, sort, reach, agents, query, earlier, from_time, from_id, step;
    end if;
    from_time := to_time;
    from_id := to_id;
    op := '<=';
    if walked >= longest or walked = step and n * 100 < step then
      return query execute format(hits, having_words, op) using account, sort, reach, agents, query, earlier, from_time, from_id, to_time, to_id, most;
      return;
    end if;
    step := step * 2;
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Finds objects: those with all words in the title, then those with all words in one of their texts, then
-- those that have them but for a letter; each the newest first. Continues after a place in that order.
-- The last three say when to look how, and change nothing in what is found.
create function app.search(kinds text[], terms text[], alternatives text[], spots integer[], after_rank integer, after_time timestamptz, after_id uuid,
  most integer, few integer default 2000, step integer default 5000, longest integer default 300000)
returns table (rank integer, moment timestamptz, sort text, item uuid, part uuid)
language plpgsql stable security definer rows 26 set search_path = pg_catalog set enable_seqscan = off set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  each constant integer[] := array(select generate_series(1, cardinality(terms)));
  query tsquery;
  earlier tsquery;
  n bigint;
begin
  for stage in 1 .. 3 loop
    earlier := query;
    query := case stage when 1 then app.word_query(account, terms, each, '{=}') when 2 then app.word_query(account, terms, each, '{=,~}')
      when 3 then app.search_query(alternatives, spots) end;
    continue when query is null or stage < after_rank;
    exit when most <= 0;
    select count(*) into n from (select from app.search_documents d where d.words @@ query limit few + 1) d;
    return query select stage, s.moment, k, s.item, s.part from unnest(kinds) k
      cross join lateral app.search_kind(k, query, earlier, after_time, after_id, most, n <= few, step, longest) s
      order by s.moment desc, s.item desc limit most;
    get diagnostics n = row_count;
    most := most - n;
    after_time := null;
    after_id := null;
  end loop;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- All objects of a kind that meet a query; null if there are more than so many to look at.
create function app.search_found(sort text, query tsquery, most integer) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set work_mem = '32MB' set jit = off as $$
declare
  account constant uuid := nullif(current_setting('app.account', true), '')::uuid;
  reach constant uuid[] := app.search_reach(sort);
  agents constant boolean := current_setting('role') !~ '^tenantry_customer(_writer)?$';
  source text := '(select * from app.search_documents d where d.words @@ $5 offset 0)';
  n bigint;
  found uuid[];
begin
  if query is null or cardinality(reach) = 0 or account is null then
    return '{}';
  end if;
  select count(*) into n from (select from app.search_documents d where d.words @@ query limit most + 1) d;
  if n > most and reach is not null then
    select count(*) into n from (select from unnest(reach) r cross join lateral (
      select from app.search_documents d where d.account_id = account and d.kind = sort and d.seen_by = r limit most + 1) d limit most + 1) d;
    source := '(select d.* from unnest($3) r cross join lateral (
      select * from app.search_documents d where d.account_id = $1 and d.kind = $2 and d.seen_by = r offset 0) d)';
  end if;
  if n <= most then
    execute 'select array(select distinct d.object_id from ' || source || ' d where ' || app.search_shown(reach) || ' and d.words @@ $5)'
      into found using account, sort, reach, agents, query;
  end if;
  return found;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- How many objects of some kinds meet a query.
create function app.search_count(kinds text[], query tsquery) returns bigint
language plpgsql stable security definer set search_path = pg_catalog set enable_seqscan = off set work_mem = '32MB' set jit = off as $$
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
drop function app.search_count, app.search_found, app.search, app.search_kind, app.search_query, app.word_query,
  app.search_reach, app.search_shown;
