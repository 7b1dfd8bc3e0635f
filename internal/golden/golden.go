// Package golden compares what is with what was agreed to, in a file that people read in review.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Compare fails unless the file has this text. With UPDATE_GOLDEN=1 the file is written instead, but
// not where CI is set: there, nobody would read what changed.
func Compare(t testing.TB, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" && os.Getenv("CI") == "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs from what was agreed to. If that is meant, run the test with UPDATE_GOLDEN=1 and commit the file.\n%s",
			file, firstDifference(string(want), got))
	}
}

// firstDifference shows the lines around the first place where two texts differ.
func firstDifference(want, got string) string {
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	around := func(s string) string { return s[max(0, min(i, len(s))-200):min(len(s), i+200)] }
	return "agreed:\n" + around(want) + "\nnow:\n" + around(got)
}
