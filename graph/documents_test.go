package graph

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var fenced = regexp.MustCompile("(?s)```graphql\n(.*?)```")

func TestTheDocumentsThatWeShowFitTheSchema(t *testing.T) {
	documents := map[string][]string{}
	examples, err := filepath.Glob("../web/src/examples/*.graphql")
	must(t, err)
	for _, file := range examples {
		text, err := os.ReadFile(file)
		must(t, err)
		documents[file] = []string{string(text)}
	}
	pages, err := filepath.Glob("../docs/*.md")
	must(t, err)
	for _, file := range pages {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
			documents[file] = append(documents[file], m[1])
		}
	}
	if len(documents) < 6 {
		t.Fatalf("only %d files have documents", len(documents))
	}
	schema := Schema()
	for file, list := range documents {
		for _, document := range list {
			if _, errs := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules()); errs != nil {
				t.Errorf("%s: %v\n%s", file, errs, document)
			}
		}
	}
}
