-- +goose Up
-- Whatever the case, in every language: the database's own rules may know that of English letters alone.
-- The unique index on lower(tag) is made anew with it.
alter table app.assets alter column tag type text collate "und-x-icu";

-- +goose Down
alter table app.assets alter column tag type text;
