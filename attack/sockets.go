package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

const protocol = "graphql-transport-ws"

// sockets are what is done to what stays open.
func sockets(t *target) []attack {
	say := func(name string, tries int, fine []string, token string, texts ...string) attack {
		return attack{name: name, tries: t.n(tries), fine: fine, processor: cheap, try: func(ctx context.Context, _ int) (string, error) {
			conn, err := t.socket(ctx, token)
			if err != nil {
				return "", err
			}
			defer func() { _ = conn.CloseNow() }()
			for _, text := range texts {
				_ = conn.Write(ctx, websocket.MessageText, []byte(text))
			}
			return closing(ctx, conn), nil
		}}
	}
	subscribe := `{"type":"subscribe","id":"1","payload":{"query":"subscription { ticketChanged { kind } }"}}`
	return []attack{
		say("1 MB of brackets over a socket", 100, []string{"4400", "1009", "closed"}, t.member, strings.Repeat("[", 1_000_000)),
		say("1 MB of nested fields over a socket", 100, []string{"error"}, t.member, `{"type":"subscribe","id":"1","payload":{"query":"`+strings.Repeat("{a", 450_000)+`"}}`),
		say("2 MB over a socket", 100, []string{"1009", "closed"}, t.member, `{"type":"ping","payload":"`+strings.Repeat("x", 2<<20)+`"}`),
		say("a subscription before saying who", 100, []string{"4401"}, "", subscribe),
		say("a false token", 100, []string{"4403"}, "", `{"type":"connection_init","payload":{"authorization":"Bearer nonsense"}}`),
		say("saying who twice", 100, []string{"4429"}, t.member, `{"type":"connection_init"}`),
		say("the same id twice", 100, []string{"4409"}, t.member, subscribe, subscribe),
		{name: "another page's socket, with the cookie", tries: t.n(100), fine: []string{"403"}, processor: cheap, try: func(ctx context.Context, n int) (string, error) {
			origin := []string{"https://evil.example", "null", t.URL + ".evil.example", "http://127.0.0.1"}[n%4]
			_, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(t.URL, "http")+"/graphql", &websocket.DialOptions{
				Subprotocols: []string{protocol}, HTTPHeader: http.Header{"Origin": {origin}, "Cookie": {"tenantry_session=" + t.member}}})
			if response == nil {
				return "", err
			}
			return fmt.Sprint(response.StatusCode), nil
		}},
		{name: "5,000 sockets of nobody at once", tries: 1, slow: true, fine: []string{"100 open, the others refused, all closed in time"}, try: t.crowd},
		{name: "1,000 subscriptions on a socket", tries: 1, slow: true, fine: []string{"some open, the others refused"}, try: t.many},
		{name: "50 streams that nobody reads, while much happens", tries: 1, slow: true, fine: []string{"others are told all"}, try: t.deaf},
	}
}

// socket opens one as somebody, or as nobody. Sockets of a moment ago may still have the places.
func (t *target) socket(ctx context.Context, token string) (*websocket.Conn, error) {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := t.begin(ctx, token)
		if websocket.CloseStatus(err) != websocket.StatusTryAgainLater || time.Now().After(deadline) {
			return conn, err
		}
	}
}

