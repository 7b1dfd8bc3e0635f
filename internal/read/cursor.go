package read

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/problem"
	"tenantry/internal/viewer"
)

// position is a place in an ordered list: the order's value, as text, and the id that breaks ties.
type position struct {
	value string
	id    uuid.UUID
}

// seals binds cursors to the account, by its key, and to the field, order and arguments of a list; not
// to the viewer, whose reach is applied anew.
type seals struct {
	who *viewer.Viewer
	// bound is made when the first cursor is read or written: most lists have none.
	bound func() []byte
}

func newSeals(who *viewer.Viewer, field string, o order, args map[string]any) seals {
	return seals{who: who, bound: sync.OnceValue(func() []byte {
		which := map[string]any{} // the arguments that say which list it is; the order is bound as it is meant
		for name, value := range args {
			if value != nil && !slices.Contains([]string{"first", "last", "after", "before", "orderBy"}, name) {
				which[name] = value
			}
		}
		bound, err := json.Marshal([]any{field, o.field, o.descending, which})
		if err != nil {
			panic(err) // arguments came as JSON or as GraphQL, which has the same values
		}
		return bound
	})}
}

// append writes the cursor of a position as a JSON string.
func (s seals) append(dst []byte, p position) []byte {
	plain := append([]byte(p.value), p.id[:]...)
	nonce := make([]byte, s.who.Cursors.NonceSize(), s.who.Cursors.NonceSize()+len(plain)+s.who.Cursors.Overhead())
	_, _ = rand.Read(nonce) // never fails: see its documentation
	sealed := s.who.Cursors.Seal(nonce, nonce, plain, s.bound())
	dst = append(dst, '"')
	dst = base64.RawURLEncoding.AppendEncode(dst, sealed)
	return append(dst, '"')
}

func (s seals) open(cursor string) (position, error) {
	bad := problem.New(problem.BadCursor, "The cursor is not of this list, with this order and these arguments: start without one.")
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	size := s.who.Cursors.NonceSize()
	// Decoding passes over line ends, so that a cursor could be written in many ways: the length tells.
	if err != nil || len(sealed) < size+s.who.Cursors.Overhead()+16 || base64.RawURLEncoding.EncodedLen(len(sealed)) != len(cursor) {
		return position{}, bad
	}
	plain, err := s.who.Cursors.Open(nil, sealed[:size], sealed[size:], s.bound())
	if err != nil {
		return position{}, bad
	}
	at := len(plain) - 16
	return position{value: string(plain[:at]), id: uuid.UUID(plain[at:])}, nil
}

// text is a value of an order as a cursor keeps it.
func (o order) text(v []byte) string {
	switch o.cast {
	case "timestamptz":
		return moment(v).Format(time.RFC3339Nano)
	case "int":
		return string(appendInt(nil, v, false))
	}
	return string(v)
}
