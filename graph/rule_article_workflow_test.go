package graph

import (
	"strings"
	"testing"

	"tenantry/internal/ids"
)

// TestWhoMayDoWhatWithArticles names for each verb who lacks it and who only lacks the sight.
func TestWhoMayDoWhatWithArticles(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, tom, nora, gil := a.as(admin), a.as(memberOfOne), a.as(memberOfTwo), a.as(memberOfNone), a.as(grandfathered)
	till, draft, backup := a.ref("Article", "Redémarrer une caisse"), a.ref("Article", "Imprimer les étiquettes d'allergènes"), a.ref("Article", "Sauvegarde de la comptabilité")
	desk, loan := a.ref("Article", "Printing at the front desk"), a.ref("Article", "Imaging a loan laptop")
	mail, courriel, hours := a.ref("Article", "Reporting a suspicious e-mail"), a.ref("Article", "Signaler un courriel suspect"), a.ref("Article", "Our support hours")
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	a.follow(t, []step{
		{"a member makes one for all tenants", mia, "createArticle", in{"title": "N", "audience": "ALL_TENANTS"}, "FORBIDDEN"},
		{"and names a hidden tenant besides", mia, "createArticle", in{"title": "N", "audience": "ALL_TENANTS", "tenantId": harbour}, "FORBIDDEN"},
		{"a member without a tenant makes one for all tenants", nora, "createArticle", in{"title": "N", "audience": "ALL_TENANTS"}, "FORBIDDEN"},
		{"a member makes one for all tenants of an own draft", mia, "updateArticle", in{"id": draft, "audience": "ALL_TENANTS"}, "FORBIDDEN"},
		{"or of a hidden one", mia, "updateArticle", in{"id": desk, "audience": "ALL_TENANTS"}, "FORBIDDEN"},
		{"a member changes a published one for all tenants", mia, "updateArticle", in{"id": mail, "title": "N"}, "FORBIDDEN"},
		{"submits it", mia, "submitArticle", in{"id": mail}, "FORBIDDEN"},
		{"deletes it", mia, "deleteArticle", in{"id": mail}, "FORBIDDEN"},
		{"a member changes a hidden one for all tenants", mia, "updateArticle", in{"id": courriel, "title": "N"}, "NOT_FOUND"},
		{"deletes it", mia, "deleteArticle", in{"id": hours}, "NOT_FOUND"},
		{"a member changes what another wrote and is published", tom, "updateArticle", in{"id": till, "title": "N"}, "FORBIDDEN"},
		{"says nothing about it", tom, "updateArticle", in{"id": till}, "FORBIDDEN"},
		{"deletes it", tom, "deleteArticle", in{"id": till}, "FORBIDDEN"},
		{"a member deletes another's draft", tom, "deleteArticle", in{"id": draft}, "FORBIDDEN"},
		{"a grandfathered member deletes another's draft", gil, "deleteArticle", in{"id": draft}, "FORBIDDEN"},
		{"a member deletes the own in review", tom, "deleteArticle", in{"id": backup}, "WRONG_STATE input.id"},
		{"the own published", mia, "deleteArticle", in{"id": till}, "WRONG_STATE input.id"},
		{"a member of one tenant deletes what is of another", mia, "deleteArticle", in{"id": desk}, "NOT_FOUND"},
		{"what is tenantless", mia, "deleteArticle", in{"id": loan}, "NOT_FOUND"},
		{"a member of none changes what is of a tenant", nora, "updateArticle", in{"id": draft, "title": "N"}, "NOT_FOUND"},
		{"a member changes another's draft", tom, "updateArticle", in{"id": draft, "category": "n"}, "ok"},
		{"a grandfathered member too", gil, "updateArticle", in{"id": draft, "category": "m"}, "ok"},
		{"a grandfathered member changes an admin's draft for all tenants", gil, "updateArticle", in{"id": hours, "category": "n"}, "ok"},
		{"and submits it", gil, "submitArticle", in{"id": hours}, "ok"},
		{"a member submits another's draft", tom, "submitArticle", in{"id": draft}, "ok"},
		{"the author changes what is published", mia, "updateArticle", in{"id": till, "category": "n"}, "ok"},
		{"and deletes the draft that it is now", mia, "deleteArticle", in{"id": till}, "ok"},
		{"an admin changes what another wrote and is published", ada, "updateArticle", in{"id": desk, "category": "n"}, "ok"},
		{"an admin deletes what is in review", ada, "deleteArticle", in{"id": draft}, "ok"},
		{"a grandfathered author deletes the own in review", gil, "deleteArticle", in{"id": courriel}, "WRONG_STATE input.id"},
	})
	expect(t, "refused deletions that the audit has", one[int](a, "select sum(count)::int from app.audit_events where outcome = 'DENIED' and action = 'deleteArticle'"), 3)

	// Who was grandfathered keeps the sight of own drafts for all tenants, and no verb.
	own := gil.done("createArticle", in{"title": "Mine", "audience": "ALL_TENANTS"}, "article { id }")["article"].(map[string]any)["id"]
	ada.done("setUserTenants", in{"userId": a.ref("User", grandfathered), "tenantIds": []any{dubois}}, "__typename")
	expect(t, "the own draft for all tenants is seen", gil.ok("query($id: ID!) { article(id: $id) { title } }", in{"id": own}).get("article", "title"), "Mine")
	for name, input := range map[string]in{"updateArticle": {"id": own, "title": "N"}, "submitArticle": {"id": own}, "deleteArticle": {"id": own}} {
		expect(t, "who was grandfathered calls "+name, gil.try(name, input), "FORBIDDEN")
	}
	expect(t, "an admin deletes it", ada.try("deleteArticle", in{"id": own}), "ok")
}

