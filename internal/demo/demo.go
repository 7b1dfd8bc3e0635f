// Package demo fills an empty database with the hand-made content of two small MSPs, for trying
// Tenantry out and for tests that name their viewers.
package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/internal/token"
	"tenantry/models"
)

// Password is the password of everybody in the demo.
const Password = "demo-password"

// Person is somebody to sign in as.
type Person struct{ Name, Email, About string }

// People are who to sign in as, to see that each sees something else.
func People() []Person {
	return []Person{
		{"Ada Admin", "ada@northwind.example", "admin: sees everything in Northwind IT"},
		{"Mia Martin", "mia@northwind.example", "member of one tenant, Boulangerie Dubois"},
		{"Tom Taylor", "tom@northwind.example", "member of two tenants, Boulangerie Dubois and Harbour Clinic"},
		{"Nora Novak", "nora@northwind.example", "member of no tenant: sees the tenantless items"},
		{"Gil Garcia", "gil@northwind.example", "grandfathered member: sees everything until added to a tenant"},
		{"Claire Dubois", "claire@dubois.example", "customer of Boulangerie Dubois: less what is internal"},
		{"Otto Olsen", "otto@southwind.example", "admin of another account, Southwind Services"},
	}
}

// Fill writes the demo as the owner of the schema, in one transaction.
func Fill(ctx context.Context, ownerURL string) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	hash, err := password.New(1).Hash(ctx, Password)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, a := range accounts {
			w := &writer{tx: tx, ctx: ctx, hash: hash, now: time.Now().UTC().Truncate(time.Second), ids: map[string]uuid.UUID{}, emails: map[string]string{}}
			w.account(a)
			if postgres.HasState(w.err, postgres.UniqueViolation) {
				return fmt.Errorf("the database has an account %s already: the demo needs one without", a.name)
			}
			if w.err != nil {
				return fmt.Errorf("the demo's account %s: %w", a.name, w.err)
			}
		}
		return nil
	})
}

// writer writes one account; after the first error it does nothing.
type writer struct {
	tx   pgx.Tx
	ctx  context.Context
	hash string
	now  time.Time
	self uuid.UUID
	ids  map[string]uuid.UUID
	// emails are the users' addresses by name.
	emails map[string]string
	err    error
}

func (w *writer) exec(sql string, args ...any) {
	if w.err == nil {
		_, w.err = w.tx.Exec(w.ctx, sql, args...)
	}
}

// id makes the id of something that others refer to by a name.
func (w *writer) id(kind, name string) uuid.UUID {
	id := ids.New()
	w.ids[kind+name] = id
	return id
}

// ref is the id of something made before; nil if the name is empty.
func (w *writer) ref(kind, name string) *uuid.UUID {
	if name == "" {
		return nil
	}
	id, ok := w.ids[kind+name]
	if !ok && w.err == nil {
		w.err = fmt.Errorf("there is no %s %q", kind, name)
	}
	return &id
}

// tenant is the id of a tenant; without a name that of tenantless items.
func (w *writer) tenant(name string) uuid.UUID {
	if name == "" {
		return w.self
	}
	return *w.ref("tenant", name)
}

