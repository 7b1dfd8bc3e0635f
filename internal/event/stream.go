package event

import (
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// Wish is what a stream is about.
type Wish struct {
	// Type is Ticket, Device or Dashboard.
	Type string
	// Tenants: only objects that are or were in one of them; nil: in any.
	Tenants []uuid.UUID
	// ID: only this object.
	ID *uuid.UUID
}

// queueMost is how many changes may wait for a viewer. Who is slower starts anew.
const queueMost = 1000

// Stream is what happens in an account as one viewer comes to know of it.
type Stream struct {
	// C has the changes, each as a set for the reader, which looks whether the viewer sees it now. It is closed after
	// a set that says why.
	C chan *rows.Set

	hub     *Hub
	account uuid.UUID
	wish    Wish
	// who is the viewer after the last event: it tells what they saw just before the next. Nil until Begin, and
	// events wait in early. What from shows is no news.
	who    *viewer.Viewer
	from   snapshot
	early  []*event
	closed bool
}

// Open starts to gather what happens in an account. Begin gives it out.
func (h *Hub) Open(account uuid.UUID, wish Wish) *Stream {
	size := queueMost
	if wish.Type == dashboard {
		size = 1 // it is looked at anew, whatever happened
	}
	s := &Stream{C: make(chan *rows.Set, size+1), hub: h, account: account, wish: wish} // one for the end
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(account, s)
	return s
}

const dashboard = "Dashboard"

// Begin gives out what happened after a snapshot, which was taken once the stream was open; the viewer is who they
// were in it.
func (s *Stream) Begin(at string, who *viewer.Viewer) error {
	from, err := parse(at)
	if err != nil {
		return err
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	early := s.early
	s.who, s.from, s.early = who, from, nil
	for _, e := range early {
		s.take(e)
	}
	return nil
}

// Close ends it.
func (s *Stream) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.end(nil)
}

// end closes the stream, after an error if there is one; what still waits is not told any more then.
func (s *Stream) end(err error) {
	if s.closed {
		return
	}
	s.closed = true
	s.hub.remove(s.account, s)
	if err != nil {
		for len(s.C) > 0 {
			select {
			case <-s.C:
			default: // the reader was faster
			}
		}
		s.C <- rows.Failed(err)
	}
	close(s.C)
}

var errBehind = problem.New(problem.Unavailable, "More happened than could be told: subscribe again, and read anew what you show.")

// take looks at an event. The hub is locked.
func (s *Stream) take(e *event) {
	if s.who == nil {
		if s.early = append(s.early, e); len(s.early) > queueMost {
			s.end(errBehind)
		}
		return
	}
	if s.from.shows(e.tx) {
		return
	}
	before := s.who
	if s.who = follow(before, e); s.wish.Type == dashboard {
		s.count(e)
		return
	}
	if (s.wish.Type == "Ticket") != (e.kind == ticket) || (s.wish.Type == "Device") != (e.kind == device) {
		return
	}
	reach := before.Reach()
	saw, sees := e.before != nil && reach.Holds(*e.before), e.after != nil && reach.Holds(*e.after)
	// A tenant that the viewer does not see is none, here too: nobody learns where an object went.
	if s.wish.ID != nil && *s.wish.ID != e.object || s.wish.Tenants != nil && !(saw && s.among(*e.before)) && !(sees && s.among(*e.after)) {
		return
	}
	change := rows.Change{Internal: e.internal}
	switch {
	case e.internal && before.Role == models.RoleCustomer, !saw && !sees:
		return
	case saw && sees:
		change.Kind = rows.Updated
	case sees:
		change.Kind = rows.Created
	default:
		change.Kind, change.Left = rows.Gone, *e.before
	}
	if len(s.C) >= queueMost {
		s.end(errBehind)
		return
	}
	s.C <- e.change(s.wish.Type, change)
}

func (s *Stream) among(tenant uuid.UUID) bool { return slices.Contains(s.wish.Tenants, tenant) }

// count has the dashboard looked at if an event may have changed a number of it.
func (s *Stream) count(e *event) {
	reach := s.who.Reach()
	within := e.before == nil && e.after == nil || e.before != nil && reach.Holds(*e.before) || e.after != nil && reach.Holds(*e.after)
	if e.access() && e.object == s.who.UserID || !e.access() && within {
		s.look()
	}
}

// look has a dashboard looked at.
func (s *Stream) look() {
	if s.wish.Type == dashboard && len(s.C) == 0 {
		s.C <- rows.Self(dashboard)
	}
}

// Watch tells, by a value in the channel, that the access of a user may have changed.
func (h *Hub) Watch(account, user uuid.UUID) (changed <-chan struct{}, stop func()) {
	w := &watch{user: user, c: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(account, w)
	return w.c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.remove(account, w)
	}
}

// watch is somebody who waits for changes of a user's access.
type watch struct {
	user uuid.UUID
	c    chan struct{}
}

func (w *watch) take(e *event) {
	if e.access() && e.object == w.user {
		w.end(nil)
	}
}

// end has the access looked at: after events were lost, it may have changed.
func (w *watch) end(error) {
	select {
	case w.c <- struct{}{}:
	default: // it is told already
	}
}

// look has nothing to count.
func (w *watch) look() {}
