package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tenantry/internal/rate"
)

// peer is the client's end of a WebSocket.
type peer struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a socket to a server, with these headers.
func dial(t testing.TB, server *httptest.Server, header http.Header) *peer {
	t.Helper()
	conn, response, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http")+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header})
	if err != nil {
		t.Fatalf("%v: %v", err, response)
	}
	conn.SetReadLimit(1 << 22)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t, conn}
}

func (p *peer) say(text string) {
	p.t.Helper()
	must(p.t, p.conn.Write(context.Background(), websocket.MessageText, []byte(text)))
}

// ask subscribes to a document under an id.
func (p *peer) ask(id, query string) {
	p.t.Helper()
	p.say(textOf(map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": query}}))
}

// watch subscribes as ask does, and waits until the subscription is open, which the protocol does not tell.
func (p *peer) watch(a *api, id, query string) {
	p.t.Helper()
	before := a.opened.Load()
	p.ask(id, query)
	for deadline := time.Now().Add(20 * time.Second); a.opened.Load() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the subscription %s is not open after 20 s", id)
		}
	}
}

// hear is the next message, as "type id payload", or the code with which the socket was closed.
func (p *peer) hear() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, text, err := p.conn.Read(ctx)
	if err != nil {
		var closed websocket.CloseError
		if errors.As(err, &closed) {
			return textOf(int(closed.Code))
		}
		return err.Error()
	}
	var m message
	must(p.t, json.Unmarshal(text, &m))
	out := m.Type
	if m.ID != "" {
		out += " " + m.ID
	}
	var r reply
	switch {
	case m.Type == "error":
		must(p.t, json.Unmarshal([]byte(`{"errors":`+string(m.Payload)+`}`), &r))
		out += " " + r.code()
	case m.Type == "next":
		must(p.t, json.Unmarshal(m.Payload, &r))
		if out += " " + r.code(); r.code() == "" {
			out += textOf(r.Data)
		}
	case len(m.Payload) > 0:
		out += " " + string(m.Payload)
	}
	return out
}

func (p *peer) expect(want string) {
	p.t.Helper()
	expect(p.t, "the client hears", p.hear(), want)
}

// begin says who the client is.
func (p *peer) begin(token string) {
	p.t.Helper()
	p.say(textOf(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + token}}))
}

// join opens a socket as somebody.
func (c *client) join(server *httptest.Server) *peer {
	c.t.Helper()
	p := dial(c.t, server, nil)
	p.begin(c.token)
	p.expect("connection_ack")
	return p
}

// TestASocketSpeaksTheProtocol graphql-transport-ws, its codes of closing included.
func TestASocketSpeaksTheProtocol(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada := a.as(admin)

	p := ada.join(server)
	p.say(`{"type":"ping"}`)
	p.expect("pong")
	p.say(`{"type":"ping","payload":{"n":1}}`)
	p.expect(`pong {"n":1}`)
	p.say(`{"type":"pong"}`)
	p.ask("q", `{ viewer { user { email } } }`)
	p.expect(`next q {"viewer":{"user":{"email":"ada@northwind.example"}}}`)
	p.expect("complete q")
	p.ask("q", `{ nothing }`) // the id is free again
	p.expect("error q GRAPHQL_VALIDATION_FAILED")
	p.ask("m", `mutation { createDevice(input: {name: "W", platform: LINUX, kind: SERVER}) { device { name } } }`)
	p.expect(`next m {"createDevice":{"device":{"name":"W"}}}`)
	p.expect("complete m")
	p.watch(a, "t", `subscription { ticketChanged { kind ticket { subject } } }`)
	p.ask("d", `subscription { deviceChanged(id: "dev_nothing") { kind } }`)
	p.expect("next d NOT_FOUND")
	p.expect("complete d")
	p.ask("x", `subscription { __typename }`)
	if got := p.hear(); !strings.HasPrefix(got, "error x ") {
		t.Errorf("a subscription of nothing is answered with %s", got)
	}
	a.beacon(nil, "one")
	p.expect(`next t {"ticketChanged":{"kind":"CREATED","ticket":{"subject":"one"}}}`)
	p.say(`{"type":"complete","id":"t"}`)
	p.say(`{"type":"complete","id":"never there"}`)
	p.say(`{"type":"ping"}`)
	p.expect("pong")
	a.beacon(nil, "two") // is not told any more
	p.watch(a, "t", `subscription { ticketChanged { ticket { subject } } }`)
	p.ask("q", `{ viewer { tenantAccess } }`)
	p.expect(`next q {"viewer":{"tenantAccess":"ALL"}}`)
	p.expect("complete q")

	for name, c := range map[string]struct {
		say  []string
		want string
	}{
		"two beginnings":                 {[]string{`{"type":"connection_init"}`}, "4429"},
		"the same id twice":              {[]string{`{"type":"subscribe","id":"1","payload":{"query":"subscription { dashboardChanged { at } }"}}`, `{"type":"subscribe","id":"1","payload":{"query":"{ viewer { tenantAccess } }"}}`}, "4409"},
		"no JSON":                        {[]string{`hello`}, "4400"},
		"something after the message":    {[]string{`{"type":"ping"}{"type":"ping"}`}, "4400"},
		"another type":                   {[]string{`{"type":"start"}`}, "4400"},
		"no type":                        {[]string{`{}`}, "4400"},
		"a list":                         {[]string{`[]`}, "4400"},
		"a subscription without an id":   {[]string{`{"type":"subscribe","payload":{"query":"{ viewer { tenantAccess } }"}}`}, "4400"},
		"a subscription without a query": {[]string{`{"type":"subscribe","id":"1","payload":{}}`}, "4400"},
		"deep nonsense":                  {[]string{strings.Repeat("[", 900_000)}, "4400"},
		"too much":                       {[]string{`{"type":"ping","payload":"` + strings.Repeat("x", 2<<20) + `"}`}, "1009"},
	} {
		p := ada.join(server)
		for _, text := range c.say { // the server may have closed already
			_ = p.conn.Write(context.Background(), websocket.MessageText, []byte(text))
		}
		if got := p.hear(); got != c.want {
			t.Errorf("%s: the client hears %s, not %s", name, got, c.want)
		}
	}
	p = ada.join(server)
	must(t, p.conn.Write(context.Background(), websocket.MessageBinary, []byte(`{"type":"ping"}`)))
	p.expect("4400")
}

