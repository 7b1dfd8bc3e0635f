package models

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	_ "time/tzdata" // a server's machine need not have the time zones
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// TextMost is how long a text of many lines may be, in characters; only that of an article is longer.
const TextMost = 50_000

// Text is a text as it is stored: composed, without blanks around it. It is an error if it is longer
// than so many characters, or has a NUL, which PostgreSQL cannot store.
func Text(s string, longest int) (string, error) {
	s = strings.TrimSpace(norm.NFC.String(s))
	switch {
	case strings.ContainsRune(s, 0) || !utf8.ValidString(s):
		return "", errors.New("it has characters that cannot be stored")
	case utf8.RuneCountInString(s) > longest:
		return "", fmt.Errorf("it may have %d characters at most", longest)
	}
	return s, nil
}

// Email is an e-mail address as it is stored and compared: in lower case, and in the form in which
// characters that look the same are the same.
func Email(s string) (string, error) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		// A domain can be written in several ways: what its name is looked up by is one.
		ascii, err := idna.Lookup.ToASCII(s[at+1:])
		if err == nil {
			var domain string
			if domain, err = idna.Lookup.ToUnicode(ascii); err == nil {
				s = s[:at+1] + domain
			}
		}
		if err != nil {
			s = ""
		}
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || strings.ContainsRune(s, 0) {
		return "", errors.New("it is not an e-mail address")
	}
	return s, nil
}

// Locale is a language as a BCP 47 tag.
func Locale(s string) (string, error) {
	tag, err := language.Parse(s)
	if err != nil {
		return "", errors.New("it is not a language tag such as en or fr-CA")
	}
	return tag.String(), nil
}

// TimeZone is a time zone by its IANA name.
func TimeZone(s string) (string, error) {
	if loc, err := time.LoadLocation(s); err != nil || s == "" || loc == time.Local {
		return "", errors.New("it is not a time zone such as Europe/Paris")
	}
	return s, nil
}
