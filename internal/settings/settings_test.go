package settings

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func parse(environ []string, args ...string) (*Settings, error) {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return Parse(fs, args, environ)
}

func TestDefaults(t *testing.T) {
	s, err := parse([]string{"PATH=/bin", "TENANTRY_ADDR="})
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr != "127.0.0.1:8080" || s.DataDir != ".data" || s.Demo != "auto" || !s.PublicSchema || s.SessionTTL != 12*time.Hour ||
		s.MaxTokens != 1500 || s.MaxBody != 1<<20 || s.PoolSize != 10 || s.LogLevel != slog.LevelInfo {
		t.Errorf("%+v", s)
	}
}

func TestFlagsGoBeforeEnvironment(t *testing.T) {
	fs := flag.NewFlagSet("admin", flag.ContinueOnError)
	own := fs.String("account", "", "the `name` of the account")
	s, err := Parse(fs, []string{"--addr", ":81", "--account=A", "rest"},
		[]string{"TENANTRY_ADDR=:80", "TENANTRY_LOG_LEVEL=debug", "TENANTRY_TRUSTED_PROXIES=10.1.2.3/8, ::1", "TENANTRY_PUBLIC_SCHEMA=off"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr != ":81" || *own != "A" || fs.Arg(0) != "rest" || s.LogLevel != slog.LevelDebug || s.PublicSchema ||
		fmt.Sprint(s.TrustedProxies) != "[10.0.0.0/8 ::1/128]" {
		t.Errorf("%+v", s)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ env, flag, want string }{
		{env: "TENANTRY_ADR=:80", want: "TENANTRY_ADR"},
		{env: "TENANTRY_ADDR=80", want: "TENANTRY_ADDR"},
		{env: "TENANTRY_DEMO=yes", want: "auto or off"},
		{env: "TENANTRY_MAX_BODY=1MB", want: "TENANTRY_MAX_BODY"},
		{env: "TENANTRY_MAX_DEPTH=0", want: "TENANTRY_MAX_DEPTH"},
		{env: "TENANTRY_SESSION_TTL=12", want: "TENANTRY_SESSION_TTL"},
		{env: "TENANTRY_TRUSTED_PROXIES=proxy", want: `"proxy"`},
		{env: "TENANTRY_ALLOWED_ORIGINS=https://a/", want: "https://a/"},
		{env: "TENANTRY_LOG_LEVEL=info+1", want: "TENANTRY_LOG_LEVEL"},
		{env: "DATABASE_URL=postgres://u:secret@h:x/d", want: "DATABASE_URL"},
		{flag: "--database-url=postgres://u:secret@h:x/d", want: "--database-url"},
		{flag: "--max-cost=many", want: "--max-cost"},
		{flag: "--nothing", want: "nothing: see --help"},
		{flag: "--addr", want: "-addr"},
	} {
		var args []string
		if c.flag != "" {
			args = []string{c.flag}
		}
		_, err := parse([]string{c.env}, args...)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s%s: %v", c.env, c.flag, err)
		}
	}
}

func TestPasswordsStaySecret(t *testing.T) {
	for _, url := range []string{"postgres://u:secret@h/d", "postgres://u@h/d?password=secret", "postgres://u:secret@h,i:5433/d?password=secret",
		"host=h user=u password=secret dbname=d", "postgres://u:secret%20secret@h/d?application_name=secret",
		`host=h user=u dbname=d password = 'secret \' secret'`} {
		s, err := parse([]string{"DATABASE_URL=" + url}, "--owner-database-url", url)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("settings", "pointer", s, "copy", *s)
		fmt.Fprintf(&b, "%s %v %+v", s, *s, *s)
		if got := b.String(); strings.Contains(got, "secret") || strings.Count(got, "postgres://u:xxxxx@h:5432/d") != 10 {
			t.Error(got)
		}
	}
	s, err := parse([]string{"DATABASE_URL=host=/run/db user=u dbname=d"})
	if err != nil || !strings.Contains(s.String(), "DATABASE_URL=postgres://u@/d?host=/run/db\n") {
		t.Error(s, err)
	}
}

func TestEverySettingIsListed(t *testing.T) {
	fs := flag.NewFlagSet("admin", flag.ContinueOnError)
	var help bytes.Buffer
	fs.SetOutput(&help)
	fs.String("account", "", "the `name` of the account")
	if _, err := Parse(fs, []string{"--help"}, []string{"DATABASE_URL=postgres://u:secret@h/d", "TENANTRY_ADR=:80"}); err != flag.ErrHelp {
		t.Fatal(err)
	}
	if !strings.Contains(help.String(), "--account name") || strings.Contains(help.String(), "secret") {
		t.Error(help.String())
	}
	for _, x := range table {
		if !strings.Contains(help.String(), "--"+x.flag+", "+x.env) || !strings.Contains(Markdown(), "| `"+x.env+"` |") {
			t.Errorf("%s is missing", x.env)
		}
	}
}
