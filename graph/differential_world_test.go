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
	if x.typ == "Named" {
		return x.ref("token_id")
	}
	return x.ref("id")
}

// The tables of a world, parents first.
var worldTables = []struct{ typ, table string }{
	{"Account", "accounts"}, {"User", "users"}, {"Name", "user_names"}, {"Tenant", "tenants"}, {"Membership", "memberships"},
	{"DeviceGroup", "device_groups"}, {"Device", "devices"}, {"Asset", "assets"}, {"Ticket", "tickets"}, {"TicketComment", "ticket_comments"},
	{"TicketChange", "ticket_changes"},
	{"RemoteSession", "remote_sessions"}, {"Article", "articles"}, {"AuditEvent", "audit_events"}, {"Session", "sessions"},
	{"ApiToken", "api_tokens"}, {"Named", "api_token_tenants"},
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
	}
	if table != "memberships" && table != "ticket_changes" {
		cols["updated_at"] = pick(m.Rand, moments)
	}
	names := slices.Sorted(maps.Keys(cols))
	values, args := []string{}, []any{}
	for i, name := range names {
		values, args = append(values, fmt.Sprintf("$%d", i+1)), append(args, cols[name])
	}
	m.batch.Queue("insert into app."+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(values, ", ")+")", args...)
}
