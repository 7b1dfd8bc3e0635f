package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"tenantry/internal/demo"
	"tenantry/internal/process"
	"tenantry/internal/testissuer"
)

// target is the server that is attacked, and what an attacker has: a session of a member, and the issuer's trust.
type target struct {
	*process.Server
	share  int
	member string
	issuer *testissuer.Issuer
	client *http.Client
}

// start starts the server with its defaults, but for a port of its own, how much it may be asked, the issuer that it
// believes, and the memory that it may have.
func start(ctx context.Context, binary, database string, share, memory int) (*target, error) {
	t := &target{share: share, issuer: testissuer.New(), client: &http.Client{Timeout: time.Minute}}
	var err error
	t.Server, err = process.Start(ctx, binary, database, memory, "--addr", "127.0.0.1:0", "--rate-viewer", "10000000", "--rate-account", "100000000",
		"--oidc-issuer", t.issuer.URL, "--oidc-audience", "tenantry", "--oidc-account", "Northwind IT")
	if err != nil {
		return nil, err
	}
	if t.member, err = t.signIn("mia@northwind.example"); err != nil {
		t.stop()
	}
	return t, err
}

func (t *target) stop() {
	t.Stop()
	t.issuer.Close()
}

// n is how often something is tried.
func (t *target) n(full int) int { return max(2, full/t.share) }

// reply is what the server answers.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// code is that of the first error.
func (r reply) code() string {
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(r.body, &answer) != nil || len(answer.Errors) == 0 {
		return ""
	}
	return answer.Errors[0].Extensions.Code
}

// send sends a request. The server may answer and close before it has read all of the body: that is an answer, too.
func (t *target) send(ctx context.Context, method, path string, body io.Reader, header ...string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, t.URL+path, body)
	if err != nil {
		return reply{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := t.client.Do(r)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return reply{}, errClosed
	}
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, text}, err
}

var errClosed = errors.New("the server closed the connection")

// ask sends a document as somebody.
func (t *target) ask(ctx context.Context, token, document string, variables map[string]any) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return reply{}, err
	}
	header := []string{"Content-Type", "application/json"}
	if token != "" {
		header = append(header, "Authorization", "Bearer "+token)
	}
	return t.send(ctx, http.MethodPost, "/graphql", bytes.NewReader(body), header...)
}

func (t *target) signIn(email string) (string, error) {
	r, err := t.ask(context.Background(), "", `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { token } }`, map[string]any{"e": email, "p": demo.Password})
	if err != nil {
		return "", err
	}
	var answer struct {
		Data struct{ SignIn struct{ Token string } }
	}
	if err := json.Unmarshal(r.body, &answer); err != nil || answer.Data.SignIn.Token == "" {
		return "", fmt.Errorf("nobody signed in: %s", r.body)
	}
	return answer.Data.SignIn.Token, nil
}

// alive tells how long the server takes for a member's everyday question; an error if it does not answer it.
func (t *target) alive(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	r, err := t.ask(ctx, t.member, `{ devices(first: 5) { nodes { name } } }`, nil)
	if err == nil && (r.status != http.StatusOK || r.code() != "") {
		err = fmt.Errorf("%d: %s", r.status, r.body)
	}
	return time.Since(began), err
}

// rest leaves the server alone for three minutes, in which Go gives memory back, or their share, and tells its memory then, and the most it had.
func (t *target) rest(ctx context.Context) (now, most int) {
	select {
	case <-ctx.Done():
	case <-time.After(max(time.Second, 3*time.Minute/time.Duration(t.share))):
	}
	return t.Resident("VmRSS"), t.Resident("VmHWM")
}
