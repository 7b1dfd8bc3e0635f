package importer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const articleHead = "external_id,title,summary,body,category,tags,audience,tenant,state,locale,author,reviewer,review_note,published_at,created_at\n"

// withArticles is a folder with articles beside what they refer to.
func withArticles(lines string) files {
	f := whole()
	f["articles.csv"] = articleHead + lines
	return f
}

func TestImportOfArticles(t *testing.T) {
	p := newPlace(t)
	f := withArticles("A1,Ovens,In short,\"\n  # Ovens\n\n\tcode  \n\",oven,a; b;a,,T1,PUBLISHED,fr-ca,U1,U2,,2020-02-01,2020-01-01\n" +
		"A2,Stock,,,,,,,,,,,,,\n" +
		"A3,Mail,,Careful.,,,ALL_TENANTS,,PUBLISHED,,,,,,2019-05-05\n" +
		"A4,No,,x,,,TENANTLESS,,REJECTED,,U1,U2,Too short.,,\n" +
		"A5,Old,,x,,,TENANT,T2,ARCHIVED,,U3,,,2018-01-01,\n")
	p.mustRun(f, 0)
	p.is("Mail|ALL_TENANTS||PUBLISHED|||2019-05-05 No|TENANTLESS||REJECTED|Mia|Gil| Old|TENANT|Clinic|ARCHIVED|Cleo||2018-01-01 "+
		"Ovens|TENANT|Bakery|PUBLISHED|Mia|Gil|2020-02-01 Stock|TENANTLESS||DRAFT|||", `select k.title, k.audience, t.name, k.state, a.name, r.name, k.published_at::date
		from app.articles k join app.tenants t on t.id = k.tenant_id left join app.users a on a.id = k.author_id left join app.users r on r.id = k.reviewer_id order by 1`)
	// A text is kept as it was written, also at its ends.
	p.is("t|In short|oven|a,b|fr-CA|2020-01-01", `select body = E'\n  # Ovens\n\n\tcode  \n', summary, category, array_to_string(tags, ','), locale, created_at::date
		from app.articles where title = 'Ovens'`)
	p.is("t|en|1", "select body = '', locale, version from app.articles where title = 'Stock'")
	if r := p.mustRun(f, 0); r.Files[len(r.Files)-1].Unchanged != 5 {
		t.Error(r)
	}
}

func TestBadArticles(t *testing.T) {
	p := newPlace(t)
	p.mustRun(whole(), 0) // T2 is archived from now on
	long := strings.Repeat("é", 200_000)
	r := p.mustRun(files{"articles.csv": articleHead +
		"B1,,,x,,,,,,,,,,,\n" +
		"B2,Two,,x,,,TENANT,,,,,,,,\n" +
		"B3,Three,,x,,,ALL_TENANTS,T1,,,,,,,\n" +
		"B4,Four,,x,,,,T2,,,,,,,\n" +
		"B5,Five,, ,,,,,IN_REVIEW,,,,,,\n" +
		"B6,Six,,x,,,,,REJECTED,,,,,,\n" +
		"B7,Seven,," + long + "x,,,,,,,,,,,\n" +
		"B8,Eight,,x,,,EVERYBODY,T9,GONE,??,U9,,,2999-01-01,\n" +
		"B9,Nine,," + long + ",,,,,PUBLISHED,,,,,,\n"}, 2)
	want := []string{
		`articles.csv:2:title: it cannot be empty`,
		`articles.csv:3:tenant: an article for TENANT names the tenant`,
		`articles.csv:4:tenant: only an article for TENANT has a tenant`,
		`articles.csv:5:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`articles.csv:6:body: only a draft may be without a text`,
		`articles.csv:7:review_note: a rejected article has a note that says why`,
		`articles.csv:8:body: it may have 200000 characters at most`,
		`articles.csv:9:audience: it is one of TENANT, TENANTLESS, ALL_TENANTS`,
		`articles.csv:9:tenant: there is no tenant "T9"`,
		`articles.csv:9:state: it is one of DRAFT, IN_REVIEW, PUBLISHED, REJECTED, ARCHIVED`,
		`articles.csv:9:locale: it is not a language tag such as en or fr-CA`,
		`articles.csv:9:author: there is no user "U9"`,
		`articles.csv:9:published_at: it is in the future`,
	}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
	p.is("Nine|200000|t", "select title, length(body), published_at = created_at from app.articles")
}

func TestUpdateOfArticles(t *testing.T) {
	p := newPlace(t)
	f := withArticles("A1,Ovens,,x,,,,T1,PUBLISHED,,,,,2020-02-01,2020-01-01\nA2,Stock,,x,,,,,DRAFT,,,,,,\nA3,Mail,,x,,,ALL_TENANTS,,IN_REVIEW,,,,,,\n" +
		"A4,Old,,x,,,,,ARCHIVED,,,,,,\nA5,News,,x,,,,,PUBLISHED,,,,,2020-02-01,\nA6,Clinic,,x,,,,T2,DRAFT,,,,,,\n")
	p.mustRun(f, 0)
	// What is not said to be published again is a draft; what is in review or archived stays as it is.
	r := p.mustRun(files{"articles.csv": "external_id,body\nA1,y\nA2,y\nA3,y\nA4,y\nA6,y\n"}, 2, update)
	if diff := cmp.Diff([]string{"articles.csv:4: an article that is IN_REVIEW does not change", "articles.csv:5: an article that is ARCHIVED does not change",
		"articles.csv:6:tenant: TENANT_ARCHIVED: the tenant is archived"}, bad(r)); diff != "" {
		t.Error(diff)
	}
	if text := r.String(); !strings.Contains(text, "warning: articles.csv:2: the article was published, and is a draft now") {
		t.Error(text)
	}
	r = p.mustRun(files{"articles.csv": "external_id,title,state,audience,tenant\nA2,Stock,PUBLISHED,,T1\nA3,Mail,REJECTED,ALL_TENANTS,\nA4,Old,DRAFT,,\nA5,News 2,PUBLISHED,,\n"}, 2, update)
	if diff := cmp.Diff([]string{"articles.csv:3:review_note: a rejected article has a note that says why", "articles.csv:4:state: an archived article stays so"}, bad(r)); diff != "" {
		t.Error(diff)
	}
	p.is("Clinic|x|DRAFT|TENANT|1| Mail|x|IN_REVIEW|ALL_TENANTS|1| News 2|x|PUBLISHED|TENANTLESS|2|f Old|x|ARCHIVED|TENANTLESS|1| "+
		"Ovens|y|DRAFT|TENANT|2|f Stock|y|PUBLISHED|TENANT|3|t", `select title, body, state, audience, version, published_at > now() - interval '1 hour' from app.articles order by 1`)
}
