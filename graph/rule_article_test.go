package graph

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

var (
	audiences     = []string{"TENANT", "TENANTLESS", "ALL_TENANTS"}
	articleStates = []string{"DRAFT", "IN_REVIEW", "PUBLISHED", "REJECTED", "ARCHIVED"}
)

// reader is a user as far as it decides which articles they see.
type reader struct {
	id, account         uuid.UUID
	email, role, status string
	grandfathered       bool
	tenants             []uuid.UUID
}

// written is an article as far as it decides who sees it.
type written struct {
	id, account, tenant      uuid.UUID
	author                   *uuid.UUID
	title, audience, state   string
	tenantName, tenantStatus string
}

// sees is the rule, said as the documentation says it.
func (r *reader) sees(w written) bool {
	agent := r.role != "CUSTOMER"
	switch {
	case r.account != w.account || r.status != "ACTIVE" || !agent && w.state != "PUBLISHED":
		return false
	case r.role == "ADMIN" || r.grandfathered:
		return true
	case w.audience == "TENANT":
		return slices.Contains(r.tenants, w.tenant)
	case w.audience == "TENANTLESS":
		return agent && len(r.tenants) == 0
	case w.state == "PUBLISHED":
		return agent || len(r.tenants) > 0
	}
	return w.author != nil && *w.author == r.id
}

// readers are all users, as the owner of the schema finds them.
func (a *api) readers() map[string]*reader {
	a.t.Helper()
	rows, err := a.owner.Query(context.Background(), `select id, account_id, email, role, status, grandfathered,
		array(select tenant_id from app.memberships m where m.account_id = u.account_id and m.user_id = u.id) from app.users u`)
	must(a.t, err)
	out := map[string]*reader{}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*reader, error) {
		r := &reader{}
		return r, row.Scan(&r.id, &r.account, &r.email, &r.role, &r.status, &r.grandfathered, &r.tenants)
	})
	must(a.t, err)
	for _, r := range list {
		out[r.email] = r
	}
	return out
}

// writings are all articles, as the owner of the schema finds them.
func (a *api) writings() []written {
	a.t.Helper()
	rows, err := a.owner.Query(context.Background(), `select k.id, k.account_id, k.tenant_id, k.author_id, k.title, k.audience, k.state, t.name, t.status
		from app.articles k join app.tenants t on t.account_id = k.account_id and t.id = k.tenant_id order by k.id`)
	must(a.t, err)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w written, err error) {
		return w, row.Scan(&w.id, &w.account, &w.tenant, &w.author, &w.title, &w.audience, &w.state, &w.tenantName, &w.tenantStatus)
	})
	must(a.t, err)
	return list
}

// writeEverything makes an article of each audience and state, for two tenants, by each author that the
// rule tells apart, and some of the other account.
func (a *api) writeEverything() {
	a.t.Helper()
	a.sql("delete from app.articles")
	for _, account := range []string{"Northwind IT", "Southwind Services"} {
		authors := []string{admin, memberOfOne, memberOfTwo, memberOfNone, grandfathered, customer, suspended, ""}
		tenants := []string{"Boulangerie Dubois", "Harbour Clinic"}
		if account == "Southwind Services" {
			authors, tenants = []string{foreignAdmin}, []string{"Boulangerie Dubois"}
		}
		for _, author := range authors {
			for _, state := range articleStates {
				for _, place := range append(slices.Clone(tenants), "TENANTLESS", "ALL_TENANTS") {
					audience, tenant := place, ""
					if !slices.Contains(audiences, place) {
						audience, tenant = "TENANT", place
					}
					a.sql(`insert into app.articles (account_id, id, tenant_id, audience, title, body, state, author_id)
						select a.account_id, $1, coalesce((select t.id from app.tenants t where t.account_id = a.account_id and t.name = nullif($2, '')), a.account_id),
							$3, $4, 'x', $5, (select u.id from app.users u where u.account_id = a.account_id and u.email = nullif($6, ''))
						from app.accounts a where a.name = $7`,
						ids.New(), tenant, audience, fmt.Sprintf("%s %s by %s of %s", place, state, author, account), state, author, account)
				}
			}
		}
	}
}

