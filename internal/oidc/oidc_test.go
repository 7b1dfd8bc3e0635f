package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tenantry/internal/problem"
	"tenantry/internal/testissuer"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func believer(t testing.TB, i *testissuer.Issuer, changes ...func(*Settings)) *Issuer {
	s := Settings{Issuer: i.URL, Audience: "tenantry", Account: "Northwind IT"}
	for _, change := range changes {
		change(&s)
	}
	b, err := New(s)
	must(t, err)
	return b
}

func segment(v any) string {
	text, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(text)
}

// TestOnlyWhatTheIssuerSignedForUsIsBelieved: of a table of tokens, one for each way to be wrong.
func TestOnlyWhatTheIssuerSignedForUsIsBelieved(t *testing.T) {
	i := testissuer.New()
	t.Cleanup(i.Close)
	first := i.Keys["first"].(*rsa.PrivateKey)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	i.Keys["weak"], i.Keys["curve"], i.Keys["edwards"] = weak, curve, edwards
	public, err := x509.MarshalPKIXPublicKey(first.Public())
	must(t, err)
	now := time.Now().Unix()
	good := i.Good(nil)
	parts := strings.Split(good, ".")
	with := func(name string, value any) string { return i.Good(map[string]any{name: value}) }
	kind := func(typ string) string {
		return i.Token(jose.RS256, first, "first", map[jose.HeaderKey]any{"typ": typ}, i.Claims(nil))
	}
	for name, c := range map[string]struct {
		token string
		ok    bool
	}{
		"a good one":                        {good, true},
		"one that names no key":             {i.Token(jose.RS256, first, "", nil, i.Claims(nil)), true},
		"for several audiences":             {with("aud", []string{"other", "tenantry"}), true},
		"issued by a clock ahead":           {with("iat", now+20), true},
		"over by a clock ahead":             {with("exp", now-20), true},
		"of an access token's kind":         {kind("at+jwt"), true},
		"of the usual kind":                 {kind("JWT"), true},
		"by ES256":                          {i.Token(jose.ES256, curve, "curve", nil, i.Claims(nil)), true},
		"by EdDSA":                          {i.Token(jose.EdDSA, edwards, "edwards", nil, i.Claims(nil)), true},
		"by PS256":                          {i.Token(jose.PS256, first, "first", nil, i.Claims(nil)), true},
		"without an address":                {with("email", nil), true},
		"without a signature":               {segment(map[string]any{"alg": "none"}) + "." + parts[1] + ".", false},
		"unsigned by another spelling":      {segment(map[string]any{"alg": "nOnE"}) + "." + parts[1] + ".", false},
		"with its signature cut off":        {parts[0] + "." + parts[1] + ".", false},
		"changed after it was signed":       {parts[0] + "." + segment(i.Claims(map[string]any{"sub": "1"})) + "." + parts[2], false},
		"by HS256 with the public key":      {i.Token(jose.HS256, public, "first", nil, i.Claims(nil)), false},
		"by RS512":                          {i.Token(jose.RS512, first, "first", nil, i.Claims(nil)), false},
		"by a key of somebody else":         {i.Token(jose.RS256, other, "first", nil, i.Claims(nil)), false},
		"by a weak key":                     {i.Token(jose.RS256, weak, "weak", nil, i.Claims(nil)), false},
		"by a key in its head":              {i.Token(jose.RS256, other, "other", map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: other.Public(), KeyID: "other"}}, i.Claims(nil)), false},
		"by a key that its head says where": {i.Token(jose.RS256, other, "other", map[jose.HeaderKey]any{"jku": "http://127.0.0.1:1/keys"}, i.Claims(nil)), false},
		"by a key that is a file":           {i.Token(jose.HS256, make([]byte, 32), "../../dev/null", nil, i.Claims(nil)), false},
		"by a key that is SQL":              {i.Token(jose.RS256, other, "' or 1=1 --", nil, i.Claims(nil)), false},
		"by a key that is a URL":            {i.Token(jose.RS256, other, i.URL+"/keys", nil, i.Claims(nil)), false},
		"with what it says is critical":     {i.Token(jose.RS256, first, "first", map[jose.HeaderKey]any{"crit": []string{"b64"}, "b64": false}, i.Claims(nil)), false},
		"of a kind for logging out":         {kind("logout+jwt"), false},
		"of a kind that proves a key":       {kind("dpop+jwt"), false},
		"of another issuer":                 {with("iss", "https://evil.example"), false},
		"of no issuer":                      {with("iss", nil), false},
		"of the issuer with a slash":        {with("iss", i.URL+"/"), false},
		"for another audience":              {with("aud", "other"), false},
		"for no audience":                   {with("aud", nil), false},
		"for an audience that begins so":    {with("aud", "tenantry-other"), false},
		"that is over":                      {with("exp", now-61), false},
		"that is never over":                {with("exp", nil), false},
		"that is over in words":             {with("exp", "tomorrow"), false},
		"that is not good yet":              {with("nbf", now+61), false},
		"from the future":                   {with("iat", now+61), false},
		"that does not say when it is from": {with("iat", nil), false},
		"of nobody":                         {with("sub", nil), false},
		"of an empty subject":               {with("sub", ""), false},
		"of a subject that is a number":     {with("sub", 5), false},
		"that is no object":                 {i.Token(jose.RS256, first, "first", nil, []string{"iss"}), false},
		"in other characters":               {parts[0] + "." + parts[1] + "." + parts[2] + "=", false},
		"that is long":                      {with("more", strings.Repeat("x", longest)), false},
		"of nothing but points":             {"..", false},
	} {
		t.Run(name, func(t *testing.T) {
			who, ok, err := believer(t, i).Believe(t.Context(), c.token)
			must(t, err)
			if ok != c.ok {
				t.Errorf("a token %s is believed: %v (%+v)", name, ok, who)
			}
		})
	}
}

