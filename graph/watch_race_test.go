package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

// TestEveryChangeIsToldOnce while many are made at once: tickets are made, changed, moved about, and changed in
// transactions that are undone. Who sees all is told each, in order. Who sees some is told of each that leaves, of what
// comes and changes unless it has left again by then, and never shown what is elsewhere.
func TestEveryChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	a := newAPIOn(t, 6)
	server := a.serveEvents()
	tenants := []any{a.ref("Tenant", "Boulangerie Dubois"), a.ref("Tenant", "Harbour Clinic"), nil}
	sees := map[string][]any{admin: tenants, grandfathered: tenants, memberOfOne: tenants[:1], memberOfTwo: tenants[:2], memberOfNone: tenants[2:], customer: tenants[:1]}
	watchers := map[string]*watching{}
	for who := range sees {
		watchers[who] = a.as(who).watch(server, who, `subscription { ticketChanged { kind id ticket { tenant { id } } } }`, nil)
	}
	const writers, each = 6, 40
	places := make([]map[string][]any, writers) // of each ticket of each writer: where it has been
	var working sync.WaitGroup
	ada := a.as(admin)
	for n := range writers {
		working.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(n)))
			mine := map[string][]any{}
			var all []string
			for i := range each {
				if len(all) == 0 || r.IntN(4) == 0 {
					to := pick(r, tenants)
					made := ada.done("createTicket", in{"subject": fmt.Sprint(n, " ", i), "tenantId": to}, "ticket { id }")
					id := made["ticket"].(map[string]any)["id"].(string)
					all, mine[id] = append(all, id), []any{to}
					continue
				}
				id := pick(r, all)
				at := mine[id][len(mine[id])-1]
				switch r.IntN(4) {
				case 0:
					to := pick(r, tenants)
					if to != at {
						ada.done("moveTicket", in{"ticketId": id, "tenantId": to}, "ticket { id }")
						mine[id] = append(mine[id], to)
					}
				case 1:
					ada.done("moveTicket", in{"ticketId": id, "tenantId": pick(r, tenants), "dryRun": true}, "committed")
				case 2:
					ada.do(`mutation($id: ID!) { updateTicket(input: {id: $id, subject: "x", status: NEW}) { ticket { id comments(after: "x") { totalCount } } } }`, in{"id": id})
				default:
					ada.done("updateTicket", in{"id": id, "subject": fmt.Sprint(n, " ", i)}, "ticket { id }")
					mine[id] = append(mine[id], at)
				}
			}
			places[n] = mine
		})
	}
	working.Wait()
	ends := map[string]string{}
	for i, tenant := range tenants {
		made := a.as(admin).done("createTicket", in{"subject": fmt.Sprint("end ", i), "tenantId": tenant}, "ticket { id }")
		for who := range sees {
			if slices.Contains(sees[who], tenant) {
				ends[who] = made["ticket"].(map[string]any)["id"].(string) // the last that they see
			}
		}
	}
	total := 0
	for who, w := range watchers {
		told := map[string][]string{} // kinds by ticket
		for {
			var change struct {
				Kind, ID string
				Ticket   *struct{ Tenant *struct{ ID any } }
			}
			must(t, json.Unmarshal([]byte(w.next()), &change))
			told[change.ID] = append(told[change.ID], change.Kind)
			total++
			if change.Ticket != nil {
				var at any
				if change.Ticket.Tenant != nil {
					at = change.Ticket.Tenant.ID
				}
				if !slices.Contains(sees[who], at) {
					t.Errorf("%s is shown a ticket in %v", who, at)
				}
			}
			if change.ID == ends[who] {
				break
			}
		}
		for _, mine := range places {
			for id, places := range mine {
				var want []string
				for i, at := range places {
					saw, seen := i > 0 && slices.Contains(sees[who], places[max(i-1, 0)]), slices.Contains(sees[who], at)
					switch {
					case saw && seen:
						want = append(want, "UPDATED")
					case seen:
						want = append(want, "CREATED")
					case saw:
						want = append(want, "GONE")
					}
				}
				if got := told[id]; !slices.Equal(got, want) && !overtaken(got, want) {
					t.Errorf("%s is told %v of a ticket, not %v", who, got, want)
				} else if len(sees[who]) == len(tenants) && len(got) != len(want) {
					t.Errorf("%s, who sees all, is told %v, not %v", who, got, want)
				}
			}
		}
	}
	if total < writers*each {
		t.Errorf("only %d changes were told", total)
	}
	t.Logf("%d changes were told", total)
}

// overtaken tells whether what was told is all but changes that something that left made void before they could be told.
func overtaken(got, want []string) bool {
	for len(want) > 0 {
		if len(got) > 0 && got[0] == want[0] {
			got, want = got[1:], want[1:]
			continue
		}
		if want[0] == "GONE" || !slices.Contains(want, "GONE") {
			return false
		}
		want = want[1:]
	}
	return len(got) == 0
}

