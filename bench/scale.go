package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
	"tenantry/internal/tally"
)

const (
	warmups  = 20 // more than PostgreSQL takes to settle on a plan
	repeated = 101
)

const numberDocument = `{ key count list filter }`

// scaleWorks are what is asked of L.
var scaleWorks = []struct{ name, document string }{
	{"W4 dashboard", works[3].document},
	{"whole dashboard", `{ dashboard { ticketsByStatus ` + numberDocument + ` ticketsByPriority ` + numberDocument + ` ticketsUnassigned ` + numberDocument + `
		ticketsOverdue ` + numberDocument + ` devicesByConnection ` + numberDocument + ` devicesByPlatform ` + numberDocument + ` remoteSessionsActive ` + numberDocument + `
		assetsWarrantyExpiring ` + numberDocument + ` articlesInReview ` + numberDocument + ` busiestTenants { tenant { id name } openTickets ` + numberDocument + ` } at } }`},
}

// runScale prints how long the server takes for its answers on L. What L is made of is in large.go.
func runScale(ctx context.Context, dir string) error {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c, err := cluster.Open(ctx, dir, log, cluster.Fast)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), log); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.SuperuserURL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, "select exists (select from app.accounts)").Scan(&there); err != nil {
		return err
	}
	if !there {
		fmt.Println("Making data set L …")
		if err := fillLarge(ctx, conn); err != nil {
			return err
		}
	}
	people, err := signOnlookersIn(ctx, conn)
	if err != nil {
		return err
	}
	api, pool, err := theProduct(ctx, c.ServerURL(), log)
	if err != nil {
		return err
	}
	defer pool.Close()
	defer tally.Keep(ctx, pool, log, tally.Interval)()
	fmt.Printf("The time in the server, in milliseconds: the median of %d requests one after the other, and the 95th percentile.\n\n%-24s", repeated, "viewer")
	for _, w := range scaleWorks {
		fmt.Printf(" %20s", w.name)
	}
	fmt.Println()
	for _, p := range people {
		fmt.Printf("%-24s", p.name)
		for _, w := range scaleWorks {
			var times []float64
			for i := range warmups + repeated {
				took, err := answered(api, p.token, w.document)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", p.name, w.name, err)
				}
				if i >= warmups {
					times = append(times, float64(took.Microseconds())/1000)
				}
			}
			slices.Sort(times)
			fmt.Printf(" %12.2f %7.2f", median(times), times[len(times)*95/100])
		}
		fmt.Println()
	}
	return nil
}

// answered is how long the server takes for an answer, which must be without errors.
func answered(api http.Handler, token, document string) (time.Duration, error) {
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		return 0, err
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	start := time.Now()
	api.ServeHTTP(w, r)
	took := time.Since(start)
	if bytes.Contains(w.Body.Bytes(), []byte(`"errors"`)) || w.Code != http.StatusOK {
		return 0, fmt.Errorf("%s", w.Body)
	}
	return took, nil
}
