package ids

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

// FuzzDecode: what is read as an id is written as it was, and there is no other way to write it.
func FuzzDecode(f *testing.F) {
	good := Encode("Device", uuid.Max)
	for _, s := range []string{"", "_", "dev_", good, good + "\n", good[:29] + "\n", strings.ToUpper(good), good[:len(good)-1] + "z", "dev_" + strings.Repeat("0", 26), strings.Repeat("0", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		typ, id, ok := Decode(s)
		if ok && Encode(typ, id) != s {
			t.Errorf("%q is read as %q", s, Encode(typ, id))
		}
		if _, as := DecodeAs("Ticket", s); as != (ok && typ == "Ticket") {
			t.Errorf("%q is the id of a ticket: %t; it is one of a %q: %t", s, as, typ, ok)
		}
	})
}
