package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/problem"
)

// The media types of an answer.
const (
	plainJSON   = "application/json"
	graphqlJSON = "application/graphql-response+json"
	eventStream = "text/event-stream"
)

// answer is a response: without data when nothing was executed.
type answer struct {
	Errors     gqlerror.List
	Data       json.RawMessage
	Extensions map[string]any
	// status is the HTTP status, if something else says it than what the answer holds.
	status int
}

// bytes is the response as it is written. The data are JSON already: encoding/json would read them all
// once more.
func (a answer) bytes() ([]byte, error) {
	out := make([]byte, 0, len(a.Data)+len(`{"data":}`))
	add := func(key string, value any) error {
		text, err := json.Marshal(value)
		out = append(append(out, `,"`+key+`":`...), text...)
		return err
	}
	var err error
	if len(a.Errors) > 0 {
		err = add("errors", a.Errors)
	}
	if len(a.Data) > 0 {
		out = append(append(out, `,"data":`...), a.Data...)
	}
	if len(a.Extensions) > 0 {
		err = errors.Join(err, add("extensions", a.Extensions))
	}
	if len(out) == 0 {
		return []byte("{}"), err
	}
	out[0] = '{'
	return append(out, '}'), err
}

// status is the HTTP status of an answer, the one place that chooses it. Under plain JSON a request
// that could be understood is always 200; under the newer type the status says what went wrong.
func status(mediaType string, a answer) int {
	switch {
	case a.status != 0:
		return a.status
	case mediaType == plainJSON || a.Data != nil:
		return http.StatusOK
	}
	for _, e := range a.Errors {
		switch problem.Code(codeOf(e)) {
		case problem.Unauthenticated:
			return http.StatusUnauthorized
		case problem.Forbidden:
			return http.StatusForbidden
		case problem.RateLimited:
			return http.StatusTooManyRequests
		case problem.Unavailable:
			return http.StatusServiceUnavailable
		}
	}
	return http.StatusBadRequest
}

func codeOf(e *gqlerror.Error) string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// accepted is the media type to answer with; it is not ok if the client takes none of them. Who takes JSON gets that,
// also if they take events: only subscriptions are told as events then.
func accepted(r *http.Request) (string, bool) {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if accept == "" {
		return plainJSON, true
	}
	any, events := false, false
	for _, part := range strings.Split(accept, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil || params["q"] == "0" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			continue
		}
		switch name {
		case graphqlJSON, plainJSON:
			return name, true
		case eventStream:
			events = true
		case "*/*", "application/*":
			any = true
		}
	}
	if events && !any {
		return eventStream, true
	}
	return plainJSON, any
}

// takesEvents tells whether the client takes what happens as it happens.
func takesEvents(r *http.Request) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), eventStream)
}

// refusal is why a request never became an operation.
type refusal struct {
	status  int
	message string
}

func (e *refusal) Error() string { return e.message }

// params reads the parameters of a request, and the id of a document that is asked by it.
func (s *Server) params(w http.ResponseWriter, r *http.Request) (p *graphql.RawParams, documentID string, err error) {
	if r.Method == http.MethodGet {
		return fromURL(r)
	}
	name, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || name != plainJSON || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return nil, "", &refusal{http.StatusUnsupportedMediaType, "Send application/json in UTF-8."}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, "", &refusal{http.StatusUnsupportedMediaType, "Send the body without a content encoding."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, "", &refusal{http.StatusRequestEntityTooLarge, "The body is too large."}
		}
		return nil, "", &refusal{http.StatusBadRequest, "The body could not be read."}
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		return nil, "", &refusal{http.StatusBadRequest, "Send one operation at a time: batches are not served."}
	}
	var sent sentDocument
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&sent); err != nil || !sent.whole() {
		// Nothing of the body is repeated: it may hold secrets.
		return nil, "", &refusal{http.StatusBadRequest, `Send a JSON object with the string "query" or "documentId", and if needed "operationName", "variables" and "extensions".`}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, "", &refusal{http.StatusBadRequest, "Send one JSON object and nothing after it."}
	}
	return sent.params(r.Header), sent.DocumentID, nil
}

// sentDocument is a document as clients send it.
type sentDocument struct {
	Query         *string        `json:"query"`
	DocumentID    string         `json:"documentId"`
	OperationName string         `json:"operationName"`
	Variables     map[string]any `json:"variables"`
	Extensions    map[string]any `json:"extensions"`
}

// whole tells whether it has a document, or says which.
func (d sentDocument) whole() bool { return d.Query != nil || byID(d.DocumentID, d.Extensions) }

func (d sentDocument) params(header http.Header) *graphql.RawParams {
	p := &graphql.RawParams{OperationName: d.OperationName, Variables: d.Variables, Extensions: d.Extensions, Headers: header}
	if d.Query != nil {
		p.Query = *d.Query
	}
	return p
}

// byID tells whether a document is asked by its id, and needs no text.
func byID(documentID string, extensions map[string]any) bool {
	_, apollo := apolloHash(extensions)
	return documentID != "" || apollo
}

func fromURL(r *http.Request) (p *graphql.RawParams, documentID string, err error) {
	q := r.URL.Query()
	p = &graphql.RawParams{Query: q.Get("query"), OperationName: q.Get("operationName"), Headers: r.Header}
	for name, into := range map[string]*map[string]any{"variables": &p.Variables, "extensions": &p.Extensions} {
		if text := q.Get(name); text != "" {
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			if err := decoder.Decode(into); err != nil {
				return nil, "", &refusal{http.StatusBadRequest, "The parameter " + name + " is not a JSON object."}
			}
		}
	}
	documentID = q.Get("documentId")
	if !q.Has("query") && !byID(documentID, p.Extensions) {
		return nil, "", &refusal{http.StatusBadRequest, "Send the parameter query."}
	}
	return p, documentID, nil
}

// write sends an answer.
func write(w http.ResponseWriter, mediaType string, a answer) {
	body, err := a.bytes()
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	code := status(mediaType, a)
	if mediaType == eventStream { // what is no operation is told at once
		mediaType = graphqlJSON
	}
	h := w.Header()
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if code == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(code)
	_, _ = w.Write(body) //#nosec G705 -- JSON, and nosniff
}
