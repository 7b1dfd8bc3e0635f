package graph

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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
	_, err = tx.Exec(ctx, "select app.become($1, $2, null, $3, $4, $5)", account, user, version, tenants, kind)
	must(a.t, err)
	return tx
}

// TestAnInjectedStatementLearnsNothingOfOthers from the functions that its viewer's role may call.
func TestAnInjectedStatementLearnsNothingOfOthers(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ctx := context.Background()
	dubois := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	mark := one[string](a, "select app.word_mark(account_id) from app.accounts where name = 'Southwind Services'")
	tx := a.become(memberOfOne, "member", dubois)
	found := func(word string) (more bool) {
		query := "'" + mark + "=" + word + "' | '" + mark + "~" + word + "'"
		must(t, tx.QueryRow(ctx, "select app.search_found('Device', $1::text::tsquery, 0) is null", query).Scan(&more))
		return more
	}
	expect(t, "a member finds a word that another account has", found("till"), found("zzzz"))
	must(t, tx.Rollback(ctx))

	tx = a.become(customer, "customer_writer", dubois)
	requester := func(email string) (n int) {
		must(t, tx.QueryRow(ctx, "select count(*) from app.requester($1, $2)", a.key("Northwind IT", "User", email), dubois).Scan(&n))
		return n
	}
	expect(t, "addresses that a customer reads as an admin's tickets'", requester(admin), 0)
	expect(t, "as their own", requester(customer), 1)
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
