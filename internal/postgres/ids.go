package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// IDs is a uuid[] as an argument. A viewer of a thousand tenants gives a thousand ids to each statement,
// and pgx would look for the way to write each of them.
type IDs []uuid.UUID

// Text is how PostgreSQL reads the array from text.
func (l IDs) Text() string {
	out := make([]byte, 1, 2+len(l)*(2*len(uuid.Nil)+1))
	out[0] = '{'
	for i, id := range l {
		if i > 0 {
			out = append(out, ',')
		}
		out = hex.AppendEncode(out, id[:])
	}
	return string(append(out, '}'))
}

// Value is the text, for whoever does not know the type: gorm would take it for as many arguments.
func (l IDs) Value() (driver.Value, error) { return l.Text(), nil }

// idsCodec writes IDs in PostgreSQL's binary format of arrays, and the rest as pgx does.
type idsCodec struct{ *pgtype.ArrayCodec }

// PlanEncode is how a value is written.
func (c idsCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(IDs); ok && format == pgtype.BinaryFormatCode {
		return idsPlan{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type idsPlan struct{}

// Encode appends the array: dimensions, whether there are NULLs, the type of the elements, length and
// lower bound, and each element after its size.
func (idsPlan) Encode(value any, buf []byte) ([]byte, error) {
	ids := value.(IDs)
	dimensions := uint32(1)
	if len(ids) == 0 {
		dimensions = 0
	}
	buf = binary.BigEndian.AppendUint32(buf, dimensions)
	buf = binary.BigEndian.AppendUint32(buf, 0)
	buf = binary.BigEndian.AppendUint32(buf, pgtype.UUIDOID)
	if dimensions == 0 {
		return buf, nil
	}
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(ids))) //#nosec G115 -- fewer than a request has bytes
	buf = binary.BigEndian.AppendUint32(buf, 1)
	for _, id := range ids {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(id))), id[:]...)
	}
	return buf, nil
}

// teach makes a new connection write IDs.
func teach(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	element, _ := types.TypeForOID(pgtype.UUIDOID)
	types.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: idsCodec{&pgtype.ArrayCodec{ElementType: element}}})
	return nil
}
