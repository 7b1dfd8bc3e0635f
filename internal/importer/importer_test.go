package importer_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/importer"
	"tenantry/internal/testdb"
)

// place is an account with one admin, in a database of its own.
type place struct {
	t       testing.TB
	url     string
	conn    *pgx.Conn
	account uuid.UUID
}

func newPlace(t testing.TB) *place {
	t.Helper()
	db := testdb.Open(t)
	conn, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	p := &place{t: t, url: db.OwnerURL, conn: conn, account: ids.New()}
	p.exec("insert into app.accounts (account_id, name, add_on_seats, cursor_key) values ($1, 'Acme', 10, sha256('x'))", p.account)
	p.exec("insert into app.users (account_id, id, email, name, role, status) values ($1, $2, 'ada@acme.example', 'Ada', 'ADMIN', 'ACTIVE')", p.account, ids.New())
	return p
}

func (p *place) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.conn.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

// is checks what a query answers, as PostgreSQL writes it: columns with | between them, rows with spaces.
func (p *place) is(want, sql string) {
	p.t.Helper()
	rows, err := p.conn.Query(p.t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		var cells []string
		for _, cell := range rows.RawValues() {
			cells = append(cells, string(cell))
		}
		all = append(all, strings.Join(cells, "|"))
	}
	if rows.Err() != nil {
		p.t.Fatal(rows.Err())
	}
	got := strings.Join(all, " ")
	if got != want {
		p.t.Errorf("%s\n got: %s\nwant: %s", sql, got, want)
	}
}

type files map[string]string

