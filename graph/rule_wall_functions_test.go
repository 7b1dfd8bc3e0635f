package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

// TestATriggerWritesInItsOwnAccountAlone: triggers run past row level security, and ids are the same in
// several accounts of this world; whatever becomes of one account's rows, the others' stay as they were.
func TestATriggerWritesInItsOwnAccountAlone(t *testing.T) {
	t.Parallel()
	d := newDifferential(t, 30)
	ctx := context.Background()
	account := d.world.people[0].account
	others := func(tx pgx.Tx) (sum string) {
		rows, err := tx.Query(ctx, "select relname::text from pg_class c where relnamespace = 'app'::regnamespace and relkind = 'r' and exists (select from pg_attribute where attrelid = c.oid and attname = 'account_id') order by 1")
		must(t, err)
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		for _, table := range tables {
			var one string
			must(t, tx.QueryRow(ctx, "select coalesce(md5(string_agg(r::text, '|' order by r::text)), '') from app."+table+" r where account_id <> $1", account).Scan(&one))
			sum += table + " " + one + "\n"
		}
		return sum
	}
	for _, sql := range []string{
		"update app.accounts set name = name || 'x' where account_id = $1",
		"update app.users set name = name || 'x', email = 'x' || email, status = 'ACTIVE' where account_id = $1",
		"delete from app.users where account_id = $1 and role <> 'ADMIN'",
		"update app.tenants set name = name || 'x', status = 'ARCHIVED' where account_id = $1 and id <> account_id",
		"delete from app.memberships where account_id = $1",
		"insert into app.memberships (account_id, user_id, tenant_id) select u.account_id, u.id, t.id from app.users u join app.tenants t using (account_id) where account_id = $1 and t.id <> $1 on conflict do nothing",
		"delete from app.api_token_tenants where account_id = $1",
		"update app.tickets set subject = subject || 'x', status = 'RESOLVED', assignee_id = null, device_id = null, due_at = now() where account_id = $1",
		"delete from app.remote_sessions where account_id = $1",
		"update app.devices set name = name || 'x', connection = 'ONLINE' where account_id = $1",
		"delete from app.devices where account_id = $1",
		"update app.assets set name = name || 'x' where account_id = $1",
		"delete from app.assets where account_id = $1",
		"update app.articles set title = title || 'x', state = 'ARCHIVED' where account_id = $1",
		"delete from app.articles where account_id = $1",
		"update app.ticket_comments set body = body || 'x', visibility = 'PUBLIC' where account_id = $1",
		`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility)
			select account_id, gen_random_uuid(), tenant_id, id, (select id from app.users u where u.account_id = $1 and role = 'ADMIN' limit 1), 'x', 'PUBLIC' from app.tickets where account_id = $1`,
		"delete from app.ticket_comments where account_id = $1",
	} {
		tx, err := d.owner.Begin(ctx)
		must(t, err)
		before := others(tx)
		tag, err := tx.Exec(ctx, sql, account)
		if err != nil || tag.RowsAffected() == 0 {
			t.Errorf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
		} else if after := others(tx); after != before {
			t.Errorf("%s changes other accounts:\n%s\n%s", sql, before, after)
		}
		must(t, tx.Rollback(ctx))
	}
}

