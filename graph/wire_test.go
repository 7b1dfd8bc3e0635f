package graph

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tenantry/internal/testdb"
)

// wire stands between the server and its database and notes what the server sends.
type wire struct {
	mu sync.Mutex
	// parsed are the statements of the extended protocol, each sent alone, and simple those of the other,
	// which takes several at once; bound is what was sent as values.
	parsed, simple map[string]int
	bound          strings.Builder
}

// tap makes the way to a database lead past the wire.
func (w *wire) tap(t testing.TB) func(*testdb.DB) string {
	return func(db *testdb.DB) string {
		to, err := url.Parse(db.ServerURL)
		must(t, err)
		query := to.Query()
		behind := filepath.Join(query.Get("host"), ".s.PGSQL."+query.Get("port"))
		dir, err := os.MkdirTemp("", "wire") // t.TempDir has too long a name for a socket
		must(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		port := fmt.Sprint(10000 + rand.IntN(20000)) // a part of the socket's name alone
		listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL."+port))
		must(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				client, err := listener.Accept()
				if err != nil {
					return
				}
				go w.pass(client, behind)
			}
		}()
		query.Set("host", dir)
		query.Set("port", port)
		to.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		return to.String()
	}
}

// pass connects a client with the database until one of them has enough.
func (w *wire) pass(client net.Conn, behind string) {
	defer client.Close()
	server, err := net.Dial("unix", behind)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	// The first message has no type, all others have: https://www.postgresql.org/docs/15/protocol-message-formats.html
	for typed := false; ; typed = true {
		head := make([]byte, 4, 5)
		if typed {
			head = head[:5]
		}
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		rest := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(client, rest); err != nil {
			return
		}
		if typed {
			w.note(head[0], rest)
		}
		if _, err := server.Write(append(head, rest...)); err != nil {
			return
		}
	}
}

func (w *wire) note(kind byte, message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch kind {
	case 'Q':
		w.simple[strings.TrimRight(string(message), "\x00")]++
	case 'P': // the statement's name, its text, and the types of its values
		_, text, _ := strings.Cut(string(message), "\x00")
		text, _, _ = strings.Cut(text, "\x00")
		w.parsed[text]++
	case 'B':
		w.bound.Write(message)
	}
}

// TestWhatClientsSayIsNeverInAStatement sends every text that the schema takes, and looks at what reaches the
// database: statements whose text has nothing of it, each alone, with what was said as values beside them.
// So nobody sends SET ROLE, which needs a statement of its own.
func TestWhatClientsSayIsNeverInAStatement(t *testing.T) {
	t.Parallel()
	w := &wire{parsed: map[string]int{}, simple: map[string]int{}}
	a := newAPIBehind(t, 2, w.tap(t))
	const said = "Zaunkönig"
	told := 0
	sayings := a.sayings(inWords)
	people := map[string]*client{}
	var deeds []deed // each goes well in a database of its own, and here as far as those before let it
	for _, m := range modules {
		deeds = append(deeds, m.deeds(a)...)
	}
	for _, v := range viewers {
		people[v.email] = a.as(v.email)
	}
	clients := []*client{people[admin], people[memberOfOne], people[customer]}
	for i, s := range sayings {
		told++
		s.say(clients[i%len(clients)], said)
	}
	for _, d := range deeds {
		if c := people[d.by]; c != nil {
			c.mutate(d.name, d.input, "__typename")
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for text := range w.parsed {
		if strings.Contains(strings.ToLower(text), strings.ToLower(said)) || strings.Contains(text, "demo-password") {
			t.Errorf("a statement has what a client said: %s", text)
		}
		if first := strings.ToLower(strings.Fields(text)[0]); first == "set" || first == "reset" || first == "do" || first == "copy" {
			t.Errorf("the server sends %s", text)
		}
	}
	for text := range w.simple {
		if text != "rollback" && text != "set local statement_timeout = 0" { // with nothing in them
			t.Errorf("sent by the protocol that takes several statements: %q", text)
		}
	}
	if !strings.Contains(w.bound.String(), said) || len(w.parsed) < 200 || told < 100 {
		t.Errorf("only %d statements were sent for %d texts", len(w.parsed), told)
	}
	t.Logf("%d texts in %d statements of the extended protocol; of the simple one: %v", told, len(w.parsed), w.simple)
}
