package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// setting is a row of the table of all settings.
type setting struct {
	env, flag, fallback, doc string
	parse                    func(*Settings, string) error
	secret                   bool
}

var table = []setting{
	{"DATABASE_URL", "database-url", "", "The database, signing in as tenantry_server. Without it and the next one, a private PostgreSQL in the data folder.",
		database(func(s *Settings) *string { return &s.DatabaseURL }), true},
	{"TENANTRY_OWNER_DATABASE_URL", "owner-database-url", "", "The same database, signing in as tenantry_owner: for migrations and the operator's commands. `serve` migrates only if it is set.",
		database(func(s *Settings) *string { return &s.OwnerDatabaseURL }), true},
	{"TENANTRY_LISTEN_DATABASE_URL", "listen-database-url", "", "The same database as DATABASE_URL and the same role, if a pooler stands between: processes that serve one database hear each other here, which needs PostgreSQL itself.",
		database(func(s *Settings) *string { return &s.ListenDatabaseURL }), true},
	{"TENANTRY_ADDR", "addr", "127.0.0.1:8080", "Where to listen.",
		address(func(s *Settings) *string { return &s.Addr }, false), false},
	{"TENANTRY_ADMIN_ADDR", "admin-addr", "", "Where `/metrics` for Prometheus is served, with `/healthz` and `/readyz`; nowhere if it is empty. For the operator alone.",
		address(func(s *Settings) *string { return &s.AdminAddr }, true), false},
	{"TENANTRY_DATA_DIR", "data-dir", ".data", "The folder of the private PostgreSQL.",
		folder, false},
	{"TENANTRY_DEMO", "demo", "auto", "`auto` fills the demo into a fresh private database while listening on loopback; `off` never does.",
		demo, false},
	{"TENANTRY_TRUSTED_PROXIES", "trusted-proxies", "", "Addresses or networks, with commas between, of proxies whose X-Forwarded-For is believed.",
		proxies, false},
	{"TENANTRY_PUBLIC_SCHEMA", "public-schema", "on", "`on` shows the schema to everybody; `off` only to who is signed in.",
		publicSchema, false},
	{"TENANTRY_PERSISTED", "persisted", "on", "`on` lets clients ask documents by `documentId` or Apollo's protocol, `off` by their text alone, `only` nothing but the documents of the list.",
		persisted, false},
	{"TENANTRY_DOCUMENTS", "documents", "", "A file with the list of documents by id, as Relay's compiler or Apollo's manifest writes it.",
		words(func(s *Settings) *string { return &s.Documents }), false},
	{"TENANTRY_ALLOWED_ORIGINS", "allowed-origins", "", "Origins, with commas between, of web pages that may call the API, such as `https://portal.example.com`.",
		origins, false},
	{"TENANTRY_OIDC_ISSUER", "oidc-issuer", "", "The OpenID Connect issuer whose tokens are believed, such as `https://login.example.com`. With it, the next one and an account are needed.",
		words(func(s *Settings) *string { return &s.OIDC.Issuer }), false},
	{"TENANTRY_OIDC_AUDIENCE", "oidc-audience", "", "Whom the issuer's tokens must be for: the claim `aud`.",
		words(func(s *Settings) *string { return &s.OIDC.Audience }), false},
	{"TENANTRY_OIDC_ACCOUNT", "oidc-account", "", "The name of the account of who comes with the issuer's tokens.",
		words(func(s *Settings) *string { return &s.OIDC.Account }), false},
	{"TENANTRY_OIDC_ACCOUNT_CLAIM", "oidc-account-claim", "", "A claim with the name of the account; where a token has it, it decides.",
		words(func(s *Settings) *string { return &s.OIDC.AccountClaim }), false},
	{"TENANTRY_SESSION_TTL", "session-ttl", "12h", "How long a session lasts.",
		duration(func(s *Settings) *time.Duration { return &s.SessionTTL }), false},
	{"TENANTRY_MAX_TOKENS", "max-tokens", "1500", "Most tokens in a request's document.",
		number(func(s *Settings) *int { return &s.MaxTokens }), false},
	{"TENANTRY_MAX_BODY", "max-body", "1048576", "Most bytes in a request's body.",
		number(func(s *Settings) *int64 { return &s.MaxBody }), false},
	{"TENANTRY_MAX_ANSWER", "max-answer", "16777216", "Most bytes that the database may answer a request with, and most bytes of JSON that may be made of them.",
		number(func(s *Settings) *int { return &s.MaxAnswer }), false},
	{"TENANTRY_MAX_DEPTH", "max-depth", "15", "Deepest nesting of fields.",
		number(func(s *Settings) *int { return &s.MaxDepth }), false},
	{"TENANTRY_MAX_COST", "max-cost", "10000", "Highest cost of a request.",
		number(func(s *Settings) *int { return &s.MaxCost }), false},
	{"TENANTRY_MAX_ALIASES", "max-aliases", "100", "Most aliases in a request.",
		number(func(s *Settings) *int { return &s.MaxAliases }), false},
	{"TENANTRY_MAX_ROOT_FIELDS", "max-root-fields", "50", "Most fields at the root of a request.",
		number(func(s *Settings) *int { return &s.MaxRootFields }), false},
	{"TENANTRY_RATE_VIEWER", "rate-viewer", "20000", "How much cost each user, or address that is not signed in, may ask in a second: 200 documents of cost 100.",
		number(func(s *Settings) *int { return &s.RateViewer }), false},
	{"TENANTRY_RATE_ACCOUNT", "rate-account", "200000", "How much cost all users of an account together may ask in a second; a customer at most a tenth of it.",
		number(func(s *Settings) *int { return &s.RateAccount }), false},
	{"TENANTRY_STREAMS_VIEWER", "streams-viewer", "100", "How many subscriptions and WebSockets each user may have open at a server.",
		number(func(s *Settings) *int { return &s.StreamsViewer }), false},
	{"TENANTRY_STREAMS_ACCOUNT", "streams-account", "2000", "How many all users of an account may have open together at a server; its customers together at most a tenth of it.",
		number(func(s *Settings) *int { return &s.StreamsAccount }), false},
	{"TENANTRY_STREAMS_PROCESS", "streams-process", "10000", "How many may be open at a server in all.",
		number(func(s *Settings) *int { return &s.StreamsProcess }), false},
	{"TENANTRY_REQUEST_TIMEOUT", "request-timeout", "10s", "How long a request may take.",
		duration(func(s *Settings) *time.Duration { return &s.RequestTimeout }), false},
	{"TENANTRY_DRAIN", "drain", "0s", "How long requests are still served after the server was told to end, while `/readyz` says that it is: as long as it takes a load balancer to notice, such as `5s`.",
		pause(func(s *Settings) *time.Duration { return &s.Drain }), false},
	{"TENANTRY_STATEMENT_TIMEOUT", "statement-timeout", "5s", "How long one statement in the database may take.",
		duration(func(s *Settings) *time.Duration { return &s.StatementTimeout }), false},
	{"TENANTRY_POOL_SIZE", "pool-size", "10", "Most connections to the database.",
		number(func(s *Settings) *int32 { return &s.PoolSize }), false},
	{"TENANTRY_WAITING", "waiting", "400", "How many operations may wait for their turn, half of them at most of one account, the first of which always may; the others are told to try again. As many run at once as there are connections, dear ones counting as several.",
		number(func(s *Settings) *int { return &s.Waiting }), false},
	{"TENANTRY_PASSWORD_HASHES", "password-hashes", "2", "How many passwords are checked at once; each takes a core and much memory.",
		number(func(s *Settings) *int { return &s.PasswordHashes }), false},
	{"TENANTRY_LOG_LEVEL", "log-level", "info", "`debug`, `info`, `warn` or `error`.",
		logLevel, false},
	{"TENANTRY_LOG_FORMAT", "log-format", "auto", "`json`, `text`, or `auto`: text at a terminal, else JSON. Each request is a line at the level `info`.",
		logFormat, false},
}

