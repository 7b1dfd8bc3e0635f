package graph

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/oidc"
	"tenantry/internal/problem"
	"tenantry/internal/token"
	"tenantry/internal/viewer"
)

// sessionCookie holds a session's token for browsers.
const sessionCookie = "tenantry_session"

// asker is who sent a request, before it is known who they are.
func (s *Server) asker(w http.ResponseWriter, r *http.Request) *viewer.Asker {
	secure := r.TLS != nil || s.trusted(r.RemoteAddr) && r.Header.Get("X-Forwarded-Proto") == "https"
	agent := r.UserAgent()
	if len(agent) > 200 {
		agent = agent[:200]
	}
	return &viewer.Asker{
		IP: s.clientIP(r), UserAgent: strings.ToValidUTF8(agent, ""), RequestID: uuid.NewString(),
		SetCookie: func(value string, expires time.Time) {
			c := &http.Cookie{ //#nosec G124 -- Secure follows the connection: a server on loopback has no TLS
				Name: sessionCookie, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure, Expires: expires,
			}
			if value == "" {
				c.MaxAge = -1
			}
			http.SetCookie(w, c)
		},
	}
}

// identify finds the viewer behind the credentials of a request. A cookie is sent by the browser whoever wrote the
// page, so what other pages could send without asking first must carry the header X-Tenantry.
func (s *Server) identify(ctx context.Context, a *viewer.Asker, r *http.Request) error {
	_, err := r.Cookie(sessionCookie)
	byCookie := err == nil && r.Header.Get("Authorization") == ""
	if byCookie && r.Method != http.MethodPost && r.Header.Get("X-Tenantry") == "" {
		return problem.New(problem.Forbidden, "With the session cookie, send the header X-Tenantry, or use POST.")
	}
	return s.identifyBy(ctx, a, r.Header)
}

// identifyBy finds the viewer behind the credentials in the head of a request: the session of the cookie, or what a
// client sends in "Authorization". Bad ones leave nobody, whom the operation then refuses.
func (s *Server) identifyBy(ctx context.Context, a *viewer.Asker, head http.Header) error {
	scheme, secret, _ := strings.Cut(head.Get("Authorization"), " ")
	bearer := strings.EqualFold(scheme, "Bearer")
	if !bearer {
		cookie, err := (&http.Request{Header: head}).Cookie(sessionCookie)
		if err != nil || head.Get("Authorization") != "" {
			return nil
		}
		secret = cookie.Value
	}
	t, ok := token.Read(token.Session, secret)
	if !ok && bearer { // an API token is no session that a browser keeps
		t, ok = token.Read(token.API, secret)
	}
	switch {
	case ok:
		a.Token = t
		a.Find = func(ctx context.Context) (*viewer.Viewer, error) { return s.Sessions.Find(ctx, t) }
		a.Read = func(ctx context.Context, refused *pgx.Conn) (*viewer.Viewer, error) {
			return s.Sessions.Read(ctx, t, refused)
		}
	case bearer && s.Issuer != nil && oidc.Looks(secret):
		known, ok, err := s.Issuer.Believe(ctx, secret)
		if err != nil || !ok {
			return err
		}
		a.Find = func(ctx context.Context) (*viewer.Viewer, error) { return s.Sessions.FindExternal(ctx, known) }
		a.Read = func(ctx context.Context, refused *pgx.Conn) (*viewer.Viewer, error) {
			return s.Sessions.ReadExternal(ctx, known, refused)
		}
	default:
		return nil
	}
	who, err := a.Find(ctx)
	a.Know(who)
	s.Sessions.NoteUse(ctx, who, func(err error) {
		s.Log.WarnContext(ctx, "the use of a token was not noted", "requestId", a.RequestID, "error", err)
	})
	return err
}

func (s *Server) trusted(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

// clientIP is the address of the client: the peer's, or what trusted proxies say, read from the last
// that added to it.
func (s *Server) clientIP(r *http.Request) string {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if !s.trusted(r.RemoteAddr) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		ip, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		if peer = ip.Unmap().String(); !slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) }) {
			break
		}
	}
	return peer
}