// TestTheFunctionsThatLetSomebodyInCheckForThemselves what they are given: account, person, secret, time,
// and whether these belong together.
func TestTheFunctionsThatLetSomebodyInCheckForThemselves(t *testing.T) {
	t.Parallel()
	d := newDifferential(t, 31)
	people := d.world.people
	ada, mia, abroad, sam := people[0], people[1], people[len(userKinds)+1], people[8]
	d.sql(`insert into app.credentials (account_id, user_id, password_hash) select account_id, id, 'hash of ' || name || account_id from app.users
		on conflict (account_id, user_id) do update set password_hash = excluded.password_hash`)
	holds := func(account, user, credential uuid.UUID, version int64) bool {
		return one[bool](d.api, "select app.access_holds($1, $2, $3, $4)", account, user, credential, version)
	}
	version := func(p person) int64 {
		return one[int64](d.api, "select access_version from app.users where account_id = $1 and id = $2", p.account, p.user)
	}
	_, miasToken := d.token(mia.account, mia.user, nil, false)
	_, adasToken := d.token(ada.account, ada.user, nil, false)
	_, over := d.token(mia.account, mia.user, nil, true)
	nobody := ids.New()
	v := version(mia)
	for sentence, x := range map[string]struct{ got, want bool }{
		"a member's session":                           {holds(mia.account, mia.user, mia.session.ID, v), true},
		"a member's token":                             {holds(mia.account, mia.user, miasToken, v), true},
		"an older version, by session":                 {holds(mia.account, mia.user, mia.session.ID, v-1), false},
		"an older version, by token":                   {holds(mia.account, mia.user, miasToken, v-1), false},
		"another's session":                            {holds(mia.account, mia.user, ada.session.ID, v), false},
		"another's token":                              {holds(mia.account, mia.user, adasToken, v), false},
		"a token that is over":                         {holds(mia.account, mia.user, over, v), false},
		"a credential of nobody":                       {holds(mia.account, mia.user, nobody, v), false},
		"nobody with a session":                        {holds(mia.account, nobody, mia.session.ID, v), false},
		"somebody else of the same version":            {holds(ada.account, ada.user, mia.session.ID, version(ada)), false},
		"a member in another account, by session":      {holds(abroad.account, mia.user, mia.session.ID, v), mia.user == abroad.user && mia.session.ID == abroad.session.ID},
		"who is suspended":                             {holds(sam.account, sam.user, sam.session.ID, version(sam)), false},
		"the account of one and the person of another": {holds(ada.account, nobody, adasToken, version(ada)), false},
		"a session whose account is another's":         {holds(abroad.account, abroad.user, miasToken, version(abroad)), false},
	} {
		expect(t, sentence+" holds", x.got, x.want)
	}

	found := func(account, session uuid.UUID, secret []byte) string {
		return one[string](d.api, `select coalesce((select string_agg(user_id::text || tenants::text || encode(cursor_key, 'hex'), ' ') from app.session($1, $2, $3)), '')`, account, session, secret)
	}
	for _, p := range people[:2*len(userKinds)] {
		want := one[string](d.api, `select coalesce((select u.id::text || array(select tenant_id from app.memberships m where m.account_id = $1 and m.user_id = u.id order by 1)::text || encode(a.cursor_key, 'hex')
			from app.users u join app.accounts a using (account_id) where u.account_id = $1 and u.id = $2 and u.status = 'ACTIVE'), '')`, p.account, p.user)
		expect(t, p.name+"'s session is found", found(p.account, p.session.ID, p.session.Hash()), want)
		expect(t, p.name+"'s session is found by another secret", found(p.account, p.session.ID, token.New(p.account, p.session.ID).Hash()), "")
		expect(t, p.name+"'s session is found by the secret alone", found(p.account, nobody, p.session.Hash()), "")
		for _, other := range people {
			if other.account != p.account {
				expect(t, p.name+"'s session is found in another account", found(other.account, p.session.ID, p.session.Hash()), "")
			}
		}
		password := one[string](d.api, `select coalesce((select string_agg(k::text, ' ') from app.own_password($1, $2, $3) k), '')`, p.account, p.session.ID, p.session.Hash())
		own := one[string](d.api, "select 'hash of ' || name || account_id from app.users where account_id = $1 and id = $2", p.account, p.user)
		expect(t, p.name+" has one password", strings.Count(password, "hash of ") == 1 && strings.Contains(password, own), true)
		expect(t, p.name+"'s password is found by another secret", one[int](d.api, "select count(k) from app.own_password($1, $2, $3) k", p.account, p.session.ID, nobody[:]), 0)
	}
	d.sql("update app.sessions set expires_at = now() - interval '1 second'")
	expect(t, "a session whose time is over is found", found(mia.account, mia.session.ID, mia.session.Hash()), "")
	expect(t, "a session whose time is over holds", holds(mia.account, mia.user, mia.session.ID, version(mia)), false)
	expect(t, "the password behind a session whose time is over", one[int](d.api, "select count(k) from app.own_password($1, $2, $3) k", mia.account, mia.session.ID, mia.session.Hash()), 0)
}

// TestTheFunctionsThatAViewerCallsKeepToAccountAndReach: called by hand, as the viewer's role, in a world in
// which accounts have ids in common.
func TestTheFunctionsThatAViewerCallsKeepToAccountAndReach(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, 32)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, m.db.SuperuserURL)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(ctx) })
	w := &bare{t: t, conn: conn, tried: map[string]int{}}
	accounts := w.texts("select account_id::text from app.accounts order by 1")
	for _, g := range m.guests() {
		s := g.standing()
		role := "tenantry_" + string(s.kind) + "_writer"
		for _, tenant := range w.texts("select id::text from app.tenants order by 1") {
			mine := g.eyes.reaches(g.eyes.me, uuid.MustParse(tenant)) && (slices.Contains(accounts, tenant) == (tenant == s.account[1:37]))
			there := len(w.texts("select id::text from app.tenants where account_id = "+s.account+" and id = $1", tenant)) > 0
			held, err := w.as(s, role, "select from app.hold_tenant($1)", tenant)
			expect(t, fmt.Sprintf("%s holds the tenant %s: %v", g.name, tenant, err), held > 0, mine && there)
			if !there {
				mine = false
			}
			if s.kind != "customer" {
				strangers, err := w.as(s, role, "select from app.assignable($1) r where r.user_id not in (select id from app.user_names) limit 1", tenant)
				expect(t, fmt.Sprintf("%s is told of strangers who reach %s: %v", g.name, tenant, err), strangers, int64(0))
			}
			told := 0
			for _, u := range m.world.things["User"] {
				if u.account() == g.account && g.eyes.reaches(u, uuid.MustParse(tenant)) && u.text("role") != "CUSTOMER" && u.text("status") == "ACTIVE" {
					told++
				}
			}
			if !mine {
				told = 0
			}
			n, err := w.as(s, role, "select from app.assignable($1)", tenant)
			if s.kind == "customer" {
				continue // who is told of one user alone
			}
			if n != int64(told) && there {
				t.Errorf("%s is told of %d who reach %s, not %d: %v", g.name, n, tenant, told, err)
			}
		}
	}
}
