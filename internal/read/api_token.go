package read

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/models"
)

var apiTokenType = &typ{
	name: "ApiToken", model: &models.APIToken{}, own: "user_id", node: access.Account, personal: true, whole: true,
	orders: orders(byCreated), order: newest(byCreated),
	fields: map[string]field{"tenants": namedTenants},
}

// namedTenants lists the tenants that a token names, as far as the viewer reaches them; null for a token
// that names none.
func namedTenants(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	w, err := b.list(f, def, &listing{
		t: types["Tenant"], from: "app.api_token_tenants m join app.tenants k on k.account_id = m.account_id and k.id = m.tenant_id",
		parent: "m.account_id = $1 and m.token_id = " + r.col("id"),
	})
	return present(b.col("nullif("+r.col("narrowed")+", false)"), w), err
}

// under is a field with the rows of a type that point at this row.
func under(name, column string) field {
	return func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		t := types[name]
		return b.list(f, def, &listing{t: t, from: t.schema.Table + " k", parent: "k." + column + " = " + r.col("id")})
	}
}
