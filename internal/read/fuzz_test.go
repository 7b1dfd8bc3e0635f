package read

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// seal is the seal of a list in an account.
func seal(t testing.TB, key byte, field string) seals {
	aead, err := viewer.Seal([]byte(strings.Repeat(string(rune(key)), 32)))
	if err != nil {
		t.Fatal(err)
	}
	return newSeals(&viewer.Viewer{Cursors: aead}, field, byName, map[string]any{"filter": map[string]any{"a": "b"}, "first": 3})
}

// FuzzCursors: a place comes back as it went, and no text but the one that was written opens.
func FuzzCursors(f *testing.F) {
	abroad := string(seal(f, 'l', "Query.devices").append(nil, position{"CAISSE-01", uuid.Max}))
	for _, s := range []string{"", "AAAA", strings.Trim(abroad, `"`), strings.Trim(abroad, `"`) + "\n", strings.Repeat("A", 64), strings.Repeat("=", 64), "\x00"} {
		f.Add(s, "CAISSE-01", []byte("0123456789abcdef"), uint16(3))
	}
	f.Fuzz(func(t *testing.T, cursor, value string, id []byte, at uint16) {
		s := seal(t, 'k', "Query.devices")
		if _, err := s.open(cursor); !problem.Is(err, problem.BadCursor) {
			t.Errorf("a made up cursor %q: %v", cursor, err)
		}
		p := position{value: value}
		copy(p.id[:], id)
		sealed := strings.Trim(string(s.append(nil, p)), `"`)
		if got, err := s.open(sealed); err != nil || got != p {
			t.Errorf("%v comes back as %v: %v", p, got, err)
		}
		for name, other := range map[string]seals{"another account": seal(t, 'l', "Query.devices"), "another list": seal(t, 'k', "Query.tickets")} {
			if _, err := other.open(sealed); !problem.Is(err, problem.BadCursor) {
				t.Errorf("it opens in %s: %v", name, err)
			}
		}
		i := int(at) % (len(sealed) + 1)
		for _, tampered := range []string{sealed[:i] + cursor + sealed[i:], sealed[:i], cursor + sealed[i:]} {
			if _, err := s.open(tampered); tampered != sealed && !problem.Is(err, problem.BadCursor) {
				t.Errorf("%q opens, which is not %q: %v", tampered, sealed, err)
			}
		}
	})
}

// FuzzWords: no text makes search panic, look for more than it should, or show what is no piece of a text.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "printer", "Écran noir", "ﬁn ½ Straße", "e\u0301\u0301\u0301", "日本語 テスト", "a\x00b", "\xff\xfe", strings.Repeat("é", 200), "4211 x", "αβγδε אבגדה"} {
		f.Add(s, "The printer\n\tis on fire. "+s)
	}
	f.Fuzz(func(t *testing.T, text, in string) {
		terms, err := readText("text", text)
		if err != nil {
			if utf8.RuneCountInString(text) <= textMost {
				t.Errorf("%q is too long: %v", text, err)
			}
			return
		}
		if len(terms.alternatives) != len(terms.places) || len(terms.words) > textMost*4 {
			t.Errorf("%d words, %d alternatives in %d places", len(terms.words), len(terms.alternatives), len(terms.places))
		}
		// In four words a letter may be wrong: one of as many as the word and the scripts of its letters have.
		if most := 3*len(terms.words) + mistakenMost*2*(wordMost+2)*250; len(terms.alternatives) > most {
			t.Errorf("%q has %d alternatives", text, len(terms.alternatives))
		}
		for i, place := range terms.places {
			if place < 1 || int(place) > len(terms.words) || strings.ContainsAny(terms.alternatives[i], " '\\|&!()<>:\x00") {
				t.Errorf("%q stands for word %d of %q", terms.alternatives[i], place, terms.words)
			}
		}
		excerpt := terms.excerpt(in, "")
		if n := utf8.RuneCountInString(excerpt); n > excerptMost+4 {
			t.Errorf("an excerpt of %d characters", n)
		}
		for _, word := range strings.Fields(strings.Trim(excerpt, "… ")) {
			if utf8.ValidString(in) && !strings.Contains(in, word) {
				t.Errorf("%q is in the excerpt of %q", word, in)
			}
		}
	})
}