// articles are the titles that a filter lists; the count and the pages must agree.
func (c *client) articles(t *testing.T, filter string) []string {
	t.Helper()
	var titles []string
	after := any(nil)
	for {
		r := c.ok(`query($after: String) { articles(first: 60, after: $after, filter: {`+filter+`}) { totalCount pageInfo { hasNextPage endCursor } nodes { title } } }`,
			map[string]any{"after": after})
		for _, node := range r.get("articles", "nodes").([]any) {
			titles = append(titles, node.(map[string]any)["title"].(string))
		}
		if r.get("articles", "pageInfo", "hasNextPage") != true {
			expect(t, "the count of articles with "+filter, r.get("articles", "totalCount"), float64(len(titles)))
			return titles
		}
		after = r.get("articles", "pageInfo", "endCursor")
	}
}

// sameTitles compares two sets of titles.
func sameTitles(t *testing.T, sentence string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: sees\n%q\nand should see\n%q", sentence, got, want)
	}
}

// seesArticles asks by every door whether somebody sees exactly what the rule says.
func (a *api) seesArticles(t *testing.T, c *client, r *reader) {
	t.Helper()
	all := a.writings()
	which := func(keep func(written) bool) (titles []string) {
		for _, w := range all {
			if r.sees(w) && keep(w) {
				titles = append(titles, w.title)
			}
		}
		return titles
	}
	sameTitles(t, r.email+" lists articles", c.articles(t, ""), which(func(written) bool { return true }))
	sameTitles(t, r.email+" lists tenantless articles", c.articles(t, "tenantless: true"), which(func(w written) bool { return w.audience == "TENANTLESS" }))
	sameTitles(t, r.email+" lists other articles", c.articles(t, "tenantless: false"), which(func(w written) bool { return w.audience != "TENANTLESS" }))
	sameTitles(t, r.email+" lists articles of active tenants", c.articles(t, "tenantStatus: [ACTIVE]"), which(func(w written) bool { return w.tenantStatus == "ACTIVE" }))
	sameTitles(t, r.email+" lists articles of archived tenants", c.articles(t, "tenantStatus: [ARCHIVED]"),
		which(func(w written) bool { return w.audience != "TENANT" || w.tenantStatus == "ARCHIVED" }))
	for _, audience := range audiences {
		sameTitles(t, r.email+" lists those for "+audience, c.articles(t, "audience: ["+audience+"]"), which(func(w written) bool { return w.audience == audience }))
	}
	for _, state := range articleStates {
		sameTitles(t, r.email+" lists "+state, c.articles(t, "state: ["+state+"]"), which(func(w written) bool { return w.state == state }))
	}
	tenants := map[string]uuid.UUID{}
	for _, w := range all {
		tenants[ids.Encode("Tenant", w.tenant)] = w.tenant // the account's own too, which is no tenant's
	}
	for ref, tenant := range tenants {
		ofTenant := which(func(w written) bool { return w.audience == "TENANT" && w.tenant == tenant })
		sameTitles(t, r.email+" lists articles of a tenant", c.articles(t, `tenantIds: ["`+ref+`"]`), ofTenant)
		expect(t, r.email+" lists tenantless articles of a tenant", len(c.articles(t, `tenantless: true, tenantIds: ["`+ref+`"]`)), 0)
		reply := c.do(`query($id: ID!) { tenant(id: $id) { counts { articles } articles(first: 100) { totalCount nodes { title } } } }`, in{"id": ref})
		if reply.code() == "NOT_FOUND" {
			expect(t, r.email+" sees articles of a tenant that is hidden", len(ofTenant), 0)
			continue
		}
		expect(t, r.email+" counts a tenant's articles", reply.get("tenant", "counts", "articles"), float64(len(ofTenant)))
		expect(t, r.email+" counts a tenant's list", reply.get("tenant", "articles", "totalCount"), float64(len(ofTenant)))
		expect(t, r.email+" is shown a tenant's list", len(reply.get("tenant", "articles", "nodes").([]any)), len(ofTenant))
	}
	for i := 0; i < len(all); i += 7 { // some of them, of every kind
		w := all[i]
		reply := c.do(`query($id: ID!) { article(id: $id) { title } node(id: $id) { ... on Article { title } } nodes(ids: [$id]) { ... on Article { title } } }`,
			in{"id": ids.Encode("Article", w.id)})
		var want any
		if r.sees(w) {
			want = w.title
		}
		expect(t, r.email+" reads "+w.title, reply.get("article", "title"), want)
		expect(t, r.email+" finds by its id "+w.title, reply.get("node", "title"), want)
		expect(t, r.email+" finds among others "+w.title, reply.get("nodes", 0) != nil, r.sees(w))
		found := c.articles(t, `ids: ["`+ids.Encode("Article", w.id)+`"]`)
		expect(t, r.email+" filters by the id of "+w.title, len(found) == 1, r.sees(w))
	}
	if r.role == "CUSTOMER" {
		expect(t, r.email+" filters by author", c.do(`{ articles(filter: { authorIds: [] }) { totalCount } }`, nil).code(), "FORBIDDEN")
		return
	}
	for _, author := range a.readers() {
		sameTitles(t, r.email+" lists what "+author.email+" wrote", c.articles(t, `authorIds: ["`+ids.Encode("User", author.id)+`"]`),
			which(func(w written) bool { return w.author != nil && *w.author == author.id }))
	}
}

