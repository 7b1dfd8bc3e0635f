package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/testdb"
)

// TestARestoredBackupShowsEverybodyTheSame saves a world, makes it anew in another database, and asks the product
// there what the oracle says of the world that was saved.
func TestARestoredBackupShowsEverybodyTheSame(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	db := testdb.Open(t)
	trial, err := newTrial(ctx, 2, db.SuperuserURL, db.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer trial.close(ctx)
	file := filepath.Join(t.TempDir(), "saved")
	script := func(name string, args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "../scripts/"+name, args...).CombinedOutput()
		return string(out), err
	}
	if out, err := script("backup", db.ServerURL, file); err == nil || !strings.Contains(out, "tenantry_server is under row level security") {
		t.Errorf("the server's role saves: %s", out)
	}
	if out, err := script("backup", db.SuperuserURL, file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	copied := db.Name + "_restored"
	if _, err := trial.super.Exec(ctx, "create database "+copied); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := trial.super.Exec(context.WithoutCancel(ctx), "drop database "+copied+" with (force)"); err != nil {
			t.Error(err)
		}
	}()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := file + ".cut"
	if err := os.WriteFile(cut, whole[:len(whole)-len(whole)/4], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := script("restore", in(t, db.SuperuserURL, copied), cut); err == nil || !strings.Contains(out, "nothing was changed") {
		t.Errorf("a file that was cut off is restored: %s", out)
	}
	// And leaves the database as it was.
	if out, err := script("restore", in(t, db.SuperuserURL, copied), file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := script("restore", in(t, db.SuperuserURL, copied), file); err == nil || !strings.Contains(out, "not empty") {
		t.Errorf("it is restored twice: %s", out)
	}
	restored, err := pgx.Connect(ctx, in(t, db.SuperuserURL, copied))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = restored.Close(ctx) }()
	want, got := contents(ctx, t, trial.super), contents(ctx, t, restored)
	if len(want) < 30 {
		t.Errorf("only %d tables and accounts have rows", len(want))
	}
	for of, rows := range want {
		if got[of] != rows {
			t.Errorf("%s: %s were saved, and %q are there", of, rows, got[of])
		}
	}
	for i, p := range trial.servers {
		p.pool.Close()
		if trial.servers[i], err = serve(ctx, in(t, db.ServerURL, copied)); err != nil {
			t.Fatal(err)
		}
	}
	trial.product = trial.servers[0]
	if err := trial.all(ctx, plan{ids: 6, share: 400, alone: 1600, documents: 5, writes: 1, only: "both walls", progress: t.Output()}); err != nil {
		t.Fatal(err)
	}
	for _, d := range trial.result.differences {
		t.Error(d)
	}
	if n := trial.result.comparisons["both walls"]; n < 1000 {
		t.Errorf("only %d answers were compared", n)
	}
}

// in is another database of the same server.
func in(t *testing.T, address, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + database
	return u.String()
}

// contents are the number and the checksum of the rows of each table, by account.
func contents(ctx context.Context, t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	rows, err := conn.Query(ctx, `select c.relname, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id')
		from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	accounts := map[string]string{}
	var table string
	var owned bool
	if _, err := pgx.ForEachRow(rows, []any{&table, &owned}, func() error {
		if table == "events" { // of transactions that the other database does not know
			return nil
		}
		accounts[table] = "''"
		if owned {
			accounts[table] = "account_id::text"
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for table, account := range accounts {
		rows, err := conn.Query(ctx, fmt.Sprintf("select %s, count(*) || ' rows ' || md5(string_agg(t::text, '|' order by t::text)) from app.%s t group by 1", account, table))
		if err != nil {
			t.Fatal(err)
		}
		var of, sum string
		if _, err := pgx.ForEachRow(rows, []any{&of, &sum}, func() error { all[table+" of "+of] = sum; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
