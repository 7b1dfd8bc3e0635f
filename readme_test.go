package main

import (
	"os"
	"strings"
	"testing"

	"tenantry/internal/settings"
)

func TestTheREADMEListsTheSettingsAsTheyAre(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- settings -->\n")
	table, _, _ := strings.Cut(rest, "<!-- /settings -->")
	if table != settings.Markdown() {
		t.Errorf("put this between the marks of the README's settings:\n%s", settings.Markdown())
	}
}
