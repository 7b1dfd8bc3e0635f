package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// onlooker watches the tickets at a server, and counts how often it is told that each was made.
type onlooker struct {
	leave context.CancelFunc
	work  sync.WaitGroup
	told  map[string]int
	// ended is how the stream ended before the onlooker left; empty if it did not.
	ended string
}

// watch begins to watch at an address. It returns once nothing is missed any more.
func (w *world) watch(ctx context.Context, addr string) (*onlooker, error) {
	ctx, leave := context.WithCancel(ctx)
	r, err := request(ctx, addr, w.token, `subscription { ticketChanged { kind ticket { subject } } }`)
	if err != nil {
		leave()
		return nil, err
	}
	r.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		leave()
		return nil, err
	}
	o := &onlooker{leave: leave, told: map[string]int{}}
	o.work.Go(func() {
		defer func() { _ = response.Body.Close() }()
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			o.hear(lines.Bytes())
		}
		if ctx.Err() == nil && o.ended == "" {
			o.ended = fmt.Sprintf("the stream broke off: %v", lines.Err())
		}
	})
	return o, nil
}

// hear takes in a line of the stream.
func (o *onlooker) hear(line []byte) {
	text, ok := bytes.CutPrefix(line, []byte("data: {"))
	if !ok {
		return
	}
	var told struct {
		Data struct {
			TicketChanged struct {
				Kind   string
				Ticket struct{ Subject string }
			}
		}
	}
	change := &told.Data.TicketChanged
	if json.Unmarshal(append([]byte("{"), text...), &told) != nil || change.Kind == "" {
		o.ended = string(line)
		return
	}
	if change.Kind == "CREATED" {
		o.told[change.Ticket.Subject]++
	}
}

// end has the onlooker leave, and tells how often it was told of each ticket.
func (o *onlooker) end() map[string]int {
	o.leave()
	o.work.Wait()
	return o.told
}
