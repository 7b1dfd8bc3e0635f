package graph

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
)

// become opens a transaction as the server does, for what an injected statement could do in it.
func (a *api) become(email, kind string, tenants ...uuid.UUID) pgx.Tx {
	a.t.Helper()
	ctx := context.Background()
	tx, err := a.pool.Begin(ctx)
	must(a.t, err)
	a.t.Cleanup(func() { _ = tx.Rollback(ctx) })
	var account, user [16]byte
	var version int64
	must(a.t, a.owner.QueryRow(ctx, "select account_id, id, access_version from app.users where email = $1", email).Scan(&account, &user, &version))
	_, err = tx.Exec(ctx, "select app.become($1, $2, null, $3, $4, $5)", account, user, version, postgres.IDs(tenants).Text(), kind)
	must(a.t, err)
	return tx
}

// TestAnInjectedStatementLearnsNothingOfOthers from the functions that its viewer's role may call.
func TestAnInjectedStatementLearnsNothingOfOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ctx := context.Background()
	dubois := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	tx := a.become(memberOfOne, "member", dubois)
	// "pacs" is a device's word in another tenant, "till" in another account, "caisse" in their own tenant.
	found := func(word string) (out string) {
		must(t, tx.QueryRow(ctx, `select coalesce(replace(f.query::text, $1, '*'), '-') || ' ' || coalesce(cardinality(f.ids)::text, '-') || ' ' ||
				app.search_count('{Device,Tenant}', array[$1], array[$1, $1 || '*'], '{1,1}') || ' ' || (select count(*) from app.search('{Device,Tenant}', array[$1], array[$1], '{1}', null, null, null, 9)) || ' ' ||
				(select count(*) from app.search_newest('Device', array[$1], array[$1, $1 || '*'], '{1,1}', null, null, 9)) || (select count(*) from app.search_newest('Device', '{}', array[$1], '{1}', null, null, -1))
			from app.search_found('Device', array[$1], array[$1, $1 || '*'], '{1,1}', false) f`, word).Scan(&out))
		return out
	}
	expect(t, "what a member finds by a word of another account", found("till"), found("zzzz"))
	expect(t, "by a word of another tenant", found("pacs"), found("zzzz"))
	expect(t, "by one of their own tenant is another thing", found("caisse") != found("zzzz"), true)
	must(t, tx.Rollback(ctx))
	a.sql("create or replace function app.search_few() returns bigint language sql immutable set search_path = pg_catalog as 'select 0::bigint'")
	tx = a.become(memberOfOne, "member", dubois)
	expect(t, "what the way through a list tells of a word of another account", found("till"), found("zzzz"))
	expect(t, "of a word of another tenant", found("pacs"), found("zzzz"))
	var query string
	must(t, tx.QueryRow(ctx, "select f.query::text from app.search_found('Device', '{caisse}', '{caisse,pacs,till,bureau}', '{1,1,1,1}', false) f").Scan(&query))
	expect(t, "the query for the way through a list names a word of another tenant or account", strings.Contains(query, "pacs") || strings.Contains(query, "till"), false)
	expect(t, "and one of their own", strings.Contains(query, "caisse"), true)
	must(t, tx.Rollback(ctx))

	tx = a.become(customer, "customer_writer", dubois)
	requester := func(email string) (n int) {
		must(t, tx.QueryRow(ctx, "select count(*) from app.requester($1, $2)", a.key("Northwind IT", "User", email), dubois).Scan(&n))
		return n
	}
	expect(t, "addresses that a customer reads as an admin's tickets'", requester(admin), 0)
	expect(t, "as their own", requester(customer), 1)
	assignable := func(email string) (yes bool) {
		must(t, tx.QueryRow(ctx, "select app.is_assignable($1, $2)", a.key("Northwind IT", "User", email), dubois).Scan(&yes))
		return yes
	}
	expect(t, "a customer asks whether a member of their tenant can be assigned", assignable(memberOfOne), true)
	expect(t, "whether another customer can", assignable(customer), false)
}

// TestWhatOnlyAdminsMayDoToOthersWorkIsAuditedWhenRefused by the part that somebody has in it.
func TestWhatOnlyAdminsMayDoToOthersWorkIsAuditedWhenRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	gil := a.as(grandfathered)
	session := encode("RemoteSession", one[uuid.UUID](a, "select id from app.remote_sessions where status = 'ACTIVE' limit 1"))
	article := encode("Article", one[uuid.UUID](a, `select k.id from app.articles k join app.accounts a using (account_id)
		where a.name = 'Northwind IT' and k.state = 'PUBLISHED' and k.author_id <> $1 limit 1`, a.key("Northwind IT", "User", grandfathered)))
	for verb, input := range map[string]in{"endRemoteSession": {"id": session, "outcome": "UNKNOWN"}, "updateArticle": {"id": article, "title": "Mine"}} {
		expect(t, "a grandfathered member: "+verb, gil.try(verb, input), "FORBIDDEN")
		expect(t, "entries of the refusal", one[int](a, "select count(*) from app.audit_events where outcome = 'DENIED' and action = $1", verb), 1)
	}
}

// TestAWriteThatTheDatabaseHidesUndoesTheMutation although its transaction would end in the same round
// trip: a change of no row is no error of PostgreSQL's.
func TestAWriteThatTheDatabaseHidesUndoesTheMutation(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ticket := one[uuid.UUID](a, `select k.id from app.tickets k join app.accounts a using (account_id) where a.name = 'Northwind IT' and k.subject <> 'Other' limit 1`)
	a.sql("create function app.hide() returns trigger language plpgsql as 'begin return null; end'")
	a.sql("create trigger hide before update on app.tickets for each row execute function app.hide()")
	ada := a.as(admin)
	before := a.state()
	expect(t, "an admin's change of a ticket", ada.try("updateTicket", in{"id": encode("Ticket", ticket), "subject": "Other"}), "NOT_FOUND")
	expect(t, "the database is as it was", a.state() == before, true)
}

// TestAChangeIsTwoRoundTrips: what locks and reads with the beginning, what writes with payload and end.
func TestAChangeIsTwoRoundTrips(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ticket := encode("Ticket", one[uuid.UUID](a, "select k.id from app.tickets k join app.accounts a using (account_id) where a.name = 'Northwind IT' limit 1"))
	ada := a.as(admin)
	for i, subject := range []string{"One", "Two", "Three"} {
		before := a.trips.Load()
		expect(t, "an admin changes a ticket", ada.try("updateTicket", in{"id": ticket, "subject": subject}), "ok")
		if trips := a.trips.Load() - before; i > 0 && trips != 2 { // at first the admin's session is read
			t.Errorf("a change of a ticket takes %d round trips", trips)
		}
	}
}
