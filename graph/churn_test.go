package graph

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// churn changes a world from outside of the API while others read it: it inserts rows that were not there
// before, and moves and deletes those, but leaves what was there alone. A row has in a text of its own
// which tenant it is in.
type churn struct {
	*maker
	conn    *pgx.Conn
	tenants []uuid.UUID // the account's own id among them: for no tenant
	users   []uuid.UUID
	tickets []*thing
	rows    []churned
	n       int
}

type churned struct {
	table string
	id    uuid.UUID
}

// canaries are the texts in which a table's rows say where they are.
var canaries = map[string]string{
	"devices": "hostname", "device_groups": "description", "tickets": "description", "assets": "location", "articles": "summary", "remote_sessions": "notes",
}

func whereabouts(tenant uuid.UUID) string { return "in " + tenant.String() }

func newChurn(t testing.TB, d *differential, seed uint64) *churn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), d.db.OwnerURL)
	must(t, err)
	account := d.world.people[0].account
	c := &churn{maker: &maker{Rand: rand.New(rand.NewPCG(seed, 7)), world: d.world, ids: []map[string][]uuid.UUID{{"Account": {account}}}}, conn: conn}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, x := range d.world.things["Tenant"] {
		if x.account() == account {
			c.tenants = append(c.tenants, x.key())
		}
	}
	for _, p := range d.world.people[:len(userKinds)] {
		c.users = append(c.users, p.user)
	}
	for _, x := range d.world.things["Ticket"] {
		if x.account() == account {
			c.tickets = append(c.tickets, x)
		}
	}
	for _, x := range d.world.things["Device"] {
		if x.account() == account {
			c.ids[0]["Device"] = append(c.ids[0]["Device"], x.key())
		}
	}
	return c
}

// step changes one thing.
func (c *churn) step(ctx context.Context) error {
	c.n++
	c.batch = pgx.Batch{}
	switch some := len(c.rows); {
	case some > 60 || some > 20 && c.chance(40):
		i := c.IntN(some)
		c.batch.Queue("delete from app."+c.rows[i].table+" where account_id = $1 and id = $2", c.ids[0]["Account"][0], c.rows[i].id)
		c.rows = slices.Delete(c.rows, i, i+1)
	case some > 5 && c.chance(40):
		c.move(c.rows[c.IntN(some)])
	default:
		c.add()
	}
	return c.conn.SendBatch(ctx, &c.batch).Close()
}

func (c *churn) move(row churned) {
	canary, ok := canaries[row.table]
	if !ok {
		return
	}
	set, tenant := "", pick(c.Rand, c.tenants)
	if row.table == "articles" {
		set = ", audience = case when $3 = $1 then 'TENANTLESS' else 'TENANT' end"
	}
	c.batch.Queue("update app."+row.table+" set tenant_id = $3, "+canary+" = $4"+set+" where account_id = $1 and id = $2",
		c.ids[0]["Account"][0], row.id, tenant, whereabouts(tenant))
}

func (c *churn) add() {
	tenant := pick(c.Rand, c.tenants)
	insert := func(table string, cols map[string]any) {
		id := c.uuid()
		cols["id"] = id
		if canary, ok := canaries[table]; ok {
			cols["tenant_id"], cols[canary] = tenant, whereabouts(tenant)
		}
		c.insert(table, cols)
		c.rows = append(c.rows, churned{table, id})
	}
	name := c.word()
	switch c.IntN(11) {
	case 0, 1:
		insert("devices", map[string]any{"name": name, "platform": "LINUX", "kind": "SERVER"})
	case 2:
		insert("device_groups", map[string]any{"name": fmt.Sprint(name, c.n)})
	case 3, 4:
		insert("tickets", map[string]any{"number": 5000 + c.n, "subject": name, "device_id": pick(c.Rand, c.ids[0]["Device"]), "assignee_id": pick(c.Rand, c.users)})
	case 5:
		insert("assets", map[string]any{"name": name, "kind": "HARDWARE", "status": "READY", "device_id": pick(c.Rand, c.ids[0]["Device"])})
	case 6:
		audience := "TENANT"
		if tenant == c.ids[0]["Account"][0] {
			audience = "TENANTLESS"
		}
		insert("articles", map[string]any{"title": name, "audience": audience, "state": c.some("DRAFT", "PUBLISHED"), "body": name, "locale": "en"})
	case 7:
		insert("remote_sessions", map[string]any{
			"device_id": pick(c.Rand, c.ids[0]["Device"]), "ticket_id": pick(c.Rand, c.tickets).key(), "agent_id": pick(c.Rand, c.users), "outcome": "UNKNOWN",
			"mode": "UNATTENDED", "status": "ACTIVE", "consent": "NOT_NEEDED", "started_at": moments[0],
		})
	case 8: // an internal one, of what was there: it moves nothing of its ticket
		of := pick(c.Rand, c.tickets)
		insert("ticket_comments", map[string]any{"tenant_id": of.ref("tenant_id"), "ticket_id": of.key(), "author_id": pick(c.Rand, c.users), "body": hush, "visibility": "INTERNAL"})
	case 9:
		insert("tenants", map[string]any{"name": fmt.Sprint(name, c.n)})
	case 10:
		insert("audit_events", map[string]any{"actor_name": name, "request_id": name, "action": "createDevice", "outcome": "DONE"})
	}
}

// hush is the body of comments that no customer reads.
const hush = "not for customers"
