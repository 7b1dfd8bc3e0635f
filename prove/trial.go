package main

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/graph"
)

// servers is how many servers are asked at the same time.
const servers = 3

// mostEdges is how far paths lead.
const mostEdges = 4

// trial is the product on a world, and the oracle of the same.
type trial struct {
	*product
	// servers are several of it, each with a connection of its own: what one of them has planned for one asker it
	// need not plan for the next. The first is the product.
	servers []*product
	seed    uint64
	schema  *ast.Schema
	// ids is how many objects of a type are asked for one by one.
	ids    int
	super  *pgx.Conn
	world  *world
	oracle *oracle
	// way tells which walls stand, for messages.
	way   string
	views map[string]*view
	// said tells what is done.
	said func(format string, args ...any)
	// checksum is the statement that reads the state.
	checksum string

	mu     sync.Mutex
	result result
}

// result is what came out.
type result struct {
	// comparisons are answers at a path to somebody in a world, by what was tried; values are those in them.
	comparisons map[string]int
	values      int
	paths       map[string]bool
	fields      map[string]bool
	canaries    int
	// differences are what must not be.
	differences []string
}

// newTrial makes a world in a migrated database that is empty.
func newTrial(ctx context.Context, seed uint64, superURL, serverURL string) (*trial, error) {
	t := &trial{seed: seed, schema: graph.Schema(), way: "both walls", result: result{comparisons: map[string]int{}, paths: map[string]bool{}, fields: map[string]bool{}}}
	var err error
	if t.super, err = pgx.Connect(ctx, superURL); err != nil {
		return nil, err
	}
	// Planning a statement with many joins takes longer than running it on so few rows.
	if _, err := t.super.Exec(ctx, "do $$ begin execute format('alter database %I set join_collapse_limit = 1', current_database()); end $$"); err != nil {
		return nil, err
	}
	if t.world, err = makeWorld(ctx, seed, t.super); err != nil {
		return nil, fmt.Errorf("making the world: %w", err)
	}
	if t.oracle, err = newOracle(ctx, t.super); err != nil {
		return nil, err
	}
	for range servers {
		p, err := serve(ctx, serverURL)
		if err != nil {
			return nil, err
		}
		t.servers = append(t.servers, p)
	}
	t.product = t.servers[0]
	for _, a := range t.world.askers {
		if a.session != uuid.Nil {
			if err := t.oracle.asks(ctx, a.account, a.eye, a.session); err != nil {
				return nil, err
			}
		}
	}
	return t, t.look(ctx)
}

func (t *trial) close(ctx context.Context) {
	for _, p := range t.servers {
		p.pool.Close()
	}
	_ = t.super.Close(ctx)
}

// look has the oracle see the world as it is now.
func (t *trial) look(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.views = map[string]*view{}
	return t.oracle.look(ctx)
}

// view is what an asker sees, and what follows from it.
type view struct {
	*sight
	// canaries are those of what is seen, reach the tenants whose items are.
	canaries map[string]bool
	reach    []any
}

// view is what somebody saw when the oracle looked last.
func (t *trial) view(ctx context.Context, a asker) (*view, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v := t.views[a.name]; v != nil {
		return v, nil
	}
	s, err := t.oracle.through(ctx, a.account, a.eye)
	if err != nil {
		return nil, err
	}
	v := &view{sight: s, canaries: map[string]bool{}}
	for _, rows := range s.rows {
		for _, r := range rows {
			for _, c := range canary.FindAllString(fmt.Sprint(map[string]any(r)), -1) {
				v.canaries[c] = true
			}
		}
	}
	reached, err := t.oracle.says(ctx, s, "reached")
	if err == nil && len(reached) > 0 {
		v.reach, _ = reached[0]["f"].([]any)
	}
	t.views[a.name] = v
	return v, err
}

// signedIn are those who are, and those who are not.
func (t *trial) signedIn(ctx context.Context) (yes, no []asker, err error) {
	for _, a := range t.world.askers {
		v, err := t.view(ctx, a)
		if err != nil {
			return nil, nil, err
		}
		if v.active() {
			yes = append(yes, a)
		} else {
			no = append(no, a)
		}
	}
	return yes, no, nil
}

// compare asks questions as everybody who is given, several at a time.
func (t *trial) compare(ctx context.Context, list []question, as []asker) error {
	work := make(chan question)
	var wg sync.WaitGroup
	var failed error
	for _, server := range t.servers {
		wg.Go(func() {
			for q := range work {
				for _, a := range as {
					if err := t.put(ctx, server, q, a); err != nil {
						t.mu.Lock()
						failed = err
						t.mu.Unlock()
					}
				}
			}
		})
	}
	for _, q := range list {
		work <- q
	}
	close(work)
	wg.Wait()
	return failed
}

// put asks one question as one person.
func (t *trial) put(ctx context.Context, server *product, q question, a asker) error {
	got, err := server.ask(ctx, a.bearer, q.text, nil)
	if err != nil {
		return err
	}
	v, err := t.view(ctx, a)
	if err != nil {
		return err
	}
	t.sniff(a, v, got, q.text)
	j := &judge{schema: t.schema, oracle: t.oracle, sight: v.sight, fields: map[string]bool{}}
	codes := got.codes()
	roots := j.collect("Query", q.op.SelectionSet, nil)
	var differences []string
	for i, p := range q.paths {
		for _, name := range q.names[i] {
			err := j.answered(ctx, roots[name], got, codes)
			if err != nil {
				differences = append(differences, fmt.Sprintf("seed %d, %s, %s: %v: %v\n  %s", t.seed, t.way, a.name, p, err, t.alone(q, name)))
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.comparisons[t.way] += len(q.paths)
	t.result.values += j.values
	t.result.differences = append(t.result.differences, differences...)
	maps.Copy(t.result.fields, j.fields)
	for _, p := range q.paths {
		t.result.paths[p.String()] = true
	}
	return nil
}

// answered compares the answer of one root field.
func (j *judge) answered(ctx context.Context, f *collected, got *reply, codes map[string]string) error {
	if !j.sight.active() {
		j.values++
		if codes[""] != "UNAUTHENTICATED" || len(codes) != 1 || got.Data != nil {
			return differ(f.Alias, "nobody is signed in, and the answer is %s", got.raw)
		}
		return nil
	}
	if codes[""] != "" {
		return differ(f.Alias, "the document is refused: %s", got.raw)
	}
	value, there := got.Data[f.Alias]
	if !there {
		return differ(f.Alias, "is not there")
	}
	return j.root(ctx, f, value, codes[f.Alias])
}

// sniff looks for canaries of what somebody does not see.
func (t *trial) sniff(a asker, v *view, got *reply, question string) {
	found := canary.FindAllString(got.raw+got.headers, -1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.canaries += len(found)
	for _, c := range found {
		if !v.canaries[c] {
			t.result.differences = append(t.result.differences, fmt.Sprintf("seed %d, %s, %s reads the canary %s:\n  %s", t.seed, t.way, a.name, c, question))
			return
		}
	}
}