func (t *target) begin(ctx context.Context, token string) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(t.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{protocol}})
	if err != nil || token == "" {
		return conn, err
	}
	conn.SetReadLimit(1 << 22)
	if err := conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"connection_init","payload":{"authorization":"Bearer %s"}}`, token)); err != nil {
		return conn, err
	}
	_, text, err := conn.Read(ctx)
	if err == nil && !strings.Contains(string(text), "connection_ack") {
		err = fmt.Errorf("no acknowledgement but %s", text)
	}
	return conn, err
}

// closing is the code with which a socket is closed, or the type of a message that comes before.
func closing(ctx context.Context, conn *websocket.Conn) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, text, err := conn.Read(ctx)
	if err != nil {
		if code := websocket.CloseStatus(err); code >= 0 {
			return fmt.Sprint(int(code))
		}
		if ctx.Err() != nil {
			return "open"
		}
		return "closed"
	}
	var m struct{ Type string }
	_ = json.Unmarshal(text, &m)
	return m.Type
}

// crowd opens sockets and says nothing.
func (t *target) crowd(ctx context.Context, _ int) (string, error) {
	var open []*websocket.Conn
	refused := 0
	for range t.n(5000) {
		conn, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(t.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{protocol}})
		switch {
		case err == nil:
			open = append(open, conn)
		case response != nil && response.StatusCode == http.StatusServiceUnavailable:
			refused++
		default:
			return "", err
		}
	}
	for _, conn := range open {
		if code := closing(ctx, conn); code != "4408" {
			return "one is closed with " + code, nil
		}
		_ = conn.CloseNow()
	}
	if most := 100 + 100*len(open)/max(1, refused+len(open)); len(open) > 2*most {
		return fmt.Sprintf("%d open, %d refused", len(open), refused), nil
	}
	return "100 open, the others refused, all closed in time", nil
}

// many subscribes again and again on one socket.
func (t *target) many(ctx context.Context, _ int) (string, error) {
	conn, err := t.socket(ctx, t.member)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.CloseNow() }()
	n, refused := max(200, t.n(1000)), 0
	go func() {
		for i := range n {
			_ = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"subscribe","id":"%d","payload":{"query":"subscription { dashboardChanged { at } }"}}`, i))
		}
	}()
	reading, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for refused < n-100 {
		_, text, err := conn.Read(reading)
		if err != nil {
			return fmt.Sprintf("%d of %d refused: %v", refused, n, err), nil
		}
		if strings.Contains(string(text), "RATE_LIMITED") {
			refused++
		}
	}
	return "some open, the others refused", nil
}

// deaf opens streams that nobody reads, makes things happen, and sees whether another stream is told all of them.
func (t *target) deaf(ctx context.Context, _ int) (string, error) {
	body := `{"query":"subscription { ticketChanged { kind ticket { subject description } } }"}`
	for range t.n(50) {
		conn, err := t.dial()
		if err != nil {
			return "", err
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", t.member, len(body), body))
	}
	listener, err := t.socket(ctx, t.member)
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.CloseNow() }()
	_ = listener.Write(ctx, websocket.MessageText, []byte(`{"type":"subscribe","id":"1","payload":{"query":"subscription { ticketChanged { ticket { subject } } }"}}`))
	time.Sleep(500 * time.Millisecond)
	tenant, err := t.tenant(ctx)
	if err != nil {
		return "", err
	}
	n := t.n(400)
	failed := make(chan error, 1)
	go func() {
		for i := range n {
			r, err := t.ask(ctx, t.member, `mutation($t: ID!, $s: String!, $d: String!) { createTicket(input: { tenantId: $t, subject: $s, description: $d }) { ticket { id } userErrors { code } } }`,
				map[string]any{"t": tenant, "s": fmt.Sprint("much ", i), "d": strings.Repeat("much ", 9000)})
			if err != nil || !strings.Contains(string(r.body), `"id"`) {
				failed <- errors.Join(err, fmt.Errorf("%s", r.body))
				return
			}
		}
	}()
	reading, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for told := 0; told < n; told++ {
		if _, text, err := listener.Read(reading); err != nil {
			select {
			case err = <-failed:
			default:
			}
			return fmt.Sprintf("told %d of %d: %v", told, n, err), nil
		} else if !strings.Contains(string(text), "much") {
			return "told " + string(text), nil
		}
	}
	return "others are told all", nil
}

// tenant is one that the member sees.
func (t *target) tenant(ctx context.Context) (string, error) {
	r, err := t.ask(ctx, t.member, "{ tenants { nodes { id } } }", nil)
	var answer struct {
		Data struct {
			Tenants struct{ Nodes []struct{ ID string } }
		}
	}
	if err == nil {
		err = json.Unmarshal(r.body, &answer)
	}
	if err != nil || len(answer.Data.Tenants.Nodes) == 0 {
		return "", errors.Join(err, errors.New("the member has no tenant"))
	}
	return answer.Data.Tenants.Nodes[0].ID, nil
}
