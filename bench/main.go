// Command bench measures the product against what else does the same work on the same data: LIMIT, handlers
// written by hand, and PostGraphile. make bench runs it; docs/performance.md says how it measures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	clients = 8 // and connections of each contender's pool
	slice   = 2 * time.Second
)

// options are what the command line chooses.
type options struct {
	work, without, keep, scale string
	rounds                     int
	documents, overload        bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == limitCommand {
		return serveLimit(ctx, os.Stdin, os.Stdout)
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.work, "work", "", "measure this `work` alone, like W1")
	flags.IntVar(&o.rounds, "rounds", 5, "how many `rounds` to measure")
	flags.StringVar(&o.without, "without", "", "leave a `contender` out: limit or postgraphile")
	flags.StringVar(&o.keep, "keep", "", "keep the data in this `folder`, and use what is there")
	flags.BoolVar(&o.documents, "documents", false, "measure what dear documents cost instead")
	flags.BoolVar(&o.overload, "overload", false, "measure what is still answered when too much is asked instead")
	flags.StringVar(&o.scale, "scale", "", "measure the product on data set L instead, which is kept in this `folder`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if o.without != "" && !strings.EqualFold(o.without, limitName) && !strings.EqualFold(o.without, postgraphileName) {
		return fmt.Errorf("%q is neither %s nor %s", o.without, limitName, postgraphileName)
	}
	if o.rounds < 1 {
		return errors.New("there must be a round")
	}
	if err := useTwoCores(); err != nil {
		return err
	}
	if o.scale != "" {
		return runScale(ctx, o.scale)
	}
	return run(ctx, o, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func run(ctx context.Context, o options, log *slog.Logger) error {
	did, err := selected(o.work)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tenantry-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := buildProduct(ctx, dir)
	if err != nil {
		return err
	}
	d, err := openData(ctx, o.keep, log)
	if err != nil {
		return err
	}
	defer d.close()
	people, err := callers(ctx, d.conn, 100)
	if err != nil {
		return err
	}
	if o.documents {
		return printDocuments(ctx, os.Stdout, binary, d, people)
	}
	if o.overload {
		return printOverload(ctx, os.Stdout, binary, d, people)
	}
	all, err := startContenders(ctx, o, d, binary, people)
	if err == nil {
		err = compete(ctx, d, all, did, people, o.rounds)
	}
	all.stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w%s", err, all.said())
	}
	if o.work != "" {
		return nil
	}
	if err := printFootprint(ctx, os.Stdout, binary, d, people); err != nil {
		return err
	}
	return printCaches(ctx, os.Stdout, binary, d, people)
}

// compete compares the contenders' answers, and then measures and prints.
func compete(ctx context.Context, d *database, all contenders, did []work, people []caller, rounds int) error {
	if err := compare(ctx, d, all, did, people); err != nil {
		return err
	}
	fmt.Printf("All answer the same to %d members of ten tenants. %d clients, %d rounds of %s each, alternating; medians.\n", len(people), clients, rounds, slice)
	var results [][]result
	for _, w := range did {
		r, err := measure(ctx, d, all, w, people, rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", w.key, err)
		}
		printWork(os.Stdout, w, all, r)
		results = append(results, r)
	}
	printRatios(os.Stdout, all, did, results)
	return nil
}