// TestTheAudienceOfAnArticleGoesWithItsTenant in new articles, and where a draft moves.
func TestTheAudienceOfAnArticleGoesWithItsTenant(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, tom, nora, gil := a.as(admin), a.as(memberOfOne), a.as(memberOfTwo), a.as(memberOfNone), a.as(grandfathered)
	draft, loose := a.ref("Article", "Imprimer les étiquettes d'allergènes"), a.ref("Article", "Unknown devices")
	dubois, harbour, timber := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic"), a.ref("Tenant", "Lindqvist Timber")
	a.follow(t, []step{
		{"a member of a tenant names none", mia, "createArticle", in{"title": "N"}, "REQUIRED input.tenantId"},
		{"and says TENANTLESS", mia, "createArticle", in{"title": "N", "audience": "TENANTLESS"}, "REQUIRED input.tenantId"},
		{"TENANT without a tenant", ada, "createArticle", in{"title": "N", "audience": "TENANT"}, "REQUIRED input.tenantId"},
		{"TENANTLESS with a tenant", ada, "createArticle", in{"title": "N", "audience": "TENANTLESS", "tenantId": dubois}, "INVALID input.tenantId"},
		{"ALL_TENANTS with a tenant", gil, "createArticle", in{"title": "N", "audience": "ALL_TENANTS", "tenantId": dubois}, "INVALID input.tenantId"},
		{"TENANTLESS with a hidden tenant", nora, "createArticle", in{"title": "N", "audience": "TENANTLESS", "tenantId": dubois}, "NOT_FOUND"},
		{"a hidden tenant", mia, "createArticle", in{"title": "N", "tenantId": harbour}, "NOT_FOUND"},
		{"TENANTLESS by who sees such", nora, "createArticle", in{"title": "N", "audience": "TENANTLESS"}, "ok"},
		{"a draft to a hidden tenant", mia, "updateArticle", in{"id": draft, "tenantId": harbour}, "NOT_FOUND"},
		{"to no tenant by who does not see such", mia, "updateArticle", in{"id": draft, "audience": "TENANTLESS"}, "REQUIRED input.tenantId"},
		{"to null without another audience", ada, "updateArticle", in{"id": draft, "tenantId": nil}, "REQUIRED input.tenantId"},
		{"to no audience", ada, "updateArticle", in{"id": draft, "audience": nil}, "REQUIRED input.audience"},
		{"to a tenant with another audience", ada, "updateArticle", in{"id": draft, "audience": "ALL_TENANTS", "tenantId": dubois}, "INVALID input.tenantId"},
		{"a tenantless draft to a tenant, its audience left", ada, "updateArticle", in{"id": loose, "tenantId": dubois}, "INVALID input.tenantId"},
		{"a tenantless draft to a tenant that is hidden from its author", nora, "updateArticle", in{"id": loose, "audience": "TENANT", "tenantId": dubois}, "NOT_FOUND"},
		{"a draft to another tenant by who sees both", tom, "updateArticle", in{"id": draft, "tenantId": harbour}, "ok"},
		{"which hides it from who sees one", mia, "updateArticle", in{"id": draft, "title": "N"}, "NOT_FOUND"},
		{"to a third tenant", tom, "updateArticle", in{"id": draft, "tenantId": timber}, "NOT_FOUND"},
		{"to where it is", tom, "updateArticle", in{"id": draft, "tenantId": harbour, "audience": "TENANT"}, "ok"},
		{"to no tenant by an admin", ada, "updateArticle", in{"id": draft, "audience": "TENANTLESS"}, "ok"},
		{"and on by who sees such, where they see nothing", nora, "updateArticle", in{"id": draft, "audience": "TENANT", "tenantId": harbour}, "NOT_FOUND"},
		{"to all tenants by a grandfathered member", gil, "updateArticle", in{"id": draft, "audience": "ALL_TENANTS"}, "ok"},
		{"and back to one", gil, "updateArticle", in{"id": draft, "audience": "TENANT", "tenantId": dubois}, "ok"},
		{"where its author sees it again", mia, "updateArticle", in{"id": draft, "title": "N"}, "ok"},
	})
	expect(t, "articles whose audience does not go with their tenant", one[int](a, "select count(*) from app.articles where (audience = 'TENANT') <> (tenant_id <> account_id)"), 0)
	expect(t, "entries of moves", one[int](a, `select count(*) from app.audit_events where action = 'updateArticle' and after ? 'tenantId'`), 3)
}

