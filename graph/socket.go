package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// subprotocol is that of the sockets: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// The codes with which a socket is closed, as the protocol has them.
const (
	closeBadRequest    websocket.StatusCode = 4400
	closeUnauthorized  websocket.StatusCode = 4401
	closeForbidden     websocket.StatusCode = 4403
	closeSubprotocol   websocket.StatusCode = 4406
	closeInitTimeout   websocket.StatusCode = 4408
	closeSubscriber    websocket.StatusCode = 4409
	closeInitialised   websocket.StatusCode = 4429
	closeTryAgainLater                      = websocket.StatusTryAgainLater
)

// initWithin is how long a client may take to say who it is.
const initWithin = 5 * time.Second

// socket is a WebSocket and what is asked over it.
type socket struct {
	server *Server
	conn   *websocket.Conn
	r      *http.Request
	ctx    context.Context
	// asker is who said at the beginning who they are; nil before.
	asker *viewer.Asker

	mu sync.Mutex
	// asked are the operations that are going on, by the client's ids.
	asked   map[string]*asking
	working sync.WaitGroup
	// busy are those that end by themselves; parting: nothing more begins.
	busy    sync.WaitGroup
	parting bool
}

// asking is an operation over a socket. A client may use its id for another one once it wants no more of it.
type asking struct {
	id   string
	stop context.CancelFunc
}

// socket serves a WebSocket for as long as it is open.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	if !s.fromOwnPage(r) {
		http.Error(w, "Pages of this origin may not open a WebSocket here.", http.StatusForbidden)
		return
	}
	leave, ok := s.streams.Take(nil, s.clientIP(r))
	if !ok {
		notNow(w, errCrowded)
		return
	}
	defer leave()
	done, ok := s.enter()
	if !ok {
		notNow(w, errParting)
		return
	}
	defer done()
	// The origin was looked at.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // and answered
	}
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close(closeSubprotocol, "Subprotocol not acceptable")
		return
	}
	defer s.Metrics.Open("sockets")()
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	k := &socket{server: s, conn: conn, r: r, ctx: ctx, asked: map[string]*asking{}}
	conn.SetReadLimit(s.MaxBody)
	late := time.AfterFunc(initWithin, func() { k.close(closeInitTimeout, "Connection initialisation timeout") })
	k.working.Go(func() {
		select {
		case <-s.drain:
			k.finish()
			k.close(websocket.StatusGoingAway, "The server is going away")
		case <-ctx.Done():
		}
	})
	k.serve(late, leave)
	late.Stop()
	cancel()
	k.working.Wait()
	_ = conn.CloseNow()
}

// notNow says why no socket is opened now.
func notNow(w http.ResponseWriter, why *problem.Error) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, why.Message, http.StatusServiceUnavailable)
}

// fromOwnPage tells whether a WebSocket was asked for by a page of the server itself or of an allowed origin, or by no
// page: a browser sends the cookie whoever wrote the page, but says whose it is.
func (s *Server) fromOwnPage(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	origin := strings.ToLower(origins[0])
	if len(origins) > 1 || slices.Contains(s.AllowedOrigins, origin) {
		return len(origins) == 1
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" {
		return false
	}
	return u.Host == strings.ToLower(r.Host)
}

// message is one of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (k *socket) close(code websocket.StatusCode, reason string) { _ = k.conn.Close(code, reason) }

// send tells the client something; who does not take it in in time is left.
func (k *socket) send(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(k.ctx, writeWithin)
	defer cancel()
	return k.conn.Write(ctx, websocket.MessageText, text)
}

// serve takes in what the client says, until it is gone.
func (k *socket) serve(late *time.Timer, leave func()) {
	for {
		kind, text, err := k.conn.Read(k.ctx)
		if err != nil {
			return
		}
		var m message
		decoder := json.NewDecoder(bytes.NewReader(text))
		if kind != websocket.MessageText || decoder.Decode(&m) != nil || decoder.More() {
			k.close(closeBadRequest, "Invalid message received")
			return
		}
		switch m.Type {
		case "connection_init":
			if k.asker != nil || !late.Stop() {
				k.close(closeInitialised, "Too many initialisation requests")
				return
			}
			if !k.begin(m.Payload, leave) {
				return
			}
		case "ping":
			if k.send(message{Type: "pong", Payload: m.Payload}) != nil {
				return
			}
		case "pong":
		case "subscribe":
			if !k.subscribe(m) {
				return
			}
		case "complete":
			k.mu.Lock()
			a := k.asked[m.ID]
			delete(k.asked, m.ID)
			k.mu.Unlock()
			if a != nil {
				a.stop()
			}
		default:
			k.close(closeBadRequest, "Invalid message received")
			return
		}
	}
}

// begin finds out who the client is: by what it says, or by the head of the request. The place of somebody unknown
// is left for one of theirs.
func (k *socket) begin(payload json.RawMessage, leave func()) bool {
	s := k.server
	var said map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &said) != nil {
		k.close(closeBadRequest, "Invalid message received")
		return false
	}
	head := k.r.Header.Clone()
	for name, value := range said {
		if text, ok := value.(string); ok && strings.EqualFold(name, "Authorization") {
			head.Set("Authorization", text)
		}
	}
	asker := k.newAsker()
	ctx, cancel := context.WithTimeout(viewer.With(k.ctx, asker), s.Timeout)
	defer cancel()
	if err := s.identifyBy(ctx, asker, head); err != nil {
		k.close(closeTryAgainLater, "Try again later")
		return false
	}
	who := asker.Viewer()
	if who == nil {
		k.close(closeForbidden, "Forbidden")
		return false
	}
	mine, ok := s.streams.Take(who, asker.IP)
	if !ok {
		k.close(closeTryAgainLater, errCrowded.Message)
		return false
	}
	leave()
	k.asker = asker
	k.working.Go(func() {
		defer mine()
		if s.attend(k.ctx, asker, k.ping) {
			k.close(closeForbidden, "Forbidden")
		}
	})
	return k.send(message{Type: "connection_ack"}) == nil
}

