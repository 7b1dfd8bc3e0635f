package token

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// FuzzRead: what is read as a token is written as it was, and there is no other way to write it.
func FuzzRead(f *testing.F) {
	good := Token{Account: uuid.UUID{1}, ID: uuid.UUID{2}, Secret: [32]byte{3}}.Write(Session)
	for _, s := range []string{
		"", "tns_", good, good + "=", good[:len(good)-1], strings.ToUpper(good), "tnt_" + good[4:], good[:len(good)-2] + "\r\n", "tns_" + strings.Repeat("\n", 86),
		good[:50] + "\n" + good[51:], good[:len(good)-1] + "B", "tns_" + strings.Repeat("/", 86),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, kind := range []Kind{Session, Invitation, API} {
			if read, ok := Read(kind, s); ok && (read.Write(kind) != s || read.Kind != kind) {
				t.Errorf("%q is read as %q of kind %q", s, read.Write(kind), read.Kind)
			}
		}
	})
}
