package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/token"
)

// identity is a member of ten tenants, as a server may know them who keeps all in memory.
type identity struct {
	Token   string      `json:"token"`
	User    uuid.UUID   `json:"user"`
	Name    string      `json:"name"`
	Tenants []uuid.UUID `json:"tenants"`
}

// caller is an identity with some devices and open tickets that it sees.
type caller struct {
	identity
	devices []uuid.UUID
	tickets []*ticket
}

// ticket is one that callers write; those who see the same one share it.
type ticket struct {
	id      uuid.UUID
	onHold  bool // when the run began
	written atomic.Uint32
}

// next is a status that the ticket does not have, so that each write writes: it goes between OPEN and
// ON_HOLD, from which nothing else follows.
func (t *ticket) next() string {
	if (t.written.Add(1)%2 == 1) != t.onHold {
		return "ON_HOLD"
	}
	return "OPEN"
}

// draw is what the caller asks for this time.
func (c *caller) draw(w work, r *rand.Rand) (a ask) {
	switch w.key {
	case point:
		a.device = c.devices[r.IntN(len(c.devices))]
	case write:
		t := c.tickets[r.IntN(len(c.tickets))]
		a.ticket, a.status = t.id, t.next()
	}
	return a
}

// callers signs members of ten tenants in.
func callers(ctx context.Context, conn *pgx.Conn, n int) ([]caller, error) {
	rows, err := conn.Query(ctx, `select u.id, u.name, array_agg(m.tenant_id order by m.tenant_id)
		from app.users u join app.memberships m on m.account_id = u.account_id and m.user_id = u.id
		group by 1, 2 having count(*) = 10 order by 1 limit $1`, n)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c caller, err error) {
		return c, row.Scan(&c.User, &c.Name, &c.Tenants)
	})
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, `delete from app.sessions`); err != nil { // of an earlier run
		return nil, err
	}
	shared := map[uuid.UUID]*ticket{}
	for i := range out {
		c := &out[i]
		if err := c.signIn(ctx, conn, account); err != nil {
			return nil, err
		}
		if err := c.look(ctx, conn, shared); err != nil {
			return nil, err
		}
		if len(c.devices) == 0 || len(c.tickets) == 0 {
			return nil, fmt.Errorf("%s sees no device or no open ticket", c.Name)
		}
	}
	return out, nil
}

func (c *caller) signIn(ctx context.Context, conn *pgx.Conn, account uuid.UUID) error {
	t := token.New(account, ids.New())
	c.Token = t.Write(token.Session)
	_, err := conn.Exec(ctx, `insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) values ($1, $2, $3, $4, now() + interval '1 day')`,
		account, t.ID, c.User, t.Hash())
	return err
}

// look finds devices and open tickets of the caller's tenants.
func (c *caller) look(ctx context.Context, conn *pgx.Conn, shared map[uuid.UUID]*ticket) error {
	rows, err := conn.Query(ctx, `select id from app.devices where account_id = $1 and tenant_id = any($2) order by md5(id::text) limit 200`, account, c.Tenants)
	if err != nil {
		return err
	}
	if c.devices, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
		return err
	}
	rows, err = conn.Query(ctx, `select id, status = 'ON_HOLD' from app.tickets
		where account_id = $1 and tenant_id = any($2) and status in ('OPEN', 'ON_HOLD') order by md5(id::text) limit 200`, account, c.Tenants)
	if err != nil {
		return err
	}
	c.tickets, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*ticket, error) {
		t := &ticket{}
		if err := row.Scan(&t.id, &t.onHold); err != nil {
			return nil, err
		}
		if known := shared[t.id]; known != nil {
			return known, nil
		}
		shared[t.id] = t
		return t, nil
	})
	return err
}