// ping looks whether the client is still there, and leaves it if not.
func (k *socket) ping() error {
	ctx, cancel := context.WithTimeout(k.ctx, writeWithin)
	defer cancel()
	err := k.conn.Ping(ctx)
	if err != nil {
		_ = k.conn.CloseNow()
	}
	return err
}

// newAsker is who asks something over the socket. It sets no cookies: the head of the answer is long gone.
func (k *socket) newAsker() *viewer.Asker {
	a := k.server.asker(nowhere{}, k.r)
	if k.asker != nil {
		a.Token, a.Find, a.Read = k.asker.Token, k.asker.Find, k.asker.Read
	}
	return a
}

// nowhere takes in what only an HTTP response could say.
type nowhere struct{}

func (nowhere) Header() http.Header            { return http.Header{} }
func (nowhere) Write(text []byte) (int, error) { return len(text), nil }
func (nowhere) WriteHeader(int)                {}

// subscribe begins to answer what the client asks.
func (k *socket) subscribe(m message) bool {
	if k.asker == nil {
		k.close(closeUnauthorized, "Unauthorized")
		return false
	}
	var sent sentDocument
	decoder := json.NewDecoder(bytes.NewReader(m.Payload))
	decoder.UseNumber()
	if m.ID == "" || decoder.Decode(&sent) != nil || !sent.whole() {
		k.close(closeBadRequest, "Invalid message received")
		return false
	}
	ctx, cancel := context.WithCancel(k.ctx)
	a := &asking{m.ID, cancel}
	k.mu.Lock()
	_, taken := k.asked[m.ID]
	begun := !taken && !k.parting
	if begun {
		k.asked[m.ID] = a
		k.busy.Add(1)
	}
	k.mu.Unlock()
	if !begun {
		cancel()
	}
	if taken {
		k.close(closeSubscriber, "Subscriber for "+printable(m.ID)+" already exists")
		return false
	}
	if !begun { // the client hears that the server is going away, and asks another
		return true
	}
	rested := sync.OnceFunc(k.busy.Done)
	leave, ok := k.server.streams.Take(k.asker.Viewer(), k.asker.IP)
	if !ok {
		defer rested()
		defer cancel()
		k.refuse(a, k.server.failed(viewer.With(ctx, k.newAsker()), errCrowded))
		return true
	}
	k.working.Go(func() {
		defer rested()
		defer cancel()
		defer leave()
		k.answer(ctx, a, sent, rested)
	})
	return true
}

// finish has nothing more begin, and waits for what ends by itself.
func (k *socket) finish() {
	k.mu.Lock()
	k.parting = true
	k.mu.Unlock()
	k.busy.Wait()
}

// survive makes an error of a panic: here it would end the process.
func (k *socket) survive(ctx context.Context, of *asking) {
	if cause := recover(); cause != nil {
		k.refuse(of, k.server.failed(ctx, recovered(k.server.Log)(ctx, cause)))
	}
}

// wants tells whether the client still wants answers to an operation.
func (k *socket) wants(of *asking) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked[of.id] == of
}

// over tells the same when there will be no more.
func (k *socket) over(of *asking) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	wanted := k.asked[of.id] == of
	if wanted {
		delete(k.asked, of.id)
	}
	return wanted
}

// refuse says why an operation is not executed.
func (k *socket) refuse(of *asking, a answer) {
	if errs, err := json.Marshal(a.Errors); k.over(of) && err == nil {
		_ = k.send(message{ID: of.id, Type: "error", Payload: errs})
	}
}

// printable is a client's id as the reason of a close can hold it.
func printable(id string) string {
	if len(id) > 40 {
		id = id[:40]
	}
	return strings.ToValidUTF8(id, "")
}

// answer answers one operation: with an error if it is refused, else once, or for a subscription once for each
// change, and with its end. "watches" is called if it is a subscription, which does not end by itself.
func (k *socket) answer(ctx context.Context, of *asking, sent sentDocument, watches func()) {
	s := k.server
	asker := k.newAsker()
	ctx, span := s.Tracer.Message(ctx)
	defer span.End()
	ctx = viewer.With(graphql.StartOperationTrace(ctx), asker)
	defer k.survive(ctx, of)
	timed, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	who, err := asker.Find(timed)
	if err != nil {
		k.refuse(of, s.failed(ctx, err))
		return
	}
	asker.Know(who)
	start := time.Now()
	params := sent.params(k.r.Header)
	timed, op, failed := s.prepare(timed, request{params: params, documentID: sent.DocumentID, head: nowhere{}})
	if failed != nil {
		k.refuse(of, *failed)
		s.observe(ctx, op, 0, *failed, time.Since(start))
		return
	}
	next := func(a answer) error {
		text, err := a.bytes()
		if err != nil {
			return err
		}
		if !k.wants(of) {
			return context.Canceled
		}
		return k.send(message{ID: of.id, Type: "next", Payload: text})
	}
	if op.Operation.Operation == ast.Subscription {
		watches()
		s.stream(ctx, op, func() {}, next)
	} else {
		a := s.execute(timed, nowhere{}, op)
		s.observe(ctx, op, 0, a, time.Since(start))
		_ = next(a)
	}
	if k.over(of) && ctx.Err() == nil {
		_ = k.send(message{ID: of.id, Type: "complete"})
	}
}
