package graph

import (
	"os"
	"strings"
)

// The environment variable TENANTRY_TEST_DIRECTIVE changes an access directive before any test begins: a field
// with its type, the directive, and perhaps what stands in its place, as in "Device.tenant tenantScoped
// accountScoped" or "Mutation.createTenant requires MEMBER". So prove/walls takes a brick out of the wall and
// sees whether the tests notice.
func init() {
	change := strings.Fields(os.Getenv("TENANTRY_TEST_DIRECTIVE"))
	if len(change) < 2 {
		return
	}
	of, field, _ := strings.Cut(change[0], ".")
	def := Schema().Types[of].Fields.ForName(field)
	for i, d := range def.Directives {
		switch {
		case d.Name != change[1]:
		case len(change) == 2:
			def.Directives = append(def.Directives[:i:i], def.Directives[i+1:]...)
			return
		case d.Name == "requires":
			role := *d.Arguments.ForName("role").Value
			role.Raw = change[2]
			d.Arguments.ForName("role").Value = &role
		default:
			d.Name, d.Definition = change[2], Schema().Directives[change[2]]
		}
	}
}
