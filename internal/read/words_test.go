package read

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/testdb"
)

// TestWordsAreTheSameInGoAndInTheDatabase holds for each character that both know: what is filed by the
// one is looked for by the other.
func TestWordsAreTheSameInGoAndInTheDatabase(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, testdb.Open(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var texts []string
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if r < 0x3000 || 0xa640 <= r && r < 0xac80 || 0xf900 <= r && r <= 0xffff || 0x10400 <= r && r < 0x10450 || 0x1d400 <= r && r < 0x1d800 {
			texts = append(texts, "a"+string(r)+"B")
		}
	}
	texts = append(texts, "", "  ", "ΟΔΥΣΣΕΥΣ ΣΑΣ", "İstanbul ISPARTA ıl", "Straße GROẞ", "e\u0301te\u0301", "Œuvre Æther Þór", "CAISSE-01", "a_b.c@d",
		strings.Repeat("é", 70)+" x", "ﬁn ﬀ", "½ 2² №5", "日本語 テスト", "한국어", "עברית", "Ёлка Їжак")
	rows, err := conn.Query(ctx, "select coalesce(string_to_array(app.words(v), ' '), '{}') from unnest($1::text[]) with ordinality u(v, n) order by n", texts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, text := range texts {
		if want := words(text); !slices.Equal(got[i], want) {
			if differ++; differ < 40 {
				t.Errorf("%+q: the database has %+q, Go %+q", text, got[i], want)
			}
		}
	}
	t.Logf("%d of %d differ", differ, len(texts))
}

// TestMistakesAreTheWordsThatAreOneOff compares the list that is looked up with the rule that excerpts go by.
func TestMistakesAreTheWordsThatAreOneOff(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		word := make([]rune, 5+r.IntN(4))
		for i := range word {
			word[i] = rune('a' + r.IntN(3))
		}
		list := mistakes(string(word))
		for _, m := range list {
			if !oneOff(word, []rune(m)) {
				t.Errorf("%s is not one off %s", m, string(word))
			}
		}
		other := slices.Clone(word)
		for range 2 {
			switch i := r.IntN(len(other)); r.IntN(4) {
			case 0:
				other[i] = rune('a' + r.IntN(3))
			case 1:
				other = slices.Delete(other, i, i+1)
			case 2:
				other = slices.Insert(other, i, rune('a'+r.IntN(3)))
			case 3:
				other[i], other[max(i-1, 0)] = other[max(i-1, 0)], other[i]
			}
		}
		if got, want := slices.Contains(list, string(other)), oneOff(word, other) && !slices.Equal(word, other); got != want {
			t.Errorf("%s is a mistake in %s: %t, and one off: %t", string(other), string(word), got, want)
		}
	}
}

func TestExcerptsShowWhereTheWordsStand(t *testing.T) {
	long := strings.Repeat("Lorem ipsum dolor sit amet. ", 40)
	for _, x := range []struct {
		text  string
		texts []string
		want  string
	}{
		{"printer", []string{"", "The printer\n\tis on\nfire."}, "The printer is on fire."},
		{"pritner", []string{"No.", "The Printer."}, "The Printer."},
		{"printer", []string{"The printers", "The printer"}, "The printer"},
		{"ecran", []string{"Un Écran noir"}, "Un Écran noir"},
		{"ecran", []string{"Un E\u0301cran noir"}, "Un E\u0301cran noir"},
		{"nothing", []string{"The printer"}, ""},
		{"?", []string{"?"}, ""},
		{"4211", []string{"4211"}, "4211"},
		{"needle", []string{long + "a needle in it " + long},
			"… dolor sit amet. Lorem ipsum dolor sit amet. a needle in it Lorem ipsum dolor sit amet. Lorem ipsum dolor sit amet. Lorem ipsum dolor sit amet. Lorem ipsum …"},
		{"needle", []string{strings.Repeat("x", 300) + " needle"}, "… needle"},
		{"xxxxx", []string{strings.Repeat("xxxxxé", 100)}, strings.Repeat("xxxxxé", 26) + "xxxx …"},
	} {
		if got := readTerms(x.text).excerpt(x.texts...); got != x.want {
			t.Errorf("%s in %.40q: %q, not %q", x.text, x.texts, got, x.want)
		}
	}
}
