package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"tenantry/internal/token"
)

// strangers are attempts to be somebody.
func strangers(t *target) (all []attack) {
	// A valid token first: the server knows the issuer's keys then.
	good := t.issuer.Good(map[string]any{"sub": "mia", "email": "mia@northwind.example"})
	as := func(name string, tries int, fine []string, token func(n int) string) {
		all = append(all, attack{name: name, tries: t.n(tries), fine: fine, processor: cheap, try: func(ctx context.Context, n int) (string, error) {
			r, err := t.ask(ctx, token(n), "{ viewer { tenantAccess } }", nil)
			if r.code() != "" {
				return r.code(), err
			}
			return fmt.Sprint(r.status), err
		}})
	}
	nobody := []string{"UNAUTHENTICATED"}
	as("a token of the issuer, as a measure", 100, []string{"200"}, func(int) string { return good })
	as("sessions of nobody, well formed", 1000, nobody, func(int) string { return token.New(uuid.New(), uuid.New()).Write(token.Session) })
	as("API tokens of nobody, well formed", 1000, nobody, func(int) string { return token.New(uuid.New(), uuid.New()).Write(token.API) })
	as("a session with one letter changed", 1000, nobody, func(n int) string {
		text := []byte(t.member)
		at := len("tns_") + n%(len(text)-len("tns_"))
		const letters = "0123456789abcdefghjkmnpqrstvwxyz"
		text[at] = letters[(strings.IndexByte(letters, text[at])+1+n/len(text)%30)%len(letters)]
		return string(text)
	})
	as("64 kB for a token", 100, []string{"431", "UNAUTHENTICATED"}, func(int) string { return strings.Repeat("x", 64<<10) })
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	forged := func(name string, changes map[string]any) {
		as(name, 100, nobody, func(n int) string {
			changes["jti"] = fmt.Sprint(n)
			return t.issuer.Good(changes)
		})
	}
	as("a token of the issuer that is not signed", 1000, nobody, func(int) string { return none })
	as("one that somebody else signed", 1000, nobody, func(n int) string {
		return t.issuer.Token(jose.RS256, other, "first", nil, t.issuer.Claims(map[string]any{"jti": n}))
	})
	before := t.issuer.Fetched.Load()
	as("one signed with keys that are not known", 1000, nobody, func(n int) string {
		return t.issuer.Token(jose.RS256, other, fmt.Sprint("key", n), nil, t.issuer.Claims(nil))
	})
	all = append(all, attack{name: "how often the issuer was asked for keys meanwhile", tries: 1, fine: []string{"seldom"}, try: func(context.Context, int) (string, error) {
		if n := t.issuer.Fetched.Load() - before; n > 10 {
			return fmt.Sprintf("%d times", n), nil
		}
		return "seldom", nil
	}})
	forged("one for another server", map[string]any{"aud": "other"})
	forged("one that is over", map[string]any{"exp": time.Now().Unix() - 3600})
	forged("one of a stranger", map[string]any{"sub": "stranger", "email": "stranger@evil.example"})
	guess := `mutation($e: String!) { signIn(input: { email: $e, password: "a guess of mine" }) { token userErrors { code } } }`
	all = append(all, attack{name: "guessing a password", tries: t.n(2000), fine: []string{"INVALID", "RATE_LIMITED"}, try: func(ctx context.Context, _ int) (string, error) {
		r, err := t.ask(ctx, "", guess, map[string]any{"e": "tom@northwind.example"})
		if strings.Contains(string(r.body), `"INVALID"`) {
			return "INVALID", err
		}
		return r.code(), err
	}}, attack{name: "whether an address has a user, by the time", tries: 1, slow: true, fine: []string{"does not tell"}, try: func(ctx context.Context, _ int) (string, error) {
		return t.timing(ctx, guess)
	}})
	return all
}

// timing compares how long a wrong password takes for an address that has a user with one that has none.
func (t *target) timing(ctx context.Context, guess string) (string, error) {
	var known, unknown []float64
	for range 8 { // more would be throttled
		for _, c := range []struct {
			email string
			into  *[]float64
		}{{"gil@northwind.example", &known}, {"nobody@northwind.example", &unknown}} {
			began := time.Now()
			r, err := t.ask(ctx, "", guess, map[string]any{"e": c.email})
			if err != nil {
				return "", err
			}
			if r.status == http.StatusOK && !strings.Contains(string(r.body), "RATE_LIMITED") {
				*c.into = append(*c.into, time.Since(began).Seconds())
			}
		}
	}
	if len(known) < 3 || len(unknown) < 3 {
		return "does not tell", nil // all of it is throttled, alike
	}
	slices.Sort(known)
	slices.Sort(unknown)
	if a, b := known[len(known)/2], unknown[len(unknown)/2]; max(a, b) > 1.5*min(a, b) {
		return fmt.Sprintf("tells: %.0f and %.0f ms", a*1000, b*1000), nil
	}
	return "does not tell", nil
}
