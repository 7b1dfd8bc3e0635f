// Package web serves the GraphiQL page. The page is built by npm into dist, and embedded.
package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Prefix is where the handler is to be mounted, with a slash behind it.
const Prefix = "/graphiql"

//go:embed all:dist
var embedded embed.FS

// Person is somebody of the demo, whom the page offers to sign in as.
type Person struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
	About    string `json:"about"`
}

// policy keeps the page to itself: nothing from or to other hosts, no inline script, no frame around
// it. Monaco, the editor, sets styles at run time and has a font in its style sheet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; " +
	"font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'"

// standIn is the page where none was built.
const standIn = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenantry: GraphiQL is not built</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 4em auto; padding: 0 1em }</style>
</head>
<body>
<h1>GraphiQL is not built</h1>
<p>This server was built without its GraphiQL page. Run <code>make web</code>, which needs Node.js,
then build and start the server again.</p>
<p>The API does not need the page: it is at <code>/graphql</code>.</p>
</body>
</html>
`

// types are the content types of what Vite makes. The ones that Go would look up depend on the machine.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".html":  "text/html; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".json":  "application/json",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".ttf":   "font/ttf",
	".woff":  "font/woff",
	".woff2": "font/woff2",
}

// Handler serves the page below Prefix, which it strips itself. The page offers to sign in as the
// people, whose passwords anybody can read there: give nil, or none, where it is not a demo.
func Handler(people func() []Person) http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the name is a constant, and valid
	}
	return handler(dist, people)
}

func handler(dist fs.FS, people func() []Person) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")

		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "The page can only be read.", http.StatusMethodNotAllowed)
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, Prefix)
		switch {
		case ok && name == "":
			http.Redirect(w, r, Prefix+"/", http.StatusMovedPermanently)
		case ok && (name == "/" || name == "/index.html"):
			serveIndex(w, r, dist)
		case ok && name == "/demo.json":
			servePeople(w, r, people)
		case ok && name[0] == '/':
			serveFile(w, r, dist, name[1:])
		default:
			http.NotFound(w, r)
		}
	})
}

func serveIndex(w http.ResponseWriter, r *http.Request, dist fs.FS) {
	page, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		page = []byte(standIn)
	}
	serve(w, r, ".html", page)
}

func servePeople(w http.ResponseWriter, r *http.Request, people func() []Person) {
	list := []Person{}
	if people != nil {
		list = append(list, people()...)
	}
	body, err := json.Marshal(list) //#nosec G117 -- the demo's, which everybody is to know
	if err != nil {
		panic(err) // strings can always be written
	}
	w.Header().Set("Cache-Control", "no-store")
	serve(w, r, ".json", body)
}

// serveFile serves what else Vite made. What is in assets has a hash of its content in its name, so it
// never changes.
func serveFile(w http.ResponseWriter, r *http.Request, dist fs.FS, name string) {
	if types[path.Ext(name)] == "" || !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	body, err := fs.ReadFile(dist, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	serve(w, r, path.Ext(name), body)
}

func serve(w http.ResponseWriter, r *http.Request, ext string, body []byte) {
	w.Header().Set("Content-Type", types[ext])
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
