package graph

import (
	"fmt"
	"testing"
)

// TestTheCompilerAloneKeepsATokenToTheTenantsThatItNames in a list that is the account's for whoever has it.
func TestTheCompilerAloneKeepsATokenToTheTenantsThatItNames(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	narrow := a.tokenOf(memberOfTwo, "Harbour Clinic")
	a.wall(false)
	const ask = "{ viewer { user { tenants { totalCount nodes { name } } } } }"
	expect(t, "tenants of a member of two", fmt.Sprint(a.as(memberOfTwo).ok(ask, nil).get("viewer", "user", "tenants", "totalCount")), "2")
	expect(t, "through a token for one", text(narrow.ok(ask, nil).get("viewer", "user", "tenants")), `{"nodes":[{"name":"Harbour Clinic"}],"totalCount":1}`)
}

// TestTheCompilerAloneFindsNothingInternalForCustomers in a list that is passed by, since much has the word.
func TestTheCompilerAloneFindsNothingInternalForCustomers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.sql("create or replace function app.search_few() returns bigint language sql immutable set search_path = pg_catalog as 'select 0::bigint'")
	ticket := one[[16]byte](a, "select id from app.tickets where tenant_id = $1 limit 1", a.key("Northwind IT", "Tenant", "Boulangerie Dubois"))
	for _, visibility := range []string{"INTERNAL", "PUBLIC"} {
		a.as(admin).done("commentOnTicket", in{"ticketId": encode("Ticket", ticket), "body": visibility + " zzyzxword" + visibility[:3], "visibility": visibility}, "comment { id }")
	}
	a.wall(false)
	found := func(email, word string) string {
		return fmt.Sprint(len(a.as(email).ok(fmt.Sprintf("{ tickets(filter: { search: %q, status: [NEW, OPEN, ON_HOLD, RESOLVED, CLOSED] }, orderBy: { field: UPDATED_AT }) { nodes { id } } }", word), nil).get("tickets", "nodes").([]any)))
	}
	expect(t, "a member finds what is internal", found(memberOfOne, "zzyzxwordINT"), "1")
	expect(t, "a customer", found(customer, "zzyzxwordINT"), "0")
	expect(t, "a customer finds what is public", found(customer, "zzyzxwordPUB"), "1")
}

// TestADashboardOfManyTenantsLeavesOutTheArchived and those out of reach: of so many, each number passes the account's rows by.
func TestADashboardOfManyTenantsLeavesOutTheArchived(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	account, user := one[[16]byte](a, "select account_id from app.accounts where name = 'Northwind IT'"), a.key("Northwind IT", "User", memberOfOne)
	a.sql(`insert into app.tenants (account_id, id, name, status) select $1, gen_random_uuid(), 'Many ' || n, case when n <= 5 then 'ARCHIVED' else 'ACTIVE' end
		from generate_series(1, 130) n`, account)
	a.sql(`insert into app.memberships (account_id, user_id, tenant_id) select account_id, $2, id from app.tenants
		where account_id = $1 and name like 'Many %' and name <> 'Many 130'`, account, user)
	a.sql(`insert into app.assets (account_id, id, tenant_id, name, kind, status, warranty_until)
		select account_id, gen_random_uuid(), id, name, 'HARDWARE', 'READY', current_date + 10 from app.tenants where name like 'Many %'`)
	mia := a.as(memberOfOne)
	const ask = "{ dashboard { assetsWarrantyExpiring { count filter } } }"
	before := one[int](a, `select count(*) from app.assets where tenant_id = $1 and warranty_until between current_date and current_date + 30`, a.key("Northwind IT", "Tenant", "Boulangerie Dubois"))
	expect(t, "what a member of 129 more tenants counts, five of them archived", fmt.Sprint(mia.ok(ask, nil).get("dashboard", "assetsWarrantyExpiring", "count")), fmt.Sprint(before+124))
	a.wall(false)
	expect(t, "by the compiler alone", fmt.Sprint(mia.ok(ask, nil).get("dashboard", "assetsWarrantyExpiring", "count")), fmt.Sprint(before+124))
}

// TestTheCompilerAloneExplainsNothingOfTheTenantOfTheTenantless, which stands for no customer.
func TestTheCompilerAloneExplainsNothingOfTheTenantOfTheTenantless(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	account := one[[16]byte](a, "select account_id from app.accounts where name = 'Northwind IT'")
	a.wall(false)
	const ask = "query ($user: ID!, $node: ID!) { accessExplanation(userId: $user, nodeId: $node) { allowed } }"
	expect(t, "an admin asks", a.as(admin).do(ask, in{"user": a.ref("User", memberOfOne), "node": encode("Tenant", account)}).code(), "NOT_FOUND")
}
