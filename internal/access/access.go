// Package access reads from the schema who may use what: the scope and the gate of a field. Nothing
// else in the project says it; the compiler and the mutations ask here.
package access

import (
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// Scope says which rows a field gives.
type Scope string

// The scopes, by the names of their directives. A field that stays within its object has None.
const (
	None    Scope = ""
	Tenant  Scope = "tenantScoped"
	Account Scope = "accountScoped"
	Self    Scope = "selfScoped"
	Public  Scope = "public"
)

// ScopeOf is the scope that a field is written with.
func ScopeOf(def *ast.FieldDefinition) Scope {
	for _, s := range []Scope{Tenant, Account, Self, Public} {
		if def.Directives.ForName(string(s)) != nil {
			return s
		}
	}
	return None
}

// Allows tells whether the viewer passes the gate @requires among these directives. A token that names
// tenants has of an admin only what stays in reach: @tenantScoped.
func Allows(v *viewer.Viewer, directives ast.DirectiveList) bool {
	d := directives.ForName("requires")
	if d == nil {
		return true
	}
	role := models.Role(d.Arguments.ForName("role").Value.Raw)
	if role == models.RoleAdmin && v.Narrowed() && directives.ForName(string(Tenant)) == nil {
		return false
	}
	return v.AtLeast(role)
}

// SelfOrAdmin tells whether a field is only for the user it belongs to and admins.
func SelfOrAdmin(def *ast.FieldDefinition) bool { return def.Directives.ForName("selfOrAdmin") != nil }

// Withheld tells whether a field of the viewer's own user is withheld all the same: a token that names
// tenants shows of its owner, besides what everybody sees, only tenants.
func Withheld(v *viewer.Viewer, def *ast.FieldDefinition) bool {
	return v.Narrowed() && SelfOrAdmin(def) && def.Type.Name() != "TenantConnection"
}

// May tells whether a mutation is open to the viewer, whatever they name in it.
func May(v *viewer.Viewer, def *ast.FieldDefinition) bool {
	return byToken(v, def) == nil && Allows(v, def.Directives)
}

// byToken refuses a mutation that an API token has no part in, whatever its owner may: any, if it only
// reads; those @selfScoped, which are about the session, the password and the tokens themselves; and, if
// it names tenants, all that do not stay in reach.
func byToken(v *viewer.Viewer, def *ast.FieldDefinition) error {
	scope := ScopeOf(def)
	switch {
	case v.ReadOnly():
		return problem.New(problem.Forbidden, "%s changes something, and the token only reads.", def.Name)
	case (v.Token != nil || v.External) && scope == Self:
		return problem.New(problem.Forbidden, "%s takes a session, not a token.", def.Name)
	case v.Narrowed() && scope == Account:
		return problem.New(problem.Forbidden, "%s is not for a token that names tenants.", def.Name)
	}
	return nil
}

// Check refuses a field that an API token has no part in, or whose role gate, or that of one of its
// arguments' fields, the viewer does not pass: UNAUTHENTICATED, then FORBIDDEN. "args" are the arguments
// with variables filled in.
func Check(schema *ast.Schema, v *viewer.Viewer, def *ast.FieldDefinition, args map[string]any) error {
	if v != nil && (v.Token != nil || v.External) && schema.Mutation.Fields.ForName(def.Name) == def {
		if err := byToken(v, def); err != nil {
			return err
		}
	}
	if ScopeOf(def) == Public {
		return nil
	}
	if v == nil {
		return problem.SignIn()
	}
	if !Allows(v, def.Directives) {
		return problem.New(problem.Forbidden, "%s is not for your role.", def.Name)
	}
	for _, a := range def.Arguments {
		if err := checkInput(schema, v, a.Name, schema.Types[a.Type.Name()], args[a.Name]); err != nil {
			return err
		}
	}
	return nil
}

func checkInput(schema *ast.Schema, v *viewer.Viewer, path string, def *ast.Definition, value any) error {
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			if err := checkInput(schema, v, path, def, one); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, f := range def.Fields {
			inner, given := value[f.Name]
			if !given {
				continue
			}
			if !Allows(v, f.Directives) {
				return problem.New(problem.Forbidden, "%s.%s is not for your role.", path, f.Name)
			}
			if err := checkInput(schema, v, path+"."+f.Name, schema.Types[f.Type.Name()], inner); err != nil {
				return err
			}
		}
	}
	return nil
}
