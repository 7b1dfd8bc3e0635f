package postgres_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"tenantry/internal/postgres"
	"tenantry/internal/testdb"
	"tenantry/migrations"
)

var quiet = slog.New(slog.DiscardHandler)

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// down takes all migrations back.
func down(ctx context.Context, t *testing.T, db *testdb.DB) {
	t.Helper()
	cfg, err := pgx.ParseConfig(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	conn := stdlib.OpenDB(*cfg)
	defer conn.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, conn, migrations.FS, goose.WithTableName("tenantry_migrations.versions"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DownTo(ctx, 0); err != nil {
		t.Fatal(err)
	}
}

const catalogue = `select string_agg(x, e'\n' order by x) from (
  select c.oid::regclass::text || ' ' || c.relkind::text || coalesce(c.relacl::text, '') as x from pg_class c where c.relnamespace = 'app'::regnamespace
  union all select p.oid::regprocedure::text || coalesce(p.proacl::text, '') from pg_proc p where p.pronamespace = 'app'::regnamespace
  union all select t.typname from pg_type t where t.typnamespace = 'app'::regnamespace
  union all select p.polname || p.polrelid::regclass::text || pg_get_expr(p.polqual, p.polrelid) from pg_policy p) x`

func ask(ctx context.Context, t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var answer *string
	if err := conn.QueryRow(ctx, sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	if answer == nil {
		return ""
	}
	return *answer
}

func TestMigrationsGoDownAndUp(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	before := ask(ctx, t, db.OwnerURL, catalogue)
	down(ctx, t, db)
	if left := ask(ctx, t, db.OwnerURL, catalogue); left != "" {
		t.Errorf("left by the way down:\n%s", left)
	}
	status, err := postgres.Status(ctx, db.OwnerURL)
	if err != nil || len(status) == 0 || status[0].Applied {
		t.Errorf("status %v, %v", status, err)
	}
	if pending, err := postgres.Pending(ctx, db.OwnerURL); err != nil || len(pending) != len(status) {
		t.Errorf("%d of %d are pending, %v", len(pending), len(status), err)
	}
	// Several servers start at once; one that did something writes a line.
	var did bytes.Buffer
	log := slog.New(slog.NewTextHandler(&did, nil))
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := postgres.Migrate(ctx, db.OwnerURL, log); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := strings.Count(did.String(), "\n"); n != 1 || !strings.Contains(did.String(), fmt.Sprintf("steps=%d\n", len(status))) {
		t.Errorf("%d migrations, but %d servers migrated:\n%s", len(status), n, &did)
	}
	if pending, err := postgres.Pending(ctx, db.OwnerURL); err != nil || len(pending) != 0 {
		t.Errorf("%v are pending, %v", pending, err)
	}
	if after := ask(ctx, t, db.OwnerURL, catalogue); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	status, err = postgres.Status(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range status {
		if !m.Applied || m.At.IsZero() {
			t.Errorf("%+v is not applied", m)
		}
	}
}

func TestOwnerAloneSeesVersions(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	if got := ask(ctx, t, db.SuperuserURL, `select string_agg(r.rolname, ',') from pg_roles r
	  where not r.rolsuper and r.rolname !~ '^pg_' and has_schema_privilege(r.oid, 'tenantry_migrations', 'usage')`); got != "tenantry_owner" {
		t.Errorf("the versions are open to %s", got)
	}
	if got := ask(ctx, t, db.OwnerURL, `select string_agg(c.relname, ',') from pg_class c
	  where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)`); got != "" {
		t.Errorf("no wall around %s", got)
	}
}

func TestUnpreparedDatabase(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	u, err := url.Parse(db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("tenantry_owner", "wrong")
	for name, address := range map[string]string{
		"wrong password": u.String(), "not the owner": db.SuperuserURL,
		"no database": strings.Replace(db.OwnerURL, db.Name, db.Name+"x", 1), "no schema": strings.Replace(db.SuperuserURL, db.Name, "postgres", 1),
	} {
		if err := postgres.Migrate(ctx, address, quiet); err == nil || !strings.Contains(err.Error(), "psql -d DATABASE -f migrations/roles.sql") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := postgres.Status(ctx, address); err == nil {
			t.Errorf("%s: status", name)
		}
	}
}

func TestMigrationGivesUpOnLock(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	down(ctx, t, db)
	conn, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, sql := range []string{"begin", "lock table tenantry_migrations.versions in access exclusive mode"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := postgres.Migrate(ctx, db.OwnerURL, quiet); err == nil || !strings.Contains(err.Error(), "can be repeated") {
		t.Error(err)
	}
}

// TestAnIndexIsMadeConcurrentlyWhileOthersWaitToMigrate holds the lock as the process does that migrates.
func TestAnIndexIsMadeConcurrentlyWhileOthersWaitToMigrate(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	conn, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(0x74656e616e747279)); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 3)
	for range cap(waiting) {
		go func() { waiting <- postgres.Migrate(ctx, db.OwnerURL, quiet) }()
	}
	for ask(ctx, t, db.SuperuserURL, "select count(*)::text from pg_stat_activity where datname = current_database() and query like '%pg_advisory_lock%' and application_name = 'tenantry migrations'") != "3" {
		if len(waiting) > 0 {
			t.Fatalf("one does not wait: %v", <-waiting)
		}
		time.Sleep(5 * time.Millisecond)
	}
	for _, sql := range []string{"set lock_timeout = '3s'", "create index concurrently made_meanwhile on app.devices (account_id, hostname)"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	_ = conn.Close(ctx)
	for range cap(waiting) {
		if err := <-waiting; err != nil {
			t.Errorf("who waited: %v", err)
		}
	}
}

// TestAMigrationThatMeetsALongReaderLetsOthersGoFirst begins anew until the reader has ended, and says once what it did.
func TestAMigrationThatMeetsALongReaderLetsOthersGoFirst(t *testing.T) {
	ctx, db := deadline(t), testdb.Open(t)
	down(ctx, t, db)
	conn, err := pgx.Connect(ctx, db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{"begin", "lock table tenantry_migrations.versions in access exclusive mode"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	time.AfterFunc(1500*time.Millisecond, func() { _ = conn.Close(ctx) })
	var did bytes.Buffer
	if err := postgres.Migrate(ctx, db.OwnerURL, slog.New(slog.NewTextHandler(&did, nil))); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(did.String(), "lets others go first") || strings.Count(did.String(), "migrated the database") != 1 {
		t.Errorf("it says %s", &did)
	}
	if pending, err := postgres.Pending(ctx, db.OwnerURL); err != nil || len(pending) != 0 {
		t.Errorf("%v are pending, %v", pending, err)
	}
}
