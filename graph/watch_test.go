package graph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serveEvents gives out what happens and serves the API, until the test is over.
func (a *api) serveEvents() *httptest.Server {
	a.t.Helper()
	stop, err := a.events.Keep(context.Background())
	must(a.t, err)
	server := httptest.NewServer(a.handler)
	a.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		stop()
	})
	return server
}

// watching is somebody who watches a subscription.
type watching struct {
	t    testing.TB
	what string
	told chan string
	stop context.CancelFunc
}

// watch subscribes by server-sent events. It returns once the subscription is open.
func (c *client) watch(server *httptest.Server, what, query string, variables map[string]any) *watching {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(c.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/graphql", bytes.NewReader(body))
	must(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", eventStream)
	r.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(r)
	must(c.t, err)
	if response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s is answered with %s", what, response.Status)
	}
	w := &watching{t: c.t, what: what, told: make(chan string, 10_000), stop: cancel}
	go func() {
		defer response.Body.Close()
		defer close(w.told)
		name := ""
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<22)
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = n
			} else if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if name == "next" {
					w.told <- data
				} else {
					w.told <- name
				}
			}
		}
	}()
	return w
}

// next is what is told next: its data, the code of its error, "complete", or "nothing" if there is no more.
func (w *watching) next() string {
	w.t.Helper()
	select {
	case text, ok := <-w.told:
		return w.read(text, ok)
	case <-time.After(20 * time.Second):
		w.t.Fatalf("%s: nothing is told in 20 s", w.what)
		return ""
	}
}

func (w *watching) read(text string, ok bool) string {
	if !ok {
		return "nothing"
	}
	var r reply
	if json.Unmarshal([]byte(text), &r) != nil {
		return text
	}
	if code := r.code(); code != "" {
		return code
	}
	for _, one := range r.Data {
		return textOf(one)
	}
	return text
}

func textOf(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// expect wants exactly this to be told next.
func (w *watching) expect(want string) {
	w.t.Helper()
	expect(w.t, w.what, w.next(), want)
}

const (
	watchTickets = `subscription($tenantIds: [ID!], $id: ID) { ticketChanged(tenantIds: $tenantIds, id: $id) { kind ticket { subject } } }`
	watchDevices = `subscription($tenantIds: [ID!], $id: ID) { deviceChanged(tenantIds: $tenantIds, id: $id) { kind device { name } } }`
)

// change is a change of an object with a name as it is told; GONE shows no object.
func change(kind, member, field, name string) string {
	object := map[string]any{field: name}
	if kind == "GONE" {
		object = nil
	}
	return textOf(map[string]any{"kind": kind, member: object})
}

func ticketChange(kind, subject string) string { return change(kind, "ticket", "subject", subject) }
func deviceChange(kind, name string) string    { return change(kind, "device", "name", name) }

// beacon makes a ticket that somebody sees: what they were told before it is all that there was to tell.
func (a *api) beacon(tenant any, subject string) {
	a.t.Helper()
	a.as(admin).done("createTicket", in{"subject": subject, "tenantId": tenant}, "ticket { id }")
}