// TestASocketIsForWhoSaysWhoTheyAre: before, nothing is answered, and it does not stay open for long.
func TestASocketIsForWhoSaysWhoTheyAre(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	p := dial(t, server, nil)
	p.ask("1", `{ __typename }`)
	p.expect("4401")
	p = dial(t, server, nil)
	p.say(`{"type":"connection_init","payload":5}`)
	p.expect("4400")
	for _, token := range []string{"", "nonsense", a.as(suspended).token} {
		p = dial(t, server, nil)
		p.begin(token)
		p.expect("4403")
	}
	p = dial(t, server, http.Header{"Authorization": {"Bearer " + a.session(memberOfOne)}}) // as programs can
	p.say(`{"type":"connection_init"}`)
	p.expect("connection_ack")
	p = dial(t, server, http.Header{"Cookie": {sessionCookie + "=" + a.session(memberOfOne)}, "Origin": {server.URL}}) // as browsers do
	p.say(`{"type":"connection_init"}`)
	p.expect("connection_ack")
	idle := dial(t, server, nil)
	began := time.Now()
	idle.expect("4408")
	if waited := time.Since(began); waited < initWithin/2 {
		t.Errorf("a client that says nothing is left after %v", waited)
	}

	conn, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http")+"/graphql", nil)
	must(t, err)
	_, _, err = conn.Read(context.Background())
	expect(t, "without the protocol", websocket.CloseStatus(err), websocket.StatusCode(4406))
}

// TestPagesOfOthersOpenNoSocket with the cookie of somebody who happens to be signed in.
func TestPagesOfOthersOpenNoSocket(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *Options) { o.AllowedOrigins = []string{"https://friend.example"} })
	server := a.serveEvents()
	host := strings.TrimPrefix(server.URL, "http://")
	for origin, want := range map[string]int{
		"https://evil.example": 403, "null": 403, "http://" + host + ".evil.example": 403, "http://evil.example/" + host: 403, "http://evil@" + host: 403,
		"http://127.0.0.1": 403, "http://127.0.0.1:1": 403, "https://friend.example.evil.example": 403, "https://friend.example:444": 403, "file://": 403, "": 403,
		"HTTP://" + strings.ToUpper(host): 101, "http://" + host: 101, "https://friend.example": 101, "https://FRIEND.example": 101,
	} {
		conn, response, err := websocket.Dial(context.Background(), "ws://"+host+"/graphql", &websocket.DialOptions{
			Subprotocols: []string{subprotocol}, HTTPHeader: http.Header{"Origin": {origin}, "Cookie": {sessionCookie + "=" + a.session(memberOfOne)}},
		})
		if response == nil {
			t.Fatal(err)
		}
		expect(t, "a page of "+origin, response.StatusCode, want)
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

// TestSocketsAndSubscriptionsAreCounted for each viewer, the account, its customers, and an address before anybody signs in.
func TestSocketsAndSubscriptionsAreCounted(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(o *Options) { o.Streams = rate.PlaceLimits{Viewer: 4, Account: 30, Process: 1000} })
	server := a.serveEvents()
	p := a.as(memberOfOne).join(server)
	for _, id := range []string{"1", "2", "3"} {
		p.ask(id, `subscription { dashboardChanged { at } }`)
	}
	p.ask("4", `subscription { dashboardChanged { at } }`)
	p.expect("error 4 RATE_LIMITED")
	p.say(`{"type":"complete","id":"1"}`)
	again := func() string {
		p.ask("5", `{ viewer { tenantAccess } }`)
		return p.hear()
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if got := again(); got == `next 5 {"viewer":{"tenantAccess":"ASSIGNED"}}` {
			p.expect("complete 5")
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("after one was given back: %s", got)
		}
	}
	other := dial(t, server, nil)
	other.begin(a.session(memberOfOne))
	other.expect("connection_ack")
	full := dial(t, server, nil)
	full.begin(a.session(memberOfOne))
	full.expect("1013")
	a.as(memberOfTwo).join(server) // somebody else has their own

	c := a.as(customer).join(server)
	c.ask("1", `subscription { dashboardChanged { at } }`)
	c.ask("2", `subscription { dashboardChanged { at } }`)
	c.ask("3", `subscription { dashboardChanged { at } }`)
	if got := c.hear(); !strings.HasSuffix(got, " RATE_LIMITED") {
		t.Errorf("over a tenth of the account's a customer hears %s", got)
	}

	var open []*peer
	for range 4 {
		open = append(open, dial(t, server, nil))
	}
	_, response, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{subprotocol}})
	if err == nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("a fifth socket of nobody is answered with %v, %v", response, err)
	}
	open[0].begin(a.session(memberOfTwo))
	open[0].expect("connection_ack")
	dial(t, server, nil)
}

