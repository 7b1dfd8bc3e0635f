// Command prove compares what the API shows to everybody, along every path of its schema, with an oracle that asks
// the tables and knows the rules alone: make prove. See docs/isolation.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
)

func main() {
	seed := flag.Uint64("seed", 1, "the first world's seed")
	worlds := flag.Int("worlds", 1, "how many worlds")
	share := flag.Int("share", 10, "compare one of so many paths of four edges; 1 takes four times as long")
	only := flag.String("only", "", "the one part to try, by its name in docs/isolation.md")
	long := flag.Duration("soak", 0, "instead, ask random documents of a running server for so long, and look whether it grows")
	flag.Parse()
	if *long > 0 {
		if err := soak(context.Background(), *seed, *long); err != nil {
			fmt.Fprintln(os.Stderr, "prove:", err)
			os.Exit(1)
		}
		return
	}
	p := plan{ids: 25, share: *share, alone: 4 * *share, documents: 400 / *share, writes: 1, only: *only, progress: os.Stdout}
	if err := run(context.Background(), *seed, *worlds, p); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

// shown is how many differences are printed.
const shown = 50

func run(ctx context.Context, seed uint64, worlds int, p plan) error {
	began := time.Now()
	var total result
	for i := range worlds {
		r, err := prove(ctx, seed+uint64(i), p)
		if err != nil {
			return err
		}
		total.add(r)
	}
	total.print(time.Since(began))
	if n := len(total.differences); n > 0 {
		return fmt.Errorf("%d differences", n)
	}
	return nil
}

// prove tries one world, in a private PostgreSQL of its own.
func prove(ctx context.Context, seed uint64, p plan) (*result, error) {
	dir, err := os.MkdirTemp("", "tenantry-prove")
	if err != nil {
		return nil, err
	}
	defer func() { _ = cluster.Remove(dir) }()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c, err := cluster.Open(ctx, dir, log, cluster.Fast)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), log); err != nil {
		return nil, err
	}
	t, err := newTrial(ctx, seed, c.SuperuserURL(), c.ServerURL())
	if err != nil {
		return nil, err
	}
	defer t.close(ctx)
	return &t.result, t.all(ctx, p)
}