func (w *writer) account(a account) {
	w.self = ids.New()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	w.exec(`insert into app.accounts (account_id, name, add_on_seats, cursor_key, demo) values ($1, $2, $3, $4, true)`, w.self, a.name, a.addOnSeats, key)
	for _, t := range a.tenants {
		w.exec(`insert into app.tenants (account_id, id, name, external_ref, contact_email, phone, time_zone, notes) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			w.self, w.id("tenant", t.name), t.name, t.externalRef, t.email, t.phone, t.timeZone, t.notes)
	}
	for _, u := range a.users {
		id := w.id("user", u.name)
		w.emails[u.name] = u.email
		w.exec(`insert into app.users (account_id, id, email, name, role, status, grandfathered, locale) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			w.self, id, u.email, u.name, u.role, u.status, u.grandfathered, u.locale)
		if u.status != models.UserStatusInvited {
			w.exec(`insert into app.credentials (account_id, user_id, password_hash) values ($1, $2, $3)`, w.self, id, w.hash)
		}
		for _, t := range u.tenants {
			w.exec(`insert into app.memberships (account_id, user_id, tenant_id, added_by_id) values ($1, $2, $3, $4)`,
				w.self, id, w.tenant(t), w.ref("user", a.users[0].name))
		}
	}
	for _, t := range a.tokens {
		w.token(t)
	}
	for _, g := range a.groups {
		w.exec(`insert into app.device_groups (account_id, id, tenant_id, name, description) values ($1, $2, $3, $4, $5)`,
			w.self, w.id("group", g.tenant+g.name), w.tenant(g.tenant), g.name, g.description)
	}
	for _, d := range a.devices {
		w.device(d)
	}
	for _, x := range a.assets {
		w.asset(x)
	}
	for i, k := range a.tickets {
		w.ticket(k, 4200+i)
	}
	for _, k := range articles[a.name] {
		w.article(k)
	}
	for _, s := range sessions[a.name] {
		w.session(s)
	}
	w.exec(`update app.ticket_numbers set last_number = $2 where account_id = $1`, w.self, 4200+len(a.tickets))
	w.exec(`insert into app.audit_events (account_id, id, actor_name, action, outcome) values ($1, $2, 'demo', 'demo', 'DONE')`, w.self, ids.New())
}

// token makes a token that nobody can use: its secret is thrown away.
func (w *writer) token(t apiToken) {
	secret := token.New(w.self, ids.New())
	w.exec(`insert into app.api_tokens (account_id, id, user_id, name, secret_hash, last_four, narrowed, read_only) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		w.self, secret.ID, w.ref("user", t.user), t.name, secret.Hash(), "demo", len(t.tenants) > 0, t.readOnly)
	for _, tenant := range t.tenants {
		w.exec(`insert into app.api_token_tenants (account_id, user_id, token_id, tenant_id) values ($1, $2, $3, $4)`,
			w.self, w.ref("user", t.user), secret.ID, w.tenant(tenant))
	}
}

func (w *writer) device(d device) {
	group := (*uuid.UUID)(nil)
	if d.group != "" {
		group = w.ref("group", d.tenant+d.group)
	}
	w.exec(`insert into app.devices (account_id, id, tenant_id, group_id, name, hostname, platform, kind, os_name, os_version, manufacturer, model,
			serial_number, public_ip, logged_in_user, connection, last_seen_at, tags)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		w.self, w.id("device", d.name), w.tenant(d.tenant), group, d.name, d.hostname, d.platform, d.kind, d.osName, d.osVersion, d.maker, d.model,
		d.serial, d.ip, d.user, d.state, w.now.Add(-d.seen), d.tags)
}

func (w *writer) ticket(k ticket, number int) {
	id := w.id("ticket", k.subject)
	at := w.now.Add(-k.age)
	var name, email *string
	if k.requesterName != "" {
		name, email = &k.requesterName, &k.requesterEmail
	}
	if k.requester != "" {
		address := w.emails[k.requester]
		name, email = &k.requester, &address
	}
	var resolved, closed *time.Time
	if k.status == models.TicketStatusResolved {
		resolved = &at
	}
	if k.status == models.TicketStatusClosed {
		closed = &at
	}
	w.exec(`insert into app.tickets (account_id, id, tenant_id, number, subject, description, device_id, asset_id, requester_id, requester_name,
			requester_email, assignee_id, status, type, priority, source, category, tags, due_at, resolved_at, closed_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22)`,
		w.self, id, w.tenant(k.tenant), number, k.subject, k.text, w.ref("device", k.device), w.ref("asset", k.asset), w.ref("user", k.requester), name, email,
		w.ref("user", k.assignee), k.status, k.kind, k.priority, "e-mail", k.category, k.tags, at.Add(48*time.Hour), resolved, closed, at)
	for i, c := range k.comments {
		w.exec(`insert into app.ticket_comments (account_id, id, tenant_id, ticket_id, author_id, body, visibility, created_at, updated_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
			w.self, ids.New(), w.tenant(k.tenant), id, w.ref("user", c.author), c.text, c.visibility, at.Add(time.Duration(i+1)*time.Hour))
	}
}
