package graph

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/token"
)

// thing is a row as it is stored, under the name of its GraphQL type.
type thing struct {
	typ  string
	cols map[string]any
}

// ref is a column with a row's key; uuid.Nil for NULL.
func (x *thing) ref(column string) uuid.UUID {
	if b, ok := x.cols[column].([16]byte); ok {
		return b
	}
	return uuid.Nil
}

func (x *thing) text(column string) string {
	s, _ := x.cols[column].(string)
	return s
}

func (x *thing) account() uuid.UUID { return x.ref("account_id") }

func (x *thing) key() uuid.UUID {
	if x.typ == "Account" {
		return x.account()
	}
	return x.ref("id")
}

// The tables of a world, parents first.
var worldTables = []struct{ typ, table string }{
	{"Account", "accounts"}, {"User", "users"}, {"Name", "user_names"}, {"Tenant", "tenants"}, {"Membership", "memberships"},
	{"DeviceGroup", "device_groups"}, {"Device", "devices"}, {"Ticket", "tickets"}, {"TicketComment", "ticket_comments"},
	{"AuditEvent", "audit_events"}, {"Session", "sessions"},
}

// world is everything that a test's database holds, in memory.
type world struct {
	things map[string][]*thing
	byKey  map[string]*thing
	// people are who asks: a name for messages, and how they sign in.
	people []person
}

type person struct {
	name          string
	account, user uuid.UUID
	session       token.Token
}

func (w *world) find(typ string, account, id uuid.UUID) *thing {
	return w.byKey[typ+account.String()+id.String()]
}

// load reads all rows back, since triggers have changed some.
func (w *world) load(ctx context.Context, owner *pgx.Conn) error {
	w.things, w.byKey = map[string][]*thing{}, map[string]*thing{}
	for _, t := range worldTables {
		rows, err := owner.Query(ctx, "select * from app."+t.table+" order by 1, 2")
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(rows, pgx.RowToMap)
		if err != nil {
			return err
		}
		for _, cols := range all {
			x := &thing{typ: t.typ, cols: cols}
			w.things[t.typ] = append(w.things[t.typ], x)
			w.byKey[t.typ+x.account().String()+x.key().String()] = x
		}
	}
	return nil
}

// maker makes a world from a seed. Names are few, so that they meet across accounts and tie in lists;
// they are ASCII in lower case, which every collation orders by the bytes. Some ids are the same in
// several accounts: only the account in front of the key tells the rows apart.
type maker struct {
	*rand.Rand
	batch   pgx.Batch
	world   *world
	account int
	ids     []map[string][]uuid.UUID
}

var words = []string{"alba", "birch", "cedar", "delta", "ember", "fjord", "grove"}

// moments are few, so that times tie.
var moments = func() (all []time.Time) {
	for i := range 7 {
		all = append(all, time.Date(2026, 1, 10+i/2, 8, 0, i, i*1000*37, time.UTC))
	}
	return append(all, time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC))
}()

func makeWorld(ctx context.Context, seed uint64, owner *pgx.Conn) (*world, error) {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 1)), world: &world{}}
	for i := range 3 {
		m.account = i
		m.ids = append(m.ids, map[string][]uuid.UUID{})
		m.fill()
	}
	if err := owner.SendBatch(ctx, &m.batch).Close(); err != nil {
		return nil, err
	}
	return m.world, m.world.load(ctx, owner)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m *maker) word() string { return pick(m.Rand, words) }

// maybe is the value, or NULL.
func (m *maker) maybe(percent int, v any) any {
	if m.chance(percent) {
		return v
	}
	return nil
}

func (m *maker) some(list ...string) string { return pick(m.Rand, list) }

func (m *maker) uuid() (id uuid.UUID) {
	for i := range id {
		id[i] = byte(m.IntN(256))
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

func (m *maker) id(typ string) uuid.UUID {
	id, own := m.uuid(), m.ids[m.account]
	if first := m.ids[0][typ]; m.account > 0 && typ != "Account" && len(own[typ]) < len(first) && m.chance(40) {
		id = first[len(own[typ])]
	}
	own[typ] = append(own[typ], id)
	return id
}

// insert adds a row of the account in hand, with times of its own.
func (m *maker) insert(table string, cols map[string]any) {
	cols["account_id"] = m.ids[m.account]["Account"][0]
	if _, ok := cols["created_at"]; !ok {
		cols["created_at"] = pick(m.Rand, moments)
		if table != "memberships" {
			cols["updated_at"] = pick(m.Rand, moments)
		}
	}
	names := slices.Sorted(maps.Keys(cols))
	values, args := []string{}, []any{}
	for i, name := range names {
		values, args = append(values, fmt.Sprintf("$%d", i+1)), append(args, cols[name])
	}
	m.batch.Queue("insert into app."+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(values, ", ")+")", args...)
}

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
		m.ticket(i, pick(m.Rand, items), users)
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
		"device_id": m.maybe(70, pick(m.Rand, m.ids[m.account]["Device"])), "assignee_id": m.maybe(60, pick(m.Rand, users)),
		"status": m.some("NEW", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"), "type": m.some("INCIDENT", "REQUEST"),
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
}

func (m *maker) event(users, tenants []uuid.UUID) {
	n := len(m.ids[m.account]["AuditEvent"])
	cols := map[string]any{
		"id": m.id("AuditEvent"), "actor_id": m.maybe(80, pick(m.Rand, users)), "actor_name": m.word(), "request_id": m.word(),
		"action": m.some("createDevice", "updateTicket", "suspendUser"), "outcome": "DONE",
		"tenant_id": m.maybe(60, pick(m.Rand, append(slices.Clone(tenants), m.uuid()))), "tenant_name": m.maybe(60, m.word()),
		"before": m.maybe(50, map[string]any{"name": m.word(), "n": 3}), "after": m.maybe(50, map[string]any{"tags": []any{"x", nil, true}}),
	}
	if m.chance(20) {
		cols["outcome"], cols["action"], cols["count"] = "DENIED", fmt.Sprintf("denied%d", n), 2
	}
	typ := m.some("Tenant", "User", "Device", "DeviceGroup", "Ticket", "TicketComment", "Session", "Account")
	if known := m.ids[m.account][typ]; m.chance(80) && len(known) > 0 {
		cols["object_type"], cols["object_id"], cols["object_name"] = typ, pick(m.Rand, append(slices.Clone(known), m.uuid())), m.word()
	}
	m.insert("audit_events", cols)
}
