package main

import (
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"time"
)

// proxy stands between the server and its database, and can be a bad network.
type proxy struct {
	listener net.Listener
	network  string
	upstream string

	mu    sync.Mutex
	conns map[net.Conn]bool
	// closed: nobody is let in. still: what was sent stays where it is, until it is closed. slow is how long everything
	// takes on its way back.
	closed bool
	still  chan struct{}
	slow   time.Duration
}

// between is a good network to a database, and the URL that goes by it.
func between(databaseURL string) (*proxy, string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, "", err
	}
	q := u.Query()
	p, err := newProxy("unix", filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")))
	if err != nil {
		return nil, "", err
	}
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = p.listener.Addr().String(), q.Encode()
	return p, u.String(), nil
}

// either is the URL of whichever of two addresses of a database lets in, and takes changes.
func either(first, second string) (string, error) {
	u, err := url.Parse(first)
	if err != nil {
		return "", err
	}
	v, err := url.Parse(second)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("target_session_attrs", "read-write")
	u.Host, u.RawQuery = u.Host+","+v.Host, q.Encode()
	return u.String(), nil
}

// newProxy lets everything through to an address.
func newProxy(network, upstream string) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, network: network, upstream: upstream, conns: map[net.Conn]bool{}, still: make(chan struct{})}
	close(p.still)
	go p.serve()
	return p, nil
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		database, err := net.Dial(p.network, p.upstream)
		p.mu.Lock()
		if err != nil || p.closed {
			_ = client.Close()
			if database != nil {
				_ = database.Close()
			}
			p.mu.Unlock()
			continue
		}
		p.conns[client], p.conns[database] = true, true
		p.mu.Unlock()
		go p.pass(client, database, false)
		go p.pass(database, client, true)
	}
}

// pass passes on what comes from one side, back being from the database.
func (p *proxy) pass(from, to net.Conn, back bool) {
	defer p.end(from, to)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		still, slow := p.still, p.slow
		p.mu.Unlock()
		<-still
		if back {
			time.Sleep(slow)
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

func (p *proxy) end(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}

// cut breaks off all connections in the middle of whatever they do, and lets nobody in until it is mended.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not an end
		}
		_ = c.Close()
	}
}

// stop has nothing arrive any more, of which nobody is told.
func (p *proxy) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.still = make(chan struct{})
}

// delay has everything take so long on its way back.
func (p *proxy) delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = d
}

// mend makes the network a good one again.
func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.slow = false, 0
	select {
	case <-p.still:
	default:
		close(p.still)
	}
}

// Close ends it.
func (p *proxy) Close() error {
	p.mend()
	p.cut()
	return p.listener.Close()
}
