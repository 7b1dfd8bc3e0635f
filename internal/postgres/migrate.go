package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"tenantry/migrations"
)

const (
	// The versions live in a schema of their own that nobody but the owner may use.
	versionSchema = "tenantry_migrations"
	versionTable  = versionSchema + ".versions"
	// Names the lock that lets one process at a time migrate a database.
	migrateLock = 0x74656e616e747279
	// How long all migrations together, with the wait for another process's, may take.
	migrateTimeout = 10 * time.Minute
	// How often a migration is tried that has to wait for a lock, a second each time, and how long others go first.
	migrateTries = 5
	migratePause = time.Second
	// How long it waits for another process's migrations at a time.
	migrateAgain = "200ms"
	lockTimeout  = "55P03"

	prepare = "Prepare the database once as a superuser: psql -d DATABASE -f migrations/roles.sql, " +
		"then give tenantry_owner and tenantry_server passwords"
)

// Migration is one migration and whether the database has it.
type Migration struct {
	Version int64
	File    string
	Applied bool
	At      time.Time
}

// Migrate brings the schema up to date. Several servers may start at once: one migrates while the
// others wait for it. A migration that fails is undone, those before it stay, and it can be repeated.
func Migrate(ctx context.Context, ownerURL string, log *slog.Logger) error {
	return withProvider(ctx, ownerURL, func(ctx context.Context, p *goose.Provider) error {
		steps := 0
		defer func() {
			if steps > 0 {
				log.Info("migrated the database", "steps", steps)
			}
		}()
		for try := 1; ; try++ {
			done, err := p.Up(ctx)
			var part *goose.PartialError
			if errors.As(err, &part) {
				done = part.Applied
			}
			for _, r := range done {
				log.Debug("migrated", "file", r.Source.Path, "took", r.Duration.Round(time.Millisecond))
			}
			if steps += len(done); !HasState(err, lockTimeout) || try == migrateTries {
				return migrationError(err)
			}
			log.Info("a migration waits for who uses the database, and lets others go first")
			time.Sleep(migratePause)
		}
	})
}

// Status lists all migrations, oldest first, and changes nothing.
func Status(ctx context.Context, ownerURL string) ([]Migration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := openOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithTableName(versionTable))
	if err != nil {
		return nil, err
	}
	// Asking goose about a database that was never migrated would make its table.
	var migrated bool
	if err := db.QueryRowContext(ctx, "select to_regclass($1) is not null", versionTable).Scan(&migrated); err != nil {
		return nil, err
	}
	var list []Migration
	if !migrated {
		for _, s := range p.ListSources() {
			list = append(list, Migration{Version: s.Version, File: s.Path})
		}
		return list, nil
	}
	status, err := p.Status(ctx)
	for _, s := range status {
		list = append(list, Migration{s.Source.Version, s.Source.Path, s.State == goose.StateApplied, s.AppliedAt})
	}
	return list, err
}

// Pending lists the migrations that the database lacks, oldest first, and changes nothing.
func Pending(ctx context.Context, ownerURL string) ([]Migration, error) {
	list, err := Status(ctx, ownerURL)
	return slices.DeleteFunc(list, func(m Migration) bool { return m.Applied }), err
}

// withProvider runs f while no other process migrates the database.
func withProvider(ctx context.Context, ownerURL string, f func(context.Context, *goose.Provider) error) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	db, err := openOwner(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer db.Close()
	lock, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	// Closing the pool ends the session and with it the lock, whatever happened before.
	defer lock.Close()
	// Again and again: a statement that waits for the lock as long as it takes would be one that an index which is made
	// concurrently waits for, and neither would end.
	if _, err := lock.ExecContext(ctx, "set lock_timeout = '"+migrateAgain+"'"); err != nil {
		return err
	}
	for {
		_, err := lock.ExecContext(ctx, "select pg_advisory_lock($1)", int64(migrateLock))
		if err == nil {
			break
		}
		if !HasState(err, lockTimeout) {
			return fmt.Errorf("waiting for another process's migrations: %w", err)
		}
	}
	if _, err := lock.ExecContext(ctx, "create schema if not exists "+versionSchema); err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithTableName(versionTable))
	if err != nil {
		return err
	}
	return f(ctx, p)
}

// openOwner connects as the owner and makes sure that roles.sql was run.
func openOwner(ctx context.Context, ownerURL string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return nil, fmt.Errorf("the owner's database URL cannot be read: %w", err)
	}
	cfg.ConnectTimeout = 5 * time.Second
	cfg.RuntimeParams["application_name"] = "tenantry migrations"
	// A migration that waits for a long reader makes everybody behind it wait too: rather begin it anew after a while.
	cfg.RuntimeParams["lock_timeout"] = "1000"
	db := stdlib.OpenDB(*cfg)
	if err := checkRoles(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func checkRoles(ctx context.Context, db *sql.DB) error {
	var user string
	var roles int
	var owned bool
	err := db.QueryRowContext(ctx, `select current_user,
	  (select count(*) from pg_roles where rolname in ('tenantry_owner', 'tenantry_server') or
	    rolname ~ '^tenantry_(admin|all|member|customer)(_writer)?$'),
	  exists (select from pg_namespace n join pg_roles r on r.oid = n.nspowner
	    where n.nspname = 'app' and r.rolname = 'tenantry_owner')`).Scan(&user, &roles, &owned)
	switch {
	case HasState(err, "28P01") || HasState(err, "28000") || HasState(err, "3D000"):
		return fmt.Errorf("the owner cannot sign in to the database (%w). %s", err, prepare)
	case err != nil:
		return fmt.Errorf("the database does not answer: %w", err)
	case roles < 10 || !owned:
		return fmt.Errorf("the database lacks Tenantry's roles or its schema. %s", prepare)
	case user != "tenantry_owner":
		return fmt.Errorf("TENANTRY_OWNER_DATABASE_URL signs in as %q, but the schema must belong to tenantry_owner. %s", user, prepare)
	}
	return nil
}

// migrationError says what to do about a migration that met a lock.
func migrationError(err error) error {
	if HasState(err, lockTimeout) {
		return fmt.Errorf("a migration found no moment in which nobody used its table; it can be repeated when the database is quieter: %w", err)
	}
	return err
}
