// Package cluster runs the private PostgreSQL of a data folder, for everybody who just wants to try
// Tenantry or develop it. Several processes share one: the first starts it, the last stops it.
//
// A data folder DIR holds DIR/postgres, made whole in a temporary sibling and then renamed:
//
//	data/       the cluster
//	passwords   of the superuser, the owner and the server, one a line
//	fresh       is there until an account is
//	log         what postgres says
//	socket/     where it listens; there is no TCP
//
// Two locks, both flock on folders, so that the kernel frees them whatever happens to their holders:
// DIR itself while something starts or stops, and DIR/postgres, shared, for as long as a process uses it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/migrations"
)

const (
	lockTimeout  = 2 * time.Minute
	startTimeout = 90 * time.Second // crash recovery included
	stopTimeout  = 30 * time.Second
)

// Cluster is a running private PostgreSQL that this process uses.
type Cluster struct {
	dir, home string // the data folder, and where its "postgres" really is
	user      *account
	bin       binaries
	passwords [3]string
	socket    string
	fresh     bool
	options   options
	log       *slog.Logger

	using    *os.File // holds the shared lock on home
	exited   chan struct{}
	closing  sync.Once
	closeErr error
}

type options struct{ fast bool }

// Option changes how a cluster runs.
type Option func(*options)

// Fast gives up the safety of the data for speed, and allows many connections: for tests.
func Fast(o *options) { o.fast = true }

// Open makes the cluster of a data folder if there is none, starts it unless it runs already, and
// prepares its database "tenantry" for migrations.
func Open(ctx context.Context, dir string, log *slog.Logger, opts ...Option) (*Cluster, error) {
	c := &Cluster{log: log}
	for _, o := range opts {
		o(&c.options)
	}
	var err error
	if c.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		if c.using != nil {
			_ = c.using.Close()
		}
		return nil, fmt.Errorf("the private PostgreSQL in %s: %w", c.dir, err)
	}
	return c, nil
}

func (c *Cluster) open(ctx context.Context) error {
	starting, err := c.lockDir(ctx)
	if err != nil {
		return err
	}
	defer starting.Close()

	if err := c.find(ctx); err != nil {
		return err
	}
	alone := false
	if c.using, alone, err = use(c.home); err != nil {
		return err
	}
	if err := c.start(ctx); err != nil {
		return err
	}
	// Others that use it have prepared it already, and might be in the middle of something.
	if alone {
		if err := c.prepare(ctx); err != nil {
			if last, _ := leave(c.using); last {
				err = errors.Join(err, c.stop())
			}
			return err
		}
	}
	return nil
}

// lockDir makes the data folder and locks it, again if somebody removed it in between.
func (c *Cluster) lockDir(ctx context.Context) (*os.File, error) {
	for {
		if err := os.MkdirAll(c.dir, 0o755); err != nil { //#nosec G301 -- another user runs PostgreSQL in it
			return nil, err
		}
		f, err := lock(ctx, c.dir)
		if err != nil {
			return nil, fmt.Errorf("waiting for another process that starts or stops it: %w", err)
		}
		locked, err := f.Stat()
		if err == nil {
			var there os.FileInfo
			if there, err = os.Stat(c.dir); err == nil && os.SameFile(locked, there) {
				return f, nil
			}
		}
		_ = f.Close()
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
}

// find sets home, user, binaries and passwords, making the cluster if there is none.
func (c *Cluster) find(ctx context.Context) error {
	link := filepath.Join(c.dir, "postgres")
	if _, err := os.Lstat(link); errors.Is(err, os.ErrNotExist) {
		if err := c.create(ctx, link); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	var err error
	if c.home, err = filepath.EvalSymlinks(link); errors.Is(err, os.ErrNotExist) {
		to, _ := os.Readlink(link)
		return fmt.Errorf("%s, where the data was, is gone: put it back, or remove %s to start anew", to, link)
	} else if err != nil {
		return err
	}
	if c.user, err = owner(c.home); err != nil {
		return err
	}
	if !c.user.reaches(ctx, c.home) {
		return fmt.Errorf("the user %s, as whom postgres runs, cannot reach %s: a folder above it is closed to others", c.user.name, c.home)
	}
	if c.bin, err = c.binaries(); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(c.home, "passwords"))
	if err != nil {
		return err
	}
	lines := strings.Fields(string(data))
	if len(lines) != len(c.passwords) {
		return fmt.Errorf("%s does not hold three passwords", filepath.Join(c.home, "passwords"))
	}
	copy(c.passwords[:], lines)
	return nil
}

// prepare makes the database and the roles. It is safe to repeat, and is repeated at every start, so
// that a newer version's roles arrive.
func (c *Cluster) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := c.superuser(ctx, "postgres", func(conn *pgx.Conn) error {
		var exists bool
		err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = 'tenantry')").Scan(&exists)
		if err == nil && !exists {
			_, err = conn.Exec(ctx, "create database tenantry")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	err = c.superuser(ctx, "tenantry", func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, migrations.Roles); err != nil {
			return err
		}
		// Hexadecimal digits, so there is nothing to quote.
		_, err := conn.Exec(ctx, fmt.Sprintf("alter role tenantry_owner password '%s'; alter role tenantry_server password '%s'",
			c.passwords[1], c.passwords[2]))
		return err
	})
	if err != nil {
		return fmt.Errorf("making the roles: %w", err)
	}
	if c.fresh, err = c.isFresh(ctx); err != nil {
		return fmt.Errorf("looking for accounts: %w", err)
	}
	return nil
}

