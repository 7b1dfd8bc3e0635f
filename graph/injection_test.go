package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// hostileTexts are texts that would do something if they became part of a statement, a pattern, a query for
// words, a cursor or a name for a value.
var hostileTexts = []string{
	`'`, `"`, `' or '1'='1`, `x' or true --`, `'; delete from app.devices; --`, `'); select app.become(null, null, null, 1, '{}', 'admin'); --`,
	`$$`, `$1`, `$said$ || (select 1) || $said$`, `%`, `_`, `\`, `\'; select 1; --`, `%' escape '\`, `--`, `/* */`, `?`, `@name`, `:name`, `{}`, `}`,
	"\x00", "a\x00b", "x';\n--", "\u202e\u0000", "&|!():*<->", "' || pg_sleep(9) || '", "$$$" + strings.Repeat("'", 100_000),
}

// TestHostileTextsAreTexts puts them wherever the schema takes words. None is more than a text: it finds
// nothing, or what its words alone would find, and it is no error of the server's.
func TestHostileTextsAreTexts(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	doors := a.sayings(inWords)
	everybody := []*client{a.as(admin), a.as(memberOfOne), a.as(customer), a.as(memberOfNone)}
	tries, codes, refused := 0, map[string]int{}, []string{"", "BAD_USER_INPUT", "BAD_CURSOR", "NOT_FOUND", "FORBIDDEN", "GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED"}
	others := a.checksum("Southwind Services")
	before, asking := a.state(), true
	for i, door := range doors {
		if door.mutation && asking {
			asking = false
			expect(t, "asking leaves the state", a.state(), before)
		}
		for j, said := range hostileTexts {
			for k, c := range everybody {
				if !full && ((i+j)%len(hostileTexts) >= 3 || k != (i+j)%len(everybody)) {
					continue // in a proof each by everybody; else three, each by one
				}
				tries++
				r := door.say(c, said)
				code := r.code()
				codes[code]++
				sentence := fmt.Sprintf("%s with %.40q", door.door, said)
				if !slices.Contains(refused, code) {
					t.Errorf("%s answers %s", sentence, r.raw)
				}
				if strings.Contains(r.raw, "SQLSTATE") || strings.Contains(r.raw, "syntax error") {
					t.Errorf("%s tells of the database: %s", sentence, r.raw)
				}
				switch {
				case door.mutation:
				case door.name == "search" || door.name == "text":
					if plain := plainWords(said); plain != "" && code == "" {
						// Cursors are sealed anew each time.
						expect(t, sentence+" finds what its words find", passing.ReplaceAllString(r.raw, `"*"`), passing.ReplaceAllString(door.say(c, plain).raw, `"*"`))
						break
					}
					fallthrough
				default:
					expect(t, sentence+" finds so many", sumOf(r.Data), 0.0)
				}
			}
		}
	}
	expect(t, "the other account is as it was", a.checksum("Southwind Services"), others)
	if log := a.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("an error of the server's: %.3000s", log[strings.Index(log, "level=ERROR"):])
	}
	t.Logf("%d tries at %d places: %v", tries, len(doors), codes)
	if len(doors) < 400 || codes[""] < tries/10 {
		t.Errorf("only %d places, and %d texts went through", len(doors), codes[""])
	}
}

// plainWords are the words of a text with blanks between.
func plainWords(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// checksum is one of all rows of an account.
func (a *api) checksum(account string) string {
	a.t.Helper()
	return one[string](a, `select string_agg((xpath('/row/sum/text()', query_to_xml(format(
			'select coalesce(md5(string_agg(t::text, ''|'' order by t::text)), '''') as sum from app.%I t where account_id = %L', c.relname, x.account_id), true, true, '')))[1]::text, ' ' order by c.relname)
		from app.accounts x, pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
		where x.name = $1 and c.relnamespace = 'app'::regnamespace and c.relkind = 'r'`, account)
}

// TestWildcardsAreLetters in every filter that takes texts: what is there is found by the whole of it alone.
func TestWildcardsAreLetters(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	tried := 0
	for _, door := range a.sayings(inWords) {
		element, path, _ := strings.Cut(strings.TrimPrefix(door.door, "Query."), "(filter.")
		typ := a.reader.Schema.Query.Fields.ForName(element)
		if path == "" || typ == nil || door.typ != "String" || door.name == "search" {
			continue
		}
		table := tableOf(strings.TrimSuffix(typ.Type.Name(), "Connection"))
		there := one[string](a, fmt.Sprintf(`select min(%s) from %s join app.accounts k using (account_id) where k.name = 'Northwind IT' and length(%[1]s) > 1`,
			strings.TrimSuffix(underscored(door.name), "s"), table))
		if found := sumOf(door.say(ada, there).Data); found == 0 {
			t.Errorf("%s finds nothing by %q", door.door, there)
		}
		for _, pattern := range []string{"%", "_", there[:1] + "%", "%" + there[1:], "_" + there[1:], strings.Repeat("_", len(there)), `\` + there, ".*", there + `\`, "(?i)" + there} {
			tried++
			expect(t, fmt.Sprintf("%s finds by %q", door.door, pattern), sumOf(door.say(ada, pattern).Data), 0.0)
		}
	}
	if tried < 40 {
		t.Errorf("only %d patterns were tried", tried)
	}
	for _, name := range []string{"Boulangerie%", "%", "_", "Boulangerie_Dubois"} {
		expect(t, "a tenant is named "+name+" beside others", ada.try("createTenant", in{"name": name}), "ok")
	}
}
