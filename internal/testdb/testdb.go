// Package testdb gives each test a PostgreSQL database of its own, migrated and empty. All test
// processes share one private cluster in the temporary folder; a database is a copy of a template.
package testdb

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
	"tenantry/migrations"
)

// DB is one test's database.
type DB struct {
	Name string
	// How the schema's owner, the server and a superuser sign in.
	OwnerURL, ServerURL, SuperuserURL string
}

const (
	template = "template_tenantry"
	timeout  = 3 * time.Minute
)

// Template is a database that is filled once in a process, and then copied for each test.
type Template struct {
	// Fill writes what is in it, as the schema's owner.
	Fill func(ctx context.Context, ownerURL string) error

	once sync.Once
	err  error
}

// Open makes a copy and drops it when the test ends.
func (p *Template) Open(t testing.TB) *DB {
	t.Helper()
	// The process's number tells later ones what was left behind.
	source := fmt.Sprintf("test_%d_%p", os.Getpid(), p)
	p.once.Do(func() { p.err = p.make(source) })
	if p.err != nil {
		t.Fatalf("filling the tests' database: %v", p.err)
	}
	return open(t, source)
}

func (p *Template) make(name string) error {
	c, err := shared()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	source, err := empty()
	if err != nil {
		return err
	}
	if err := copied(ctx, c, name, source); err != nil {
		return err
	}
	return p.Fill(ctx, on(c.OwnerURL(), name))
}

// copied makes a database like another. A copy does not have its template's owner and grants, which
// belong to the cluster.
func copied(ctx context.Context, c *cluster.Cluster, name, source string) error {
	return run(ctx, on(c.SuperuserURL(), "postgres"), "create database "+name+" template "+source+" owner tenantry_owner",
		"revoke all on database "+name+" from public", "grant connect on database "+name+" to tenantry_server")
}

// Open makes an empty database and drops it when the test ends.
func Open(t testing.TB) *DB {
	t.Helper()
	source, err := empty()
	if err != nil {
		t.Fatalf("no database for the test: %v", err)
	}
	return open(t, source)
}

// changing is an environment variable: a file of SQL that is run, as a superuser, before any test's database is
// made. So prove/walls takes a brick out of the wall and sees whether the tests notice.
const changing = "TENANTRY_TEST_SQL"

// empty is what the databases of this process are copied from.
var empty = sync.OnceValues(func() (string, error) {
	c, err := shared()
	file := os.Getenv(changing)
	if err != nil || file == "" {
		return template, err
	}
	sql, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	name := fmt.Sprintf("test_%d_changed", os.Getpid())
	if err := copied(ctx, c, name, template); err != nil {
		return "", err
	}
	return name, run(ctx, on(c.SuperuserURL(), name), string(sql))
})

func open(t testing.TB, source string) *DB {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatalf("no database for the test: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	// The process's number tells later ones what was left behind.
	secret := make([]byte, 6)
	_, _ = rand.Read(secret) // cannot fail
	name := fmt.Sprintf("test_%d_%s", os.Getpid(), hex.EncodeToString(secret))
	if err := copied(ctx, c, name, source); err != nil {
		t.Fatalf("making the test's database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		if err := run(ctx, on(c.SuperuserURL(), "postgres"), "drop database if exists "+name+" with (force)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return &DB{Name: name, OwnerURL: on(c.OwnerURL(), name), ServerURL: on(c.ServerURL(), name), SuperuserURL: on(c.SuperuserURL(), name)}
}

// shared is the cluster, opened once in a process and held until it ends.
var shared = sync.OnceValues(func() (*cluster.Cluster, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	// Each change of the migrations makes a new folder: delete what nobody uses any more.
	others, _ := filepath.Glob(dir[:strings.LastIndexByte(dir, '-')] + "-*")
	for _, other := range others {
		if other != dir {
			_ = cluster.Remove(other)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := cluster.Open(ctx, dir, slog.New(slog.DiscardHandler), cluster.Fast)
	if err != nil {
		return nil, err
	}
	if err := hold(dir); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := makeTemplate(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("migrating: %w", err), c.Close())
	}
	// From here on the holder alone keeps the cluster up: the kernel closes the files of a process that
	// ends in no certain order, and the holder must not take this one for another user.
	return c, c.Close()
})

// folder is the same for all test processes of a user, a PostgreSQL and a state of the migrations.
func folder() (string, error) {
	version, err := cluster.Newest()
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	fmt.Fprintln(h, version, migrations.Roles)
	err = fs.WalkDir(migrations.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(migrations.FS, path)
		_, _ = h.Write(append([]byte(path), data...))
		return err
	})
	return filepath.Join(os.TempDir(), fmt.Sprintf("tenantry-test-%d-%x", os.Getuid(), h.Sum64())), err
}

// makeTemplate migrates a database once for all processes, and drops what killed ones left.
func makeTemplate(ctx context.Context, c *cluster.Cluster) error {
	conn, err := pgx.Connect(ctx, on(c.SuperuserURL(), "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // and with it the lock
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(1)"); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, "select datname from pg_database")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	done := false
	for _, name := range names {
		done = done || name == template
		if p := strings.Split(name, "_"); p[0] == "test" && len(p) == 3 {
			if pid, err := strconv.Atoi(p[1]); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
				if _, err := conn.Exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
					return err
				}
			}
		}
	}
	if done {
		return nil
	}
	if err := postgres.Migrate(ctx, c.OwnerURL(), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	// Renamed when it is whole, so that the name says so. It is another one than the cluster's own
	// database, to which the next start of the cluster connects.
	for _, sql := range []string{"drop database if exists " + template + "_new", "create database " + template + "_new template tenantry",
		"alter database " + template + "_new rename to " + template} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// on is a cluster's URL for another of its databases.
func on(address, database string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // the cluster made it
	}
	u.Path = "/" + database
	return u.String()
}
