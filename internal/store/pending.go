package store

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/schema"

	"tenantry/internal/postgres"
	"tenantry/models"
)

// otherRows is the SQLSTATE of app.wrote: a statement wrote other rows than it should.
const otherRows = "TN003"

// later adds a statement that nothing waits for: it goes with the next one that something does, or with
// the payload. An error of its undoes the mutation.
func (tx *Tx) later(sql string, args ...any) *pgx.QueuedQuery {
	for i := range args {
		args[i] = plain(args[i])
	}
	return tx.unit.pending.Queue(sql, args...)
}

// ask adds a statement and waits for its row; none is pgx.ErrNoRows.
func (tx *Tx) ask(sql string, args []any, into ...any) error {
	tx.later(sql, args...).QueryRow(func(row pgx.Row) error { return row.Scan(into...) })
	return tx.flush()
}

// flush sends what is pending, where an error of it decides how the mutation goes on.
func (tx *Tx) flush() error { return tx.unit.flush(tx.Statement.Context) }

// bound sends what is pending if it is much: all its arguments are kept until then.
func (tx *Tx) bound() error {
	if tx.unit.pending.Len() < 16 {
		return nil
	}
	return tx.flush()
}

// plain is a value as pgx writes it with least effort.
func plain(v any) any {
	switch v := v.(type) {
	case *uuid.UUID:
		if v != nil {
			return postgres.Arg(*v)
		}
	case models.Strings:
		return append([]string{}, v...) // NULL is no list
	}
	return postgres.Arg(v)
}

// write adds a statement that changes exactly so many rows: a policy that hides one is no error by itself.
func (tx *Tx) write(rows int, sql string, args ...any) {
	args = append(args, rows)
	tx.later(fmt.Sprintf("with written as (%s returning 1) select app.wrote((select count(*) from written), $%d)", sql, len(args)), args...)
}

// update adds a change of one row of a model.
func (tx *Tx) update(model any, id uuid.UUID, columns map[string]any) error {
	return tx.updateAll(model, []uuid.UUID{id}, columns)
}

// updateAll adds the same change of some rows.
func (tx *Tx) updateAll(model any, keys []uuid.UUID, columns map[string]any) error {
	m, err := modelOf(model)
	if err != nil {
		return err
	}
	args := []any{tx.Viewer.AccountID, keys}
	var set []string
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		args = append(args, columns[column])
		set = append(set, column+" = $"+strconv.Itoa(len(args)))
	}
	tx.write(len(keys), "update "+m.Table+" set "+strings.Join(set, ", ")+" where account_id = $1 and id = any ($2)", args...)
	return nil
}

// remove adds the end of a row.
func (tx *Tx) remove(model any, id uuid.UUID) error {
	m, err := modelOf(model)
	if err == nil {
		tx.write(1, "delete from "+m.Table+" where account_id = $1 and id = $2", tx.Viewer.AccountID, id)
	}
	return err
}

// insert adds new rows, whose times the database sets.
func insert[T any](tx *Tx, rows []T) error {
	m, err := modelOf(new(T))
	if err != nil {
		return err
	}
	columns := slices.DeleteFunc(slices.Clone(m.DBNames), func(name string) bool { return name == "created_at" || name == "updated_at" })
	const most = 500 // PostgreSQL takes 65,535 arguments
	for some := range slices.Chunk(rows, most) {
		var values []string
		var args []any
		for i := range some {
			names := make([]string, len(columns))
			for j, column := range columns {
				value, _ := m.FieldsByDBName[column].ValueOf(tx.Statement.Context, reflect.ValueOf(&some[i]).Elem())
				args = append(args, value)
				names[j] = "$" + strconv.Itoa(len(args))
			}
			values = append(values, "("+strings.Join(names, ", ")+")")
		}
		tx.later("insert into "+m.Table+" ("+strings.Join(columns, ", ")+") values "+strings.Join(values, ", "), args...)
		if err := tx.bound(); err != nil {
			return err
		}
	}
	return nil
}

// read adds a query whose rows come into the list once the statements are sent.
func read[T any](tx *Tx, list *[]T, sql string, args ...any) error {
	m, err := modelOf(new(T))
	if err != nil {
		return err
	}
	tx.later(sql, args...).Query(func(rows pgx.Rows) error {
		if err := rows.Err(); err != nil { // then there are no columns to ask for
			return err
		}
		into := make([]any, len(rows.FieldDescriptions()))
		for rows.Next() {
			var row T
			for i, column := range rows.FieldDescriptions() {
				field := m.FieldsByDBName[column.Name]
				if field == nil {
					return fmt.Errorf("%s has no field for %s", m.Name, column.Name)
				}
				into[i] = field.ReflectValueOf(tx.Statement.Context, reflect.ValueOf(&row).Elem()).Addr().Interface()
				if list, ok := into[i].(*models.Strings); ok {
					into[i] = (*[]string)(list) // which pgx reads by itself
				}
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			*list = append(*list, row)
		}
		return rows.Err()
	})
	return nil
}

var schemas sync.Map

// modelOf is what gorm knows of a model: its table and columns.
func modelOf(model any) (*schema.Schema, error) {
	return schema.Parse(model, &schemas, schema.NamingStrategy{})
}
