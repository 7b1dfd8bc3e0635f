package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"sync/atomic"
	"time"
)

// watchful is how often a balancer looks who is ready.
const watchful = 50 * time.Millisecond

// balancer sends requests to the servers that say that they are ready, in turn, as a load balancer does. It tries
// nothing twice.
type balancer struct {
	addr   string
	server *http.Server
	ready  []atomic.Bool
	// missed is how often each has not answered in a row; only the goroutine that looks at it has it.
	missed []int
	next   atomic.Uint64
	stop   context.CancelFunc
}

// balance begins to send to some addresses.
func balance(ctx context.Context, addresses []string) (*balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	b := &balancer{addr: listener.Addr().String(), ready: make([]atomic.Bool, len(addresses)), missed: make([]int, len(addresses)), stop: stop}
	for i, address := range addresses {
		b.look(ctx, i, address)
		go func() {
			for ctx.Err() == nil {
				time.Sleep(watchful)
				b.look(ctx, i, address)
			}
		}()
	}
	b.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			for range addresses {
				n := int(b.next.Add(1) % uint64(len(addresses)))
				if r.Out.URL.Host = addresses[n]; b.ready[n].Load() {
					return
				}
			}
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	go func() { _ = b.server.Serve(listener) }()
	return b, nil
}

func (b *balancer) look(ctx context.Context, i int, address string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return
	}
	response, err := client.Do(r)
	if err == nil {
		_ = response.Body.Close()
	}
	if err == nil {
		b.missed[i] = 0
	} else if b.missed[i]++; b.missed[i] < 2 {
		return // whoever does not answer once is not gone
	}
	b.ready[i].Store(err == nil && response.StatusCode == http.StatusOK)
}

// all waits until all servers are ready.
func (b *balancer) all(ctx context.Context) error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(watchful) {
		ready := 0
		for i := range b.ready {
			if b.ready[i].Load() {
				ready++
			}
		}
		switch {
		case ready == len(b.ready):
			return nil
		case ctx.Err() != nil || time.Now().After(deadline):
			return fmt.Errorf("of %d servers %d are ready", len(b.ready), ready)
		}
	}
}

func (b *balancer) close() {
	b.stop()
	_ = b.server.Close()
}
