-- +goose Up
-- Keeps what search looks in as the objects are: only changes of what is searched, or of who sees it,
-- write anything.

-- +goose StatementBegin
create function app.file_ticket() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Ticket', new.id, new.id, new.tenant_id, false, new.created_at,
    new.number || ' ' || new.subject, new.description);
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- A comment is found with the time of its ticket, so that the ticket has one place among the others.
create function app.file_comment() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Ticket', new.ticket_id, new.id, new.tenant_id, new.visibility <> 'PUBLIC', t.created_at, null, new.body)
    from app.tickets t where t.account_id = new.account_id and t.id = new.ticket_id;
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.file_device() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Device', new.id, new.id, new.tenant_id, false, new.created_at,
    new.name, concat_ws(' ', new.hostname, new.serial_number));
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.file_asset() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Asset', new.id, new.id, new.tenant_id, false, new.created_at,
    new.name, concat_ws(' ', new.tag, new.serial_number));
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.file_article() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Article', new.id, new.id, new.seen_by, new.state <> 'PUBLISHED', new.created_at,
    new.title, concat_ws(' ', new.summary, new.body));
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.file_tenant() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'Tenant', new.id, new.id, new.id, false, new.created_at, new.name, null);
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
create function app.file_user() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform app.file_document(new.account_id, 'User', new.id, new.id, new.account_id, true, new.created_at, new.name, new.email);
  return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The kind of the object is the trigger's argument; of a comment the object is its ticket.
create function app.unfile() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from app.search_documents
    where account_id = old.account_id and kind = tg_argv[0] and part_id = old.id
      and object_id = coalesce((to_jsonb(old) ->> 'ticket_id')::uuid, old.id);
  return null;
end
$$;
-- +goose StatementEnd

create trigger file_new after insert on app.tickets for each row execute function app.file_ticket();
create trigger file_changed after update of subject, description, tenant_id on app.tickets for each row
  when ((old.subject, old.description, old.tenant_id) is distinct from (new.subject, new.description, new.tenant_id)) execute function app.file_ticket();
create trigger unfile after delete on app.tickets for each row execute function app.unfile('Ticket');

create trigger file_new after insert on app.ticket_comments for each row execute function app.file_comment();
create trigger file_changed after update of body, visibility, tenant_id on app.ticket_comments for each row
  when ((old.body, old.visibility, old.tenant_id) is distinct from (new.body, new.visibility, new.tenant_id)) execute function app.file_comment();
create trigger unfile after delete on app.ticket_comments for each row execute function app.unfile('Ticket');

create trigger file_new after insert on app.devices for each row execute function app.file_device();
create trigger file_changed after update of name, hostname, serial_number, tenant_id on app.devices for each row
  when ((old.name, old.hostname, old.serial_number, old.tenant_id) is distinct from (new.name, new.hostname, new.serial_number, new.tenant_id))
  execute function app.file_device();
create trigger unfile after delete on app.devices for each row execute function app.unfile('Device');

create trigger file_new after insert on app.assets for each row execute function app.file_asset();
create trigger file_changed after update of name, tag, serial_number, tenant_id on app.assets for each row
  when ((old.name, old.tag, old.serial_number, old.tenant_id) is distinct from (new.name, new.tag, new.serial_number, new.tenant_id))
  execute function app.file_asset();
create trigger unfile after delete on app.assets for each row execute function app.unfile('Asset');

create trigger file_new after insert on app.articles for each row execute function app.file_article();
create trigger file_changed after update on app.articles for each row
  when ((old.title, old.summary, old.body, old.seen_by, old.state) is distinct from (new.title, new.summary, new.body, new.seen_by, new.state))
  execute function app.file_article();
create trigger unfile after delete on app.articles for each row execute function app.unfile('Article');

create trigger file_new after insert on app.tenants for each row when (new.id <> new.account_id) execute function app.file_tenant();
create trigger file_changed after update of name on app.tenants for each row
  when (old.name is distinct from new.name) execute function app.file_tenant();
create trigger unfile after delete on app.tenants for each row execute function app.unfile('Tenant');

create trigger file_new after insert on app.users for each row execute function app.file_user();
create trigger file_changed after update of name, email on app.users for each row
  when ((old.name, old.email) is distinct from (new.name, new.email)) execute function app.file_user();
create trigger unfile after delete on app.users for each row execute function app.unfile('User');

-- +goose StatementBegin
-- Makes anew all that search looks in, for rows that were there before the triggers or written without them.
create function app.file_everything() returns void language sql set search_path = pg_catalog as $$
  delete from app.search_documents;
  insert into app.search_documents (account_id, kind, object_id, part_id, seen_by, internal, made_at, words)
    select account_id, 'Ticket', id, id, tenant_id, false, created_at, app.marked_words(account_id, number || ' ' || subject, description) from app.tickets
    union all select c.account_id, 'Ticket', c.ticket_id, c.id, c.tenant_id, c.visibility <> 'PUBLIC', t.created_at, app.marked_words(c.account_id, null, c.body)
      from app.ticket_comments c join app.tickets t on t.account_id = c.account_id and t.id = c.ticket_id
    union all select account_id, 'Device', id, id, tenant_id, false, created_at, app.marked_words(account_id, name, concat_ws(' ', hostname, serial_number)) from app.devices
    union all select account_id, 'Asset', id, id, tenant_id, false, created_at, app.marked_words(account_id, name, concat_ws(' ', tag, serial_number)) from app.assets
    union all select account_id, 'Article', id, id, seen_by, state <> 'PUBLISHED', created_at, app.marked_words(account_id, title, concat_ws(' ', summary, body)) from app.articles
    union all select account_id, 'Tenant', id, id, id, false, created_at, app.marked_words(account_id, name, null) from app.tenants where id <> account_id
    union all select account_id, 'User', id, id, account_id, true, created_at, app.marked_words(account_id, name, email) from app.users;
$$;
-- +goose StatementEnd
select app.file_everything();

-- +goose Down
drop function app.file_everything;
drop trigger file_new on app.tickets; drop trigger file_changed on app.tickets; drop trigger unfile on app.tickets;
drop trigger file_new on app.ticket_comments; drop trigger file_changed on app.ticket_comments; drop trigger unfile on app.ticket_comments;
drop trigger file_new on app.devices; drop trigger file_changed on app.devices; drop trigger unfile on app.devices;
drop trigger file_new on app.assets; drop trigger file_changed on app.assets; drop trigger unfile on app.assets;
drop trigger file_new on app.articles; drop trigger file_changed on app.articles; drop trigger unfile on app.articles;
drop trigger file_new on app.tenants; drop trigger file_changed on app.tenants; drop trigger unfile on app.tenants;
drop trigger file_new on app.users; drop trigger file_changed on app.users; drop trigger unfile on app.users;
drop function app.file_ticket, app.file_comment, app.file_device, app.file_asset, app.file_article, app.file_tenant, app.file_user, app.unfile;
