// Package tally keeps the tallies of dashboards short: triggers add a row to them for each change, and
// somebody has to fold these rows. Without it dashboards stay right and become slow.
package tally

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// Interval is how long rows may wait to be folded.
	Interval = 5 * time.Second
	// most is how many rows one statement folds, which must end within the pool's statement timeout.
	most = 5000
	// timeout is how long a statement may take with the wait for a connection.
	timeout = 30 * time.Second
	// rest is the longest pause while the database does not answer.
	rest = time.Minute
)

// folds are the statements; each tells how many rows it folded. The first leaves something to the second.
var folds = []string{"select app.compact_due_tallies($1)", "select app.compact_tallies($1)"}

// Keep folds the tallies at once and then at every interval until it is stopped, which waits for it to
// end. Of several servers on a database one folds at a time, and the others have nothing to do.
func Keep(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger, interval time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pause, failing := time.Duration(0), false
		for wait(ctx, pause) {
			err := Fold(ctx, pool)
			switch {
			case ctx.Err() != nil:
				return
			case err == nil && failing:
				log.Info("the tallies of dashboards are folded again")
			case err != nil && !failing:
				log.Warn("the tallies of dashboards cannot be folded: they grow until it works again", "error", err)
			}
			if failing = err != nil; !failing {
				pause = interval
			} else {
				pause = min(max(2*pause, interval), rest)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// wait tells after a time whether to go on.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Fold folds all that there is.
func Fold(ctx context.Context, pool *pgxpool.Pool) error {
	for _, fold := range folds {
		for n := most; n >= most; {
			if err := one(ctx, pool, fold, &n); err != nil {
				return err
			}
		}
	}
	return nil
}

func one(ctx context.Context, pool *pgxpool.Pool, fold string, n *int) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return pool.QueryRow(ctx, fold, most).Scan(n)
}
