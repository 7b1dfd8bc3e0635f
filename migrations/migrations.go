// Package migrations holds the database schema: tables with their keys, grants and row level
// security policies as goose migrations, one table per file, and the SQL that makes the roles.
package migrations

import "embed"

// FS holds the goose migrations.
//
//go:embed 0*.sql
var FS embed.FS

// Roles is the SQL that a superuser runs once in a new database, before the first migration.
//
//go:embed roles.sql
var Roles string
