// Package testissuer is an OpenID Connect issuer on loopback, for tests and attacks. What cannot go wrong on loopback
// panics.
package testissuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Issuer is an OpenID Connect issuer on loopback.
type Issuer struct {
	*httptest.Server
	// Keys are those that are published, under Mu; Away, the issuer does not answer. Fetched counts how often the keys
	// were asked for.
	Mu      sync.Mutex
	Keys    map[string]crypto.Signer
	Away    atomic.Bool
	Fetched atomic.Int64
}

// New starts one, with an RSA key called first. Close ends it.
func New() *Issuer {
	i := &Issuer{Keys: map[string]crypto.Signer{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.Fetched.Add(1)
		i.Mu.Lock()
		defer i.Mu.Unlock()
		var set jose.JSONWebKeySet
		for id, key := range i.Keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
		}
		_ = json.NewEncoder(w).Encode(set)
	})
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.Away.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	i.Keys["first"] = key
	return i
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Claims are those of a good token, with changes; nil takes one away.
func (i *Issuer) Claims(changes map[string]any) map[string]any {
	now := time.Now().Unix()
	all := map[string]any{"iss": i.URL, "aud": "tenantry", "sub": "248289761001", "iat": now, "exp": now + 300, "email": "Mia@Northwind.example", "email_verified": true}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// Token signs claims with a key, under an id, with more in its head.
func (i *Issuer) Token(algorithm jose.SignatureAlgorithm, key any, id string, head map[jose.HeaderKey]any, claims any) string {
	o := &jose.SignerOptions{}
	for k, v := range head {
		o.WithHeader(k, v)
	}
	if id != "" {
		o.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, o)
	must(err)
	payload, err := json.Marshal(claims)
	must(err)
	signed, err := signer.Sign(payload)
	must(err)
	out, err := signed.CompactSerialize()
	must(err)
	return out
}

// Good is a token that is believed, but for changes of its claims.
func (i *Issuer) Good(changes map[string]any) string {
	return i.Token(jose.RS256, i.Keys["first"], "first", nil, i.Claims(changes))
}
