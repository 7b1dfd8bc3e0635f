package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
)

// keyHeader makes each mutation of a document happen once in 24 hours, however often it is sent.
const keyHeader = "Idempotency-Key"

// keyMost is how long a key may be, in bytes.
const keyMost = 255

type keyKey struct{}

// keyed takes the key of a request, and the document and variables that it stands for.
func keyed(ctx context.Context, h http.Header, op *graphql.OperationContext) (context.Context, error) {
	keys := h.Values(keyHeader)
	if len(keys) == 0 || op.Operation.Operation != ast.Mutation || viewer.From(ctx).Viewer() == nil {
		return ctx, nil
	}
	printable := func(r rune) bool { return r < ' ' || r > '~' }
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > keyMost || strings.ContainsFunc(keys[0], printable) {
		return ctx, problem.New(problem.BadUserInput, "Send one %s, of 1 to %d printable ASCII characters.", keyHeader, keyMost)
	}
	variables, err := json.Marshal(op.Variables)
	if err != nil {
		return ctx, err
	}
	request := sha256.Sum256(fmt.Appendf(nil, "%q %q %s", op.OperationName, op.RawQuery, variables))
	return context.WithValue(ctx, keyKey{}, store.Key{Key: keys[0], Request: request}), nil
}

// keyFor is the key of one root field; nil if it has none.
func keyFor(ctx context.Context, field string) *store.Key {
	k, ok := ctx.Value(keyKey{}).(store.Key)
	if !ok {
		return nil
	}
	k.Field = field
	return &k
}

// once keeps what came of a mutation with a key, or gives what came of it the first time.
func (g *guard) once(ctx context.Context, payload any, err error) (any, error) {
	of := reflect.TypeOf(payload)
	if of == nil || of.Kind() != reflect.Pointer {
		return payload, err
	}
	if outcome, again := store.Repeated(err); again {
		fresh := reflect.New(of.Elem())
		if err := json.Unmarshal(outcome, fresh.Interface()); err != nil {
			return nil, err
		}
		return fresh.Interface(), nil
	}
	if err != nil {
		return payload, err
	}
	// A text is a secret: the only ones that a payload has are shown once.
	kept := reflect.New(of.Elem())
	kept.Elem().Set(reflect.ValueOf(payload).Elem())
	for _, f := range g.reader.Schema.Types[graphql.GetFieldContext(ctx).Field.Definition.Type.Name()].Fields {
		if f.Type.Name() == "String" {
			secret := kept.Elem().FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, f.Name) })
			secret.SetZero()
		}
	}
	return payload, g.store.Keep(ctx, kept.Interface())
}
