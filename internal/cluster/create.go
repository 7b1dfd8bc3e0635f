package cluster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// elsewhere holds the clusters of data folders that the unprivileged user cannot reach.
const elsewhere = "/var/lib/tenantry"

// create makes a cluster. It becomes visible at "link" only when it is whole, so an interrupted
// attempt leaves nothing that looks like one; the next attempt removes what it left.
func (c *Cluster) create(ctx context.Context, link string) error {
	bin, err := newest()
	if err != nil {
		return err
	}
	user, err := unprivileged()
	if err != nil {
		return err
	}
	// The folder may lie below one that is closed to others, such as root's home or a mktemp -d: then
	// no permission inside it helps. The cluster is made elsewhere and linked to. Its name is random
	// rather than made from the path, so that who deletes the data folder starts anew.
	base := c.dir
	if !user.reaches(ctx, c.dir) {
		base = elsewhere
		// Whatever the umask: those whose clusters are below must get there.
		if err := errors.Join(os.MkdirAll(base, 0o755), os.Chmod(base, 0o755)); err != nil { //#nosec G301 G302 -- another user runs PostgreSQL in it
			return err
		}
		if !user.reaches(ctx, base) {
			return fmt.Errorf("the user %s, as whom postgres runs, can reach neither %s nor %s", user.name, c.dir, base)
		}
	}
	// The lock on the data folder makes its unfinished attempts, which carry its name, this process's.
	unfinished := filepath.Join(base, "making-"+name(c.dir)+"-")
	left, _ := filepath.Glob(unfinished + "*")
	for _, dir := range left {
		c.log.Info("an earlier start was interrupted while it made the private PostgreSQL: removing what it left, which holds no data", "folder", dir)
		if err := remove(ctx, dir); err != nil {
			return err
		}
	}
	temporary, err := os.MkdirTemp(filepath.Split(unfinished))
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := c.initialise(ctx, bin, user, temporary); err != nil {
		return err
	}
	if base == c.dir {
		return os.Rename(temporary, link)
	}
	home := filepath.Join(base, "cluster-"+strings.TrimPrefix(temporary, unfinished))
	if err := os.Rename(temporary, home); err != nil {
		return err
	}
	if err := os.Symlink(home, link); err != nil {
		return errors.Join(err, os.RemoveAll(home))
	}
	c.log.Info("the user postgres runs as cannot reach the data folder: the data is kept elsewhere", "user", user.name, "folder", home)
	return nil
}

// name is a short one for a data folder, whichever way it is called.
func name(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(dir))
	return fmt.Sprintf("%x", h.Sum64())
}

// remove deletes a folder even if a program that was left alone, such as initdb, still writes into it:
// without its files it soon ends.
func remove(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for {
		err := os.RemoveAll(dir)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// initialise fills a home: passwords, socket folder, and data.
func (c *Cluster) initialise(ctx context.Context, bin binaries, user *account, home string) error {
	c.log.Info("making a private PostgreSQL", "folder", c.dir, "version", bin.major)
	passwords := make([]string, len(c.passwords))
	for i := range passwords {
		secret := make([]byte, 24)
		_, _ = rand.Read(secret) // cannot fail
		passwords[i] = hex.EncodeToString(secret)
	}
	file := filepath.Join(home, "passwords")
	first := filepath.Join(home, "superuser")
	if err := errors.Join(
		os.WriteFile(file, []byte(strings.Join(passwords, "\n")+"\n"), 0o600),
		os.WriteFile(first, []byte(passwords[0]+"\n"), 0o600),
		os.WriteFile(filepath.Join(home, "fresh"), nil, 0o600),
		os.Mkdir(filepath.Join(home, "socket"), 0o700),
		user.give(home), user.give(file), user.give(first), user.give(filepath.Join(home, "socket")),
	); err != nil {
		return err
	}
	// Case is folded as Unicode says; all sorting that people see names its collation.
	ctype := "C.UTF-8"
	if runtime.GOOS != "linux" {
		ctype = "en_US.UTF-8"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	out, err := user.command(ctx, bin.path("initdb"), "-D", filepath.Join(home, "data"), "-U", "postgres", "--pwfile="+first,
		"--auth-local=scram-sha-256", "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--lc-ctype="+ctype,
		"--no-instructions").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, tail(out))
	}
	return os.Remove(first)
}

// tail is the end of a log, where the reason is.
func tail(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
