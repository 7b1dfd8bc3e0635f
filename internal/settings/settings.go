// Package settings reads what an operator can choose. One table drives environment variables, flags,
// --help and the README.
package settings

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/oidc"
)

// Settings are the operator's choices. Printing or logging them leaves passwords out.
type Settings struct {
	DatabaseURL, OwnerDatabaseURL  string
	ListenDatabaseURL              string
	Addr, AdminAddr, DataDir, Demo string
	TrustedProxies                 []netip.Prefix
	PublicSchema                   bool
	Persisted, Documents           string
	AllowedOrigins                 []string
	OIDC                           oidc.Settings
	SessionTTL                     time.Duration
	MaxTokens                      int
	MaxBody                        int64
	MaxAnswer                      int
	MaxDepth, MaxCost, MaxAliases  int
	MaxRootFields                  int
	RateViewer, RateAccount        int
	// How many streams and sockets may be open.
	StreamsViewer, StreamsAccount, StreamsProcess int
	RequestTimeout, StatementTimeout              time.Duration
	Drain                                         time.Duration
	PoolSize                                      int32
	Waiting                                       int
	PasswordHashes                                int
	LogLevel                                      slog.Level
	LogFormat                                     string

	texts   map[string]string // by environment variable, as given
	invalid error             // of the flags
}

// prefix is of all environment variables that are Tenantry's alone: one that is unknown is a mistake.
const prefix = "TENANTRY_"

// Parse registers a flag for each setting on fs, to which a command may have added its own, and reads
// the arguments and the environment. A flag goes before the environment. The error names the setting
// that is unknown or invalid; it is flag.ErrHelp when help was asked for and given.
func Parse(fs *flag.FlagSet, args, environ []string) (*Settings, error) {
	s := &Settings{texts: map[string]string{}}
	for _, x := range table {
		s.texts[x.env] = x.fallback
		if err := x.parse(s, x.fallback); err != nil {
			return nil, fmt.Errorf("the default of %s: %w", x.env, err)
		}
	}
	fromEnvironment := s.environment(environ)
	for _, x := range table {
		fs.Var(&value{s, x}, x.flag, x.doc)
	}
	// The package would print all flags at each mistake; help alone is asked for.
	out := fs.Output()
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	err := fs.Parse(args)
	fs.SetOutput(out)
	fs.Usage = func() { usage(fs) }
	switch {
	case errors.Is(err, flag.ErrHelp):
		fs.Usage()
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: see --help", err)
	}
	if err := errors.Join(fromEnvironment, s.invalid); err != nil {
		return nil, err
	}
	return s, nil
}

// environment takes the settings that the environment has, and tells all mistakes.
func (s *Settings) environment(environ []string) (mistakes error) {
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		x, known := byEnv(name)
		switch {
		case !known && strings.HasPrefix(name, prefix):
			mistakes = errors.Join(mistakes, fmt.Errorf("there is no setting %s: see --help", name))
		// An empty variable is the usual way to say "not set", as in a compose file.
		case known && text != "":
			mistakes = errors.Join(mistakes, s.set(x, x.env, text))
		}
	}
	return mistakes
}

func byEnv(name string) (setting, bool) {
	for _, x := range table {
		if x.env == name {
			return x, true
		}
	}
	return setting{}, false
}

// set takes one value; the error names where it came from, and shows no secret.
func (s *Settings) set(x setting, from, text string) error {
	if err := x.parse(s, text); err != nil {
		if x.secret {
			return fmt.Errorf("%s is invalid: %w", from, err)
		}
		return fmt.Errorf("%s is %q, which is invalid: %w", from, text, err)
	}
	s.texts[x.env] = text
	return nil
}

// value makes a setting a flag.
type value struct {
	settings *Settings
	setting  setting
}

func (v *value) String() string {
	if v.settings == nil {
		return ""
	}
	return v.setting.shown(v.settings.texts[v.setting.env])
}

// Set keeps the error for Parse: the flag package would show the value, password and all.
func (v *value) Set(text string) error {
	v.settings.invalid = errors.Join(v.settings.invalid, v.settings.set(v.setting, "--"+v.setting.flag, text))
	return nil
}

// shown is a value without its secrets. Of a database it is put together from what identifies it, so
// that nothing unforeseen gets through: there are many ways to write a password.
func (x setting) shown(text string) string {
	if !x.secret || text == "" {
		return text
	}
	c, err := pgx.ParseConfig(text)
	if err != nil {
		return "(invalid)"
	}
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	if c.Password != "" {
		u.User = url.UserPassword(c.User, "xxxxx")
	}
	if strings.HasPrefix(c.Host, "/") { // the folder of a socket
		u.Host, u.RawQuery = "", "host="+c.Host
	}
	return u.String()
}

// String lists the settings without passwords. Like LogValue it is of the value, so that a copy is safe too.
func (s Settings) String() string {
	var b strings.Builder
	for _, x := range table {
		fmt.Fprintf(&b, "%s=%s\n", x.env, x.shown(s.texts[x.env]))
	}
	return b.String()
}

// LogValue is the settings without passwords.
func (s Settings) LogValue() slog.Value {
	var all []slog.Attr
	for _, x := range table {
		all = append(all, slog.String(x.flag, x.shown(s.texts[x.env])))
	}
	return slog.GroupValue(all...)
}

// usage writes the flags of a command, its own first.
func usage(fs *flag.FlagSet) {
	w := fs.Output()
	fs.VisitAll(func(f *flag.Flag) {
		if _, ours := f.Value.(*value); !ours {
			name, doc := flag.UnquoteUsage(f)
			fmt.Fprintf(w, "  --%s\n\t%s\n", strings.TrimSpace(f.Name+" "+name), doc)
		}
	})
	help(w)
}

// help writes all settings for a terminal.
func help(w io.Writer) {
	fmt.Fprintln(w, "Settings, each a flag or an environment variable:")
	for _, x := range table {
		fmt.Fprintf(w, "  --%s, %s", x.flag, x.env)
		if x.fallback != "" {
			fmt.Fprintf(w, " (default %s)", x.fallback)
		}
		fmt.Fprintf(w, "\n\t%s\n", x.doc)
	}
}

// Markdown is the README's table of all settings.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Variable | Flag | Default | Meaning |\n| --- | --- | --- | --- |\n")
	for _, x := range table {
		fallback := ""
		if x.fallback != "" {
			fallback = "`" + x.fallback + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s |\n", x.env, x.flag, fallback, strings.ReplaceAll(x.doc, "|", `\|`))
	}
	return b.String()
}
