package graph

import (
	"bytes"
	"io"
	"net/http"

	"github.com/vektah/gqlparser/v2/formatter"

	"tenantry/internal/viewer"
)

// PrintedSchema is the schema in GraphQL's own language, as /schema.graphql serves it.
func PrintedSchema() string {
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchema(Schema())
	return out.String()
}

// SDL serves the schema: to everybody, or if it is not public to who is signed in.
func (s *Server) SDL() http.Handler {
	text := PrintedSchema()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asker := s.asker(w, r)
		ctx := viewer.With(r.Context(), asker)
		if !s.PublicSchema {
			if err := s.identify(ctx, asker, r); err != nil || asker.Viewer() == nil {
				http.Error(w, "Sign in first.", http.StatusUnauthorized)
				return
			}
		}
		w.Header().Set("Content-Type", "application/graphql; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, text)
	})
}
