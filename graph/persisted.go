package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tenantry/internal/viewer"
)

// Documents say which documents may be asked by an id instead of their text.
type Documents struct {
	Mode DocumentsMode
	// Known are the documents of the list that the operator gave, by id.
	Known map[string]string
}

// DocumentsMode is how far documents are asked by an id.
type DocumentsMode string

// The modes. With DocumentsOn clients may ask by text, too, and Apollo's protocol keeps what they ask; with
// DocumentsOnly nothing is executed but what is on the list.
const (
	DocumentsOff  DocumentsMode = "off"
	DocumentsOn   DocumentsMode = "on"
	DocumentsOnly DocumentsMode = "only"
)

// The codes of persisted documents, as Apollo's servers and clients know them.
const (
	documentNotFound  = "PERSISTED_QUERY_NOT_FOUND"
	documentsNotHere  = "PERSISTED_QUERY_NOT_SUPPORTED"
	documentIDWanted  = "PERSISTED_QUERY_ID_REQUIRED"
	documentNotItself = "PERSISTED_QUERY_HASH_MISMATCH"
)

// unknownDocument is why a document is not found by its id. Apollo's clients look for these messages.
func unknownDocument(code, message string) error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// ReadDocuments reads a list of documents: JSON as Relay's compiler writes it, with texts by id, or Apollo's
// manifest of operations. Each must fit the schema.
func ReadDocuments(file string) (map[string]string, error) {
	text, err := os.ReadFile(file) //#nosec G304 -- the operator names the file
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	var manifest struct {
		Format     string
		Operations []struct{ ID, Body string }
	}
	if json.Unmarshal(text, &manifest) == nil && manifest.Format != "" {
		for _, o := range manifest.Operations {
			known[o.ID] = o.Body
		}
	} else if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s is neither an object with documents by id nor Apollo's manifest: %w", file, err)
	}
	for id, document := range known {
		if _, errs := gqlparser.LoadQueryWithRules(Schema(), document, nil); errs != nil {
			return nil, fmt.Errorf("%s: the document %q does not fit the schema: %w", file, id, errs)
		}
	}
	return known, nil
}

// register keeps the documents that clients asked by Apollo's protocol, for each account apart, so that none
// tells or displaces another's.
type register struct {
	mu       sync.Mutex
	accounts *simplelru.LRU[uuid.UUID, *shelf]
	bytes    int
}

// shelf is what is kept of an account.
type shelf struct {
	documents *simplelru.LRU[string, string]
	bytes     int
}

// How much is kept, in bytes; what was not asked for the longest time goes first.
const (
	documentMost = 32 << 10
	shelfMost    = 1 << 20
	registerMost = 32 << 20
)

func newRegister() *register {
	r := &register{}
	r.accounts, _ = simplelru.NewLRU(registerMost, func(_ uuid.UUID, gone *shelf) { r.bytes -= gone.bytes })
	return r
}

func (r *register) get(account uuid.UUID, hash string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.accounts.Get(account); ok {
		return s.documents.Get(hash)
	}
	return "", false
}

func (r *register) put(account uuid.UUID, hash, document string) {
	if len(document) > documentMost {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.accounts.Get(account)
	if !ok {
		s = &shelf{}
		s.documents, _ = simplelru.NewLRU(shelfMost, func(_, gone string) { s.bytes -= len(gone); r.bytes -= len(gone) })
		r.accounts.Add(account, s)
	}
	if s.documents.Contains(hash) {
		return
	}
	s.documents.Add(hash, document)
	s.bytes, r.bytes = s.bytes+len(document), r.bytes+len(document)
	for s.bytes > shelfMost {
		s.documents.RemoveOldest()
	}
	for r.bytes > registerMost {
		r.accounts.RemoveOldest()
	}
}

// find puts the text of a document in place of its id. With Apollo's protocol a client sends the hash alone, and, if
// that is not known, hash and text: then keep is to be called once the text has proved to be a document.
func (s *Server) find(p *graphql.RawParams, id string, who *viewer.Viewer) (keep func(), listed bool, err error) {
	keep = func() {}
	hash, apollo := apolloHash(p.Extensions)
	switch {
	case id == "" && !apollo && s.Documents.Mode == DocumentsOnly:
		return keep, false, unknownDocument(documentIDWanted, "Only documents of the list are served: send the documentId.")
	case id == "" && !apollo:
		return keep, false, nil
	case s.Documents.Mode == DocumentsOff:
		return keep, false, unknownDocument(documentsNotHere, "PersistedQueryNotSupported")
	case id == "":
		id = hash
	}
	var account uuid.UUID // of nobody, for who signs in
	if who != nil {
		account = who.AccountID
	}
	plain := strings.TrimPrefix(id, "sha256:")
	if text, ok := s.Documents.Known[id]; ok {
		p.Query = text
		return keep, true, nil
	} else if text, ok := s.Documents.Known[plain]; ok {
		p.Query = text
		return keep, true, nil
	}
	if s.Documents.Mode == DocumentsOn {
		if p.Query != "" && apollo {
			if sum := sha256.Sum256([]byte(p.Query)); !strings.EqualFold(hash, hex.EncodeToString(sum[:])) {
				return keep, false, unknownDocument(documentNotItself, "The hash is not that of the document.")
			}
			document := p.Query
			return func() { s.register.put(account, strings.ToLower(hash), document) }, false, nil
		}
		if text, ok := s.register.get(account, strings.ToLower(plain)); ok {
			p.Query = text
			return keep, false, nil
		}
	}
	return keep, false, unknownDocument(documentNotFound, "PersistedQueryNotFound")
}

// apolloHash is the hash that Apollo's protocol sends: https://www.apollographql.com/docs/apollo-server/performance/apq
func apolloHash(extensions map[string]any) (hash string, ok bool) {
	p, ok := extensions["persistedQuery"].(map[string]any)
	if !ok {
		return "", false
	}
	hash, _ = p["sha256Hash"].(string)
	return hash, fmt.Sprint(p["version"]) == "1"
}
