// Command faults breaks what a running Tenantry needs, again and again under load, and looks what became of those who
// asked: make faults. It prints a table of the faults, how long anybody waited, what was lost and left behind, and how
// soon all was well again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"tenantry/internal/cluster"
	"tenantry/internal/demo"
	"tenantry/internal/postgres"
	"tenantry/internal/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	share := flag.Int("share", 1, "try only one in so many")
	only := flag.String("only", "", "only faults whose name this regular `expression` matches")
	flag.Parse()
	if err := run(ctx, *share, *only); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, share int, only string) (err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	w := &world{share: share}
	if w.dir, err = os.MkdirTemp("", "tenantry-faults"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Remove(w.dir)) }()
	if w.binary, err = process.Build(ctx, w.dir); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	db, err := cluster.Open(ctx, filepath.Join(w.dir, "data"), quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	w.superuser = db.SuperuserURL()
	if w.network, w.database, err = between(db.ServerURL()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.network.Close()) }()
	var second string
	if w.other, second, err = between(db.ServerURL()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.other.Close()) }()
	if w.both, err = either(w.database, second); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, db.OwnerURL(), quiet); err != nil {
		return err
	}
	if err := demo.Fill(ctx, db.OwnerURL()); err != nil {
		return err
	}
	defer w.end()
	fmt.Println(strings.Join(columns, " | "))
	fmt.Println(strings.Repeat("--- | ", len(columns)-1) + "---")
	broken := 0
	for _, f := range faults {
		if !wanted.MatchString(f.name) {
			continue
		}
		r, err := w.suffer(ctx, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if fmt.Println(r); !r.well() {
			broken++
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d faults were not got over; the servers said\n%s", broken, w.said())
	}
	return nil
}
