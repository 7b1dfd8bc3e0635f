package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tenantry/internal/ids"
)

// TestWhatAUserGainsAndLosesIsWhatTheySee makes random changes of access in a world of articles, and
// compares what each says with what the user saw before and sees afterwards.
func TestWhatAUserGainsAndLosesIsWhatTheySee(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.writeEverything()
	ada := a.as(admin)
	people := map[string]*client{}
	for _, email := range []string{memberOfOne, memberOfTwo, memberOfNone, grandfathered, customer, idleCustomer} {
		people[email] = a.as(email)
	}
	emails := []any{memberOfOne, memberOfTwo, memberOfNone, grandfathered, customer, idleCustomer}
	sees := func(email string) map[string]bool {
		c, all := people[email], map[string]bool{}
		if one[string](a, "select status from app.users where email = $1", email) != "ACTIVE" {
			expect(t, email+", who is suspended", c.do("{ articles { totalCount } }", nil).code(), "UNAUTHENTICATED")
			return all
		}
		if c.do("{ viewer { user { name } } }", nil).code() != "" { // signed out by the suspension
			c = a.as(email)
			people[email] = c
		}
		for _, title := range c.articles(t, "") {
			all[title] = true
		}
		return all
	}
	less := func(from, what map[string]bool) (n float64) {
		for title := range from {
			if !what[title] {
				n++
			}
		}
		return n
	}
	random := rand.New(rand.NewPCG(7, 1))
	pick := func(list ...any) any { return list[random.IntN(len(list))] }
	tenants := a.refs("Tenant", "Boulangerie Dubois", "Harbour Clinic", "Lindqvist Timber")
	change, moved := map[string]map[string]bool{}, 0
	for i := range 100 {
		email := pick(emails...).(string)
		user := a.ref("User", email)
		name, input := "", in{}
		switch random.IntN(6) {
		case 0:
			name, input = "addUsersToTenant", in{"tenantId": pick(tenants...), "userIds": []any{user}}
		case 1:
			name, input = "removeUsersFromTenant", in{"tenantId": pick(tenants...), "userIds": []any{user}}
		case 2:
			some := []any{}
			for _, tenant := range tenants {
				if random.IntN(2) == 0 {
					some = append(some, tenant)
				}
			}
			name, input = "setUserTenants", in{"userId": user, "tenantIds": some}
		case 3:
			name, input = "updateUser", in{"id": user, "role": pick("MEMBER", "CUSTOMER", "ADMIN")}
		case 4:
			name, input = pick("suspendUser", "reactivateUser").(string), in{"id": user}
		case 5:
			name, input = "endGrandfathering", in{"userIds": []any{user}}
		}
		if change[email] == nil {
			change[email] = sees(email)
		}
		before := change[email]
		p := ada.done(name, input, "results { gained { articles } lost { articles } }")
		after := sees(email)
		result := p["results"].([]any)[0].(map[string]any)
		sentence := fmt.Sprintf("change %d, %s of %s: articles", i, name, email)
		expect(t, sentence+" gained", result["gained"].(map[string]any)["articles"], any(less(after, before)))
		expect(t, sentence+" lost", result["lost"].(map[string]any)["articles"], any(less(before, after)))
		if less(after, before)+less(before, after) > 0 {
			moved++
		}
		change[email] = after
	}
	if moved < 20 {
		t.Errorf("only %d changes moved what somebody sees", moved)
	}
}

// TestManyUsersAtOnceAreToldWhatEachGainsAndLosesOfArticles in one call, the same when tried dry.
func TestManyUsersAtOnceAreToldWhatEachGainsAndLosesOfArticles(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	a.sql("insert into app.articles (account_id, id, tenant_id, audience, title, body) select account_id, $1, account_id, 'ALL_TENANTS', 'Nobody''s', 'x' from app.accounts where name = 'Northwind IT'", ids.New())
	// Of Harbour Clinic there are 2, one published; without a tenant 2; published for all 1.
	want := map[string]string{
		memberOfOne:   `{"gained":{"articles":2},"lost":{"articles":0}}`,
		memberOfNone:  `{"gained":{"articles":2},"lost":{"articles":2}}`,
		grandfathered: `{"gained":{"articles":0},"lost":{"articles":8}}`, // 12 in all; left are 2, the one for all, and the own one in review
		idleCustomer:  `{"gained":{"articles":2},"lost":{"articles":0}}`, // the published one, and the one for all
		admin:         `{"gained":{"articles":0},"lost":{"articles":0}}`,
	}
	for _, dry := range []bool{true, false} {
		p := ada.done("addUsersToTenant", in{"tenantId": a.ref("Tenant", "Harbour Clinic"), "dryRun": dry,
			"userIds": a.refs("User", memberOfOne, memberOfNone, grandfathered, idleCustomer, admin)}, "results { gained { articles } lost { articles } }")
		for i, email := range []string{memberOfOne, memberOfNone, grandfathered, idleCustomer, admin} {
			expect(t, fmt.Sprintf("dryRun %v, what %s gains and loses", dry, email), text(p["results"].([]any)[i]), want[email])
		}
	}
}
