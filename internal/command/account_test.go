package command

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/demo"
	"tenantry/internal/testdb"
)

// world is a database with the demo's two accounts.
type world struct {
	t  *testing.T
	db *testdb.DB
	c  *pgx.Conn
}

func demoWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: testdb.Open(t)}
	ctx := context.Background()
	w.must(demo.Fill(ctx, w.db.OwnerURL))
	var err error
	w.c, err = pgx.Connect(ctx, w.db.OwnerURL)
	w.must(err)
	t.Cleanup(func() { _ = w.c.Close(ctx) })
	w.exec(`insert into app.remote_sessions (account_id, id, tenant_id, device_id, agent_id, mode, status, consent)
		select d.account_id, gen_random_uuid(), d.tenant_id, d.id, (select id from app.users u where u.account_id = d.account_id limit 1), 'UNATTENDED', 'ACTIVE', 'NOT_NEEDED' from app.devices d`)
	w.exec(`update app.tickets set subject = subject || ' (changed)'`)
	w.exec(`insert into app.assets (account_id, id, tenant_id, name, kind, status, device_id)
		select account_id, gen_random_uuid(), tenant_id, name, 'HARDWARE', 'READY', id from app.devices`)
	w.exec(`insert into app.articles (account_id, id, tenant_id, audience, title, body, author_id) select account_id, gen_random_uuid(), account_id, 'ALL_TENANTS', 'T', 'B', id from app.users`)
	w.exec(`insert into app.sessions (account_id, id, user_id, secret_hash, expires_at) select account_id, id, id, sha256(id::text::bytea), now() + interval '1 hour' from app.users`)
	w.exec(`insert into app.invitations (account_id, user_id, secret_hash, expires_at) select account_id, id, sha256(id::text::bytea), now() + interval '1 hour' from app.users`)
	w.exec(`insert into app.import_refs (account_id, kind, external_id, id) select account_id, 'user', email, id from app.users`)
	w.exec(`insert into app.idempotency_keys (account_id, user_id, credential_id, key, field, request_hash) select account_id, id, id, 'k', 'f', sha256(id::text::bytea) from app.users`)
	w.exec("insert into app.identities (account_id, issuer, subject, user_id) select account_id, 'https://issuer.example', id::text, id from app.users")
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.c.Exec(context.Background(), sql, args...)
	w.must(err)
}

func (w *world) account(name string) (id uuid.UUID) {
	w.t.Helper()
	w.must(w.c.QueryRow(context.Background(), "select account_id from app.accounts where name = $1", name).Scan(&id))
	return id
}

// rows are the rows of an account in each table, with a checksum.
func (w *world) rows(account uuid.UUID) map[string]string {
	w.t.Helper()
	ctx := context.Background()
	found, err := w.c.Query(ctx, `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
		where c.relnamespace = 'app'::regnamespace and c.relkind = 'r'`)
	w.must(err)
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	w.must(err)
	out := map[string]string{}
	for _, table := range tables {
		var n int
		var sum string
		w.must(w.c.QueryRow(ctx, "select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from app."+table+" t where account_id = $1", account).Scan(&n, &sum))
		out[table] = fmt.Sprint(n, " ", sum)
	}
	return out
}

// TestAnAccountIsDeletedWithEverythingAndNothingElse compares every table before and after.
func TestAnAccountIsDeletedWithEverythingAndNothingElse(t *testing.T) {
	w := demoWorld(t)
	gone, other := w.account("Northwind IT"), w.account("Southwind Services")
	before := w.rows(other)
	for table, rows := range w.rows(gone) {
		if strings.HasPrefix(rows, "0 ") {
			t.Errorf("the account has nothing in %s: the test would not see that it stays", table)
		}
	}
	whole := fmt.Sprint(w.rows(gone))
	for _, step := range []struct {
		args []string
		says string
	}{
		{[]string{"account"}, "say account delete NAME --confirm NAME"},
		{[]string{"account", "delete"}, "say account delete NAME --confirm NAME"},
		{[]string{"account", "delete", "Northwind IT"}, `nothing was deleted: repeat the name with --confirm "Northwind IT"`},
		{[]string{"account", "delete", "Northwind IT", "--confirm", "Southwind Services"}, "nothing was deleted"},
		{[]string{"account", "delete", "Northwind", "--confirm", "Northwind"}, `there is no account "Northwind"`},
	} {
		if code, text := typed(t, w.db, "", step.args...); code != failed || !strings.Contains(text, step.says) {
			t.Errorf("%v: %d, %s", step.args, code, text)
		}
	}
	if fmt.Sprint(w.rows(gone)) != whole {
		t.Error("what was refused changed the account")
	}
	code, text := typed(t, w.db, "", "account", "delete", "Northwind IT", "--confirm", "Northwind IT")
	if code != ok || !strings.Contains(text, "Deleted the account Northwind IT") {
		t.Fatalf("%d, %s", code, text)
	}
	for table, rows := range w.rows(gone) {
		if !strings.HasPrefix(rows, "0 ") {
			t.Errorf("%s still has rows of the deleted account: %s", table, rows)
		}
	}
	for table, rows := range w.rows(other) {
		if rows != before[table] {
			t.Errorf("%s of the other account changed", table)
		}
	}
	if code, text := typed(t, w.db, "", "account", "delete", "Northwind IT", "--confirm", "Northwind IT"); code != failed || !strings.Contains(text, "there is no account") {
		t.Errorf("once more: %d, %s", code, text)
	}
	code, text = typed(t, w.db, "long enough password\n", "admin", "create", "--account", "Northwind IT", "--email", "new@example.com", "--name", "New")
	if code != ok {
		t.Errorf("the name can be used again: %d, %s", code, text)
	}
}