func (p *place) run(f files, change ...func(*importer.Options)) (*importer.Report, error) {
	p.t.Helper()
	dir := p.t.TempDir()
	for name, content := range f {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	o := importer.Options{OwnerURL: p.url, Dir: dir, Account: "ACME"}
	for _, c := range change {
		c(&o)
	}
	return importer.Run(p.t.Context(), o)
}

func (p *place) mustRun(f files, code int, change ...func(*importer.Options)) *importer.Report {
	p.t.Helper()
	r, err := p.run(f, change...)
	if err != nil {
		p.t.Fatal(err)
	}
	if r.ExitCode() != code {
		p.t.Fatalf("exit code %d, want %d\n%s", r.ExitCode(), code, r)
	}
	return r
}

func update(o *importer.Options) { o.Update = true }
func dryRun(o *importer.Options) { o.DryRun = true }
func strict(o *importer.Options) { o.Strict = true }

// bad is what was refused, a line each.
func bad(r *importer.Report) (out []string) {
	for _, f := range r.Files {
		for _, b := range f.Bad {
			out = append(out, b.String())
		}
	}
	return out
}

func whole() files {
	return files{
		"tenants.csv":       "external_id,name,status,time_zone\nT1,Bakery,ACTIVE,Europe/Paris\nT2,Clinic,ARCHIVED,\n",
		"users.csv":         "external_id,name,email,role,grandfathered\nU1,Mia,Mia@acme.example,MEMBER,\nU2,Gil,gil@acme.example,MEMBER,true\nU3,Cleo,cleo@bakery.example,CUSTOMER,\n",
		"memberships.csv":   "user,tenant\nU1,T1\nU3,T1\n",
		"device_groups.csv": "external_id,name,tenant\nG1,Servers,T1\nG2,Servers,T2\nG3,Loose,\n",
		"devices.csv":       "external_id,name,tenant,group,platform,kind,tags\nD1,srv1,T1,G1,LINUX,SERVER,a; b;a\nD2,srv2,,G2,WINDOWS,SERVER,\nD3,loose,,,OTHER,OTHER,\n",
		"tickets.csv": "external_id,subject,tenant,device,asset,requester,assignee,status,created_at,closed_at\n" +
			"K1,Printer,T1,D1,,U3,U1,CLOSED,2020-01-01T10:00:00Z,2020-01-03T10:00:00Z\nK2,Across,T1,D2,,,U1,OPEN,2020-02-01,\n",
		"comments.csv": "external_id,ticket,author,body,visibility,created_at\n" +
			"C1,K1,U3,\"It smokes,\nhelp\",PUBLIC,2020-01-01T11:00:00Z\nC2,K1,U1,hm,INTERNAL,2020-01-01T12:00:00Z\nC3,K1,U1,Done,PUBLIC,2020-01-05T10:00:00Z\n",
		"notes.csv": "y\n",
	}
}

func TestImport(t *testing.T) {
	p := newPlace(t)
	p.exec("update app.ticket_numbers set last_number = 100")
	r := p.mustRun(whole(), 0)
	if diff := cmp.Diff([]string{"notes.csv"}, r.LeftOut); diff != "" {
		t.Error(diff)
	}
	p.is("Bakery|ACTIVE|Europe/Paris Clinic|ARCHIVED|", "select name, status, time_zone from app.tenants where id <> account_id order by 1")
	p.is("Ada|ADMIN|ACTIVE|f|0 Cleo|CUSTOMER|ACTIVE|f|1 Gil|MEMBER|ACTIVE|t|0 Mia|MEMBER|ACTIVE|f|1", "select name, role, status, grandfathered, tenant_count from app.users order by 1")
	p.is("mia@acme.example", "select email from app.sign_in_names where email like 'm%'")
	p.is("0", "select count(*) from app.credentials")
	p.is("loose||| srv1|Bakery|Servers|a,b srv2|Clinic|Servers|", `select d.name, t.name, g.name, array_to_string(nullif(d.tags, '{}'), ',')
		from app.devices d join app.tenants t on t.id = d.tenant_id left join app.device_groups g on g.id = d.group_id order by 1`)
	// A link across tenants and past dates are kept; a public comment by an agent answered the ticket,
	// and the last public comment moved it.
	p.is("101|Printer|CLOSED|srv1|Mia|Cleo|cleo@bakery.example|1 102|Across|OPEN|srv2|Mia|||1", `select k.number, k.subject, k.status, d.name, a.name, k.requester_name, k.requester_email, k.version
		from app.tickets k join app.devices d on d.id = k.device_id join app.users a on a.id = k.assignee_id order by 1`)
	p.is("20200101T10|20200103T10|20200105T10|20200105T10 20200201T00|||20200201T00", `select to_char(created_at, f), to_char(closed_at, f), to_char(first_responded_at, f), to_char(updated_at, f)
		from (select *, 'YYYYMMDD"T"HH24' as f from app.tickets) k order by number`)
	p.is("It|PUBLIC hm|INTERNAL Done|PUBLIC", "select split_part(body, ' ', 1), visibility from app.ticket_comments order by created_at")
	p.is("import|import|DONE||2", "select action, actor_name, outcome, actor_id, after->'tenants'->>'added' from app.audit_events")

	// A repeat adds nothing, and leaves what was changed meanwhile.
	p.exec("update app.tenants set name = 'Bakery 2' where name = 'Bakery'")
	f := whole()
	f["devices.csv"] += "D4,new,T1,,LINUX,SERVER,\n"
	r = p.mustRun(f, 0)
	if got := r.Files[4]; got.Added != 1 || got.Unchanged != 3 || r.Files[0].Unchanged != 2 || r.Files[6].Unchanged != 3 {
		t.Error(r)
	}
	p.is("Bakery 2 Clinic", "select name from app.tenants where id <> account_id order by 1")
	p.is("2", "select count(*) from app.audit_events")
	p.mustRun(f, 0)
	p.is("2", "select count(*) from app.audit_events")
	// What was deleted comes back.
	p.exec("delete from app.devices where name = 'new'")
	p.mustRun(f, 0)
	p.is("1", "select count(*) from app.devices where name = 'new'")
}

func TestUpdate(t *testing.T) {
	p := newPlace(t)
	p.mustRun(whole(), 0)
	p.exec("delete from app.memberships m using app.users u where u.id = m.user_id and u.name = 'Mia'")
	r := p.mustRun(files{
		"tenants.csv":     "external_id,name,notes\nT1,Bakery,Closed on Mondays\n",
		"users.csv":       "external_id,name,role,status,grandfathered\nU1,Mia M.,ADMIN,SUSPENDED,\nU2,Gil,CUSTOMER,,false\n",
		"memberships.csv": "user,tenant\nU1,T1\n",
		"devices.csv":     "external_id,hostname,tenant\nD1,srv1.local,\n",
		"tickets.csv":     "external_id,status,subject,assignee\nK1,OPEN,Printer,U1\nK2,OPEN,Across the street,\n",
		"comments.csv":    "external_id,body\nC3,Well done\n",
	}, 0, update)
	p.is("Bakery|Closed on Mondays|Europe/Paris", "select name, notes, time_zone from app.tenants where name = 'Bakery'")
	p.is("Gil|MEMBER|ACTIVE|t|0 Mia M.|MEMBER|ACTIVE|f|0", "select name, role, status, grandfathered, tenant_count from app.users where name ~ '^(Gil|Mia)' order by 1")
	p.is("srv1.local||t|LINUX|2", "select hostname, group_id, tenant_id = account_id, platform, version from app.devices where name = 'srv1'")
	// Opened again its times are gone, and by rule 7 its assignee, who has no membership any more.
	p.is("Across the street|OPEN|| Printer|OPEN||", "select subject, status, closed_at, assignee_id from app.tickets order by 1")
	p.is("Well done|PUBLIC|2", "select body, visibility, version from app.ticket_comments where body like '%one'")
	text := r.String()
	for _, want := range []string{"warning: memberships.csv:2:tenant: the membership was ended", "warning: tickets.csv:2:assignee: the ticket is open"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := bad(p.mustRun(files{
		"device_groups.csv": "external_id,tenant\nG1,\n",
		"tickets.csv":       "external_id,tenant,status\nK1,,OPEN\nK2,T1,NEW\n",
		"comments.csv":      "external_id,author\nC1,U1\n",
		"users.csv":         "external_id,name\nU1,\n",
	}, 2, update)); len(got) != 5 {
		t.Error(strings.Join(got, "\n"))
	}
}

func TestANewPublicCommentMovesATicketThatIsThere(t *testing.T) {
	p := newPlace(t)
	p.mustRun(whole(), 0)
	p.mustRun(files{"comments.csv": "external_id,ticket,author,body,visibility\nC8,K2,U1,secret,INTERNAL\nC9,K1,U1,news,PUBLIC\n"}, 0)
	p.is("Across|1|f Printer|2|t", "select subject, version, updated_at > now() - interval '1 minute' from app.tickets order by 1")
}

func TestBadRows(t *testing.T) {
	p := newPlace(t)
	p.mustRun(whole(), 0) // T2 is archived from now on
	long := strings.Repeat("x", 501)
	r := p.mustRun(files{
		"tenants.csv": "external_id,name,status,contact_email,time_zone\nT3,bakery,,,\nT4,,ACTIVE,,\nT5,Five,GONE,nobody,Mars\n,Six,,,\nT7,Seven,,,\nT7,Again,,,\nT8,Eight\nT9,Ni\"ne,,,\nT10,SEVEN,,,\n",
		"users.csv": "external_id,name,email,role,status,grandfathered,locale\nU4,A,ADA@acme.example,MEMBER,,,\nU5,B,b,BOSS,ASLEEP,maybe,??\n" +
			"U6,C,c@acme.example,ADMIN,,true,\nU7,D,d@acme.example,MEMBER,,true,\nU8,E,e@acme.example,MEMBER,,,\nU9,F,e@acme.example,MEMBER,,,\n",
		"memberships.csv":   "user,tenant\nU7,T7\nU8,T7\nU8,T7\nU8,T4\nU1,T7\nU8,\n",
		"device_groups.csv": "external_id,name,tenant\nG4,SERVERS,T1\nG5,Old,T2\nG6,New,T7\n",
		"devices.csv":       "external_id,name,tenant,group,platform,kind,last_seen_at,mac_address\nD5,a,T7,G1,LINUX,SERVER,,\nD6,b,T1,,,PC,yesterday,\nD7,c,T2,,OTHER,OTHER,2999-01-01,a\x00b\n",
		"tickets.csv": "external_id,subject,tenant,status,resolved_at,requester,requester_name,assignee,device\n" +
			"K3," + long + ",T1,OPEN,2020-01-01,U1,Somebody,U99,D99\nK4,\"two\nlines\",T1,OPEN,,,,,\nK5,\"three\nlines\",T9,DONE,,,,,D5\n",
		"comments.csv": "external_id,ticket,author,body,visibility\nC4,K3,U1,x,PUBLIC\nC5,K1,U3,x,INTERNAL\nC6,K1,,,\n",
	}, 2)
	want := []string{
		`tenants.csv:2:name: another tenant has this name`,
		`tenants.csv:3:name: it cannot be empty`,
		`tenants.csv:4:status: it is one of ACTIVE, ARCHIVED`,
		`tenants.csv:4:contact_email: it is not an e-mail address`,
		`tenants.csv:4:time_zone: it is not a time zone such as Europe/Paris`,
		`tenants.csv:5:external_id: it cannot be empty`,
		`tenants.csv:7:external_id: line 6 has the same tenant`,
		`tenants.csv:8: there are 2 values for 5 columns`,
		`tenants.csv:9: the quotes are not as CSV has them: bare " in non-quoted-field`,
		`tenants.csv:10:name: another tenant has this name`,
		`users.csv:2:email: another user has this address`,
		`users.csv:3:email: it is not an e-mail address`,
		`users.csv:3:role: it is one of ADMIN, MEMBER, CUSTOMER`,
		`users.csv:3:status: it is one of INVITED, ACTIVE, SUSPENDED`,
		`users.csv:3:grandfathered: it is true or false`,
		`users.csv:3:locale: it is not a language tag such as en or fr-CA`,
		`users.csv:4:grandfathered: only a MEMBER without memberships can be grandfathered`,
		`users.csv:5:grandfathered: only a MEMBER without memberships can be grandfathered`,
		`users.csv:7:email: another user has this address`,
		`memberships.csv:2:user: the user "U7" was refused: see line 5 of users.csv`,
		`memberships.csv:4:tenant: line 3 has the same membership`,
		`memberships.csv:5:tenant: the tenant "T4" was refused: see line 3 of tenants.csv`,
		`memberships.csv:6:user: memberships are imported together with their user, who is there already: use addUsersToTenant`,
		`memberships.csv:7:tenant: it cannot be empty`,
		`device_groups.csv:2:name: another group of the tenant has this name`,
		`device_groups.csv:3:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`devices.csv:2:group: there is no such group in the device's tenant`,
		`devices.csv:3:platform: it cannot be empty`,
		`devices.csv:3:kind: it is one of SERVER, WORKSTATION, LAPTOP, MOBILE, NETWORK, OTHER`,
		`devices.csv:3:last_seen_at: it is not a time such as 2026-01-31T12:00:00Z`,
		`devices.csv:4:mac_address: it has characters that cannot be stored`,
		`devices.csv:4:last_seen_at: it is in the future`,
		`tickets.csv:2:subject: it may have 500 characters at most`,
		`tickets.csv:2:device: there is no device "D99"`,
		`tickets.csv:2:assignee: there is no user "U99"`,
		`tickets.csv:6:tenant: the tenant "T9" was refused: see line 9 of tenants.csv`,
		`tickets.csv:6:device: the device "D5" was refused: see line 2 of devices.csv`,
		`tickets.csv:6:status: it is one of NEW, OPEN, ON_HOLD, RESOLVED, CLOSED`,
		`comments.csv:2:ticket: the ticket "K3" was refused: see line 2 of tickets.csv`,
		`comments.csv:3:visibility: customers comment in public`,
		`comments.csv:4:author: it cannot be empty`,
		`comments.csv:4:body: it cannot be empty`,
		`comments.csv:4:visibility: it cannot be empty`,
	}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
	p.is("Seven", "select name from app.tenants where name = 'Seven'")
	p.is("E|1", "select name, tenant_count from app.users where name = 'E'")
	p.is("New", "select name from app.device_groups where name = 'New'")
	if got := r.Files[0]; got.Read != 9 || got.Added != 1 || got.Refused() != 8 {
		t.Error(r)
	}
}

func TestOpenTicketRules(t *testing.T) {
	p := newPlace(t)
	f := whole()
	f["tickets.csv"] = "external_id,subject,tenant,assignee,status,resolved_at,requester,requester_name\n" +
		"K1,a,T2,U1,OPEN,,,\nK2,b,T2,U2,OPEN,,,\nK3,c,,U1,ON_HOLD,,,\nK4,d,T1,U3,NEW,,,\nK5,e,T2,U1,RESOLVED,,,\nK6,f,T1,,OPEN,2020-01-01,U1,X\n"
	delete(f, "comments.csv")
	r := p.mustRun(f, 2)
	p.is("a| b|Gil c| d| e|Mia", "select k.subject, u.name from app.tickets k left join app.users u on u.id = k.assignee_id order by 1")
	p.is("t", "select resolved_at is not null from app.tickets where subject = 'e'")
	if n := len(r.Files[5].Warnings); n != 3 {
		t.Error(r)
	}
	want := []string{"tickets.csv:7:requester: name a user or somebody else, not both", "tickets.csv:7:resolved_at: an open ticket has none"}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
}

func TestForms(t *testing.T) {
	p := newPlace(t)
	p.mustRun(files{"tenants.csv": "\ufeffexternal_id;name;notes\r\nT1;\"A; B\";\"x\r\ny\"\r\nT2;C, D;\r\n"}, 0)
	p.is("A; B|x_y C, D|", `select name, replace(notes, E'\n', '_') from app.tenants where id <> account_id order by 1`)
	r := p.mustRun(files{"tenants.csv": "\ufeffexternal_id;name;notes\r\nT3;D;\"x\r\ny\"\r\n\r\nT4;;\r\n"}, 2)
	if diff := cmp.Diff([]string{"tenants.csv:5:name: it cannot be empty"}, bad(r)); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		files
		want string
	}{
		"unknown column": {files{"tenants.csv": "external_id,nmae\n"}, "tenants.csv:1:nmae: there is no such column; there are external_id name"},
		"twice":          {files{"tenants.csv": "external_id,name,name\n"}, "tenants.csv:1:name: the column is there twice"},
		"no key":         {files{"memberships.csv": "user\n"}, "memberships.csv:1:tenant: the column is missing"},
		"empty":          {files{"tenants.csv": ""}, "the first line must name the columns"},
		"nothing":        {files{"notes.csv": "x\n"}, "there is nothing to import"},
	} {
		if _, err := p.run(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := p.run(whole(), func(o *importer.Options) { o.Account = "Nobody" })
	if err == nil || !strings.Contains(err.Error(), `there is no account "Nobody"`) {
		t.Error(err)
	}
}

func TestNothingIsDone(t *testing.T) {
	p := newPlace(t)
	none := func() {
		t.Helper()
		p.is("1|1|0|0", `select (select count(*) from app.tenants), (select count(*) from app.users),
			(select count(*) from app.import_refs), (select count(*) from app.audit_events)`)
	}
	if r := p.mustRun(whole(), 0, dryRun); r.Files[0].Added != 2 || !strings.Contains(r.String(), "nothing was kept") {
		t.Error(r)
	}
	none()
	f := whole()
	f["tenants.csv"] += "T3,,,\n"
	if r := p.mustRun(f, 1, strict); len(bad(r)) != 1 || r.Files[1].Added != 0 || !strings.Contains(r.String(), "Nothing was done") {
		t.Error(r)
	}
	none()
	p.mustRun(f, 2, dryRun)
	none()
	seats := func(n int) func(*importer.Options) { return func(o *importer.Options) { o.AddOnSeats = &n } }
	for n, want := range map[int]string{0: "needs 4, has 1", 2: "needs 4, has 3"} {
		if _, err := p.run(whole(), seats(n)); err == nil || !strings.Contains(err.Error(), want) {
			t.Error(err)
		}
		none()
	}
	p.is("10", "select add_on_seats from app.accounts")
	p.mustRun(whole(), 0, seats(3))
	p.is("3", "select add_on_seats from app.accounts")
	p.is("10|3", "select before->>'addOnSeats', after->>'addOnSeats' from app.audit_events")
	// All seats are taken: a suspended user needs none, a refused one neither.
	p.mustRun(files{"users.csv": "external_id,name,email,role,status\nU8,S,s@acme.example,MEMBER,SUSPENDED\nU9,T,x,MEMBER,\n"}, 2)
	if _, err := p.run(files{"users.csv": "external_id,name,email,role\nU10,S,t@acme.example,MEMBER\n"}); err == nil {
		t.Error("more users than seats")
	}
	if _, err := p.run(files{"tenants.csv": "external_id,name\n"}, seats(1)); err == nil {
		t.Error("fewer seats than users")
	}
}

func TestAccountsAreApart(t *testing.T) {
	p := newPlace(t)
	p.mustRun(whole(), 0)
	p.exec("insert into app.accounts (account_id, name, cursor_key) values ($1, 'Other', sha256('y'))", ids.New())
	r := p.mustRun(files{"devices.csv": "external_id,name,tenant,platform,kind\nD1,a,T1,OTHER,OTHER\nD2,b,,OTHER,OTHER\n"}, 2,
		func(o *importer.Options) { o.Account = "other" })
	if diff := cmp.Diff([]string{`devices.csv:2:tenant: there is no tenant "T1"`}, bad(r)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoImportsAtOnce(t *testing.T) {
	p := newPlace(t)
	done := make(chan error)
	for range 2 {
		go func() {
			_, err := p.run(whole())
			done <- err
		}()
	}
	for range 2 {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("they wait for each other")
		}
	}
	p.is("3|3|2|3", `select (select count(*) from app.tenants), (select count(*) from app.devices), (select count(*) from app.tickets), (select count(*) from app.ticket_comments)`)
}
