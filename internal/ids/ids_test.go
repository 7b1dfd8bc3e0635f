package ids

import (
	"testing"

	"github.com/google/uuid"
)

func TestIDsComeBackAsTheyWent(t *testing.T) {
	for typ := range Types() {
		id := New()
		got, ok := DecodeAs(typ, Encode(typ, id))
		if !ok || got != id {
			t.Errorf("%s: %v became %v, %v", typ, id, got, ok)
		}
	}
}

func TestWhatEncodeDoesNotWriteIsRefused(t *testing.T) {
	good := Encode("Device", uuid.MustParse("0190c5b0-0000-7000-8000-000000000001"))
	for name, s := range map[string]string{
		"empty": "", "no token": "dev_", "other prefix": "xyz" + good[3:], "upper case": "DEV" + good[3:],
		"upper case token": good[:4] + "A" + good[5:], "too long": good + "0", "too short": good[:len(good)-1],
		"loose bits": good[:len(good)-1] + "z", "letter outside": good[:10] + "u" + good[11:], "NUL": good[:10] + "\x00" + good[11:],
		"line end": good[:len(good)-1] + "\n",
	} {
		if typ, id, ok := Decode(s); ok {
			t.Errorf("%s: %q was read as %s %v", name, s, typ, id)
		}
	}
	if _, ok := DecodeAs("Ticket", good); ok {
		t.Error("the id of a device was read as a ticket's")
	}
}
