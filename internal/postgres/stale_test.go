package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
)

// The version of a user's access and of the user's row go apart with the first membership or change of
// name, so both are moved here by different steps.
func TestStaleAccess(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	account, user := uuid.New(), uuid.New()
	owner, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(ctx)
	for _, c := range []struct {
		sql  string
		args []any
	}{
		{"insert into app.accounts (account_id, name, cursor_key) values ($1, 'A', sha256('a'))", []any{account}},
		{"insert into app.users (account_id, id, email, name, role, status) values ($1, $2, 'a@example.com', 'A', 'ADMIN', 'ACTIVE')", []any{account, user}},
		{"update app.users set status = 'SUSPENDED' where id = $1", []any{user}},
		{"update app.users set status = 'ACTIVE' where id = $1", []any{user}},
		{"update app.users set locale = 'fr' where id = $1", []any{user}},
	} {
		if _, err := owner.Exec(ctx, c.sql, c.args...); err != nil {
			t.Fatal(err)
		}
	}
	server, err := pgx.Connect(ctx, db.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(ctx)
	for version := range int64(6) {
		var b pgx.Batch
		postgres.Identity{Account: account, Viewer: user, Version: version, Kind: postgres.Admin}.Begin(&b, true)
		err := server.SendBatch(ctx, &b).Close()
		postgres.Rollback(ctx, server)
		if version == 3 && err != nil || version != 3 && !postgres.Stale(err) {
			t.Errorf("with version %d of the access, which is at 3: %v", version, err)
		}
	}
}