// TestWhoSeesWhichArticles asks as everybody, for every audience, state and kind of author, before and
// after access changes: a membership lost, one gained, a former agent as a customer.
func TestWhoSeesWhichArticles(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.writeEverything()
	people := []string{admin, memberOfOne, memberOfTwo, memberOfNone, grandfathered, customer, idleCustomer, foreignAdmin}
	clients := map[string]*client{}
	for _, email := range people {
		clients[email] = a.as(email)
	}
	ask := func(emails ...string) {
		t.Helper()
		readers := a.readers()
		for _, email := range emails {
			a.seesArticles(t, clients[email], readers[email])
		}
	}
	ask(people...)
	for _, nobody := range []*client{a.as(""), a.as(suspended)} {
		expect(t, "who is not signed in", nobody.do("{ articles { totalCount } }", nil).code(), "UNAUTHENTICATED")
	}
	ada := clients[admin]
	ada.done("setUserTenants", in{"userId": a.ref("User", memberOfOne), "tenantIds": []any{}}, "__typename")
	ask(memberOfOne) // who lost the tenant of what they wrote, and sees the tenantless ones instead
	ada.done("setUserTenants", in{"userId": a.ref("User", grandfathered), "tenantIds": a.refs("Tenant", "Harbour Clinic")}, "__typename")
	ask(grandfathered) // who keeps the own drafts for all tenants, and loses those of others
	ada.done("updateUser", in{"id": a.ref("User", memberOfTwo), "role": "CUSTOMER"}, "__typename")
	ask(memberOfTwo) // who sees none of the own drafts as a customer
	ada.done("setUserTenants", in{"userId": a.ref("User", customer), "tenantIds": []any{}}, "__typename")
	ask(customer) // who sees nothing any more, not even what is for all
	expect(t, "a customer without a membership sees", len(clients[customer].articles(t, "")), 0)
	ada.done("updateUser", in{"id": a.ref("User", memberOfNone), "role": "ADMIN"}, "__typename")
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Harbour Clinic'")
	ask(memberOfNone, grandfathered)
	a.reader.Unscoped = true // and the same when only the database keeps the wall
	ask(memberOfOne, memberOfTwo, grandfathered, foreignAdmin)
}

// TestWhatCustomersDoNotSeeOfAnArticle is who wrote it, who reviewed it, and the note.
func TestWhatCustomersDoNotSeeOfAnArticle(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.sql("update app.articles set review_note = 'Well done' where title = 'Redémarrer une caisse'")
	till := in{"id": a.ref("Article", "Redémarrer une caisse")}
	const query = "query($id: ID!) { article(id: $id) { title author { name } reviewer { name } reviewNote } }"
	want := map[string]string{
		memberOfOne: `{"article":{"author":{"name":"Mia Martin"},"reviewNote":"Well done","reviewer":{"name":"Ada Admin"},"title":"Redémarrer une caisse"}}`,
		customer:    `{"article":{"author":null,"reviewNote":null,"reviewer":null,"title":"Redémarrer une caisse"}}`,
	}
	for _, email := range slices.Sorted(maps.Keys(want)) {
		expect(t, email+" reads", text(a.as(email).ok(query, till).Data), want[email])
	}
}
