package graph

import (
	"context"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

func init() {
	modules["token"] = module{
		good: tokenGood, deeds: tokenDeeds,
		foreign: map[string]string{"ApiToken": "Till reports"},
		hidden:  map[string]string{"ApiToken": "Asset register"},
		keys:    map[string]string{"ApiToken": "api_tokens where name"},
	}
}

func tokenGood(a *api) map[string]in {
	return map[string]in{
		"createApiToken": {"name": "Neu", "tenantIds": a.refs("Tenant", "Boulangerie Dubois")},
		"revokeApiToken": {"id": a.ref("ApiToken", "Till monitoring")},
	}
}

func tokenDeeds(a *api) []deed {
	const of = "apiToken { name readOnly tenants { nodes { name } } expiresAt lastUsedAt version }"
	return []deed{
		{admin, "createApiToken", in{"name": " Everything "}, of},
		{admin, "createApiToken", in{"name": "Two", "tenantIds": append(a.refs("Tenant", "Harbour Clinic", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")),
			"readOnly": true, "expiresAt": "2090-01-01T00:00:00Z"}, of},
		{memberOfOne, "createApiToken", in{"name": "Mine", "tenantIds": a.refs("Tenant", "Boulangerie Dubois"), "readOnly": nil, "expiresAt": nil}, of},
		{memberOfNone, "createApiToken", in{"name": "Tenantless"}, of},
		{memberOfOne, "revokeApiToken", in{"id": a.ref("ApiToken", "Till monitoring")}, "deletedId"},
		{admin, "revokeApiToken", in{"id": a.ref("ApiToken", "Asset register")}, "deletedId"},
	}
}

// token makes an API token of a user as the owner of the schema: with all of their reach if no list of
// tenants is given, and perhaps over.
func (a *api) token(account, user uuid.UUID, tenants []uuid.UUID, over bool) (*client, uuid.UUID) {
	a.t.Helper()
	ctx := context.Background()
	t := token.New(account, ids.New())
	_, err := a.owner.Exec(ctx, `insert into app.api_tokens (account_id, id, user_id, name, secret_hash, last_four, narrowed, expires_at)
		values ($1, $2, $3, 'A token', $4, 'last', $5, case when $6 then now() - interval '1 second' end)`, account, t.ID, user, t.Hash(), tenants != nil, over)
	must(a.t, err)
	for _, tenant := range tenants {
		a.sql("insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) values ($1, $2, $3, $4)", account, user, t.ID, tenant)
	}
	return &client{api: a, token: t.Write(token.API)}, t.ID
}

// tokenOf is a token of one of the demo's people, with the names of the tenants that it names.
func (a *api) tokenOf(email string, tenants ...string) *client {
	a.t.Helper()
	var named []uuid.UUID
	for _, name := range tenants {
		named = append(named, a.key("Northwind IT", "Tenant", name))
	}
	c, _ := a.token(one[uuid.UUID](a, "select account_id from app.users where email = $1", email), a.key("Northwind IT", "User", email), named, false)
	return c
}
