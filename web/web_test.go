package web

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	built = fstest.MapFS{
		".gitkeep":               {},
		"index.html":             {Data: []byte("<!doctype html><title>the page</title>")},
		"favicon.svg":            {Data: []byte("<svg/>")},
		"assets/index-abc123.js": {Data: []byte("export {}")},
		"assets/font-abc123.ttf": {Data: []byte("font")},
		"assets/.hidden":         {Data: []byte("hidden")},
	}
	unbuilt = fstest.MapFS{".gitkeep": {}}
)

func somebody() []Person {
	return []Person{{Name: "Ada", Email: "ada@example.com", Password: "a demo's password", About: "admin"}}
}

func do(t *testing.T, h http.Handler, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestServes(t *testing.T) {
	const (
		noCache   = "no-cache"
		immutable = "public, max-age=31536000, immutable"
	)
	for _, c := range []struct {
		name        string
		dist        fs.FS
		method      string
		target      string
		status      int
		contentType string
		cache       string
		body        string
	}{
		{"page", built, "GET", "/graphiql/", 200, "text/html; charset=utf-8", noCache, "the page"},
		{"page by its name", built, "GET", "/graphiql/index.html", 200, "text/html; charset=utf-8", noCache, "the page"},
		{"script", built, "GET", "/graphiql/assets/index-abc123.js", 200, "text/javascript; charset=utf-8", immutable, "export {}"},
		{"font", built, "GET", "/graphiql/assets/font-abc123.ttf", 200, "font/ttf", immutable, "font"},
		{"icon", built, "GET", "/graphiql/favicon.svg", 200, "image/svg+xml", noCache, "<svg/>"},
		{"stand-in", unbuilt, "GET", "/graphiql/", 200, "text/html; charset=utf-8", noCache, "make web"},
		{"people without a page", unbuilt, "GET", "/graphiql/demo.json", 200, "application/json", "no-store", "ada@example.com"},
		{"people", built, "GET", "/graphiql/demo.json", 200, "application/json", "no-store", "ada@example.com"},
		{"missing script", built, "GET", "/graphiql/assets/index-old.js", 404, "", noCache, ""},
		{"missing script, unbuilt", unbuilt, "GET", "/graphiql/assets/index-abc123.js", 404, "", noCache, ""},
		{"folder", built, "GET", "/graphiql/assets/", 404, "", noCache, ""},
		{"folder without slash", built, "GET", "/graphiql/assets", 404, "", noCache, ""},
		{"placeholder", built, "GET", "/graphiql/.gitkeep", 404, "", noCache, ""},
		{"hidden file", built, "GET", "/graphiql/assets/.hidden", 404, "", noCache, ""},
		{"way out", built, "GET", "/graphiql/../web.go", 404, "", noCache, ""},
		{"other way out", built, "GET", "/graphiql/assets/..%2f..%2findex.html", 404, "", noCache, ""},
		{"other prefix", built, "GET", "/graphiqlx", 404, "", noCache, ""},
		{"elsewhere", built, "GET", "/", 404, "", noCache, ""},
		{"without slash", built, "GET", "/graphiql", 301, "", noCache, ""},
		{"write", built, "POST", "/graphiql/", 405, "", noCache, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := do(t, handler(c.dist, somebody), c.method, c.target)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			if got := w.Header().Get("Content-Type"); c.contentType != "" && got != c.contentType {
				t.Errorf("content type %q, want %q", got, c.contentType)
			}
			if got := w.Header().Get("Cache-Control"); got != c.cache && c.status == 200 {
				t.Errorf("cache control %q, want %q", got, c.cache)
			}
			if c.status != 200 && strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Error("an answer that is not the file would be kept for good")
			}
			if !strings.Contains(w.Body.String(), c.body) {
				t.Errorf("body %q, want %q in it", w.Body.String(), c.body)
			}
			for name, want := range map[string]string{
				"Content-Security-Policy": policy,
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "no-referrer",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestRedirectsToTheSlash(t *testing.T) {
	if got := do(t, handler(built, nil), "GET", "/graphiql").Header().Get("Location"); got != "/graphiql/" {
		t.Errorf("redirects to %q", got)
	}
}

func TestHead(t *testing.T) {
	w := do(t, handler(built, nil), "HEAD", "/graphiql/")
	if w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("status %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestPeople(t *testing.T) {
	for name, people := range map[string]func() []Person{
		"no function": nil,
		"nobody":      func() []Person { return nil },
	} {
		if got := do(t, handler(built, people), "GET", "/graphiql/demo.json").Body.String(); got != "[]" {
			t.Errorf("%s: %s, want []", name, got)
		}
	}

	var got []map[string]string
	if err := json.Unmarshal(do(t, handler(built, somebody), "GET", "/graphiql/demo.json").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"name": "Ada", "email": "ada@example.com", "password": "a demo's password", "about": "admin"}
	if len(got) != 1 || len(got[0]) != len(want) {
		t.Fatalf("%v, want one like %v", got, want)
	}
	for key, value := range want {
		if got[0][key] != value {
			t.Errorf("%s is %q, want %q", key, got[0][key], value)
		}
	}
}

// What is embedded works either way: built, with all that the page names, or not.
func TestEmbedded(t *testing.T) {
	h := Handler(nil)
	w := do(t, h, "GET", "/graphiql/")
	if w.Code != 200 {
		t.Fatalf("status %d", w.Code)
	}
	page := w.Body.String()
	if strings.Contains(page, "make web") {
		t.Log("not built")
		return
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) == 0 {
		t.Error("the page names no files")
	}
	for _, link := range links {
		name, ok := strings.CutPrefix(link[1], "./")
		if !ok {
			t.Errorf("%s is not relative", link[1])
			continue
		}
		if got := do(t, h, "GET", "/graphiql/"+name); got.Code != 200 {
			t.Errorf("%s: status %d", link[1], got.Code)
		}
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Error("the page has an inline script, which the policy blocks")
	}
}

// Each of the page's file kinds has a content type here, else it would not be served.
func TestTypesOfBuiltFiles(t *testing.T) {
	err := filepath.WalkDir("dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == ".gitkeep" {
			return err
		}
		if types[filepath.Ext(name)] == "" {
			t.Errorf("%s has no content type", name)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}
