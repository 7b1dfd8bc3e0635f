package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// apart is how long it takes at least until the keys are fetched again, whatever tokens are sent: so long it takes
	// at most until a new key works.
	apart = 10 * time.Second
	// fresh is how long the keys are good without being fetched again; if the issuer does not answer then, longer.
	fresh = 15 * time.Minute
	// setMost is how much an issuer may publish, in bytes.
	setMost = 1 << 20
)

// keys are what an issuer signs with, fetched when they are first needed.
type keys struct {
	issuer string
	now    func() time.Time

	mu  sync.Mutex
	set []jose.JSONWebKey
	// tried is when they were fetched last, fetched when it went well, and failed why it did not.
	tried, fetched time.Time
	failed         error
}

func newKeys(issuer string) *keys { return &keys{issuer: issuer, now: time.Now} }

// away tells whether no keys are known, since the issuer has not answered yet.
func (k *keys) away() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.set) == 0 && k.failed != nil
}

// VerifySignature is what go-oidc asks for: the payload of a token whose signature is good.
func (k *keys) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err
	}
	if len(signed.Signatures) != 1 {
		return nil, errors.New("there is not one signature")
	}
	head := signed.Signatures[0].Protected // a key in it is not looked at
	candidates, err := k.named(ctx, head.KeyID)
	if err != nil {
		return nil, err
	}
	for _, key := range candidates {
		if key.Algorithm != "" && key.Algorithm != head.Algorithm {
			continue
		}
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("no key of the issuer has signed it")
}

// named are the keys with an id, or all if a token names none. One that is not known may be new.
func (k *keys) named(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	k.mu.Lock() // who comes meanwhile waits for the same keys
	defer k.mu.Unlock()
	find := func() (found []jose.JSONWebKey) {
		for _, key := range k.set {
			if id == "" || key.KeyID == id {
				found = append(found, key)
			}
		}
		return found
	}
	found, now := find(), k.now()
	if (len(found) == 0 || now.Sub(k.fetched) > fresh) && now.Sub(k.tried) >= apart {
		k.tried = now
		var set []jose.JSONWebKey
		if set, k.failed = k.fetch(context.WithoutCancel(ctx)); k.failed == nil {
			k.set, k.fetched = set, now
			found = find()
		}
	}
	if len(k.set) == 0 {
		return nil, fmt.Errorf("the issuer's keys are not known: %w", k.failed)
	}
	return found, nil
}

// fetch asks the issuer where its keys are, and for them.
func (k *keys) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), k.issuer)
	if err != nil {
		return nil, err
	}
	var where struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&where); err != nil {
		return nil, err
	}
	u, err := url.Parse(where.Keys)
	if err != nil || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("the issuer's keys are at %q", where.Keys)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer's keys: %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, setMost))
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	strongOnes := slices.DeleteFunc(set.Keys, func(key jose.JSONWebKey) bool { return !strong(key) })
	if len(strongOnes) == 0 {
		return nil, errors.New("the issuer publishes no key to check signatures with")
	}
	return strongOnes, nil
}
