package store

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/testdb"
)

// TestADeletedTenantTakesEveryTableAlong that has a tenant: a new one must be in itemTables, or here.
func TestADeletedTenantTakesEveryTableAlong(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, testdb.Open(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	others := map[string]string{
		"memberships":       "end with the tenant",
		"ticket_changes":    "follow their tickets by their key",
		"api_token_tenants": "end with the tenant, by their key",
		"tallies":           "follow what they count, by triggers",
		"due_tallies":       "follow what they count, by triggers",
		"audit_events":      "say what there was",
	}
	found, err := conn.Query(ctx, `select distinct c.relname from pg_class c
		left join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
		left join pg_constraint k on k.contype = 'f' and k.conrelid = c.oid and k.confrelid = 'app.tenants'::regclass
		where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and (a.attname is not null or k.conname is not null)`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if others[table] == "" && !slices.Contains(itemTables, table) {
			t.Errorf("%s has a tenant: what becomes of its rows when that is deleted?", table)
		}
	}
	for _, table := range itemTables {
		if !slices.Contains(tables, table) {
			t.Errorf("%s has no tenant", table)
		}
	}
}
