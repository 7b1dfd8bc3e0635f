package postgres_test

import (
	"testing"
	"time"

	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
)

// TestAConnectionToWhatBecameAStandbyIsGivenUp: a mutation that finds nothing can be written is the last one there.
func TestAConnectionToWhatBecameAStandbyIsGivenUp(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	pool, err := postgres.Open(ctx, db.OwnerURL, postgres.Settings{Size: 1, Statement: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	backend := func() (pid int) {
		if err := pool.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	before := backend()
	if after := backend(); after != before {
		t.Fatalf("the connection is another one each time: %d, %d", before, after)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "begin read only"); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(ctx, "create table app.written ()")
	if !postgres.HasState(err, "25006") || !postgres.Temporary(err) {
		t.Errorf("writing says %v", err)
	}
	conn.Release()
	if after := backend(); after == before {
		t.Error("the connection is used again")
	}
}
