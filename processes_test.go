package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tenantry/internal/demo"
	"tenantry/internal/process"
	"tenantry/internal/testdb"
)

// twoServers on one database, through a pooler that gives connections away after each transaction, once each hears
// the other.
func twoServers(t *testing.T, args ...string) (first, second string) {
	t.Helper()
	db := testdb.Open(t)
	if err := demo.Fill(t.Context(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	var addresses [2]string
	for i := range addresses {
		admin, err := process.Free()
		if err != nil {
			t.Fatal(err)
		}
		addresses[i], _, _ = another(t, db.PgBouncer(t, 8), append(args, "--listen-database-url", db.ServerURL, "--admin-addr", admin)...)
		defer func() {
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				if _, text := get(t, "http://"+admin+"/metrics"); strings.Contains(text, "\ntenantry_peers 1\n") {
					return
				}
				if time.Now().After(end) {
					t.Fatal("the servers do not hear each other")
				}
			}
		}()
	}
	return addresses[0], addresses[1]
}

// posted is the answer to a document, which a bearer of a token sends.
func posted(t *testing.T, address, token, document string) string {
	t.Helper()
	response := send(t, address, token, "application/json", document)
	defer response.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// keyed is the answer to a mutation that is sent with a key.
func keyed(t *testing.T, address, token, key, document string) string {
	t.Helper()
	response := send(t, address, token, "application/json", document, "Idempotency-Key", key)
	defer response.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(response.Body); err != nil {
		t.Error(err)
	}
	return b.String()
}

func send(t *testing.T, address, token, accept, document string, more ...string) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func signedIn(t *testing.T, address, email string) string {
	t.Helper()
	answer := posted(t, address, "", fmt.Sprintf(`mutation { signIn(input: { email: %q, password: %q }) { token } }`, email, demo.Password))
	found := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(answer)
	if found == nil {
		t.Fatalf("%s does not sign in: %s", email, answer)
	}
	return found[1]
}

func TestWhoWatchesOneServerIsToldWhatHappensOnAnother(t *testing.T) {
	first, second := twoServers(t)
	ada := signedIn(t, first, "ada@northwind.example")
	stream := send(t, first, ada, "text/event-stream", `subscription { ticketChanged { kind ticket { subject } } }`)
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	for i := range 3 {
		subject := fmt.Sprint("Made on the other server ", i)
		if answer := posted(t, second, ada, fmt.Sprintf(`mutation { createTicket(input: { subject: %q }) { ticket { id } } }`, subject)); strings.Contains(answer, "errors") {
			t.Fatal(answer)
		}
		told := ""
		for !strings.HasPrefix(told, "data: {") && lines.Scan() {
			told = lines.Text()
		}
		if want := fmt.Sprintf(`data: {"data":{"ticketChanged":{"kind":"CREATED","ticket":{"subject":%q}}}}`, subject); told != want {
			t.Errorf("an admin who watches is told %s", told)
		}
	}
}

func TestRateLimitsHoldWhicheverServerIsAsked(t *testing.T) {
	// Little flows in while the test runs.
	servers := make([]string, 2)
	servers[0], servers[1] = twoServers(t, "--rate-viewer", "20", "--max-cost", "500")
	ada := signedIn(t, servers[0], "ada@northwind.example")
	began, answered := time.Now(), 0
	for refused := 0; refused < 4; {
		if strings.Contains(posted(t, servers[(answered+refused)%2], ada, `{ viewer { tenantAccess } }`), "RATE_LIMITED") {
			refused++
		} else {
			answered++
		}
	}
	// Five hundred are in the bucket; each server may not know yet of some that the other has answered just now.
	if most := 700 + int(20*time.Since(began).Seconds()); answered < 480 || answered > most {
		t.Errorf("of an admin who may ask five hundred, two servers answer %d", answered)
	}
}

func TestAMutationThatIsSentToBothServersManyTimesIsDoneOnce(t *testing.T) {
	servers := make([]string, 2)
	servers[0], servers[1] = twoServers(t)
	ada := signedIn(t, servers[0], "ada@northwind.example")
	answers := make([]string, 50)
	var all sync.WaitGroup
	for n := range answers {
		all.Go(func() {
			for {
				answers[n] = keyed(t, servers[n%2], ada, "one intent", `mutation { createTicket(input: { subject: "Xylophone out of tune" }) { ticket { id number } } }`)
				if !strings.Contains(answers[n], "UNAVAILABLE") { // as a client tries again
					return
				}
			}
		})
	}
	all.Wait()
	for _, answer := range answers {
		if answer != answers[0] || !strings.Contains(answer, `"number"`) {
			t.Errorf("one call is answered %s, another %s", answers[0], answer)
		}
	}
	if found := posted(t, servers[1], ada, `{ tickets(filter: { search: "xylophone" }) { totalCount } }`); !strings.Contains(found, `"totalCount":1`) {
		t.Errorf("there are %s", found)
	}
}

func TestGuessesAreCountedWhicheverServerIsAsked(t *testing.T) {
	servers := make([]string, 2)
	servers[0], servers[1] = twoServers(t)
	guess := func(n int) string {
		return posted(t, servers[n%2], "", `mutation { signIn(input: { email: "ada@northwind.example", password: "a wrong password" }) { token userErrors { code } } }`)
	}
	taken := 0
	for n := 0; n < 20 && !strings.Contains(guess(n), "RATE_LIMITED"); n++ {
		taken++
	}
	if taken < 9 || taken > 12 { // the last may not have been told yet
		t.Errorf("two servers take %d wrong passwords of one user", taken)
	}
}

func TestWhatOneServerChangesOfSomebodysReachTheOtherKnowsAtOnce(t *testing.T) {
	first, second := twoServers(t)
	ada, tom := signedIn(t, first, "ada@northwind.example"), signedIn(t, second, "tom@northwind.example")
	const tickets = `{ tickets { totalCount } }`
	id := regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(posted(t, second, tom, `{ viewer { user { id } } }`))[1]
	for range 5 {
		if answer := posted(t, second, tom, tickets); strings.Contains(answer, "errors") {
			t.Fatal(answer)
		}
		if answer := posted(t, first, ada, fmt.Sprintf(`mutation { suspendUser(input: { id: %q }) { userErrors { code } } }`, id)); !strings.Contains(answer, `"userErrors":[]`) {
			t.Fatal(answer)
		}
		if answer := posted(t, second, tom, tickets); !strings.Contains(answer, "UNAUTHENTICATED") {
			t.Errorf("a suspended member is answered by the other server: %s", answer)
		}
		if answer := posted(t, first, ada, fmt.Sprintf(`mutation { reactivateUser(input: { id: %q }) { userErrors { code } } }`, id)); !strings.Contains(answer, `"userErrors":[]`) {
			t.Fatal(answer)
		}
		tom = signedIn(t, second, "tom@northwind.example")
	}
}
