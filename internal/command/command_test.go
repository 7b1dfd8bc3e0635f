package command

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/settings"
	"tenantry/internal/testdb"
)

// typed runs a command line on a database and gives its exit code and what it printed.
func typed(t *testing.T, db *testdb.DB, input string, args ...string) (int, string) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"TENANTRY_OWNER_DATABASE_URL=" + db.OwnerURL, "DATABASE_URL=" + db.ServerURL}
	served := func(context.Context, *settings.Settings, *Database, *slog.Logger, *os.File) error { return nil }
	code := Run(context.Background(), args, environ, strings.NewReader(input), out, out, served)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return code, string(text)
}

func TestAnOperatorMakesAnAccountAndItsAdmins(t *testing.T) {
	db := testdb.Open(t)
	create := func(input, email string, more ...string) (int, string) {
		return typed(t, db, input, append([]string{"admin", "create", "--account", "Northwind IT", "--email", email, "--name", "Ada"}, more...)...)
	}
	for _, step := range []struct {
		input, email string
		more         []string
		code         int
		says         string
	}{
		{"", "ada@example.com", nil, failed, "give the password on standard input"},
		{"short\n", "ada@example.com", nil, failed, "a password has 12 to 1024 bytes"},
		{"long enough password\n", "nonsense", nil, failed, "it is not an e-mail address"},
		{"long enough password\n", "ada@example.com", nil, ok, "Made the account Northwind IT and its admin ada@example.com."},
		{"long enough password\n", "bob@example.com", nil, failed, "all seats are taken (1 used of 1): add some with --add-on-seats"},
		{"long enough password\r\n", "BOB@example.com", []string{"--add-on-seats", "2"}, ok, "Made the admin bob@example.com of the account Northwind IT."},
		{"long enough password", "ada@example.com", nil, failed, "ada@example.com is a user of the account already"},
	} {
		code, text := create(step.input, step.email, step.more...)
		if code != step.code || !strings.Contains(text, step.says) {
			t.Errorf("admin create %s %v: %d, %s", step.email, step.more, code, text)
		}
	}
	conn, err := pgx.Connect(context.Background(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var admins, entries, secrets int
	err = conn.QueryRow(context.Background(), `select (select count(*) from app.users where role = 'ADMIN' and status = 'ACTIVE'),
		(select count(*) from app.audit_events where action = 'admin create'), (select count(*) from app.audit_events e where e::text like '%argon2%')`).
		Scan(&admins, &entries, &secrets)
	if err != nil || admins != 2 || entries != 2 || secrets != 0 {
		t.Errorf("%d admins, %d entries, %d secrets in them: %v", admins, entries, secrets, err)
	}
}

func TestWhatIsTypedWrongIsNamed(t *testing.T) {
	db := testdb.Open(t)
	for _, step := range []struct{ line, says string }{
		{"fly", `there is no command "fly"`},
		{"serve --fast", "-fast"},
		{"serve here", `serve takes no "here"`},
		{"migrate", "say migrate up or migrate status"},
		{"admin", "say admin create"},
		{"import", "say import DIR --account NAME"},
		{"import /nowhere --account Nobody", "/nowhere"},
	} {
		if code, text := typed(t, db, "password for nobody\n", strings.Fields(step.line)...); code != failed || !strings.Contains(text, step.says) {
			t.Errorf("%s: %d, %s", step.line, code, text)
		}
	}
}

func TestMigrateStatusListsWhatIsThere(t *testing.T) {
	code, text := typed(t, testdb.Open(t), "", "migrate", "status")
	if code != ok || !strings.Contains(text, "00001_wall.sql") || strings.Contains(text, "pending") {
		t.Errorf("migrate status: %d, %s", code, text)
	}
}

func TestAnImportSaysWhatItDidAndEndsWithItsCode(t *testing.T) {
	db := testdb.Open(t)
	typed(t, db, "long enough password\n", "admin", "create", "--account", "MSP", "--email", "root@msp.example", "--name", "Root")
	dir := t.TempDir()
	write := func(file, text string) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("tenants.csv", "external_id,name\nT1,Bakery\nT2,\n")
	if code, text := typed(t, db, "", "import", dir, "--account", "MSP"); code != rejected || !strings.Contains(text, "tenants.csv:3:") {
		t.Errorf("with a bad row: %d, %s", code, text)
	}
	write("tenants.csv", "external_id,name\nT1,Bakery\nT2,Clinic\n")
	if code, text := typed(t, db, "", "import", dir, "--account", "MSP"); code != ok {
		t.Errorf("mended and repeated: %d, %s", code, text)
	}
	write("tenants.csv", "external_id,name\nT3,\n")
	if code, text := typed(t, db, "", "import", dir, "--account", "MSP", "--strict"); code != failed {
		t.Errorf("strictly with a bad row: %d, %s", code, text)
	}
}
