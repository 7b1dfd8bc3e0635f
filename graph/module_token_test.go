package graph

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
