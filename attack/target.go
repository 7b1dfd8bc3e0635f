package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tenantry/internal/demo"
	"tenantry/internal/testissuer"
)

// target is the server that is attacked, and what an attacker has: a session of a member, and the issuer's trust.
type target struct {
	url    string
	pid    int
	share  int
	member string
	issuer *testissuer.Issuer
	client *http.Client
	stop   func()
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts the server with its defaults, but for a port of its own, how much it may be asked, the issuer that it
// believes, and the memory that it may have.
func start(ctx context.Context, binary, database string, share, memory int) (*target, error) {
	issuer := testissuer.New()
	// What a process maps for itself and may write is its data, which Linux bounds.
	cmd := exec.CommandContext(ctx, "sh", "-c", fmt.Sprintf(`ulimit -d %d; exec "$0" "$@"`, memory<<10), binary,
		"serve", "--addr", "127.0.0.1:0", "--rate-viewer", "10000000", "--rate-account", "100000000",
		"--oidc-issuer", issuer.URL, "--oidc-audience", "tenantry", "--oidc-account", "Northwind IT")
	cmd.Env = environment("DATABASE_URL=" + database)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	printed := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url := address.FindString(lines.Text()); url != "" {
				select {
				case printed <- url:
				default:
				}
			}
		}
		close(printed)
	}()
	t := &target{
		url: <-printed, pid: cmd.Process.Pid, share: share, issuer: issuer, client: &http.Client{Timeout: time.Minute},
		stop: func() {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			issuer.Close()
		},
	}
	if t.url == "" {
		t.stop()
		return nil, fmt.Errorf("the server did not start: %s", said.Bytes())
	}
	t.member, err = t.signIn("mia@northwind.example")
	if err != nil {
		t.stop()
	}
	return t, err
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
	r, err := http.NewRequestWithContext(ctx, method, t.url+path, body)
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

// resident is a number of the server's memory from Linux's /proc, in MB.
func (t *target) resident(name string) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.pid))
	for line := range strings.Lines(string(text)) {
		if of, value, _ := strings.Cut(line, ":"); of == name {
			kB, _ := strconv.Atoi(strings.Fields(value)[0])
			return kB >> 10
		}
	}
	return 0
}

// processor is the time that the server's threads have worked, from Linux's /proc, to a hundredth of a second.
func (t *target) processor() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// rest leaves the server alone for three minutes, in which Go gives memory back, or their share, and tells its memory then, and the most it had.
func (t *target) rest(ctx context.Context) (now, most int) {
	select {
	case <-ctx.Done():
	case <-time.After(max(time.Second, 3*time.Minute/time.Duration(t.share))):
	}
	return t.resident("VmRSS"), t.resident("VmHWM")
}
