package read

import (
	"context"
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