// TestTheStatesOfAnArticle tries every verb from every state, as an admin who did not write it.
func TestTheStatesOfAnArticle(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.as(admin)
	id := a.ref("Article", "Image archive: what to try first")
	verbs := map[string]struct {
		input in
		to    map[string]string
	}{
		"submitArticle":  {in{"id": id}, map[string]string{"DRAFT": "IN_REVIEW", "REJECTED": "IN_REVIEW"}},
		"approveArticle": {in{"id": id}, map[string]string{"IN_REVIEW": "PUBLISHED"}},
		"rejectArticle":  {in{"id": id, "note": "No."}, map[string]string{"IN_REVIEW": "REJECTED"}},
		"archiveArticle": {in{"id": id}, map[string]string{"DRAFT": "ARCHIVED", "IN_REVIEW": "ARCHIVED", "PUBLISHED": "ARCHIVED", "REJECTED": "ARCHIVED"}},
		"updateArticle":  {in{"id": id, "title": "N"}, map[string]string{"DRAFT": "DRAFT", "PUBLISHED": "DRAFT", "REJECTED": "REJECTED"}},
	}
	reset := func(state string) {
		a.sql(`update app.articles set state = $1, title = 'T', reviewer_id = (select id from app.users where email = $2), review_note = 'Hm',
			published_at = '2026-01-02T03:04:05Z' where id = $3`, state, otherAdmin, a.idOf(id))
	}
	for verb, v := range verbs {
		for _, from := range articleStates {
			reset(from)
			way := verb + " of " + from
			before := a.state()
			r := c.mutate(verb, v.input, "article { state title reviewer { name } reviewNote publishedAt }")
			to, goes := v.to[from]
			if !goes {
				expect(t, way, outcome(r), "WRONG_STATE input.id")
				expect(t, way+": the state", a.state(), before)
				continue
			}
			article := r.get(verb, "article").(map[string]any)
			expect(t, way, article["state"], any(to))
			expect(t, way+": it was published then", article["publishedAt"] == "2026-01-02T03:04:05Z", verb != "approveArticle")
			reviewed := map[string]string{"submitArticle": `[null,null]`, "approveArticle": `[null,{"name":"Ada Admin"}]`, "rejectArticle": `["No.",{"name":"Ada Admin"}]`}[verb]
			if reviewed == "" {
				reviewed = `["Hm",{"name":"Alex Adams"}]`
			}
			expect(t, way+": the review", text([]any{article["reviewNote"], article["reviewer"]}), reviewed)
		}
	}
	reset("PUBLISHED")
	before := a.state()
	c.done("updateArticle", in{"id": id, "title": "T", "locale": "en", "tags": []any{"imaging"}, "audience": "TENANT"}, "__typename")
	expect(t, "what is as it was leaves a published article", a.state(), before)
	a.follow(t, []step{
		{"all that is wrong is told", c, "updateArticle", in{"id": id, "version": 0, "title": " ", "locale": "?", "tags": []any{""}, "summary": strings.Repeat("x", 501)},
			"CONFLICT input.version, REQUIRED input.title, INVALID input.summary, REQUIRED input.tags.0, INVALID input.locale"},
		{"an old version", c, "archiveArticle", in{"id": id, "version": 0}, "CONFLICT input.version"},
		{"an old version and a wrong state", c, "approveArticle", in{"id": id, "version": 0}, "CONFLICT input.version, WRONG_STATE input.id"},
		{"a rejection of what is not in review, without a note", c, "rejectArticle", in{"id": id, "note": " \n"}, "WRONG_STATE input.id, REQUIRED input.note"},
		{"an old version of what is deleted", c, "deleteArticle", in{"id": id, "version": 0}, "CONFLICT input.version"},
		{"an empty draft", a.as(memberOfNone), "submitArticle", in{"id": a.ref("Article", "Unknown devices")}, "REQUIRED input.id"},
	})
}

