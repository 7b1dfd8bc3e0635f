package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Oldest is the oldest major version of PostgreSQL that Tenantry runs on.
const Oldest = 15

// Install says how to get the binaries.
const Install = "install PostgreSQL 15 or newer (Debian and Ubuntu: apt-get install postgresql), " +
	"or set DATABASE_URL and TENANTRY_OWNER_DATABASE_URL to use a server of yours"

// binaries is a folder with PostgreSQL's programs.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// Where distributions put the programs; they are often not in PATH.
var places = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"}

var versionNumber = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// installed lists what is on the machine and not too old.
func installed() []binaries {
	var dirs []string
	for _, p := range places {
		found, _ := filepath.Glob(p)
		dirs = append(dirs, found...)
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	var list []binaries
	for _, dir := range dirs {
		b := binaries{dir: dir}
		if _, err := os.Stat(b.path("initdb")); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		out, err := exec.CommandContext(ctx, b.path("postgres"), "--version").Output() //#nosec G204 -- PostgreSQL's own programs
		cancel()
		if m := versionNumber.FindSubmatch(out); err == nil && m != nil {
			if b.major, err = strconv.Atoi(string(m[1])); err == nil && b.major >= Oldest {
				list = append(list, b)
			}
		}
	}
	return list
}

// Newest is the major version that a new cluster would have; the error says what to install.
func Newest() (int, error) {
	b, err := newest()
	return b.major, err
}

// newest is for a new cluster.
func newest() (binaries, error) {
	var best binaries
	for _, b := range installed() {
		if b.major > best.major {
			best = b
		}
	}
	if best.major == 0 {
		return best, fmt.Errorf("PostgreSQL is not on this machine: %s", Install)
	}
	return best, nil
}

// binaries are those of the version that made the cluster: no other can read it.
func (c *Cluster) binaries() (binaries, error) {
	data, err := os.ReadFile(filepath.Join(c.home, "data", "PG_VERSION"))
	if err != nil {
		return binaries{}, err
	}
	version := strings.TrimSpace(string(data))
	for _, b := range installed() {
		if strconv.Itoa(b.major) == version {
			return b, nil
		}
	}
	has := "there is no PostgreSQL on this machine"
	if b, err := newest(); err == nil {
		has = fmt.Sprintf("this machine has PostgreSQL %d, which cannot read it", b.major)
	}
	return binaries{}, fmt.Errorf("the data was written by PostgreSQL %s, and %s. Nothing was changed: install PostgreSQL %s, "+
		"or choose another folder with TENANTRY_DATA_DIR", version, has, version)
}