// TestWhatIsOpenEndsWithTheServer: sockets are told that it goes, and streams end without a completion, so that clients
// come again.
func TestWhatIsOpenEndsWithTheServer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada := a.as(admin)
	p, w := ada.join(server), ada.watch(server, "an admin", watchTickets, nil)
	p.ask("1", `subscription { dashboardChanged { at } }`)
	early := dial(t, server, nil)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	heard := make(chan string, 2)
	for _, p := range []*peer{p, early} {
		go func() { heard <- p.hear() }()
	}
	a.handler.Drain(ctx)
	must(t, ctx.Err())
	expect(t, "the sockets", <-heard+<-heard, "10011001")
	w.expect("nothing")
}

// TestWhatIsAskedOverASocketIsAnsweredBeforeTheServerGoes: an admin's mutation waits in the database when the server
// drains. It is answered, a subscription of hers is not waited for, and what she asks after that is not begun.
func TestWhatIsAskedOverASocketIsAnsweredBeforeTheServerGoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	p := a.as(admin).join(server)
	p.watch(a, "s", `subscription { dashboardChanged { at } }`)
	tx, err := a.owner.Begin(context.Background())
	must(t, err)
	_, err = tx.Exec(context.Background(), "lock table app.devices")
	must(t, err)
	p.ask("m", `mutation { createDevice(input: {name: "Last", platform: LINUX, kind: SERVER}) { device { name } } }`)
	p.say(`{"type":"ping"}`) // once this is answered the mutation has begun
	p.expect("pong")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		a.handler.Drain(ctx)
	}()
	<-a.handler.drain
	for refused := false; !refused; time.Sleep(time.Millisecond) { // until sockets know
		_, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{subprotocol}})
		refused = err != nil && response != nil && response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != ""
		if err != nil && !refused {
			t.Fatal(err)
		}
	}
	time.Sleep(20 * time.Millisecond)
	p.ask("late", `mutation { createDevice(input: {name: "Late", platform: LINUX, kind: SERVER}) { device { name } } }`)
	p.say(`{"type":"ping"}`)
	p.expect("pong")
	must(t, tx.Rollback(context.Background()))
	p.expect(`next m {"createDevice":{"device":{"name":"Last"}}}`)
	p.expect("complete m")
	p.expect("1001")
	<-drained
	must(t, ctx.Err())
	var made int
	must(t, a.owner.QueryRow(context.Background(), "select count(*) from app.devices where name in ('Last', 'Late')").Scan(&made))
	expect(t, "devices that were made", made, 1)
}

// TestAnIDThatIsUsedAnewHasItsOwnAnswer, and not that of what the client has stopped, which goes on for a while.
func TestAnIDThatIsUsedAnewHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	p := a.as(admin).join(a.serveEvents())
	for n := range 30 {
		p.ask("1", `{ tickets(first: 50) { nodes { subject tenant { name } } } }`)
		p.say(`{"type":"complete","id":"1"}`)
		p.ask("1", `{ viewer { tenantAccess } }`)
		first := p.hear()
		for strings.HasPrefix(first, `next 1 {"tickets"`) { // was on its way
			if first = p.hear(); first == "complete 1" {
				first = p.hear()
			}
		}
		if first != `next 1 {"viewer":{"tenantAccess":"ALL"}}` {
			t.Fatalf("round %d: the client hears %s", n, first)
		}
		p.expect("complete 1")
	}
}
