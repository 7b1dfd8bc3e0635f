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

// directives are taken from fields, or weakened. A scope of tenants where only admins come, who see all, is no wall,
// and tokens that name tenants are kept to them in the scope of the account, too.
func directives() (all []brick) {
	schema := graph.Schema()
	others := map[string]bool{}
	below(schema, schema.Query, others)
	below(schema, schema.Mutation, others)
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		for _, f := range def.Fields {
			for _, d := range f.Directives {
				for _, other := range instead(def, d) {
					if d.Name == "tenantScoped" && other == "accountScoped" && (!others[name] || forAdmins(f)) {
						continue
					}
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

// forAdmins tells whether a field has nothing for others.
func forAdmins(f *ast.FieldDefinition) bool {
	d := f.Directives.ForName("requires")
	return d != nil && d.Arguments.ForName("role").Value.Raw == "ADMIN"
}

// below gathers the types that somebody besides admins comes to.
func below(schema *ast.Schema, from *ast.Definition, reached map[string]bool) {
	if reached[from.Name] {
		return
	}
	reached[from.Name] = true
	for _, f := range from.Fields {
		if !forAdmins(f) {
			for _, def := range append(schema.GetPossibleTypes(schema.Types[f.Type.Name()]), schema.Types[f.Type.Name()]) {
				below(schema, def, reached)
			}
		}
	}
}
