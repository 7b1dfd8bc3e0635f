package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// plan is how much is tried.
type plan struct {
	// share is that one of so many paths of the longest is asked with both walls; alone, with one.
	share, alone int
	// ids is how many objects of each type are asked for one by one; more are in lists.
	ids int
	// documents is how many random ones are asked, in each way.
	documents int
	// writes is that one of so many times somebody could try a mutation they do.
	writes int
	only   string
	// progress is told what is done.
	progress io.Writer
}

// all tries everything on one world.
func (t *trial) all(ctx context.Context, p plan) error {
	every := paths(t.schema, t.schema.Query, mostEdges)
	if missing := t.oracle.unknown(t.schema, every); len(missing) > 0 {
		return fmt.Errorf("%s", strings.Join(missing, "\n"))
	}
	t.ids = p.ids
	began := time.Now()
	t.said = func(format string, args ...any) {
		fmt.Fprintf(p.progress, "seed %d: %s after %s\n", t.seed, fmt.Sprintf(format, args...), time.Since(began).Round(time.Second))
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"both walls", func() error { return t.walk(ctx, "both walls", p.share, p.documents) }},
		{"the compiler alone", func() error {
			if err := t.wall(ctx, false); err != nil {
				return err
			}
			if err := t.walk(ctx, "the compiler alone", p.alone, p.documents); err != nil {
				return err
			}
			return t.wall(ctx, true)
		}},
		{"the database alone", func() error {
			t.unscoped(true)
			defer t.unscoped(false)
			return t.walk(ctx, "the database alone", p.alone, p.documents)
		}},
		{"SQL by hand", func() error { return t.byHand(ctx) }},
		{"writes", func() error { return t.writes(ctx, p.writes) }},
		{"both walls, after the writes", func() error {
			// A request of the last minute would end while it is looked at.
			if _, err := t.super.Exec(ctx, "update app.remote_sessions set created_at = created_at - interval '1 hour' where status = 'REQUESTED'"); err != nil {
				return err
			}
			if err := t.look(ctx); err != nil {
				return err
			}
			return t.walk(ctx, "both walls, after the writes", p.alone, p.documents)
		}},
	} {
		if p.only != "" && part.name != p.only {
			continue
		}
		if err := part.do(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		t.said("%s", part.name)
	}
	for _, server := range t.servers {
		if found := canary.FindString(server.log.String()); found != "" {
			t.result.differences = append(t.result.differences, fmt.Sprintf("seed %d: a log has the canary %s", t.seed, found))
		}
	}
	return nil
}

// walk asks along all paths of fewer edges, and a share of the longest, and random documents. Who is not signed in
// gets the same answer whatever is asked, so they are asked the shortest alone.
func (t *trial) walk(ctx context.Context, way string, share, documents int) error {
	t.way = way
	var long, first []path
	for i, p := range paths(t.schema, t.schema.Query, mostEdges) {
		if p.edges() < mostEdges && (share < 100 || p.edges() == 1) || (i+int(t.seed))%share == 0 {
			long = append(long, p)
		}
		if p.edges() == 1 {
			first = append(first, p)
		}
	}
	active, others, err := t.signedIn(ctx)
	if err != nil {
		return err
	}
	list, err := t.questions(first, 4)
	if err == nil {
		err = t.compare(ctx, list, others)
	}
	if err != nil {
		return err
	}
	if list, err = t.questions(long, 8); err != nil {
		return err
	}
	for part := range slices.Chunk(list, len(list)/10+1) {
		if err := t.compare(ctx, part, active); err != nil {
			return err
		}
		t.said("%s, %d comparisons", way, t.result.comparisons[way])
	}
	return t.documents(ctx, documents)
}

// add adds another world's result.
func (r *result) add(o *result) {
	if r.comparisons == nil {
		*r = result{comparisons: map[string]int{}, paths: map[string]bool{}, fields: map[string]bool{}}
	}
	for way, n := range o.comparisons {
		r.comparisons[way] += n
	}
	r.values += o.values
	r.canaries += o.canaries
	maps.Copy(r.paths, o.paths)
	maps.Copy(r.fields, o.fields)
	r.differences = append(r.differences, o.differences...)
}

// particular is what differences of one kind have each of its own: ids, canaries, aliases, places and askers.
var particular = regexp.MustCompile(`_[0-9a-z]{26}|zz\w{10}zz|\b[ap]\d+(_\d+)?\b|\[\d+\]|, [^:]*: |0x[0-9a-f]+|[0-9a-f-]{32,36}`)

// print says what came out, of differences one of each kind.
func (r *result) print(took time.Duration) {
	said := map[string]bool{}
	for _, d := range r.differences {
		if kind := particular.ReplaceAllString(strings.SplitN(d, "\n", 2)[0], ""); !said[kind] && len(said) < shown {
			said[kind] = true
			fmt.Println(d)
		}
	}
	types := map[string]bool{}
	for f := range r.fields {
		typ, _, _ := strings.Cut(f, ".")
		types[typ] = true
	}
	sum := 0
	for _, way := range slices.Sorted(maps.Keys(r.comparisons)) {
		fmt.Printf("%9d comparisons, %s\n", r.comparisons[way], way)
		sum += r.comparisons[way]
	}
	fmt.Printf("%9d comparisons of an answer at a path with the oracle, of %d values; %d differ\n", sum, r.values, len(r.differences))
	fmt.Printf("%9d paths, to %d types and %d fields\n", len(r.paths), len(types), len(r.fields))
	fmt.Printf("%9d canaries read, none by who must not; %s\n", r.canaries, took.Round(time.Second))
}
