// Command generate runs gqlgen for the API: make generate.
//
// Objects that PostgreSQL answers are never resolved field by field. The generator is told that each
// of their types is a scalar, a [rows.Set], which the scope directive of the field turns into JSON.
// Server, validation and introspection keep the real schema.
package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

func main() {
	cfg, err := config.LoadConfigFromDefaultLocations()
	if err == nil {
		err = api.Generate(cfg, api.PrependPlugin(&setTypes{cfg}))
	}
	if err == nil {
		err = spare(cfg.Exec.Filename)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// unused is what gqlgen makes for every request, and only custom code that unmarshals inputs by itself would
// look at: a map of all input types, which is a tenth of the work of reading one object.
var unused = regexp.MustCompile(`(?s)\tinputUnmarshalMap := graphql\.BuildUnmarshalerMap\(.*?\n\t\)\n|\t+ctx = graphql\.WithUnmarshalerMap\(ctx, inputUnmarshalMap\)\n`)

// spare takes it out of the generated file.
func spare(file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if n := len(unused.FindAll(code, -1)); n != 3 {
		return fmt.Errorf("%s makes the map of inputs in %d places, not in 3", file, n)
	}
	return os.WriteFile(file, unused.ReplaceAll(code, nil), 0o644)
}

// setTypes binds what PostgreSQL answers to rows.Set.
type setTypes struct{ cfg *config.Config }

func (*setTypes) Name() string { return "sets" }

// MutateSchema makes scalars of the interface Node, of all that implements it, of Viewer, Dashboard and changes,
// and of all that these lead to; what only a payload has stays an object, made in Go.
func (s *setTypes) MutateSchema(schema *ast.Schema) error {
	read := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		def := schema.Types[name]
		if read[name] || def == nil || def.Kind != ast.Object {
			return
		}
		read[name] = true
		for _, f := range def.Fields {
			follow(f.Type.Name())
		}
	}
	for _, def := range schema.Types {
		top := slices.Contains([]string{"Viewer", "Dashboard", "AccessExplanation", "TicketChanged", "DeviceChanged"}, def.Name)
		if def.Kind == ast.Object && (top || slices.Contains(def.Interfaces, "Node")) {
			follow(def.Name)
		}
		if strings.HasSuffix(def.Name, "Connection") {
			follow(def.Name)
		}
	}
	read["Node"] = true
	for name := range read {
		schema.Types[name].Kind = ast.Scalar
		schema.Types[name].Fields = nil
		schema.Types[name].Interfaces = nil
		s.cfg.Models.Add(name, "tenantry/internal/rows.Set")
	}
	for _, f := range schema.Query.Fields {
		if read[f.Type.Name()] {
			f.Type = ast.NamedType(f.Type.Name(), f.Position) // one set describes a list, too
		}
	}
	schema.PossibleTypes, schema.Implements = map[string][]*ast.Definition{}, map[string][]*ast.Definition{}
	return nil
}
