package graph

func init() {
	modules["article"] = module{
		good: articleGood, deeds: articleDeeds,
		foreign: map[string]string{"Article": "When the till freezes"},
		hidden:  map[string]string{"Article": "Printing at the front desk"},
		keys:    map[string]string{"Article": "articles where title"},
	}
}

func articleGood(a *api) map[string]in {
	draft, waiting := a.ref("Article", "Imprimer les étiquettes d'allergènes"), a.ref("Article", "Sauvegarde de la comptabilité")
	return map[string]in{
		"createArticle":  {"title": "Neu", "tenantId": a.ref("Tenant", "Boulangerie Dubois")},
		"updateArticle":  {"id": draft, "summary": "Court"},
		"submitArticle":  {"id": draft},
		"approveArticle": {"id": waiting},
		"rejectArticle":  {"id": waiting, "note": "Non"},
		"archiveArticle": {"id": waiting},
		"deleteArticle":  {"id": draft},
	}
}

func articleDeeds(a *api) []deed {
	const whole = "article { title body summary category tags locale audience tenant { name } state author { name } reviewer { name } reviewNote publishedAt version }"
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	till, hours := a.ref("Article", "Redémarrer une caisse"), a.ref("Article", "Our support hours")
	draft, waiting := a.ref("Article", "Imprimer les étiquettes d'allergènes"), a.ref("Article", "Sauvegarde de la comptabilité")
	phish, imaging := a.ref("Article", "Signaler un courriel suspect"), a.ref("Article", "Image archive: what to try first")
	return []deed{
		{admin, "createArticle", in{"title": " Passwords ", "body": "  # Passwords\n\n", "audience": "ALL_TENANTS", "tags": []any{"a", " a", "b"}, "locale": "EN-gb"}, whole},
		{memberOfOne, "createArticle", in{"title": "Fours", "tenantId": dubois, "summary": "", "category": "four", "locale": "fr"}, whole},
		{memberOfNone, "createArticle", in{"title": "Labels"}, whole},
		{grandfathered, "createArticle", in{"title": "Holidays", "body": "Closed.", "audience": "ALL_TENANTS"}, whole},
		{memberOfOne, "updateArticle", in{"id": draft, "title": "Étiquettes", "summary": nil, "tags": nil, "body": "Rouleau de 60 mm.\n", "version": 1}, whole},
		{memberOfTwo, "updateArticle", in{"id": draft, "tenantId": harbour}, whole},
		{memberOfTwo, "updateArticle", in{"id": draft, "tenantId": dubois}, whole},
		{memberOfOne, "updateArticle", in{"id": till, "category": "boutique"}, whole},
		{admin, "updateArticle", in{"id": hours, "audience": "TENANT", "tenantId": harbour}, whole},
		{admin, "updateArticle", in{"id": hours, "audience": "TENANTLESS"}, whole},
		{memberOfOne, "submitArticle", in{"id": draft, "version": 4}, whole},
		{memberOfTwo, "submitArticle", in{"id": imaging}, whole},
		{admin, "submitArticle", in{"id": hours}, whole},
		{admin, "approveArticle", in{"id": draft}, whole},
		{otherAdmin, "approveArticle", in{"id": hours}, whole},
		{admin, "rejectArticle", in{"id": waiting, "note": " Trop court. "}, whole},
		{admin, "archiveArticle", in{"id": phish, "version": 1}, whole},
		{admin, "archiveArticle", in{"id": draft}, whole},
		{memberOfOne, "deleteArticle", in{"id": till}, "deletedId"},
		{admin, "deleteArticle", in{"id": draft, "version": 7}, "deletedId"},
	}
}
