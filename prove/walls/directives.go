package main

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/graph"
)

// weaker is what can stand in the place of a directive; empty: nothing. A field with rows that has no scope
// at all has none to give, so that scopes are only replaced.
var weaker = map[string][]string{"tenantScoped": {"accountScoped"}, "selfScoped": {"accountScoped"}, "requires": {""}, "selfOrAdmin": {""}}

// directives are taken from fields, or weakened.
func directives() (all []brick) {
	schema := graph.Schema()
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		for _, f := range def.Fields {
			for _, d := range f.Directives {
				for _, other := range instead(def, d) {
					change := name + "." + f.Name + " " + d.Name
					how := "@" + d.Name + " removed"
					if other != "" {
						change, how = change+" "+other, "@"+d.Name+" becomes "+other
					}
					all = append(all, brick{kind: "directive", name: name + "." + f.Name + ": " + how, env: []string{"TENANTRY_TEST_DIRECTIVE=" + change}})
				}
			}
		}
	}
	return all
}

func instead(def *ast.Definition, d *ast.Directive) []string {
	all := weaker[d.Name]
	switch {
	case def.Name == "Mutation" && d.Name == "tenantScoped":
		return nil // of mutations it is the scope for every token: the weakest
	case def.Name == "Mutation" && (d.Name == "accountScoped" || d.Name == "selfScoped"):
		return []string{"tenantScoped"}
	case d.Name == "requires" && d.Arguments.ForName("role").Value.Raw == "CUSTOMER":
		return nil // which everybody has who is signed in
	case d.Name == "requires" && d.Arguments.ForName("role").Value.Raw == "ADMIN":
		return append(slices.Clone(all), "MEMBER")
	}
	return all
}
