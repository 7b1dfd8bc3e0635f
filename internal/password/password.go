// Package password keeps passwords: argon2id with OWASP's parameters, in PHC format, and never more
// hashes at once than memory and processors bear.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	threads = 1
	size    = 32
	// Shortest and Longest are how many bytes a new password has. All of them count.
	Shortest = 12
	Longest  = 1024
)

// Hasher hashes; a slot of its channel is one hash at work.
type Hasher struct{ slots chan struct{} }

// New makes a hasher that computes at most so many hashes at once, each with 19 MiB.
func New(parallel int) *Hasher { return &Hasher{slots: make(chan struct{}, max(parallel, 1))} }

func (h *Hasher) key(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return argon2.IDKey([]byte(password), salt, passes, memory, threads, size), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Hash makes what is stored of a password. It waits for its turn as long as the context allows.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	key, err := h.key(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// Matches tells whether a password is the one of a hash. An empty hash, as for an unknown user, takes
// as long as another and never matches.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	salt, want := make([]byte, 16), make([]byte, size)
	known := false
	if parts := strings.Split(hash, "$"); len(parts) == 6 {
		s, err1 := base64.RawStdEncoding.DecodeString(parts[4])
		k, err2 := base64.RawStdEncoding.DecodeString(parts[5])
		if known = err1 == nil && err2 == nil; known {
			salt, want = s, k
		}
	}
	if len(password) > Longest {
		password, known = "", false
	}
	got, err := h.key(ctx, password, salt)
	return known && subtle.ConstantTimeCompare(got, want) == 1, err
}
