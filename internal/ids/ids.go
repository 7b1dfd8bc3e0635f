// Package ids writes and reads the opaque ids of the API: a short prefix that names the type, an
// underscore, and the row's UUIDv7 in 26 characters of Crockford's base 32.
package ids

import (
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
)

// prefixes has the prefix of each type that implements Node.
var prefixes = map[string]string{
	"Account": "acc", "ApiToken": "tok", "Article": "art", "Asset": "ast", "AuditEvent": "aud", "Device": "dev", "DeviceGroup": "grp",
	"RemoteSession": "rem", "Session": "ses",
	"Tenant": "ten", "Ticket": "tkt", "TicketComment": "cmt", "User": "usr",
}

var types = func() map[string]string {
	m := map[string]string{}
	for typ, prefix := range prefixes {
		m[prefix] = typ
	}
	return m
}()

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an id for a new row: in order of time, so that new rows are neighbours.
func New() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Types lists the types that have ids.
func Types() map[string]string { return prefixes }

// Encode writes the id of an object of a type.
func Encode(typ string, id uuid.UUID) string { return string(Append(nil, typ, id[:])) }

// Append appends the id of an object of a type, given its 16 bytes.
func Append(dst []byte, typ string, id []byte) []byte {
	dst = append(append(dst, prefixes[typ]...), '_')
	return encoding.AppendEncode(dst, id)
}

// Decode reads an id. It is not ok if the id is malformed or written in a way that Encode does not.
func Decode(s string) (typ string, id uuid.UUID, ok bool) {
	prefix, token, found := strings.Cut(s, "_")
	typ, known := types[prefix]
	if !found || !known || len(token) != encoding.EncodedLen(16) {
		return "", uuid.Nil, false
	}
	b, err := encoding.DecodeString(token)
	if err != nil || len(b) != 16 {
		return "", uuid.Nil, false
	}
	copy(id[:], b)
	return typ, id, Encode(typ, id) == s
}

// DecodeAs reads the id of an object of one type.
func DecodeAs(typ, s string) (uuid.UUID, bool) {
	t, id, ok := Decode(s)
	return id, ok && t == typ
}
