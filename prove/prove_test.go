package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"tenantry/graph"
	"tenantry/internal/testdb"
)

// TestEverybodySeesWhatTheOracleSays of a slice of what make prove tries: every path of one edge and some of the
// longer ones, for all kinds of viewers, with both walls and with either alone, and after mutations by everybody.
func TestEverybodySeesWhatTheOracleSays(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	db := testdb.Open(t)
	trial, err := newTrial(ctx, 1, db.SuperuserURL, db.ServerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer trial.close(ctx)
	if err := trial.all(ctx, plan{ids: 6, share: 200, alone: 800, documents: 5, writes: 7, progress: t.Output()}); err != nil {
		t.Fatal(err)
	}
	for i, d := range trial.result.differences {
		if i < shown {
			t.Error(d)
		}
	}
	for way, n := range trial.result.comparisons {
		t.Logf("%d comparisons, %s", n, way)
	}
}

// TestWhatTheOracleDoesNotKnowIsSaid: a type, a field or a root field that is new has to be told to it.
func TestWhatTheOracleDoesNotKnowIsSaid(t *testing.T) {
	o := &oracle{views: map[string]map[string]bool{"Query": {"devices": true}, "Device": {"id": true, "name": true}}}
	all := paths(graph.Schema(), graph.Schema().Query, 2)
	said := strings.Join(o.unknown(graph.Schema(), all), "\n")
	for _, want := range []string{"the type Tenant", "Device.hostname", "Query.tenants"} {
		if !strings.Contains(said, "the oracle does not know "+want) {
			t.Errorf("nothing is said of %s", want)
		}
	}
	if strings.Contains(said, "Device.name") {
		t.Error("what the oracle knows is said to be unknown")
	}
}
