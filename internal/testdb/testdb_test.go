package testdb

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestDatabasesAreApart(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var gone string
	t.Run("one", func(t *testing.T) {
		a, b := Open(t), Open(t)
		gone = a.SuperuserURL
		account := "insert into app.accounts (account_id, name, cursor_key) values (gen_random_uuid(), 'A', sha256('a'))"
		if err := run(ctx, a.OwnerURL, account); err != nil {
			t.Fatal(err)
		}
		if err := run(ctx, a.OwnerURL, account); err == nil {
			t.Error("a second account of that name")
		}
		if err := run(ctx, b.OwnerURL, account); err != nil {
			t.Error(err)
		}
		if err := run(ctx, a.ServerURL, "select app.become(gen_random_uuid(), null, null, 1, '{}', 'admin')"); err == nil {
			t.Error("became a viewer without one")
		}
		if err := run(ctx, a.ServerURL, "select from app.accounts"); err == nil {
			t.Error("the server reads without a viewer")
		}
		// The tests' own lock on the wall: a copy keeps what roles.sql revoked.
		if err := run(ctx, a.ServerURL, "set role tenantry_admin", "select set_config('app.account', '', false)"); err == nil {
			t.Error("a viewer's role sets who asks")
		}
	})
	if conn, err := pgx.Connect(ctx, gone); err == nil {
		_ = conn.Close(ctx)
		t.Error("the database outlives its test")
	}
}
