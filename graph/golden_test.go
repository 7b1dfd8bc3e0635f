package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tenantry/internal/golden"
)

// TestEachViewerIsAnsweredAsAgreed asks every document of testdata/golden as everybody; the answers are
// beside it, one for each viewer.
func TestEachViewerIsAnsweredAsAgreed(t *testing.T) {
	a := newAPIOn(t, 1) // nothing may hold a connection while it asks for another
	clients := map[string]*client{}
	for _, v := range viewers {
		clients[v.name] = a.as(v.email)
	}
	files, err := filepath.Glob("testdata/golden/*.graphql")
	must(t, err)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".graphql"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			must(t, err)
			variables := a.variables(string(text))
			var b strings.Builder
			for _, v := range viewers {
				fmt.Fprintf(&b, "# %s\n%s\n", v.name, stable(t, clients[v.name].do(string(text), variables).raw))
			}
			golden.Compare(t, strings.TrimSuffix(file, ".graphql")+".answers", b.String())
		})
	}
}

// TestEachViewerReadsEveryFieldAsAgreed asks one object of each type for all its fields: a new field is
// in it before anybody thinks of it.
func TestEachViewerReadsEveryFieldAsAgreed(t *testing.T) {
	a := newAPI(t)
	schema := a.reader.Schema
	clients := map[string]*client{}
	for _, v := range viewers {
		clients[v.name] = a.as(v.email)
	}
	documents := map[string]string{"Viewer": "{ viewer " + everything(schema, schema.Types["Viewer"]) + " }"}
	for _, def := range schema.PossibleTypes["Node"] {
		documents[def.Name] = "query($id: ID!) { node(id: $id) { ... on " + def.Name + " " + everything(schema, def) + " } }"
	}
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			variables := map[string]any{"id": a.anyID(name)}
			var b strings.Builder
			for _, v := range viewers {
				fmt.Fprintf(&b, "# %s\n%s\n", v.name, stable(t, clients[v.name].do(document, variables).raw))
			}
			golden.Compare(t, "testdata/every/"+name+".answers", b.String())
		})
	}
}

var binding = regexp.MustCompile(`(?m)^# \$(\w+) = (\w+) (\w+) (.+)$`)

// variables are the ids that a document's comments ask for: # $name = Type column value.
func (a *api) variables(document string) map[string]any {
	out := map[string]any{}
	for _, m := range binding.FindAllStringSubmatch(document, -1) {
		var id [16]byte
		must(a.t, a.owner.QueryRow(context.Background(), "select t."+keyOf(m[2])+" from "+tableOf(m[2])+` t join app.accounts a on a.account_id = t.account_id
			where t.`+m[3]+` = $1 order by a.name limit 1`, m[4]).Scan(&id))
		out[m[1]] = encode(m[2], id)
	}
	return out
}

// passing are ids, times, days, cursors and names of requests.
var passing = regexp.MustCompile(`"[a-z]{3}_[0-9a-z]{26}"|"\d{4}-\d\d-\d\d(T[0-9:.]+Z)?"|"[0-9a-f]{8}-[0-9a-f-]{27}"|"[0-9A-Za-z_-]{50,}"`)

// stable is an answer without what differs from run to run: ids, times, the order of errors.
func stable(t *testing.T, raw string) string {
	var r struct {
		Errors []map[string]any `json:"errors,omitempty"`
		Data   json.RawMessage  `json:"data,omitempty"`
	}
	must(t, json.Unmarshal([]byte(raw), &r))
	slices.SortFunc(r.Errors, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a["path"]), fmt.Sprint(b["path"])) })
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	must(t, encoder.Encode(r))
	return passing.ReplaceAllString(out.String(), `"*"`)
}
