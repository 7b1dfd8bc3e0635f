package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// post sends parameters as they are.
func (c *client) post(params map[string]any) (r reply) {
	c.t.Helper()
	body, err := json.Marshal(params)
	must(c.t, err)
	q := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
	q.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, q)
	r.raw = w.Body.String()
	must(c.t, json.Unmarshal(w.Body.Bytes(), &r))
	return r
}

func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

func byHash(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

func documents(mode DocumentsMode, known map[string]string) func(*Options) {
	return func(o *Options) { o.Documents = Documents{Mode: mode, Known: known} }
}

const asksAccess = "{ viewer { tenantAccess } }"

func TestADocumentIsAskedByItsHashOnceItWasSentWithIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t, documents(DocumentsOn, nil))
	ada, gil, otto := a.as(admin), a.as(grandfathered), a.as("otto@southwind.example")
	by := map[string]any{"extensions": byHash(hashOf(asksAccess))}
	expect(t, "an admin asks by an unknown hash", ada.post(by).code(), "PERSISTED_QUERY_NOT_FOUND")
	expect(t, "with the text of another document", ada.post(map[string]any{"query": "{ __typename }", "extensions": by["extensions"]}).code(), "PERSISTED_QUERY_HASH_MISMATCH")
	expect(t, "by the hash alone after that", ada.post(by).code(), "PERSISTED_QUERY_NOT_FOUND")
	expect(t, "with the text", fmt.Sprint(ada.post(map[string]any{"query": asksAccess, "extensions": by["extensions"]}).get("viewer", "tenantAccess")), "ALL")
	expect(t, "by the hash", fmt.Sprint(ada.post(by).get("viewer", "tenantAccess")), "ALL")
	expect(t, "by documentId", fmt.Sprint(gil.post(map[string]any{"documentId": "sha256:" + hashOf(asksAccess)}).get("viewer", "tenantAccess")), "ALL")
	expect(t, "an admin of another account asks by it", otto.post(by).code(), "PERSISTED_QUERY_NOT_FOUND")
	wrong := "{ nothing }"
	ada.post(map[string]any{"query": wrong, "extensions": byHash(hashOf(wrong))})
	expect(t, "a document with a mistake is kept", ada.post(map[string]any{"extensions": byHash(hashOf(wrong))}).code(), "PERSISTED_QUERY_NOT_FOUND")
}

func TestOnlyDocumentsOfTheListAreServedIfTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	a := newAPI(t, documents(DocumentsOnly, map[string]string{"access": asksAccess, hashOf("{ __typename }"): "{ __typename }"}))
	c := a.as(memberOfOne)
	expect(t, "a member asks by the id", fmt.Sprint(c.post(map[string]any{"documentId": "access"}).get("viewer", "tenantAccess")), "ASSIGNED")
	expect(t, "by a hash", fmt.Sprint(c.post(map[string]any{"extensions": byHash(hashOf("{ __typename }"))}).get("__typename")), "Query")
	expect(t, "by text", c.post(map[string]any{"query": asksAccess}).code(), "PERSISTED_QUERY_ID_REQUIRED")
	expect(t, "by text and its hash", c.post(map[string]any{"query": asksAccess, "extensions": byHash(hashOf(asksAccess))}).code(), "PERSISTED_QUERY_NOT_FOUND")
	expect(t, "by text and the id of another", fmt.Sprint(c.post(map[string]any{"query": "{ users { nodes { id } } }", "documentId": "access"}).get("viewer", "tenantAccess")), "ASSIGNED")
}

func TestNoDocumentIsAskedByAnIDUnlessTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	c := newAPI(t).as(memberOfOne)
	expect(t, "by documentId", c.post(map[string]any{"documentId": "access"}).code(), "PERSISTED_QUERY_NOT_SUPPORTED")
	expect(t, "with hash and text", c.post(map[string]any{"query": asksAccess, "extensions": byHash(hashOf(asksAccess))}).code(), "PERSISTED_QUERY_NOT_SUPPORTED")
}

func TestTheRegisterOfDocumentsIsBounded(t *testing.T) {
	t.Parallel()
	r := newRegister()
	first, text := uuid.New(), strings.Repeat("x", documentMost)
	r.put(first, "huge", text+"x")
	if _, ok := r.get(first, "huge"); ok {
		t.Error("a document that is too large was kept")
	}
	for account := range 80 {
		id := uuid.New()
		if account == 0 {
			id = first
		}
		for n := range 2 * shelfMost / documentMost {
			r.put(id, fmt.Sprint(n), text)
		}
		if account == 0 && r.bytes != shelfMost {
			t.Errorf("an account keeps %d bytes", r.bytes)
		}
	}
	if r.bytes > registerMost || r.bytes < registerMost-shelfMost {
		t.Errorf("all together keep %d bytes", r.bytes)
	}
	if _, ok := r.get(first, "0"); ok {
		t.Error("what was not asked for the longest time is still there")
	}
}

func TestAListOfDocumentsMustFitTheSchema(t *testing.T) {
	for name, c := range map[string]struct{ text, id, problem string }{
		"Relay's list":      {`{"a": "{ viewer { tenantAccess } }"}`, "a", ""},
		"Apollo's manifest": {`{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "b", "name": "B", "type": "query", "body": "query B { __typename }"}]}`, "b", ""},
		"a wrong field":     {`{"a": "{ nothing }"}`, "", `the document "a" does not fit the schema`},
		"no list":           {`[1]`, "", "is neither"},
	} {
		file := filepath.Join(t.TempDir(), "documents.json")
		must(t, os.WriteFile(file, []byte(c.text), 0o600))
		known, err := ReadDocuments(file)
		if c.problem == "" && (err != nil || known[c.id] == "") || c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)) {
			t.Errorf("%s: %v, %v", name, known, err)
		}
	}
}
