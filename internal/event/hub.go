package event

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tenantry/internal/postgres"
	"tenantry/internal/problem"
)

const (
	// often is how long it takes at most until the changes of other processes are seen, while anybody watches, if their
	// word of it is not heard, and now and then otherwise; seldom is how long the place in the events stays while nobody
	// watches.
	often      = 250 * time.Millisecond
	nowAndThen = time.Second
	seldom     = 15 * time.Second
	// apart is how long the hub waits between two looks, so that a burst of changes makes few of them.
	apart = 5 * time.Millisecond
	// timeout is how long a look may take, with the wait for a connection.
	timeout = 10 * time.Second
	// keeps is how long events are kept at least; patience, which is less, how long the database may be away until
	// those who watch have to start anew.
	keeps    = 15 * time.Minute
	patience = 10 * time.Minute
	// most is how many events of an account are looked at at once. After more who watches starts anew.
	most = 5000
	// recount is how often dashboards are looked at whether or not anything happened: tickets become overdue.
	recount = time.Minute
)

// listener is a stream or a watch. The hub is locked when its methods are called.
type listener interface {
	take(*event)
	end(error)
	look()
}

// Hub has the listeners of a process.
type Hub struct {
	pool  *pgxpool.Pool
	peers Peers
	log   *slog.Logger
	wake  chan struct{}

	mu        sync.Mutex
	listeners map[uuid.UUID]map[listener]struct{}

	// since is the snapshot up to which everything was given out; only the goroutine of Keep has it.
	since string
	// past are snapshots of some minutes, each with its time.
	past []moment
	// seen is when the database last answered.
	seen time.Time
}

type moment struct {
	at       time.Time
	snapshot string
}

// Peers are the other processes on the database.
type Peers interface {
	// On has a function called with what they tell about a topic.
	On(topic string, hear func(text string))
	// Tell tells them something about a topic.
	Tell(topic, text string)
	// Listening tells whether what they tell is heard.
	Listening() bool
}

// news is the topic of a process that committed something.
const news = "happened"

// New is a hub that knows of nothing yet: see Keep.
func New(pool *pgxpool.Pool, peers Peers, log *slog.Logger) *Hub {
	h := &Hub{pool: pool, peers: peers, log: log, wake: make(chan struct{}, 1), listeners: map[uuid.UUID]map[listener]struct{}{}}
	peers.On(news, func(string) { h.rouse() })
	return h
}

func (h *Hub) add(account uuid.UUID, l listener) {
	if h.listeners[account] == nil {
		h.listeners[account] = map[listener]struct{}{}
	}
	h.listeners[account][l] = struct{}{}
	h.nudge()
}

func (h *Hub) remove(account uuid.UUID, l listener) {
	delete(h.listeners[account], l)
	if len(h.listeners[account]) == 0 {
		delete(h.listeners, account)
	}
}

// Wake says that something was committed in this process.
func (h *Hub) Wake() {
	h.peers.Tell(news, "")
	h.rouse()
}

func (h *Hub) rouse() {
	if h.watched() {
		h.nudge()
	}
}

func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default: // it is awake
	}
}

// Keep gives out what happens until it is stopped. It returns once it knows from where on, or the context ends.
func (h *Hub) Keep(ctx context.Context) (stop func(), err error) {
	if err := h.look(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

func (h *Hub) run(ctx context.Context) {
	failing, forgotten, counted := false, time.Now(), time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		pause := seldom
		if h.watched() {
			pause = often
			if h.peers.Listening() {
				pause = nowAndThen
			}
		}
		if failing {
			pause = 2 * often
		}
		timer.Reset(pause)
		wake := h.wake
		if failing {
			wake = nil // it would not help
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-wake:
		}
		err := h.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			h.log.Warn("what happens cannot be told to those who watch until the database answers", "error", err)
		} else if err == nil && failing {
			h.log.Info("what happens is told again to those who watch")
		}
		if failing = err != nil; failing && time.Since(h.seen) > patience {
			h.endAll(problem.New(problem.Unavailable, "The database was away for too long: subscribe again, and read anew what you show."))
		}
		if !failing && time.Since(forgotten) > time.Minute {
			forgotten = time.Now()
			h.forget(ctx)
		}
		if time.Since(counted) > recount {
			counted = time.Now()
			h.each(func(l listener) { l.look() })
		}
		time.Sleep(apart)
	}
}

func (h *Hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) > 0
}

func (h *Hub) each(do func(listener)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, listeners := range maps.Clone(h.listeners) {
		for l := range maps.Clone(listeners) {
			do(l)
		}
	}
}

func (h *Hub) endAll(why error) { h.each(func(l listener) { l.end(why) }) }

// look gives out what was committed since the last look.
func (h *Hub) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := h.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer postgres.Rollback(ctx, conn.Conn())
	var now string
	var begin pgx.Batch
	begin.Queue("begin isolation level repeatable read read only")
	begin.Queue("select pg_current_snapshot()::text").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	if err := conn.SendBatch(ctx, &begin).Close(); err != nil {
		return err
	}
	// Not before: whoever comes after the snapshot was taken has a later one of their own, and whoever comes before it
	// must be asked for.
	h.mu.Lock()
	accounts := slices.Collect(maps.Keys(h.listeners))
	h.mu.Unlock()
	var list []*event
	var end pgx.Batch
	if h.since != "" && len(accounts) > 0 {
		end.Queue("select * from app.happened($1::text::pg_snapshot, $2, $3)", h.since, postgres.IDs(accounts), most+1).Query(func(rows pgx.Rows) (err error) {
			list, err = scan(rows)
			return err
		})
	}
	end.Queue("commit")
	if err := conn.SendBatch(ctx, &end).Close(); err != nil {
		return err
	}
	return h.give(now, list)
}

// give gives out events, the last of which the snapshot shows.
func (h *Hub) give(now string, list []*event) error {
	at, err := parse(now)
	if err != nil {
		return err
	}
	h.seen = time.Now()
	if h.since != "" {
		if before, _ := parse(h.since); at.max < before.max {
			h.past = nil
			h.endAll(problem.New(problem.Unavailable, "The database is another: subscribe again, and read anew what you show."))
		}
	}
	if h.since = now; len(h.past) == 0 || h.seen.Sub(h.past[len(h.past)-1].at) > time.Minute {
		h.past = append(h.past, moment{h.seen, now})
	}
	many := map[uuid.UUID]int{}
	for _, e := range list {
		many[e.account]++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for account, n := range many {
		for l := range maps.Clone(h.listeners[account]) {
			if n > most {
				l.end(errBehind)
			}
		}
	}
	for _, e := range merge(list) {
		for l := range maps.Clone(h.listeners[e.account]) {
			l.take(e)
		}
	}
	return nil
}

// forget deletes the events that everybody must have seen.
func (h *Hub) forget(ctx context.Context) {
	for len(h.past) > 0 && time.Since(h.past[0].at) > keeps {
		before := h.past[0].snapshot
		h.past = h.past[1:]
		ctx, cancel := context.WithTimeout(ctx, timeout)
		_, err := h.pool.Exec(ctx, "select app.forget_events($1::text::pg_snapshot)", before)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			h.log.Warn("old events could not be forgotten", "error", err)
		}
	}
}
