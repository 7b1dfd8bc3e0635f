package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/token"
)

// asker is who asks: nobody, or a user, through a session or one of their tokens.
type asker struct {
	name string
	// account and eye name them to the oracle: the eye is the token's id or else the user's.
	account, user, eye uuid.UUID
	// bearer is what they send; empty for nobody.
	bearer string
	// session is the id of the session; nil for a token.
	session uuid.UUID
}

// world is what was written into a database, as far as somebody has to know it who asks.
type world struct {
	askers []asker
	// ids are the keys of all objects that there are or were, of all accounts, by type.
	ids map[string][]uuid.UUID
	// canaries are all that were written.
	canaries int
}

// canary finds canaries: the letter names the account, the next the tenant (n: none, x: nothing of a tenant's).
var canary = regexp.MustCompile(`zz[abc][0-4nx][a-z2-7]{8}zz`)

// Words that objects of all accounts and tenants share, as names do. They are too short for search to take one for another.
var shared = []string{"disk", "lamp", "scan", "vent"}

// moments are few, so that times tie.
var moments = func() (all []time.Time) {
	for i := range 6 {
		all = append(all, time.Date(2026, 2, 3+i/2, 9, 0, i, i*1000*73, time.UTC))
	}
	return all
}()

// never is after any run.
var never = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// maker makes one account after the other. Rows of different accounts often have the same key.
type maker struct {
	*rand.Rand
	world *world
	batch pgx.Batch
	// account is which one is in hand, size how many items of each type it gets.
	account, size int
	ids           []map[string][]uuid.UUID
}

// makeWorld fills a migrated database, as a superuser.
func makeWorld(ctx context.Context, seed uint64, super *pgx.Conn) (*world, error) {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 11)), world: &world{ids: map[string][]uuid.UUID{}}}
	for i, size := range []int{12, 12, 7} {
		m.account, m.size = i, size
		m.ids = append(m.ids, map[string][]uuid.UUID{})
		m.fill()
	}
	m.world.askers = append(m.world.askers, asker{name: "nobody"})
	return m.world, super.SendBatch(ctx, &m.batch).Close()
}

func (m *maker) fill() {
	seal := sha256.Sum256(fmt.Append(nil, m.account, m.Uint64()))
	m.insert("accounts", map[string]any{"account_id": m.key("Account"), "name": "msp " + m.canary('x'), "add_on_seats": 40, "cursor_key": seal[:]})
	users := m.users()
	m.tenants()
	m.memberships(users)
	m.tokens(users)
	m.items(users)
	m.events(users)
	// Who was deleted is met as a name, and as whatever they did.
	m.batch.Queue("delete from app.users where account_id = $1 and id = $2", m.home(), users[len(users)-1])
}

// home is the account's id, which tenantless items have as their tenant.
func (m *maker) home() uuid.UUID { return m.ids[m.account]["Account"][0] }

// key makes the key of a row: often that of a row of the first account.
func (m *maker) key(typ string) uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.IntN(256))
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	own := m.ids[m.account]
	if first := m.ids[0][typ]; m.account > 0 && typ != "Account" && len(own[typ]) < len(first) && m.chance(30) {
		id = first[len(own[typ])]
	}
	own[typ] = append(own[typ], id)
	if !slices.Contains(m.world.ids[typ], id) {
		m.world.ids[typ] = append(m.world.ids[typ], id)
	}
	return id
}

// canary is a word that stands once in the world, and tells where.
func (m *maker) canary(place byte) string {
	m.world.canaries++
	sum := sha256.Sum256(fmt.Append(nil, m.account, place, m.world.canaries))
	return fmt.Sprintf("zz%c%c%szz", 'a'+m.account, place, strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5])))
}

// place is the letter of a tenant in canaries.
func (m *maker) place(tenant uuid.UUID) byte {
	if i := slices.Index(m.ids[m.account]["Tenant"], tenant); i >= 0 {
		return '0' + byte(i)
	}
	return 'n'
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// maybe is the value, or NULL.
func (m *maker) maybe(percent int, v any) any {
	if m.chance(percent) {
		return v
	}
	return nil
}

func pick[T any](m *maker, list ...T) T { return list[m.IntN(len(list))] }

func (m *maker) moment() time.Time { return pick(m, moments...) }

// insert adds a row of the account in hand.
func (m *maker) insert(table string, cols map[string]any) {
	if _, ok := cols["account_id"]; !ok {
		cols["account_id"] = m.home()
	}
	if _, ok := cols["created_at"]; !ok {
		cols["created_at"] = m.moment()
	}
	names := slices.Sorted(maps.Keys(cols))
	values, args := make([]string, len(names)), make([]any, len(names))
	for i, name := range names {
		values[i], args[i] = fmt.Sprintf("$%d", i+1), cols[name]
	}
	m.batch.Queue("insert into app."+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(values, ", ")+")", args...)
}

// ask notes somebody who asks. Of the last two accounts few do.
func (m *maker) ask(name string, user, eye, session uuid.UUID, bearer string) {
	m.world.askers = append(m.world.askers, asker{
		name: fmt.Sprintf("%s of account %c", name, 'a'+m.account), account: m.home(), user: user, eye: eye, session: session, bearer: bearer,
	})
}

// secret makes a session or token that somebody asks with.
func (m *maker) secret(id uuid.UUID, kind token.Kind) (bearer string, hash []byte) {
	t := token.New(m.home(), id)
	return t.Write(kind), t.Hash()
}
