package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

const (
	// writeWithin is how long a client may take to take in what it is told.
	writeWithin = 10 * time.Second
	// beat is how often something is sent to who is told nothing, so that both sides know that they are there.
	beat = 15 * time.Second
)

// events are server-sent events in the distinct mode of the protocol: https://github.com/enisdenjo/graphql-sse
type events struct {
	mu sync.Mutex
	w  http.ResponseWriter
	rc *http.ResponseController
}

func newEvents(w http.ResponseWriter) *events {
	h := w.Header()
	h.Set("Content-Type", eventStream+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // proxies pass it on at once
	w.WriteHeader(http.StatusOK)
	return &events{w: w, rc: http.NewResponseController(w)}
}

// send tells one thing; what has no content is sent with empty data, which browsers want.
func (e *events) send(name string, a answer) error {
	var data []byte
	if name == "next" {
		var err error
		if data, err = a.bytes(); err != nil {
			return err
		}
	}
	return e.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data))
}

func (e *events) write(text []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.rc.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.w.Write(text); err != nil { //#nosec G705 -- JSON, as an event stream, and nosniff
		return err
	}
	return e.rc.Flush()
}

// tellEvents answers a subscription as a stream of events, or says why there is none. It ends with the client, the
// viewer's session or token, and the server.
func (s *Server) tellEvents(ctx context.Context, w http.ResponseWriter, r *http.Request, op *graphql.OperationContext) *answer {
	refuse := func(err error) *answer {
		a := s.failed(ctx, err)
		return &a
	}
	if !takesEvents(r) {
		return refuse(problem.New(problem.BadUserInput, "Subscribe over a WebSocket (graphql-transport-ws), or accept %s.", eventStream))
	}
	asker := viewer.From(ctx)
	leave, ok := s.streams.Take(asker.Viewer(), asker.IP)
	if !ok {
		return refuse(errCrowded)
	}
	defer leave()
	done, ok := s.enter()
	if !ok {
		return refuse(errParting)
	}
	defer done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Nothing more is read, and what is written has its own time.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	out := newEvents(w)
	over := false
	attended := make(chan struct{})
	go func() {
		defer close(attended)
		over = s.attend(ctx, asker, func() error { return out.write([]byte(":\n\n")) })
		cancel()
	}()
	told, signedOut := true, false
	s.stream(ctx, op, func() { told = out.write(nil) == nil }, func(a answer) error {
		err := out.send("next", a)
		told = told && err == nil
		signedOut = slices.ContainsFunc(a.Errors, func(e *gqlerror.Error) bool { return codeOf(e) == string(problem.Unauthenticated) })
		return err
	})
	ended := ctx.Err() != nil
	cancel()
	<-attended
	switch {
	case over && !signedOut:
		_ = out.send("next", s.failed(ctx, problem.SignIn()))
		_ = out.send("complete", answer{})
	case over || told && !ended:
		_ = out.send("complete", answer{})
	}
	return nil // else the client sees an end without a completion, and comes again
}

// errCrowded is why no more streams or sockets are opened.
var errCrowded = problem.New(problem.RateLimited, "Too many subscriptions are open: close some, or try again later.")

// errParting is why none is opened any more.
var errParting = problem.New(problem.Unavailable, "The server is going away: subscribe again.")

// attend stays with an open stream or socket until its context ends, the server drains, the viewer's session or token
// is over, which it tells, or a sign of life cannot be sent.
func (s *Server) attend(ctx context.Context, asker *viewer.Asker, alive func() error) (over bool) {
	who := asker.Viewer()
	changed, stop := s.Events.Watch(who.AccountID, who.UserID)
	defer stop()
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	look := time.NewTimer(0) // at once: what happened before the watch is not told by it
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.drain:
			return false
		case <-ticker.C:
			if alive() != nil {
				return false
			}
			continue
		case <-changed:
		case <-look.C:
		}
		reading, cancel := context.WithTimeout(ctx, s.Timeout)
		now, err := asker.Read(reading, nil)
		cancel()
		switch {
		case err != nil:
			look.Reset(5 * time.Second) // the database is away, and nothing is told meanwhile
		case now == nil:
			return true
		case now.ExpiresAt.IsZero():
			look.Reset(time.Hour)
		default:
			look.Reset(max(time.Until(now.ExpiresAt), 10*time.Millisecond))
		}
	}
}
