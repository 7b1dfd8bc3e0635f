// Command walls takes bricks out of the walls that keep every viewer within their reach, one at a time, and runs
// the tests: each time at least one must fail. It prints a table, and every brick that nobody missed.
//
// Bricks are found, not listed: the policies, keys and functions in a migrated database, the access directives in
// the schema, the conditions in the compiler's source. Tests that compare with golden files, and those that
// check the schema's or the catalogue's own form, are asked last, and what they alone miss is listed: there somebody
// would have seen nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// brick is one thing that can be taken out of the walls.
type brick struct {
	kind, name string
	// sql takes it out of the tests' databases; env is what tells the tests to take it out.
	sql string
	env []string
}

// kinds are the kinds of brick, in the order of the table.
var kinds = []string{"policy", "directive", "key", "predicate", "function"}

func main() {
	kind := flag.String("kind", "", "only these kinds, with commas between them: "+strings.Join(kinds, ", "))
	sample := flag.Int("sample", 0, "so many bricks of each kind, drawn at random; 0: all")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "what is drawn")
	only := flag.String("only", "", "only bricks whose names have this in them")
	list := flag.Bool("list", false, "list the bricks and end")
	parallel := flag.Int("parallel", 2, "how many suites run at once")
	limit := flag.Duration("limit", 10*time.Minute, "how long one brick's suite may take")
	quick := flag.Bool("quick", false, "run only the tests that see most of the bricks of a kind: who survives those may not survive all")
	done := flag.String("done", "", "what an earlier run printed, in a `file`: who was missed is not taken out again, and who survived only for the tests that were left out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s := &site{limit: *limit, quick: *quick}
	var err error
	if s.done, err = before(*done); err == nil {
		err = s.run(ctx, *kind, *only, *sample, *seed, *list, *parallel)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "walls:", err)
		os.Exit(1)
	}
}

func (s *site) run(ctx context.Context, kind, only string, sample int, seed uint64, list bool, parallel int) (err error) {
	if s.dir, err = os.MkdirTemp("", "walls-*"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.dir) }()
	all, err := s.bricks(ctx)
	if err != nil {
		return err
	}
	wanted := strings.Split(kind, ",")
	r := rand.New(rand.NewPCG(seed, 1))
	var chosen []brick
	for _, k := range kinds {
		if kind != "" && !slices.Contains(wanted, k) {
			continue
		}
		some := slices.DeleteFunc(slices.Clone(all), func(b brick) bool { return b.kind != k || !strings.Contains(b.name, only) })
		if sample > 0 && sample < len(some) {
			r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			some = some[:sample]
		}
		chosen = append(chosen, some...)
	}
	if list {
		for _, b := range chosen {
			fmt.Printf("%s\t%s\n", b.kind, b.name)
		}
		return nil
	}
	fmt.Printf("%d of %d bricks, seed %d\n", len(chosen), len(all), seed)
	results, err := s.takeOut(ctx, chosen, parallel)
	if err == nil {
		report(os.Stdout, results)
	}
	return err
}
