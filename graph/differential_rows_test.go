package graph

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/token"
)

// fill makes an account with everything in it; the first is the largest.
func (m *maker) fill() {
	size := 30 / (m.account + 1)
	account := m.id("Account")
	seal := make([]byte, 32)
	for i := range seal {
		seal[i] = byte(m.IntN(256))
	}
	m.insert("accounts", map[string]any{"name": fmt.Sprintf("world %d", m.account), "add_on_seats": 20, "cursor_key": seal})
	users, former := m.users()
	tenants := m.tenants()
	m.memberships(users, tenants)
	m.tokens(users, tenants)
	items := append([]uuid.UUID{account}, tenants...) // the tenants that items can have: none, too
	groups := map[uuid.UUID][]uuid.UUID{}
	for i := range size / 3 {
		tenant := items[i%len(items)]
		id := m.id("DeviceGroup")
		groups[tenant] = append(groups[tenant], id)
		m.insert("device_groups", map[string]any{"id": id, "tenant_id": tenant, "name": words[i/len(items)%len(words)], "description": m.maybe(50, m.word())})
	}
	for range size {
		m.device(pick(m.Rand, items), groups)
	}
	for i := range size {
		m.asset(i, pick(m.Rand, items))
	}
	for i := range size {
		m.ticket(i, pick(m.Rand, items), users)
	}
	for range size {
		m.session(pick(m.Rand, items), users)
		m.article(pick(m.Rand, items), users)
	}
	for range size / 2 {
		m.event(users, tenants)
	}
	m.batch.Queue("delete from app.users where account_id = $1 and id = $2", account, former)
}

// users are one or more of every kind; the last two are nobody's session. The one who is deleted in the
// end leaves a name behind.
func (m *maker) users() (users []uuid.UUID, former uuid.UUID) {
	for i, kind := range userKinds {
		id := m.id("User")
		users = append(users, id)
		m.insert("users", map[string]any{
			"id": id, "email": fmt.Sprintf("%s%d@mail.example", words[i%3], i), "name": m.word(), "role": kind.role, "status": kind.status,
			"grandfathered": kind.grandfathered, "locale": m.some("en", "fr"), "last_sign_in_at": m.maybe(50, pick(m.Rand, moments)),
		})
		t := token.New(m.ids[m.account]["Account"][0], m.id("Session"))
		for n := range 1 + m.IntN(3) {
			session := t
			if n > 0 {
				session = token.New(m.ids[m.account]["Account"][0], m.id("Session"))
			}
			m.insert("sessions", map[string]any{
				"id": session.ID, "user_id": id, "secret_hash": session.Hash(), "ip": m.some("10.0.0.1", "10.0.0.2"),
				"expires_at": time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
			})
		}
		m.world.people = append(m.world.people, person{
			name: fmt.Sprintf("%s of account %d", kind.name, m.account), account: m.ids[m.account]["Account"][0], user: id, session: t,
		})
	}
	former = m.id("User")
	m.insert("users", map[string]any{"id": former, "email": "former@mail.example", "name": m.word(), "role": "MEMBER", "status": "ACTIVE"})
	return append(users, former), former
}

// userKinds are the kinds of people; tenants are the places of the tenants that they are members of.
var userKinds = []struct {
	name, role, status string
	grandfathered      bool
	tenants            []int
}{
	{"admin", "ADMIN", "ACTIVE", false, nil},
	{"member of one", "MEMBER", "ACTIVE", false, []int{0}},
	{"member of two", "MEMBER", "ACTIVE", false, []int{1, 2}},
	{"member of none", "MEMBER", "ACTIVE", false, nil},
	{"grandfathered member", "MEMBER", "ACTIVE", true, nil},
	{"customer of one", "CUSTOMER", "ACTIVE", false, []int{0}},
	{"customer of two", "CUSTOMER", "ACTIVE", false, []int{1, 3}},
	{"customer of none", "CUSTOMER", "ACTIVE", false, nil},
	{"suspended member", "MEMBER", "SUSPENDED", false, []int{0}},
	{"invited member", "MEMBER", "INVITED", false, nil},
	{"admin of one", "ADMIN", "ACTIVE", false, []int{2}},
	{"once grandfathered member", "MEMBER", "ACTIVE", true, []int{3}},
	{"suspended admin", "ADMIN", "SUSPENDED", false, nil},
}

// tenants are five, of which the third is archived.
func (m *maker) tenants() (tenants []uuid.UUID) {
	for i := range 5 {
		id := m.id("Tenant")
		tenants = append(tenants, id)
		m.insert("tenants", map[string]any{
			"id": id, "name": words[(i+m.account)%len(words)], "status": []string{"ACTIVE", "ARCHIVED"}[i/2%2*(1-i%2)],
			"external_ref": m.maybe(70, m.some("ra", "rb", "rc")), "contact_email": m.maybe(50, "office@mail.example"),
			"phone": m.maybe(50, "555"), "time_zone": m.maybe(50, "Europe/Paris"), "notes": m.maybe(70, m.word()),
		})
	}
	return tenants
}