// isFresh tells whether nobody ever made an account, and remembers when somebody did.
func (c *Cluster) isFresh(ctx context.Context) (bool, error) {
	mark := filepath.Join(c.home, "fresh")
	if _, err := os.Stat(mark); err != nil {
		return false, nil
	}
	var used bool
	err := c.superuser(ctx, "tenantry", func(conn *pgx.Conn) error {
		err := conn.QueryRow(ctx, "select to_regclass('app.accounts') is not null").Scan(&used)
		if err == nil && used {
			err = conn.QueryRow(ctx, "select exists (select from app.accounts)").Scan(&used)
		}
		return err
	})
	if err == nil && used {
		err = os.Remove(mark)
	}
	return err == nil && !used, err
}

func (c *Cluster) superuser(ctx context.Context, database string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.url("postgres", c.passwords[0], database))
	if err != nil {
		return err
	}
	return errors.Join(f(conn), conn.Close(context.WithoutCancel(ctx)))
}

// OwnerURL signs in as the owner of the schema.
func (c *Cluster) OwnerURL() string { return c.url("tenantry_owner", c.passwords[1], "tenantry") }

// ServerURL signs in as the server.
func (c *Cluster) ServerURL() string { return c.url("tenantry_server", c.passwords[2], "tenantry") }

// SuperuserURL signs in as the superuser.
func (c *Cluster) SuperuserURL() string { return c.url("postgres", c.passwords[0], "tenantry") }

// Fresh tells whether nobody ever put anything into the cluster, nor uses it beside this process. One
// whose making was interrupted half-way through a first start is still fresh at the next.
func (c *Cluster) Fresh() bool { return c.fresh }

func (c *Cluster) url(user, password, database string) string {
	// PostgreSQL's clients take a "+" for a plus, so a space in the path must be %20.
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/" + database,
		RawQuery: "host=" + strings.ReplaceAll(url.QueryEscape(c.socket), "+", "%20") + "&port=5432&sslmode=disable"}
	return u.String()
}

// Close stops the cluster unless another process, or another Cluster of this one, uses it.
func (c *Cluster) Close() error {
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), lockTimeout)
		defer cancel()
		starting, err := lock(ctx, c.dir)
		if err != nil {
			c.closeErr = errors.Join(err, c.using.Close())
			return
		}
		defer starting.Close()
		last, err := leave(c.using)
		if err == nil && last {
			err = c.stop()
		}
		c.closeErr = errors.Join(err, c.using.Close())
	})
	return c.closeErr
}

// Remove deletes a data folder, with a cluster that is kept elsewhere, unless it is in use.
func Remove(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	starting, err := lock(ctx, dir)
	if err != nil {
		return err
	}
	defer starting.Close()
	home, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err == nil {
		using, alone, err := use(home)
		if err != nil {
			return err
		}
		defer using.Close()
		if !alone {
			return fmt.Errorf("%s is in use", dir)
		}
		left := &Cluster{home: home}
		if p := left.running(); p != nil {
			left.socket = p.socket
		}
		if err := left.stop(); err != nil {
			return err
		}
		if err := os.RemoveAll(home); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}