// TestWhoLosesATenantIsToldNothingOfIt, also of what happens in the same transaction; and again once they have it back.
func TestWhoLosesATenantIsToldNothingOfIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	harbour := a.key("Northwind IT", "Tenant", "Harbour Clinic")
	var account, tom uuid.UUID
	must(t, a.owner.QueryRow(context.Background(), "select account_id, id from app.users where email = $1", memberOfTwo).Scan(&account, &tom))
	w := a.as(memberOfTwo).watch(server, "a member of T1 and, at times, T2", watchTickets, nil)
	narrow := a.tokenFor(memberOfTwo, harbour).watch(server, "a token of theirs for T2", watchTickets, nil)
	number := 900_000
	ticket := func(tx pgx.Tx, subject string) error {
		number++
		_, err := tx.Exec(context.Background(), `insert into app.tickets (account_id, id, tenant_id, number, subject) values ($1, $2, $3, $4, $5)`,
			account, ids.New(), harbour, number, subject)
		return err
	}
	do := func(sql, subject string) {
		must(t, pgx.BeginFunc(context.Background(), a.owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(context.Background(), sql, account, tom, harbour); err != nil {
				return err
			}
			return ticket(tx, subject)
		}))
		a.events.Wake()
	}
	for i := range 40 {
		do("delete from app.memberships where account_id = $1 and user_id = $2 and tenant_id = $3", "secret")
		do("select $1::uuid, $2::uuid, $3::uuid", "secret, too")
		do("insert into app.memberships (account_id, user_id, tenant_id) values ($1, $2, $3)", fmt.Sprint("open ", i))
		w.expect(ticketChange("CREATED", fmt.Sprint("open ", i)))
		narrow.expect(ticketChange("CREATED", fmt.Sprint("open ", i)))
	}
}

// tokenFor is an API token of somebody that names one tenant.
func (a *api) tokenFor(email string, tenant uuid.UUID) *client {
	a.t.Helper()
	ctx := context.Background()
	var account, user uuid.UUID
	must(a.t, a.owner.QueryRow(ctx, "select account_id, id from app.users where email = $1", email).Scan(&account, &user))
	k := token.New(account, ids.New())
	_, err := a.owner.Exec(ctx, `insert into app.api_tokens (account_id, id, user_id, name, secret_hash, last_four, narrowed) values ($1, $2, $3, 'narrow', $4, 'abcd', true)`, account, k.ID, user, k.Hash())
	must(a.t, err)
	_, err = a.owner.Exec(ctx, `insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) values ($1, $2, $3, $4)`, account, user, k.ID, tenant)
	must(a.t, err)
	return &client{api: a, token: k.Write(token.API)}
}

// TestWhatIsOpenEndsWithItsSessionOrToken, however that ends.
func TestWhatIsOpenEndsWithItsSessionOrToken(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	server := a.serveEvents()
	ada := a.as(admin)
	dubois := a.key("Northwind IT", "Tenant", "Boulangerie Dubois")
	apiToken := func() *client {
		made := a.as(memberOfTwo).ok(`mutation { createApiToken(input: {name: "T"}) { token } }`, nil).get("createApiToken", "token").(string)
		return &client{api: a, token: made}
	}
	own := func(c *client, query string) func() { return func() { c.ok(query, nil) } }
	byAdmin := func(field string, input in) func() {
		return func() { ada.done(field, input, "userErrors { code }") }
	}
	mia, nora, gil, claire := a.as(memberOfOne), a.as(memberOfNone), a.as(grandfathered), a.as(customer)
	kept, revoked := a.as(memberOfTwo), apiToken()
	short := func() *client {
		c := a.as(memberOfTwo)
		_, err := a.owner.Exec(context.Background(), `update app.sessions set expires_at = now() + interval '2 seconds'
			where id = (select id from app.sessions where user_id = $1 order by created_at desc, id desc limit 1)`, a.key("Northwind IT", "User", memberOfTwo))
		must(t, err)
		return c
	}
	for _, c := range []struct {
		name string
		who  *client
		end  func()
	}{
		{"a time that comes", short(), func() {}},
		{"signing out", mia, own(mia, `mutation { signOut { userErrors { code } } }`)},
		{"an admin who ends the sessions", a.as(memberOfOne), byAdmin("endSessions", in{"userId": a.ref("User", memberOfOne)})},
		{"revoking a token", revoked, func() {
			_, err := a.owner.Exec(context.Background(), "delete from app.api_tokens where name = 'T' and user_id = $1", a.key("Northwind IT", "User", memberOfTwo))
			must(t, err)
		}},
		{"suspension", nora, byAdmin("suspendUser", in{"id": a.ref("User", memberOfNone)})},
		{"becoming a customer, of a token", a.tokenFor(memberOfOne, dubois), byAdmin("updateUser", in{"id": a.ref("User", memberOfOne), "role": "CUSTOMER"})},
		{"deletion", claire, byAdmin("deleteUser", in{"id": a.ref("User", customer)})},
		{"a new invitation", gil, byAdmin("resetAccess", in{"userId": a.ref("User", grandfathered)})},
	} {
		p, w := c.who.join(server), c.who.watch(server, c.name, `subscription { ticketChanged { kind } }`, nil)
		c.end()
		expect(t, c.name+" closes the socket", p.hear(), "4403")
		if got := w.next() + " " + w.next() + " " + w.next(); !strings.HasPrefix(got, "UNAUTHENTICATED complete nothing") {
			t.Errorf("%s: %s is told", c.name, got)
		}
	}
	p := kept.join(server)
	p.say(`{"type":"ping"}`)
	p.expect("pong") // another session of somebody whose session ended
}

// TestWatchingTakesNoConnection from who asks: with a single one, changes are made and told.
func TestWatchingTakesNoConnection(t *testing.T) {
	t.Parallel()
	a := newAPIOn(t, 1)
	server := a.serveEvents()
	var all []*watching
	for range 10 {
		all = append(all, a.as(memberOfTwo).watch(server, "one of ten", watchTickets, nil), a.as(admin).watch(server, "one of ten", watchTickets, nil))
	}
	for i := range 20 {
		a.beacon(a.ref("Tenant", "Harbour Clinic"), fmt.Sprint(i))
	}
	for _, w := range all {
		for i := range 20 {
			w.expect(ticketChange("CREATED", fmt.Sprint(i)))
		}
	}
}
