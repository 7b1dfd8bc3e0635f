// Package token makes and reads the secrets that are handed out: sessions, invitations and API tokens. A token
// names its account and row, so that it is looked up by key, and has a secret of which only the hash
// is kept.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// Kind is what a token is for; it starts with it.
type Kind string

// The kinds of token.
const (
	Session    Kind = "tns_"
	Invitation Kind = "tni_"
	API        Kind = "tnt_"
)

// Token is a secret for a row of an account.
type Token struct {
	Account, ID uuid.UUID
	Secret      [32]byte
	// Kind is what it was read as, so that one kind is never remembered as another.
	Kind Kind
}

// New makes a token with a new secret.
func New(account, id uuid.UUID) Token {
	t := Token{Account: account, ID: id}
	_, _ = rand.Read(t.Secret[:])
	return t
}

// Hash is what is kept of the secret. It is random and long, so a plain hash is enough.
func (t Token) Hash() []byte {
	sum := sha256.Sum256(t.Secret[:])
	return sum[:]
}

// Write gives the token as it is handed out.
func (t Token) Write(kind Kind) string {
	raw := append(append(append([]byte{}, t.Account[:]...), t.ID[:]...), t.Secret[:]...)
	return string(kind) + base64.RawURLEncoding.EncodeToString(raw)
}

// Read reads a token; it is not ok if it is malformed or of another kind.
func Read(kind Kind, s string) (t Token, ok bool) {
	rest, ok := strings.CutPrefix(s, string(kind))
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(64) {
		return Token{}, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(raw) != 64 { // decoding passes over line ends
		return Token{}, false
	}
	t.Kind = kind
	copy(t.Account[:], raw[:16])
	copy(t.ID[:], raw[16:32])
	copy(t.Secret[:], raw[32:])
	return t, true
}
