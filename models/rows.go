// Package models has the rows of the database as gorm models with their relations, the enums and
// inputs of the API, and what values they take. It does no input or output.
package models

import (
	"database/sql/driver"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// Row is what all objects have: the account first, in every key.
type Row struct {
	AccountID uuid.UUID `gorm:"primaryKey"`
	ID        uuid.UUID `gorm:"primaryKey"`
	Version   int32
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
}

// Strings is a text[] column.
type Strings []string

// Scan reads the column.
func (s *Strings) Scan(src any) error {
	return pgtype.NewMap().SQLScanner((*[]string)(s)).Scan(src)
}

// Value writes the column; nil is the empty list.
func (s Strings) Value() (driver.Value, error) {
	if s == nil {
		return "{}", nil
	}
	b, err := pgtype.NewMap().Encode(pgtype.TextArrayOID, pgtype.TextFormatCode, []string(s), nil)
	return string(b), err
}

// Object is a jsonb column.
type Object map[string]any

// Scan reads the column.
func (o *Object) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), o)
	case []byte:
		return json.Unmarshal(v, o)
	}
	return nil
}

// Value writes the column; nil is NULL.
func (o Object) Value() (driver.Value, error) {
	if o == nil {
		return nil, nil
	}
	b, err := json.Marshal(o)
	return string(b), err
}
