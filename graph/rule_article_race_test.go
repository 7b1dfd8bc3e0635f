package graph

import (
	"fmt"
	"testing"
	"time"
)

// TestAnArticleIsChangedOrReviewedNotBoth when it all comes at once: what is published is what was
// submitted, and nobody approves the own while another admin comes back.
func TestAnArticleIsChangedOrReviewedNotBoth(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, tom, gil := a.as(admin), a.as(memberOfTwo), a.as(grandfathered)
	article, hours := a.ref("Article", "Image archive: what to try first"), a.ref("Article", "Our support hours")
	dubois, harbour := a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic")
	for i := range rounds {
		a.sql("update app.articles set state = 'DRAFT', body = 'before' where title = 'Image archive: what to try first'")
		got := race(
			tom.attempt("submitArticle", in{"id": article}),
			gil.attempt("updateArticle", in{"id": article, "body": "after", "tenantId": dubois}),
			tom.attempt("updateArticle", in{"id": article, "tenantId": harbour}),
			ada.attempt("approveArticle", in{"id": article}),
		)
		expect(t, fmt.Sprintf("round %d: the submission", i), got[0], "ok")
		for j := range got[1:] {
			if got[j+1] != "ok" && got[j+1] != "WRONG_STATE input.id" && got[j+1] != "FORBIDDEN" {
				t.Errorf("round %d, attempt %d: %s", i, j+1, got[j+1])
			}
		}
		// What came after the submission found the article in review, or published and made a draft of it.
		expect(t, fmt.Sprintf("round %d: the text is the new one", i),
			one[bool](a, "select body = 'after' from app.articles where title = 'Image archive: what to try first'"), got[1] == "ok")
	}
	a.sql("update app.users set status = 'SUSPENDED' where email = $1", otherAdmin)
	a.sql("update app.articles set state = 'IN_REVIEW' where title = 'Our support hours'")
	tx, err := a.owner.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), `with locked as (select account_id from app.accounts where name = 'Northwind IT' for no key update)
		update app.users u set status = 'ACTIVE' from locked where u.account_id = locked.account_id and u.email = $1`, otherAdmin)
	must(t, err)
	outcomes := make(chan string, 1)
	go func() { outcomes <- ada.try("approveArticle", in{"id": hours}) }()
	const waits = "select exists (select from pg_stat_activity s where s.datname = current_database() and pg_backend_pid() = any(pg_blocking_pids(s.pid)))"
	for end := time.Now().Add(10 * time.Second); !one[bool](a, waits); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("an approval of the own does not wait for what may make another admin")
		}
	}
	must(t, tx.Commit(t.Context()))
	expect(t, "the own approved while another admin comes back", <-outcomes, "FORBIDDEN")
	expect(t, "the other approves it", a.as(otherAdmin).try("approveArticle", in{"id": hours}), "ok")
}

// TestARefusalInATransactionNeedsNoSecondConnection though the audit keeps it in one of its own.
func TestARefusalInATransactionNeedsNoSecondConnection(t *testing.T) {
	t.Parallel()
	a := newAPIOn(t, 1, func(o *Options) { o.Timeout = 10 * time.Second })
	tom, draft := a.as(memberOfTwo), in{"id": a.ref("Article", "Imprimer les étiquettes d'allergènes")}
	for range 3 {
		expect(t, "a member deletes another's draft", tom.try("deleteArticle", draft), "FORBIDDEN")
	}
	expect(t, "refusals that the audit counts", one[int](a, "select sum(count)::int from app.audit_events where outcome = 'DENIED'"), 3)
}
