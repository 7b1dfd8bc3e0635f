package graph

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"tenantry/internal/rate"
)

// rated is an API where everybody has some cost a second, which tests spend at once.
func rated(t *testing.T, viewerCost, accountCost int) *api {
	return newAPI(t, func(o *Options) {
		o.Buckets = rate.New(rate.Limits{Viewer: viewerCost, Account: accountCost, Largest: viewerCost})
	})
}

func TestEachAnswerTellsItsCostAndRateLimitWhatIsLeft(t *testing.T) {
	t.Parallel()
	a := rated(t, 20_000, 200_000)
	c := a.as(memberOfOne)
	r := c.ok("{ devices(first: 50) { nodes { id tenant { id } } } rateLimit { limit cost remaining resetAt } }", nil)
	expect(t, "what the bucket holds", fmt.Sprint(r.get("rateLimit", "limit")), "20000")
	cost := fmt.Sprint(r.get("rateLimit", "cost"))
	expect(t, "extensions tell the same cost", strings.Contains(r.raw, `"extensions":{"cost":`+cost+"}"), true)
	left := r.get("rateLimit", "remaining").(float64)
	if left >= 20_000 || left < 19_000 {
		t.Errorf("after one document of cost %s %v are left", cost, left)
	}
}

func TestADryRunOfADocumentExecutesAndTakesNothing(t *testing.T) {
	t.Parallel()
	a := rated(t, 10_000, 200_000)
	c := a.as(memberOfOne)
	c.ok("{ viewer { tenantAccess } }", nil)
	trips := a.trips.Load()
	for range 20 {
		r := c.ok("{ devices(first: 100) { nodes { id tickets(first: 50) { nodes { id } } } } x: rateLimit(dryRun: true) { cost remaining } }", nil)
		expect(t, "devices in a dry run", r.get("devices"), nil)
		if cost := r.get("x", "cost").(float64); cost < 5_000 {
			t.Errorf("the document costs %v", cost)
		}
	}
	expect(t, "round trips", a.trips.Load()-trips, int64(0))
}

func TestWhoAsksTooMuchIsToldWhenToTryAgainAndNobodyElseIs(t *testing.T) {
	t.Parallel()
	a := rated(t, 3_000, 200_000)
	c, other := a.as(memberOfOne), a.as(admin)
	const document = "{ devices(first: 100) { nodes { id tickets(first: 20) { nodes { id } } } } }"
	var last reply
	for range 100 {
		if last = c.do(document, nil); last.code() != "" {
			break
		}
	}
	expect(t, "a member who asks on and on", last.code(), "RATE_LIMITED")
	r := httptest.NewRequest("POST", "/graphql", strings.NewReader(`{"query":"`+document+`"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", graphqlJSON)
	r.Header.Set("Authorization", "Bearer "+c.token)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	expect(t, "the status", w.Code, 429)
	expect(t, "the answer says when to try again", w.Header().Get("Retry-After") != "", true)
	expect(t, "another member meanwhile", other.do(document, nil).code(), "")
}

func TestDocumentsThatAreRefusedCostSomething(t *testing.T) {
	t.Parallel()
	a := rated(t, 1_000, 200_000)
	c := a.as(memberOfOne)
	code := ""
	for range 2_000 {
		if code = c.do("{ nothing }", nil).code(); code != "GRAPHQL_VALIDATION_FAILED" {
			break
		}
	}
	expect(t, "somebody who sends nothing but mistakes", code, "RATE_LIMITED")
}
