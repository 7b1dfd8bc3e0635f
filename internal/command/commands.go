package command

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"tenantry/graph"
	"tenantry/internal/demo"
	"tenantry/internal/importer"
	"tenantry/internal/postgres"
)

func commands(serve Serve) map[string]command {
	return map[string]command{
		"serve":   {do: func(ctx context.Context, r *run) (int, error) { return r.serve(ctx, serve) }},
		"migrate": {do: migrate},
		"demo":    {do: fillDemo},
		"schema":  {do: printSchema},
		"admin":   {flags: adminFlags, do: admin},
		"import":  {flags: importFlags, do: importFolder},
		"account": {flags: accountFlags, do: account},
	}
}

func (r *run) serve(ctx context.Context, serve Serve) (int, error) {
	if len(r.words) > 0 {
		return failed, fmt.Errorf("serve takes no %q", r.words[0])
	}
	db, err := open(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	err = r.prepare(ctx, db)
	if err == nil {
		err = serve(ctx, r.settings, db, r.log, r.out)
	}
	if err := errors.Join(err, db.close()); err != nil {
		return failed, err
	}
	return ok, nil
}

// prepare migrates if the owner's database is known, and fills the demo into a fresh private one.
func (r *run) prepare(ctx context.Context, db *Database) error {
	if db.ServerURL == "" {
		return errors.New("serve needs DATABASE_URL, signing in as tenantry_server: prepare a database with psql -d DATABASE -f migrations/roles.sql")
	}
	if db.OwnerURL != "" {
		if err := postgres.Migrate(ctx, db.OwnerURL, r.log); err != nil {
			return err
		}
	}
	if db.Fresh && r.settings.Demo == "auto" && loopback(r.settings.Addr) {
		return demo.Fill(ctx, db.OwnerURL)
	}
	return nil
}

func migrate(ctx context.Context, r *run) (int, error) {
	if len(r.words) != 1 || r.words[0] != "up" && r.words[0] != "status" {
		return failed, errors.New("say migrate up or migrate status")
	}
	if r.words[0] == "up" {
		db, err := owned(ctx, r.settings, r.log)
		if err != nil {
			return failed, err
		}
		return ok, db.close()
	}
	db, err := open(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	defer func() { _ = db.close() }()
	list, err := postgres.Status(ctx, db.OwnerURL)
	if err != nil {
		return failed, err
	}
	for _, m := range list {
		state := "pending"
		if m.Applied {
			state = m.At.UTC().Format("2006-01-02 15:04:05Z")
		}
		fmt.Fprintf(r.out, "%-22s %s\n", state, m.File)
	}
	return ok, nil
}

func fillDemo(ctx context.Context, r *run) (int, error) {
	db, err := owned(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	if err := errors.Join(demo.Fill(ctx, db.OwnerURL), db.close()); err != nil {
		return failed, err
	}
	return ok, nil
}

func printSchema(_ context.Context, r *run) (int, error) {
	fmt.Fprint(r.out, graph.PrintedSchema())
	return ok, nil
}

func adminFlags(f *flag.FlagSet) {
	f.String("account", "", "the account's name")
	f.String("email", "", "the admin's e-mail address")
	f.String("name", "", "the admin's name")
	f.Int("add-on-seats", 0, "how many seats the account has besides the plan's own")
}

func admin(ctx context.Context, r *run) (int, error) {
	if len(r.words) != 1 || r.words[0] != "create" {
		return failed, errors.New("say admin create --account NAME --email E --name N")
	}
	password, err := bufio.NewReader(r.in).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return failed, errors.Join(errors.New("give the password on standard input"), err)
	}
	db, err := owned(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	made, err := createAdmin(ctx, db.OwnerURL, adminInput{
		account: r.text("account"), email: r.text("email"), name: r.text("name"), password: password, seats: r.seats(),
	})
	if err := errors.Join(err, db.close()); err != nil {
		return failed, err
	}
	fmt.Fprintln(r.out, made)
	return ok, nil
}

// seats are the add-on seats to set; nil leaves them.
func (r *run) seats() *int {
	if !r.isSet("add-on-seats") {
		return nil
	}
	n := r.flags.Lookup("add-on-seats").Value.(flag.Getter).Get().(int)
	return &n
}

func importFlags(f *flag.FlagSet) {
	f.String("account", "", "the account's name")
	f.Int("add-on-seats", 0, "how many seats the account has besides the plan's own")
	f.Bool("dry-run", false, "do everything, and undo it at the end")
	f.Bool("update", false, "write the columns that the files have to rows that were imported before")
	f.Bool("strict", false, "do nothing if any row is bad")
}

func importFolder(ctx context.Context, r *run) (int, error) {
	if len(r.words) != 1 || r.text("account") == "" {
		return failed, errors.New("say import DIR --account NAME")
	}
	db, err := owned(ctx, r.settings, r.log)
	if err != nil {
		return failed, err
	}
	report, err := importer.Run(ctx, importer.Options{
		OwnerURL: db.OwnerURL, Dir: r.words[0], Account: r.text("account"), AddOnSeats: r.seats(),
		DryRun: r.text("dry-run") == "true", Update: r.text("update") == "true", Strict: r.text("strict") == "true", Progress: r.out,
	})
	if err := errors.Join(err, db.close()); err != nil {
		return failed, err
	}
	fmt.Fprint(r.out, report)
	return report.ExitCode(), nil
}
