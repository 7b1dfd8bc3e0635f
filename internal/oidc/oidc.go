// Package oidc believes the tokens of one OpenID Connect issuer: who somebody is, never what they may. Only tokens
// that the issuer has signed for this server are good, with its published keys and by algorithms that are fixed here.
package oidc

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2/expirable"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// Settings say whose tokens are believed. All of them empty: nobody's.
type Settings struct {
	// Issuer is its URL, as in the claim iss.
	Issuer string
	// Audience is who its tokens must be for, as in the claim aud.
	Audience string
	// Account is the account of all who come with its tokens; AccountClaim a claim that names it. If both are given,
	// the claim decides where there is one.
	Account, AccountClaim string
}

var (
	// algorithms are those of asymmetric keys: nobody signs with what is published.
	algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}
	// kinds are what the header of a token may call it: RFC 7519 and RFC 9068.
	kinds = []string{"", "jwt", "at+jwt"}
)

const (
	// skew is how far the issuer's clock may be off.
	skew = 30 * time.Second
	// longest is how long a token may be, in bytes.
	longest = 16 << 10
	// remembered is for how long a token's signature is not looked at again.
	remembered = 5 * time.Minute
	// keySmallest is the least size of an RSA key, in bits.
	keySmallest = 2048
)

// Issuer believes tokens.
type Issuer struct {
	settings Settings
	keys     *keys
	verifier *oidc.IDTokenVerifier
	known    *lru.LRU[[sha256.Size]byte, viewer.External]
	now      func() time.Time
}

// New believes what the settings say; nil if they say nothing. It is an error if they say half of it. The issuer need
// not be there yet.
func New(s Settings) (*Issuer, error) {
	switch u, err := url.Parse(s.Issuer); {
	case s == Settings{}:
		return nil, nil
	case s.Issuer == "":
		return nil, errors.New("TENANTRY_OIDC_ISSUER is not set, but other settings of OpenID Connect are")
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return nil, fmt.Errorf("TENANTRY_OIDC_ISSUER is %q: it is a URL like https://login.example.com", s.Issuer)
	case s.Audience == "":
		return nil, errors.New("TENANTRY_OIDC_AUDIENCE is not set: tokens that the issuer gave to others would be believed")
	case s.Account == "" && s.AccountClaim == "":
		return nil, errors.New("neither TENANTRY_OIDC_ACCOUNT nor TENANTRY_OIDC_ACCOUNT_CLAIM is set: nobody would have an account")
	}
	i := &Issuer{settings: s, keys: newKeys(s.Issuer), known: lru.NewLRU[[sha256.Size]byte, viewer.External](10_000, nil, remembered), now: time.Now}
	i.verifier = oidc.NewVerifier(s.Issuer, i.keys, &oidc.Config{
		ClientID: s.Audience, SupportedSigningAlgs: names(algorithms), SkipExpiryCheck: true, // see current
	})
	return i, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func names(algorithms []jose.SignatureAlgorithm) (all []string) {
	for _, a := range algorithms {
		all = append(all, string(a))
	}
	return all
}

// Looks tells whether a secret looks like a token of an issuer.
func Looks(secret string) bool { return strings.Count(secret, ".") == 2 }

// Believe is who a token is of; it is not ok if the token is not believed. An error is UNAVAILABLE: the issuer's keys
// are not known yet.
func (i *Issuer) Believe(ctx context.Context, token string) (who viewer.External, ok bool, err error) {
	if len(token) > longest {
		return who, false, nil
	}
	sum := sha256.Sum256([]byte(token))
	who, ok = i.known.Get(sum)
	if !ok {
		if who, err = i.read(ctx, token); err != nil {
			if i.keys.away() {
				return who, false, problem.New(problem.Unavailable, "Who you are cannot be checked just now: try again.")
			}
			return who, false, nil
		}
		i.known.Add(sum, who)
	}
	return who, i.now().Before(who.Expires()), nil
}

// read looks at a token that was not seen lately.
func (i *Issuer) read(ctx context.Context, token string) (who viewer.External, err error) {
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		return who, fmt.Errorf("it is not signed as it must be: %w", err)
	}
	head := signed.Signatures[0].Protected.ExtraHeaders
	if head["crit"] != nil {
		return who, errors.New("it says that something is critical, and nothing is understood to be")
	}
	if kind, _ := head[jose.HeaderType].(string); !slices.Contains(kinds, strings.TrimPrefix(strings.ToLower(kind), "application/")) {
		return who, fmt.Errorf("it is of the kind %q", kind)
	}
	id, err := i.verifier.Verify(ctx, token)
	if err != nil {
		return who, err
	}
	var raw map[string]json.RawMessage
	var claims struct {
		Subject   string   `json:"sub"`
		Expires   *float64 `json:"exp"`
		NotBefore float64  `json:"nbf"`
		Issued    *float64 `json:"iat"`
		Email     string   `json:"email"`
		Verified  bool     `json:"email_verified"`
	}
	if err := errors.Join(id.Claims(&claims), id.Claims(&raw)); err != nil {
		return who, err
	}
	now := i.now()
	moment := func(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }
	switch {
	case claims.Subject == "" || len(claims.Subject) > 255:
		return who, errors.New("it says no subject")
	case claims.Expires == nil || claims.Issued == nil:
		return who, errors.New("it does not say when it was issued and when it is over")
	case !now.Before(moment(*claims.Expires).Add(skew)):
		return who, errors.New("it is over")
	case now.Add(skew).Before(moment(claims.NotBefore)) || now.Add(skew).Before(moment(*claims.Issued)):
		return who, errors.New("it is not good yet")
	}
	who = viewer.External{
		Issuer: i.settings.Issuer, Subject: claims.Subject, Account: i.settings.Account,
		IssuedAt: int64(*claims.Issued), ExpiresAt: moment(*claims.Expires).Add(skew).Unix(),
	}
	if claims.Verified {
		who.Email, _ = models.Email(claims.Email) // else by the subject alone
	}
	if name := i.settings.AccountClaim; name != "" && raw[name] != nil {
		if err := json.Unmarshal(raw[name], &who.Account); err != nil {
			return who, fmt.Errorf("its claim %s is no text", name)
		}
	}
	if who.Account == "" {
		return who, errors.New("it names no account")
	}
	return who, nil
}

// strong tells whether a key is one to check signatures with.
func strong(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
		return false
	}
	k, isRSA := key.Key.(*rsa.PublicKey)
	return !isRSA || k.N.BitLen() >= keySmallest
}

// client fetches what the issuer publishes.
var client = &http.Client{
	Timeout: 5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the issuer sends elsewhere")
	},
}