func (m *maker) memberships(users, tenants []uuid.UUID) {
	for i, kind := range userKinds {
		for _, t := range kind.tenants {
			m.insert("memberships", map[string]any{"user_id": users[i], "tenant_id": tenants[t], "added_by_id": m.maybe(70, pick(m.Rand, users))})
		}
	}
	m.insert("memberships", map[string]any{"user_id": users[len(users)-1], "tenant_id": tenants[0]}) // goes with its user
}

func (m *maker) device(tenant uuid.UUID, groups map[uuid.UUID][]uuid.UUID) {
	var group any
	if own := groups[tenant]; len(own) > 0 && m.chance(60) {
		group = pick(m.Rand, own)
	}
	m.insert("devices", map[string]any{
		"id": m.id("Device"), "tenant_id": tenant, "group_id": group, "name": m.word(), "hostname": m.maybe(50, m.word()),
		"platform": m.some("WINDOWS", "MACOS", "LINUX"), "kind": m.some("SERVER", "LAPTOP", "OTHER"), "os_name": m.maybe(50, m.word()),
		"serial_number": m.maybe(60, m.some("sn1", "sn2")), "manufacturer": m.maybe(50, m.word()), "logged_in_user": m.maybe(50, m.word()),
		"connection": m.some("ONLINE", "OFFLINE", "OVERDUE"), "last_seen_at": m.maybe(70, pick(m.Rand, moments)),
		"tags": [][]string{{}, {"red"}, {"red", `odd "tag" ü`}}[m.IntN(3)],
	})
}

// ticket makes a ticket with its comments. Its device may be another tenant's, as moves leave it.
func (m *maker) ticket(i int, tenant uuid.UUID, users []uuid.UUID) {
	id := m.id("Ticket")
	cols := map[string]any{
		"id": id, "tenant_id": tenant, "number": 1000 + i*7%31, "subject": m.word(), "description": m.maybe(60, "line\n\"two\"\t\\ ü\u2028"),
		"device_id": m.maybe(70, pick(m.Rand, m.ids[m.account]["Device"])), "asset_id": m.maybe(60, pick(m.Rand, m.ids[m.account]["Asset"])),
		"assignee_id": m.maybe(60, pick(m.Rand, users)),
		"status":      m.some("NEW", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"), "type": m.some("INCIDENT", "REQUEST"),
		"priority": m.some("LOW", "MEDIUM", "HIGH", "CRITICAL"), "category": m.maybe(50, m.word()), "tags": []string{m.word()},
		"due_at": m.maybe(60, pick(m.Rand, append(slices.Clone(moments), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)))),
	}
	switch m.IntN(3) {
	case 0:
		n := m.IntN(len(users))
		email := "former@mail.example"
		if n < len(userKinds) {
			email = fmt.Sprintf("%s%d@mail.example", words[n%3], n)
		}
		cols["requester_id"], cols["requester_name"], cols["requester_email"] = users[n], m.word(), email
	case 1:
		cols["requester_name"], cols["requester_email"] = m.word(), m.maybe(60, "somebody@mail.example")
	}
	m.insert("tickets", cols)
	for range m.IntN(4) {
		m.insert("ticket_comments", map[string]any{
			"id": m.id("TicketComment"), "tenant_id": tenant, "ticket_id": id, "author_id": pick(m.Rand, users), "body": m.word(),
			"visibility": m.some("PUBLIC", "INTERNAL"),
		})
	}
	for range m.IntN(5) {
		m.change(tenant, id, users)
	}
}

// tokens are some of every agent, with all of their reach, or for up to two tenants, in reach or not.
func (m *maker) tokens(users, tenants []uuid.UUID) {
	for i, kind := range userKinds {
		for range m.IntN(3) {
			if kind.role == "CUSTOMER" {
				continue
			}
			id, narrowed := m.id("ApiToken"), m.chance(60)
			m.insert("api_tokens", map[string]any{
				"id": id, "user_id": users[i], "name": m.word(), "secret_hash": token.New(id, id).Hash(), "last_four": "f0ur", "narrowed": narrowed,
				"read_only": m.chance(50), "expires_at": m.maybe(50, pick(m.Rand, moments)), "last_used_at": m.maybe(50, pick(m.Rand, moments)),
			})
			for _, n := range m.Perm(len(tenants))[:m.IntN(3)] {
				if narrowed {
					m.batch.Queue("insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) values ($1, $2, $3, $4)",
						m.ids[m.account]["Account"][0], users[i], id, tenants[n])
				}
			}
		}
	}
}