// TestEveryTableIsOfAnAccount but for those named here: else deleting one would leave something.
func TestEveryTableIsOfAnAccount(t *testing.T) {
	w := demoWorld(t)
	found, err := w.c.Query(context.Background(), `select c.relname from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
		and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account_id')`)
	w.must(err)
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	w.must(err)
	for _, table := range tables {
		t.Errorf("%s has no account_id: whose rows are these?", table)
	}
}

// TestAnAccountIsDeletedWhileItIsInUse by people whose calls are under way, and who get in no more.
func TestAnAccountIsDeletedWhileItIsInUse(t *testing.T) {
	w := demoWorld(t)
	gone, other := w.account("Northwind IT"), w.account("Southwind Services")
	var calls, refused atomic.Int64
	var busy sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for i := range 4 {
		account := gone
		if i == 3 {
			account = other
		}
		busy.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := w.mutate(ctx, account, n); err != nil {
					refused.Add(1)
					if account == other && ctx.Err() == nil {
						t.Errorf("a call of the other account: %v", err)
					}
				} else {
					calls.Add(1)
				}
			}
		})
	}
	for calls.Load() < 20 {
		time.Sleep(time.Millisecond)
	}
	code, text := typed(t, w.db, "", "account", "delete", "northwind it", "--confirm", "northwind it")
	cancel()
	busy.Wait()
	if code != ok {
		t.Fatalf("%d, %s", code, text)
	}
	for table, rows := range w.rows(gone) {
		if !strings.HasPrefix(rows, "0 ") {
			t.Errorf("%s has rows of the deleted account: %s", table, rows)
		}
	}
	if refused.Load() == 0 {
		t.Error("nobody was refused")
	}
}

// mutate makes a ticket and its entry as an admin of an account, on the server's role, as a mutation does.
func (w *world) mutate(ctx context.Context, account uuid.UUID, n int) error {
	c, err := pgx.Connect(ctx, w.db.ServerURL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	owner, err := pgx.Connect(ctx, w.db.OwnerURL)
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }()
	var user uuid.UUID
	var version int64
	err = owner.QueryRow(ctx, "select id, access_version from app.users where account_id = $1 and role = 'ADMIN' and status = 'ACTIVE' order by id limit 1", account).Scan(&user, &version)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select app.become($1, $2, null, $3, '{}', 'admin_writer')", account, user, version); err != nil {
			return err
		}
		for _, sql := range []string{
			"select app.hold_access(array[$2]::uuid[]), $1::uuid, $3::int",
			"select app.hold_tenant($1), $2::uuid, $3::int",
			"update app.devices set hostname = $3::int::text where account_id = $1 and $2::uuid is not null",
			"insert into app.tickets (account_id, id, tenant_id, number, subject) values ($1, gen_random_uuid(), $1, 100000 + $3::int * 10 + ascii($2::uuid::text) % 10, 'S') on conflict do nothing",
			"insert into app.audit_events (account_id, id, actor_id, actor_name, action, outcome) select $1, gen_random_uuid(), $2, 'A', 'a', 'DONE' where $3::int >= 0",
		} {
			if _, err := tx.Exec(ctx, sql, account, user, n); err != nil {
				return err
			}
		}
		return nil
	})
}
