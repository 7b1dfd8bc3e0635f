package main

import (
	"context"
	"slices"
)

// result is what a contender did in all rounds of a work.
type result struct {
	rounds []outcome
	memory int64 // resident, after the last round
}

// measure lets the contenders do a work in turns, each round beginning with another one.
func measure(ctx context.Context, d *database, all contenders, w work, people []caller, rounds int) ([]result, error) {
	for _, c := range all {
		if _, err := load(ctx, d, c, []work{w}, people, clients, c.warmup, 0); err != nil {
			return nil, err
		}
	}
	results := make([]result, len(all))
	for round := range rounds {
		for i := range all {
			k := (i + round) % len(all)
			o, err := load(ctx, d, all[k], []work{w}, people, clients, slice, uint64(round+1))
			if err != nil {
				return nil, err
			}
			results[k].rounds = append(results[k].rounds, o)
			results[k].memory, _ = resident(all[k].pid())
		}
	}
	return results, nil
}

// each takes one number of every round.
func (r result) each(number func(outcome) float64) []float64 {
	var out []float64
	for _, o := range r.rounds {
		out = append(out, number(o))
	}
	return out
}

func perSecond(o outcome) float64 { return o.perSecond }

// perProcessor is how many requests a second of one core's time is enough for, of the server and the
// database together; negative if it is not known.
func perProcessor(o outcome) float64 { return 1 / (o.server + o.database).Seconds() }

// ratios is, round by round, how many times the number of b that of a is.
func ratios(a, b result, number func(outcome) float64) []float64 {
	out := a.each(number)
	for i, o := range b.rounds {
		out[i] /= number(o)
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
