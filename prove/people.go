package main

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/token"
)

// kinds are the kinds of people; tenants are the places of those that they are members of, of five.
var kinds = []struct {
	name, role, status string
	grandfathered      bool
	tenants            []int
}{
	{"admin", "ADMIN", "ACTIVE", false, nil},
	{"admin, member of one", "ADMIN", "ACTIVE", false, []int{2}},
	{"grandfathered member", "MEMBER", "ACTIVE", true, nil},
	{"member of none", "MEMBER", "ACTIVE", false, nil},
	{"member of one", "MEMBER", "ACTIVE", false, []int{0}},
	{"member of two, one archived", "MEMBER", "ACTIVE", false, []int{1, 2}},
	{"member of some", "MEMBER", "ACTIVE", false, []int{0, 3, 4}},
	{"member of all", "MEMBER", "ACTIVE", false, []int{0, 1, 2, 3, 4}},
	{"customer of none", "CUSTOMER", "ACTIVE", false, nil},
	{"customer of one", "CUSTOMER", "ACTIVE", false, []int{0}},
	{"customer of two, one archived", "CUSTOMER", "ACTIVE", false, []int{2, 4}},
	{"suspended member", "MEMBER", "SUSPENDED", false, []int{0}},
	{"suspended admin", "ADMIN", "SUSPENDED", false, nil},
	{"invited member", "MEMBER", "INVITED", false, nil},
}

// users makes one of each kind, and last one who is deleted in the end. Addresses are the same in all accounts.
func (m *maker) users() (users []uuid.UUID) {
	for i, k := range kinds {
		id, session := m.key("User"), m.key("Session")
		users = append(users, id)
		m.insert("users", map[string]any{
			"id": id, "email": fmt.Sprintf("person%d@mail.example", i), "name": pick(m, "alex ", "kim ") + m.canary('x'), "role": k.role, "status": k.status,
			"grandfathered": k.grandfathered, "locale": pick(m, "en", "fr"), "last_sign_in_at": m.maybe(50, m.moment()),
		})
		bearer, hash := m.secret(session, token.Session)
		m.session(id, session, hash)
		_, other := m.secret(session, token.Session)
		m.session(id, m.key("Session"), other)
		if m.account == 0 || m.account == 1 && slices.Contains([]string{"admin", "member of two, one archived", "customer of one"}, k.name) {
			m.ask(k.name, id, id, session, bearer)
		}
	}
	gone := m.key("User")
	m.insert("users", map[string]any{"id": gone, "email": "gone@mail.example", "name": "gone " + m.canary('x'), "role": "MEMBER", "status": "ACTIVE"})
	return append(users, gone)
}

func (m *maker) session(user, id uuid.UUID, hash []byte) {
	m.insert("sessions", map[string]any{
		"id": id, "user_id": user, "secret_hash": hash, "ip": "10.0.0." + fmt.Sprint(m.IntN(9)), "user_agent": "browser " + m.canary('x'), "expires_at": never,
	})
}

// tenants makes five, of which the third is archived. Their names are the same in all accounts.
func (m *maker) tenants() {
	for i, name := range []string{"Bakery", "Clinic", "Dockyard", "Estate", "Foundry"} {
		id, status := m.key("Tenant"), "ACTIVE"
		if i == 2 {
			status = "ARCHIVED"
		}
		at := m.place(id)
		m.insert("tenants", map[string]any{
			"id": id, "name": name, "status": status, "external_ref": m.maybe(70, "ref "+m.canary(at)), "contact_email": m.canary(at) + "@mail.example",
			"phone": m.maybe(50, "+1 "+m.canary(at)), "time_zone": m.maybe(50, "Europe/Paris"), "notes": m.maybe(80, "notes "+m.canary(at)),
		})
	}
}

func (m *maker) memberships(users []uuid.UUID) {
	tenants := m.ids[m.account]["Tenant"]
	for i, k := range kinds {
		for _, t := range k.tenants {
			m.insert("memberships", map[string]any{"user_id": users[i], "tenant_id": tenants[t], "added_by_id": m.maybe(70, pick(m, users...))})
		}
	}
}

// tokens makes of every agent one with all of their reach, which only reads, and narrowed ones: for a tenant that
// they reach or have lost, for two, for one that is gone by now, and one that has ended.
func (m *maker) tokens(users []uuid.UUID) {
	tenants := m.ids[m.account]["Tenant"]
	for i, k := range kinds {
		if k.role == "CUSTOMER" {
			continue
		}
		reached := pick(m, tenants...)
		if len(k.tenants) > 0 {
			reached = tenants[k.tenants[0]]
		}
		for _, t := range []struct {
			name     string
			narrowed bool
			named    []uuid.UUID
			over     bool
		}{
			{"a token", false, nil, false}, {"a token for one tenant", true, []uuid.UUID{reached}, false},
			{"a token for two tenants", true, []uuid.UUID{tenants[1], tenants[3]}, false}, {"a token for no tenant any more", true, nil, false},
			{"an ended token", false, nil, true},
		} {
			id := m.key("ApiToken")
			bearer, hash := m.secret(id, token.API)
			var ends any
			if t.over {
				ends = moments[0].AddDate(-1, 0, 0)
			}
			m.insert("api_tokens", map[string]any{
				"id": id, "user_id": users[i], "name": "program " + m.canary('x'), "secret_hash": hash, "last_four": "f0ur", "narrowed": t.narrowed,
				"read_only": t.name == "a token", "expires_at": ends,
			})
			for _, tenant := range t.named {
				m.batch.Queue("insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) values ($1, $2, $3, $4)", m.home(), users[i], id, tenant)
			}
			// Not everybody asks with everything.
			if m.account == 0 && (t.narrowed && (k.name == "admin" || k.name == "grandfathered member") || k.name == "member of some" || t.over && k.name == "admin") {
				m.ask(k.name+", through "+t.name, users[i], id, uuid.Nil, bearer)
			}
		}
	}
}