// TestNobodyApprovesTheirOwnArticle but for the only active admin, and the audit says so.
func TestNobodyApprovesTheirOwnArticle(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, alex := a.as(admin), a.as(otherAdmin)
	hours := in{"id": a.ref("Article", "Our support hours")}
	body := "# Hours\n"
	a.follow(t, []step{
		{"an admin submits the own", ada, "submitArticle", hours, "ok"},
		{"approves it", ada, "approveArticle", hours, "FORBIDDEN"},
		{"rejects it", ada, "rejectArticle", a.with(hours, "note", "Not yet."), "ok"},
		{"approves it in a wrong state", ada, "approveArticle", hours, "FORBIDDEN"},
		{"submits it again", ada, "submitArticle", hours, "ok"},
		{"another admin approves it", alex, "approveArticle", hours, "ok"},
		{"its author changes it", ada, "updateArticle", a.with(hours, "body", body), "ok"},
		{"and submits it", ada, "submitArticle", hours, "ok"},
		{"the other admin is suspended", ada, "suspendUser", in{"id": a.ref("User", otherAdmin)}, "ok"},
		{"an invited admin does not count", ada, "inviteUser", in{"email": "new@northwind.example", "name": "New", "role": "ADMIN"}, "ok"},
		{"the only active admin approves the own", ada, "approveArticle", hours, "ok"},
	})
	const entries = "select count(*) from app.audit_events where action = 'approveArticle' and "
	expect(t, "approvals that say that it was the own", one[int](a, entries+"outcome = 'DONE' and after->>'ownArticle' = 'true'"), 1)
	expect(t, "approvals that do not", one[int](a, entries+"outcome = 'DONE' and not after ? 'ownArticle'"), 1)
	expect(t, "refusals that the audit counts", one[int](a, "select sum(count)::int from app.audit_events where action = 'approveArticle' and outcome = 'DENIED'"), 2)
}