// TestATokenSaysWhoSomebodyIs and no more than the issuer has verified.
func TestATokenSaysWhoSomebodyIs(t *testing.T) {
	i := testissuer.New()
	t.Cleanup(i.Close)
	b, byClaim := believer(t, i), believer(t, i, func(s *Settings) { s.Account, s.AccountClaim = "", "msp" })
	both := believer(t, i, func(s *Settings) { s.AccountClaim = "msp" })
	read := func(b *Issuer, changes map[string]any) string {
		who, ok, err := b.Believe(t.Context(), i.Good(changes))
		must(t, err)
		if !ok {
			return "nobody"
		}
		return who.Subject + " " + who.Email + " " + who.Account
	}
	for _, c := range []struct {
		name, got, want string
	}{
		{"with a verified address", read(b, nil), "248289761001 mia@northwind.example Northwind IT"},
		{"with one that is not", read(b, map[string]any{"email_verified": false}), "248289761001  Northwind IT"},
		{"with one of which it is not said", read(b, map[string]any{"email_verified": nil}), "248289761001  Northwind IT"},
		{"with one that is verified in words", read(b, map[string]any{"email_verified": "true"}), "nobody"},
		{"with an account where none is looked for", read(b, map[string]any{"msp": "Southwind"}), "248289761001 mia@northwind.example Northwind IT"},
		{"with an account in a claim", read(byClaim, map[string]any{"msp": "Southwind"}), "248289761001 mia@northwind.example Southwind"},
		{"without the claim", read(byClaim, nil), "nobody"},
		{"with an empty claim", read(byClaim, map[string]any{"msp": ""}), "nobody"},
		{"with a claim that is no text", read(both, map[string]any{"msp": []string{"Southwind"}}), "nobody"},
		{"with a claim that decides", read(both, map[string]any{"msp": "Southwind"}), "248289761001 mia@northwind.example Southwind"},
		{"without it, but an account for all", read(both, nil), "248289761001 mia@northwind.example Northwind IT"},
	} {
		if c.got != c.want {
			t.Errorf("a token %s is of %q, not %q", c.name, c.got, c.want)
		}
	}
}

// TestKeysMayChangeAndTheIssuerBeAway: a new key works soon, unknown ones make no flood of requests, and what is known
// stays while the issuer does not answer.
func TestKeysMayChangeAndTheIssuerBeAway(t *testing.T) {
	i := testissuer.New()
	t.Cleanup(i.Close)
	b := believer(t, i)
	now := time.Now()
	k := newKeys(i.URL)
	k.now = func() time.Time { return now }
	ask := func(token string) bool {
		_, err := k.VerifySignature(t.Context(), token)
		return err == nil
	}
	first, second := i.Keys["first"], func() crypto.Signer { key, _ := rsa.GenerateKey(rand.Reader, 2048); return key }()
	signed := func(key crypto.Signer, id string) string { return i.Token(jose.RS256, key, id, nil, i.Claims(nil)) }
	i.Away.Store(true)
	if _, _, err := b.Believe(context.Background(), i.Good(nil)); !problem.Is(err, problem.Unavailable) {
		t.Errorf("with an issuer that was never there: %v", err)
	}
	i.Away.Store(false)
	if !ask(signed(first, "first")) {
		t.Error("a key is not known")
	}
	i.Mu.Lock()
	i.Keys["second"] = second
	i.Mu.Unlock()
	now = now.Add(apart)
	if !ask(signed(second, "second")) || !ask(signed(first, "first")) {
		t.Error("a new key does not work, or the old one no more")
	}
	before := i.Fetched.Load()
	for range 1000 {
		if ask(signed(second, "unknown")) {
			t.Fatal("an unknown key works")
		}
	}
	now = now.Add(apart - time.Second)
	for range 100 {
		ask(signed(second, "unknown"))
	}
	if n := i.Fetched.Load() - before; n > 1 {
		t.Errorf("1,100 unknown keys in %v made %d requests", apart, n)
	}
	i.Away.Store(true)
	now = now.Add(fresh + time.Minute)
	if !ask(signed(second, "second")) {
		t.Error("a known key does not work while the issuer is away")
	}
	i.Away.Store(false)
	i.Mu.Lock()
	delete(i.Keys, "first")
	i.Mu.Unlock()
	now = now.Add(apart)
	if ask(signed(first, "first")) {
		t.Error("a key works that the issuer has withdrawn")
	}
}

// TestHalfASettingIsNone: the server does not start with it.
func TestHalfASettingIsNone(t *testing.T) {
	whole := Settings{Issuer: "https://login.example.com", Audience: "tenantry", Account: "Northwind IT"}
	for name, c := range map[string]struct {
		change func(*Settings)
		says   string
	}{
		"without an issuer":             {func(s *Settings) { s.Issuer = "" }, "TENANTRY_OIDC_ISSUER is not set"},
		"without an audience":           {func(s *Settings) { s.Audience = "" }, "TENANTRY_OIDC_AUDIENCE is not set"},
		"without an account":            {func(s *Settings) { s.Account = "" }, "neither TENANTRY_OIDC_ACCOUNT"},
		"with an issuer in plain sight": {func(s *Settings) { s.Issuer = "http://login.example.com" }, "TENANTRY_OIDC_ISSUER is"},
		"with an issuer that is no URL": {func(s *Settings) { s.Issuer = "login" }, "TENANTRY_OIDC_ISSUER is"},
	} {
		s := whole
		c.change(&s)
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := New(Settings{}); b != nil || err != nil {
		t.Errorf("without any: %v, %v", b, err)
	}
	if _, err := New(whole); err != nil {
		t.Error(err)
	}
}
