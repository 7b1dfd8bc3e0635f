package read

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// spelled are letters that have no accent to take away, and yet a plainer spelling.
var spelled = strings.NewReplacer("ς", "σ", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "ħ", "h", "ı", "i", "ŧ", "t", "ŋ", "n",
	"ß", "ss", "æ", "ae", "œ", "oe", "þ", "th")

// fold is a text as search compares it: without case and accents. app.words does the same in SQL.
func fold(text string) string {
	plain := true
	for i := range len(text) {
		plain = plain && text[i] < 0x80
	}
	if plain {
		return strings.ToLower(text)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if r = unicode.ToLower(r); r < 0x300 || r > 0x36f {
			b.WriteRune(r)
		}
	}
	return spelled.Replace(b.String())
}

func wordless(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// wordMost is how much of a long word counts.
const wordMost = 60

// words are the words of a text, folded. app.words does the same in SQL.
func words(text string) []string {
	list := strings.FieldsFunc(fold(text), wordless)
	for i, w := range list {
		if runes := []rune(w); len(runes) > wordMost {
			list[i] = string(runes[:wordMost])
		}
	}
	return list
}

// terms are what a text asks for: its words, and for each place what is taken for its word, too.
type terms struct {
	words, alternatives []string
	places              []int32
}

const (
	// prefixLeast is how long the last word must be to stand for those that begin with it; mistakeLeast,
	// how long a word in which a letter may be wrong.
	prefixLeast, mistakeLeast = 3, 5
	// mistakenMost is in how many words one may be.
	mistakenMost = 4
)

func readTerms(text string) terms {
	var t terms
	for _, w := range words(text) {
		if !slices.Contains(t.words, w) {
			t.words = append(t.words, w)
		}
	}
	mistaken := 0
	for i, w := range t.words {
		alternatives := []string{w}
		if i == len(t.words)-1 && len([]rune(w)) >= prefixLeast {
			alternatives = append(alternatives, w+"*")
		}
		if mayBeMistaken(w) && mistaken < mistakenMost {
			mistaken++
			alternatives = append(alternatives, mistakes(w)...)
		}
		for _, a := range alternatives {
			t.alternatives, t.places = append(t.alternatives, a), append(t.places, int32(i+1))
		}
	}
	return t
}

// mayBeMistaken tells whether a letter of the word may be wrong. Numbers are always right.
func mayBeMistaken(w string) bool {
	return len([]rune(w)) >= mistakeLeast && strings.IndexFunc(w, unicode.IsLetter) >= 0
}

// alphabets are the letters that can be missing or wrong, by the script of those that are there.
var alphabets = [][2]rune{{'a', 'z'}, {'α', 'ω'}, {'а', 'я'}, {'ա', 'ֆ'}, {'א', 'ת'}, {'ء', 'ي'}, {'ა', 'ჰ'}}

// mistakes are the words that differ in one letter: one less, one more, another, or two swapped.
func mistakes(w string) []string {
	word := []rune(w)
	var letters []rune
	for _, a := range alphabets {
		if slices.ContainsFunc(word, func(r rune) bool { return a[0] <= r && r <= a[1] }) {
			for r := a[0]; r <= a[1]; r++ {
				letters = append(letters, r)
			}
		}
	}
	seen := map[string]bool{w: true}
	var out []string
	add := func(parts ...[]rune) {
		if s := string(slices.Concat(parts...)); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for i := range len(word) + 1 {
		head, tail := word[:i], word[i:]
		if len(tail) > 0 {
			add(head, tail[1:])
		}
		if len(tail) > 1 {
			add(head, []rune{tail[1], tail[0]}, tail[2:])
		}
		for _, r := range letters {
			add(head, []rune{r}, tail)
			if len(tail) > 0 {
				add(head, []rune{r}, tail[1:])
			}
		}
	}
	return out
}

// oneOff tells whether two words differ in one letter: one less, one more, another, or two swapped.
func oneOff(a, b []rune) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b)) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// How well a word meets the terms.
const (
	notAtAll = iota
	butForALetter
	byItsBeginning
	wholly
)

func (t terms) meets(word string) int {
	best := notAtAll
	for i, w := range t.words {
		switch {
		case w == word:
			return wholly
		case i == len(t.words)-1 && len([]rune(w)) >= prefixLeast && strings.HasPrefix(word, w):
			best = max(best, byItsBeginning)
		case best == notAtAll && mayBeMistaken(w) && oneOff([]rune(w), []rune(word)):
			best = butForALetter
		}
	}
	return best
}

// How long an excerpt is, and how much of it stands before the word that was found.
const excerptMost, excerptBefore = 160, 50

// excerpt is a piece of the first of the texts that meets the terms best, around the place where it
// does; empty if none does.
func (t terms) excerpt(texts ...string) string {
	best, in, at := notAtAll, "", 0
	for _, text := range texts {
		for start := 0; start < len(text) && best < wholly; {
			size := strings.IndexFunc(text[start:], separates)
			if size < 0 {
				size = len(text) - start
			}
			if size > 0 {
				for _, w := range words(text[start : start+size]) {
					if how := t.meets(w); how > best {
						best, in, at = how, text, start
					}
				}
			}
			start += size
			for start < len(text) {
				r, n := utf8.DecodeRuneInString(text[start:])
				if !separates(r) {
					break
				}
				start += n
			}
		}
	}
	if best == notAtAll {
		return ""
	}
	return around(in, at)
}

// separates tells what is surely between words; accents that stand alone are not.
func separates(r rune) bool {
	return wordless(r) && !unicode.IsMark(r) && r < 0x80 || unicode.IsSpace(r)
}

// around is a piece of a text around a place, in one line, cut between words.
func around(text string, at int) string {
	before, after := []rune(text[:at]), []rune(text[at:])
	head, tail := "", ""
	if len(before) > excerptBefore {
		before = before[len(before)-excerptBefore:]
		if i := slices.IndexFunc(before, unicode.IsSpace); i >= 0 {
			before = before[i:]
		}
		head = "… "
	}
	if left := excerptMost - len(before); len(after) > left {
		after = after[:left]
		for i := len(after) - 1; i > 0; i-- {
			if unicode.IsSpace(after[i]) {
				after = after[:i]
				break
			}
		}
		tail = " …"
	}
	return head + strings.Join(strings.Fields(string(before)+string(after)), " ") + tail
}