// TestAnArticleIsKeptAsItWasWritten up to 200,000 characters, and not one more.
func TestAnArticleIsKeptAsItWasWritten(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	nora := a.as(memberOfNone)
	written := "\n\t  code\u0301\r\n\r\n" + strings.Repeat("é", 200_000-14) + "\n"
	expect(t, "characters", len([]rune(written)), 200_000)
	p := nora.done("createArticle", in{"title": "Long", "body": written}, "article { id body }")
	article := p["article"].(map[string]any)
	expect(t, "a text is kept", article["body"] == written, true)
	a.follow(t, []step{
		{"one character more", nora, "updateArticle", in{"id": article["id"], "body": written + "x"}, "INVALID input.body"},
		{"a new one with one more", nora, "createArticle", in{"title": "N", "body": written + "x"}, "INVALID input.body"},
		{"a NUL", nora, "createArticle", in{"title": "N", "body": "a\x00b"}, "INVALID input.body"},
		{"a title that is too long", nora, "createArticle", in{"title": strings.Repeat("x", 201)}, "INVALID input.title"},
		{"no title", nora, "createArticle", in{"title": " ", "locale": "not a language"}, "REQUIRED input.title, INVALID input.locale"},
		{"only blanks", nora, "updateArticle", in{"id": article["id"], "body": " \n"}, "ok"},
		{"which is not enough to submit", nora, "submitArticle", in{"id": article["id"]}, "REQUIRED input.id"},
		{"null for a text", nora, "updateArticle", in{"id": article["id"], "body": nil}, "ok"},
		{"some text", nora, "updateArticle", in{"id": article["id"], "body": "x"}, "ok"},
		{"is enough", nora, "submitArticle", in{"id": article["id"]}, "ok"},
	})
}

// TestArticlesOfAnArchivedTenantDoNotChange for anybody, nor does anything move there.
func TestArticlesOfAnArchivedTenantDoNotChange(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	g := articleGood(a)
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Boulangerie Dubois'")
	var steps []step
	for name, input := range g {
		path := "input.id"
		if name == "createArticle" {
			path = "input.tenantId"
		}
		steps = append(steps, step{"an admin calls " + name, a.as(admin), name, input, "TENANT_ARCHIVED " + path})
		if gate(a.reader.Schema.Mutation.Fields.ForName(name)) == "MEMBER" {
			steps = append(steps, step{"a member calls " + name, a.as(memberOfOne), name, input, "TENANT_ARCHIVED " + path})
		}
	}
	imaging := a.ref("Article", "Image archive: what to try first")
	steps = append(steps,
		step{"an article moves there", a.as(memberOfTwo), "updateArticle", in{"id": imaging, "tenantId": a.ref("Tenant", "Boulangerie Dubois")}, "TENANT_ARCHIVED input.tenantId"},
		step{"one for all tenants changes", a.as(grandfathered), "updateArticle", in{"id": a.ref("Article", "Our support hours"), "title": "N"}, "ok"})
	a.follow(t, steps)
	expect(t, "its articles are read", a.as(memberOfOne).ok("{ articles { totalCount } }", nil).get("articles", "totalCount"), 4.0)
}

// idOf is the key in an id.
func (a *api) idOf(ref string) [16]byte {
	a.t.Helper()
	_, id, ok := ids.Decode(ref)
	if !ok {
		a.t.Fatalf("%s is no id", ref)
	}
	return id
}
