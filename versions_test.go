package main

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// leastVersions are those from which on the packages have no hole that is known and would matter here.
var leastVersions = map[string]string{
	"github.com/jackc/pgx/v5":        "v5.9.2",
	"github.com/vektah/gqlparser/v2": "v2.5.14",
	"github.com/golang-jwt/jwt/v5":   "v5.2.2",
	"github.com/go-jose/go-jose/v4":  "v4.1.4",
	"github.com/99designs/gqlgen":    "v0.17.95",
	"github.com/coder/websocket":     "v1.8.12",
	"golang.org/x/crypto":            "v0.45.0",
	"golang.org/x/net":               "v0.47.0",
}

func TestNoPackageIsOlderThanItsHoles(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range file.Require {
		least, ok := leastVersions[r.Mod.Path]
		if !ok {
			continue
		}
		found++
		if semver.Compare(r.Mod.Version, least) < 0 {
			t.Errorf("%s is %s, older than %s", r.Mod.Path, r.Mod.Version, least)
		}
	}
	if found < 6 {
		t.Errorf("only %d of the packages are there", found)
	}
	for _, r := range file.Replace {
		t.Errorf("%s is replaced by %s", r.Old.Path, strings.TrimSpace(r.New.Path))
	}
}
