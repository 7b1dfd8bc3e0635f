// Command attack does to a running Tenantry what somebody would who means it harm: make attack. It prints a table of
// what was tried, the longest that the server took, the processor time and memory that it needed, and whether it held.
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
	only := flag.String("only", "", "only attacks whose name this regular `expression` matches")
	memory := flag.Int("memory", 512, "the most memory that the server may have, in MB")
	flag.Parse()
	if err := run(ctx, *share, *memory, *only); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

// run attacks a server of its own, on a database of its own with the demo.
func run(ctx context.Context, share, memory int, only string) (err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tenantry-attack")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Remove(dir)) }()
	binary, err := process.Build(ctx, dir)
	if err != nil {
		return err
	}
	db, err := cluster.Open(ctx, filepath.Join(dir, "data"), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := postgres.Migrate(ctx, db.OwnerURL(), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if err := demo.Fill(ctx, db.OwnerURL()); err != nil {
		return err
	}
	t, err := start(ctx, binary, db.ServerURL(), share, memory)
	if err != nil {
		return err
	}
	defer t.stop()
	fmt.Printf("The server has %d MB of memory at most, and %d MB resident at the beginning.\n\n", memory, t.Resident("VmRSS"))
	fmt.Println(strings.Join(columns, " | "))
	fmt.Println(strings.Repeat("--- | ", len(columns)-1) + "---")
	broken := 0
	for _, group := range groups {
		for _, a := range group(t) {
			if !wanted.MatchString(a.name) {
				continue
			}
			r := t.attempt(ctx, a)
			if fmt.Println(r); !r.held {
				broken++
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	now, most := t.rest(ctx)
	fmt.Printf("\nAt most %d MB were resident, and three minutes after the last attack %d MB.\n", most, now)
	if broken > 0 {
		t.Stop()
		return fmt.Errorf("%d attacks did harm; the server said\n%s", broken, t.Said())
	}
	return nil
}
