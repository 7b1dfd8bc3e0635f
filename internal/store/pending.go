package store

import (
	"fmt"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
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

// bound sends what is pending if it is much: of a change of many objects all the arguments are kept.
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

// made is the statement that gorm would run.
func (tx *Tx) made(run func(*gorm.DB) *gorm.DB) (string, []any, error) {
	done := run(tx.Session(&gorm.Session{DryRun: true}))
	return done.Statement.SQL.String(), done.Statement.Vars, done.Error
}

// write adds a statement that changes exactly so many rows: a policy that hides one is no error by itself.
func (tx *Tx) write(rows int, sql string, args ...any) {
	args = append(args, rows)
	tx.later(fmt.Sprintf("with written as (%s returning 1) select app.wrote((select count(*) from written), $%d)", sql, len(args)), args...)
}

// change is write for a statement of gorm's.
func (tx *Tx) change(rows int, run func(*gorm.DB) *gorm.DB) error {
	sql, args, err := tx.made(run)
	if err == nil {
		tx.write(rows, sql, args...)
	}
	return err
}

// update adds a change of one row.
func (tx *Tx) update(row any, id uuid.UUID, columns map[string]any) error {
	return tx.updateAll(row, []uuid.UUID{id}, columns)
}

// updateAll adds the same change of some rows.
func (tx *Tx) updateAll(row any, keys []uuid.UUID, columns map[string]any) error {
	return tx.change(len(keys), func(db *gorm.DB) *gorm.DB {
		return db.Model(row).Where("account_id = ? and id = any (?)", tx.Viewer.AccountID, postgres.IDs(keys)).UpdateColumns(columns)
	})
}

// remove adds the end of a row.
func (tx *Tx) remove(row any, id uuid.UUID) error {
	return tx.change(1, func(db *gorm.DB) *gorm.DB {
		return db.Where("account_id = ? and id = ?", tx.Viewer.AccountID, id).Delete(row)
	})
}

// read adds a query of gorm's, whose rows come into the list once the statements are sent.
func read[T any](tx *Tx, list *[]T, run func(*gorm.DB) *gorm.DB) error {
	sql, args, err := tx.made(func(db *gorm.DB) *gorm.DB { return run(db.Model(new(T))) })
	if err != nil {
		return err
	}
	model, err := modelOf[T](tx)
	if err != nil {
		return err
	}
	tx.later(sql, args...).Query(func(rows pgx.Rows) error {
		into := make([]any, len(rows.FieldDescriptions()))
		for rows.Next() {
			var row T
			for i, column := range rows.FieldDescriptions() {
				field := model.LookUpField(column.Name)
				if field == nil {
					return fmt.Errorf("%s has no field for %s", model.Name, column.Name)
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

func modelOf[T any](tx *Tx) (*schema.Schema, error) {
	s := &gorm.Statement{DB: tx.DB}
	err := s.Parse(new(T))
	return s.Schema, err
}
