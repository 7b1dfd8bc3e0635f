// Package peer lets the processes on one database tell each other things, by PostgreSQL's NOTIFY. What is told may get
// lost: nothing rests on it but how soon a process knows.
package peer

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	channel = "tenantry"
	// present is how often a process says that it is there, and gone after how long it is taken to be gone.
	present = 10 * time.Second
	gone    = 3 * present
	// apart is how long a process waits between two things that it tells, so that many of them go together.
	apart = 5 * time.Millisecond
	// most is how many things wait to be told; more are not.
	most = 1000
	// timeout is how long telling may take, and deaf how long it may take to hear oneself.
	timeout = 5 * time.Second
	deaf    = 5 * time.Second
	// pause is how long to wait until listening is tried again, and rest when a pooler between makes it useless.
	pause = time.Second
	rest  = 10 * time.Minute
	// hello is the topic of a process that says that it is there.
	hello = "hello"
)

var (
	// errDeaf says that a connection listens and hears nothing of what was told.
	errDeaf = errors.New("nothing is heard: there is a pooler between")
	// errMute says that nothing could be told that could be heard.
	errMute = errors.New("nothing can be told")
)

// Peers are the other processes on the database.
type Peers struct {
	pool *pgxpool.Pool
	url  string
	log  *slog.Logger
	self string
	hear map[string]func(text string)
	out  chan string

	count     atomic.Uint64
	listening atomic.Bool
	// told is when the last began that was told, in nanoseconds of Unix.
	told  atomic.Int64
	mu    sync.Mutex
	known map[string]time.Time
}

// New knows nobody yet: see Keep. It tells by a pool and listens at a URL, which leads to PostgreSQL itself: through a
// pooler that gives a connection away after each transaction nothing is heard.
func New(pool *pgxpool.Pool, url string, log *slog.Logger) *Peers {
	return &Peers{pool: pool, url: url, log: log, self: uuid.NewString(), hear: map[string]func(string){}, out: make(chan string, most), known: map[string]time.Time{}}
}

// On has a function called with what others tell about a topic, which is a word. Say so before Keep. It must not wait
// for anything.
func (p *Peers) On(topic string, hear func(text string)) { p.hear[topic] = hear }

// Tell tells the others something about a topic, in less than 7,000 bytes. It does not wait.
func (p *Peers) Tell(topic, text string) {
	if p.Count() > 0 {
		p.say(topic, text)
	}
}

// Listening tells whether what others tell is heard.
func (p *Peers) Listening() bool { return p.listening.Load() }

// Count is how many others there are.
func (p *Peers) Count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for who, at := range p.known {
		if time.Since(at) > gone {
			delete(p.known, who)
		}
	}
	return len(p.known)
}

// Keep tells and listens until it is stopped.
func (p *Peers) Keep(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var both sync.WaitGroup
	both.Go(func() { p.tell(ctx) })
	both.Go(func() { p.listen(ctx) })
	return func() {
		cancel()
		both.Wait()
	}
}

func (p *Peers) say(topic, text string) {
	if text != "" {
		// PostgreSQL tells what is the same once in a transaction. Of a topic alone that is enough, but a text that is
		// told twice is meant twice.
		text = strconv.FormatUint(p.count.Add(1), 36) + " " + text
	}
	select {
	case p.out <- p.self + " " + topic + " " + text:
	default: // they will know later
	}
}

// tell tells what there is to tell.
func (p *Peers) tell(ctx context.Context) {
	for {
		var all []string
		select {
		case <-ctx.Done():
			return
		case said := <-p.out:
			all = append(all, said)
		}
		for range len(p.out) {
			all = append(all, <-p.out)
		}
		sending, cancel := context.WithTimeout(ctx, timeout)
		began := time.Now().UnixNano()
		if _, err := p.pool.Exec(sending, "select pg_notify($1, said) from unnest($2::text[]) said", channel, all); err == nil {
			p.told.Store(began)
		}
		cancel()
		time.Sleep(apart)
	}
}

// listen hears what others tell, and connects again whenever the connection broke off.
func (p *Peers) listen(ctx context.Context) {
	for warned := false; ctx.Err() == nil; {
		err := p.hearOut(ctx, func() { warned = false })
		p.listening.Store(false)
		wait := pause
		if errors.Is(err, errDeaf) {
			wait = rest
		}
		if !warned && ctx.Err() == nil {
			warned = true
			p.log.Warn("other processes on the database are not heard: changes of theirs are seen later, and limits hold for each process alone. "+
				"TENANTRY_LISTEN_DATABASE_URL must lead to PostgreSQL itself", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// hearOut listens until the connection breaks off, or proves to be of no use.
func (p *Peers) hearOut(ctx context.Context, well func()) error {
	cfg, err := pgx.ParseConfig(p.url)
	if err != nil {
		return errors.New("the URL cannot be read")
	}
	cfg.ConnectTimeout = timeout
	cfg.RuntimeParams["application_name"] = "tenantry listening"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	listens := time.Now()
	p.say(hello, "")
	next := listens.Add(deaf)
	for {
		waiting, cancel := context.WithDeadline(ctx, next)
		n, err := conn.WaitForNotification(waiting)
		over := waiting.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			if p.heard(n.Payload) && !p.listening.Swap(true) {
				well()
				next = time.Now().Add(present)
			}
		case !over:
			return err
		case !p.Listening() && p.told.Load() < listens.UnixNano():
			return errMute
		case !p.Listening():
			return errDeaf
		default: // and whether the connection still lives
			asking, cancel := context.WithTimeout(ctx, timeout)
			err := conn.Ping(asking)
			cancel()
			if err != nil {
				return err
			}
			p.say(hello, "")
			next = time.Now().Add(present)
		}
	}
}

// heard takes in what was told; "own" says that it was by this process.
func (p *Peers) heard(payload string) (own bool) {
	who, rest, _ := strings.Cut(payload, " ")
	topic, text, _ := strings.Cut(rest, " ")
	if who == p.self {
		return true
	}
	p.mu.Lock()
	_, known := p.known[who]
	p.known[who] = time.Now()
	p.mu.Unlock()
	if !known {
		p.say(hello, "") // whoever comes wants to know who is there
	}
	if hear := p.hear[topic]; hear != nil {
		_, text, _ = strings.Cut(text, " ") // its number
		hear(text)
	}
	return false
}
