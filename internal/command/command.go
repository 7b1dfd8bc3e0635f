// Package command is what an operator types: it reads settings and flags, finds the database, and runs
// one command.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"tenantry/internal/settings"
)

// Serve is the command that serves, given by main.
type Serve func(ctx context.Context, s *settings.Settings, db *Database, log *slog.Logger, out *os.File) error

// Exit codes of the commands.
const (
	ok       = 0
	failed   = 1
	rejected = 2
)

// run is one call of the program.
type run struct {
	flags    *flag.FlagSet
	settings *settings.Settings
	words    []string
	in       io.Reader
	out      *os.File
	log      *slog.Logger
}

// command is one word of the program: flags registers what is its own, do does it.
type command struct {
	flags func(*flag.FlagSet)
	do    func(context.Context, *run) (int, error)
}

const overview = `Usage: tenantry [COMMAND] [FLAGS]

  serve                                            answer requests (the default)
  migrate up|status                                bring the database up to date, or show how far it is
  demo                                             fill the demo into an empty database
  admin create --account NAME --email E --name N   make an admin, and the account if it is new;
        [--add-on-seats N]                         the password is read from standard input
  import DIR --account NAME [--add-on-seats N]     read CSV files into an account
        [--dry-run] [--update] [--strict]
  account delete NAME --confirm NAME               delete an account with everything, its audit included
  schema                                           print the schema

tenantry COMMAND --help lists the settings.
`

// Run runs the command that the arguments name and returns its exit code.
func Run(ctx context.Context, args, environ []string, in io.Reader, out, errs *os.File, serve Serve) int {
	name, rest := "serve", args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, rest = args[0], args[1:]
	}
	if slices.Contains(args, "--help") || slices.Contains(args, "-h") || name == "help" {
		fmt.Fprint(out, overview)
	}
	cmd, known := commands(serve)[name]
	if !known {
		if name == "help" {
			return ok
		}
		fmt.Fprintf(errs, "tenantry: there is no command %q: see tenantry --help\n", name)
		return failed
	}
	r := &run{flags: flag.NewFlagSet("tenantry "+name, flag.ContinueOnError), in: in, out: out}
	r.flags.SetOutput(errs)
	if cmd.flags != nil {
		cmd.flags(r.flags)
	}
	var flags []string
	r.words, flags = split(rest)
	var err error
	if r.settings, err = settings.Parse(r.flags, flags, environ); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return ok
		}
		fmt.Fprintln(errs, "tenantry:", err)
		return failed
	}
	r.words = append(r.words, r.flags.Args()...)
	r.log = slog.New(handler(errs, r.settings))
	code, err := cmd.do(ctx, r)
	if err != nil {
		fmt.Fprintln(errs, "tenantry:", err)
	}
	return code
}

// handler writes the log: as text for people at a terminal, else as JSON for programs, if nothing else is set.
func handler(out io.Writer, s *settings.Settings) slog.Handler {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	terminal := false
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if s.LogFormat == "text" || s.LogFormat == "auto" && terminal {
		return slog.NewTextHandler(out, o)
	}
	return slog.NewJSONHandler(out, o)
}

// split takes the words before the first flag apart: flags may follow them.
func split(args []string) (words, flags []string) {
	for i, a := range args {
		if strings.HasPrefix(a, "-") {
			return args[:i], args[i:]
		}
	}
	return args, nil
}

func (r *run) text(name string) string { return r.flags.Lookup(name).Value.String() }

func (r *run) isSet(name string) bool {
	set := false
	r.flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}
