package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func hash(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

const change = `{"query":"mutation { createTicket(input: { subject: \"forged\" }) { ticket { id } userErrors { code } } }"}`

// requests are what another page makes a browser send, and what no client would.
func requests(t *target) (all []attack) {
	cookie := "tenantry_session=" + t.member
	forged := func(name, method, path, body string, fine []string, header ...string) {
		all = append(all, attack{name: name, tries: t.n(100), fine: fine, processor: cheap, try: func(ctx context.Context, _ int) (string, error) {
			r, err := t.send(ctx, method, path, strings.NewReader(body), append(header, "Cookie", cookie, "Origin", "https://evil.example")...)
			if err == nil && r.header.Get("Access-Control-Allow-Origin") != "" {
				return "evil.example may read it", nil
			}
			return fmt.Sprint(r.status), err
		}})
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "", "text/plain; application/json"} {
		forged("another page's change as "+kind, http.MethodPost, "/graphql", change, []string{"415"}, "Content-Type", kind)
	}
	forged("another page's change by GET", http.MethodGet, "/graphql?query=mutation%7BsignOut%7BuserErrors%7Bcode%7D%7D%7D", "", []string{"403"})
	forged("another page's question by GET", http.MethodGet, "/graphql?query=%7Bviewer%7BtenantAccess%7D%7D", "", []string{"403"})
	forged("another page's preflight", http.MethodOptions, "/graphql", "", []string{"204"}, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")
	forged("another method", http.MethodPut, "/graphql", change, []string{"405"}, "Content-Type", "application/json")
	forged("a compressed body", http.MethodPost, "/graphql", strings.Repeat("\x1f\x8b\x08", 1000), []string{"415"}, "Content-Type", "application/json", "Content-Encoding", "gzip")
	forged("a head of 1 MB", http.MethodPost, "/graphql", change, []string{"431"}, "Content-Type", "application/json", "X-Long", strings.Repeat("x", 1<<20))
	raw := func(name, text string, fine ...string) {
		all = append(all, attack{name: name, tries: t.n(100), fine: fine, try: func(context.Context, int) (string, error) { return t.raw(text, 3*time.Second) }})
	}
	head := "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	raw("two lengths", head+"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400")
	raw("a length and chunks, with a second request in them", head+"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "400")
	raw("an encoding that is none", head+"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400", "501")
	raw("a line with a bare return", "GET / HTTP/1.1\rHost: x\r\n\r\n", "400")
	all = append(all,
		attack{name: "what is not HTTP", tries: 2, slow: true, fine: []string{"400", "closed"}, try: func(context.Context, int) (string, error) {
			return t.raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 10*time.Second)
		}},
		attack{name: "500 connections that send their head slowly", tries: 1, slow: true, fine: []string{"all closed, others served"}, try: func(ctx context.Context, _ int) (string, error) {
			return t.slowly(ctx, "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ", 12*time.Second)
		}},
		attack{name: "500 connections that send their body slowly", tries: 1, slow: true, fine: []string{"all closed, others served"}, try: func(ctx context.Context, _ int) (string, error) {
			return t.slowly(ctx, head+"Content-Length: 100000\r\n\r\n{", 25*time.Second)
		}},
	)
	return all
}

func (t *target) dial() (net.Conn, error) {
	return net.DialTimeout("tcp", strings.TrimPrefix(t.URL, "http://"), 5*time.Second)
}

// raw sends bytes as they are, and tells the status of the answer, or that there is none.
func (t *target) raw(text string, within time.Duration) (string, error) {
	conn, err := t.dial()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(within))
	_, _ = io.WriteString(conn, text)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "open", nil
	}
	if err != nil {
		return "closed", nil
	}
	if fields := strings.Fields(line); len(fields) > 1 {
		return fields[1], nil
	}
	return line, nil
}

// slowly opens 500 connections and sends a byte a second on each. The server is to close all of them in time, and to
// answer others meanwhile.
func (t *target) slowly(ctx context.Context, beginning string, within time.Duration) (string, error) {
	open := make([]net.Conn, t.n(500))
	for i := range open {
		conn, err := t.dial()
		if err != nil {
			return "", err
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, beginning); err != nil {
			return "", err
		}
		open[i] = conn
	}
	closed := make(chan bool, len(open))
	for _, conn := range open {
		go func() {
			_ = conn.SetReadDeadline(time.Now().Add(within))
			_, err := io.Copy(io.Discard, conn) // to the end, whatever is said before
			timeout, ok := err.(net.Error)
			closed <- !ok || !timeout.Timeout()
		}()
	}
	ended, tick := 0, time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; n < len(open); {
		select {
		case <-tick.C:
			for _, conn := range open {
				_, _ = io.WriteString(conn, "x")
			}
			if took, err := t.alive(ctx); err != nil || took > time.Second {
				return fmt.Sprintf("others wait %v (%v)", took, err), nil
			}
		case well := <-closed:
			if n++; well {
				ended++
			}
		}
	}
	if ended < len(open) {
		return fmt.Sprintf("%d of %d are open after %v", len(open)-ended, len(open), within), nil
	}
	return "all closed, others served", nil
}