// words takes any text.
func words(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		*field(s) = text
		return nil
	}
}

// database takes what pgx can read; its own errors may show the password.
func database(field func(*Settings) *string) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		if text != "" {
			if _, err := pgx.ParseConfig(text); err != nil {
				return errors.New("it is like postgres://user:password@host:5432/database")
			}
		}
		*field(s) = text
		return nil
	}
}

func address(field func(*Settings) *string, optional bool) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		if text != "" || !optional {
			_, port, err := net.SplitHostPort(text)
			if err == nil {
				_, err = net.LookupPort("tcp", port)
			}
			if err != nil {
				return errors.New("it is a host and a port, like 127.0.0.1:8080")
			}
		}
		*field(s) = text
		return nil
	}
}

func duration(field func(*Settings) *time.Duration) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < time.Millisecond {
			return errors.New("it is a time above zero, like 90s or 12h")
		}
		*field(s) = d
		return nil
	}
}

// pause is a duration that may be nothing.
func pause(field func(*Settings) *time.Duration) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return errors.New("it is a time, like 5s, or 0s")
		}
		*field(s) = d
		return nil
	}
}

func number[N int | int32 | int64](field func(*Settings) *N) func(*Settings, string) error {
	return func(s *Settings, text string) error {
		// All limits fit into 32 bits, so that none overflows whatever the type.
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return errors.New("it is a whole number from 1 to 2147483647")
		}
		*field(s) = N(n)
		return nil
	}
}

func logFormat(s *Settings, text string) error {
	if text != "auto" && text != "json" && text != "text" {
		return errors.New("it is auto, json or text")
	}
	s.LogFormat = text
	return nil
}

func folder(s *Settings, text string) error {
	if text == "" {
		return errors.New("it is a folder")
	}
	s.DataDir = text
	return nil
}

func demo(s *Settings, text string) error {
	if text != "auto" && text != "off" {
		return errors.New("it is auto or off")
	}
	s.Demo = text
	return nil
}

func publicSchema(s *Settings, text string) error {
	if text != "on" && text != "off" {
		return errors.New("it is on or off")
	}
	s.PublicSchema = text == "on"
	return nil
}

func persisted(s *Settings, text string) error {
	if text != "on" && text != "off" && text != "only" {
		return errors.New("it is on, off or only")
	}
	s.Persisted = text
	return nil
}

// list splits at commas.
func list(text string) (parts []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func proxies(s *Settings, text string) error {
	var all []netip.Prefix
	for _, part := range list(text) {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			a, err := netip.ParseAddr(part)
			if err != nil || a.Zone() != "" {
				return fmt.Errorf("%q is neither an address nor a network like 10.0.0.0/8", part)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p.Masked())
	}
	s.TrustedProxies = all
	return nil
}

func origins(s *Settings, text string) error {
	var all []string
	for _, part := range list(text) {
		u, err := url.Parse(part)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || part != u.Scheme+"://"+u.Host {
			return fmt.Errorf("%q is not an origin like https://portal.example.com", part)
		}
		all = append(all, strings.ToLower(part))
	}
	s.AllowedOrigins = all
	return nil
}

func logLevel(s *Settings, text string) error {
	switch strings.ToLower(text) {
	case "debug", "info", "warn", "error":
		return s.LogLevel.UnmarshalText([]byte(text))
	}
	return errors.New("it is debug, info, warn or error")
}

var _ slog.LogValuer = Settings{}
