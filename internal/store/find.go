package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/models"
)

// idsMost is how many ids a list of a mutation has.
const idsMost = 1000

// find locks and returns the row that an opaque id names. One that is malformed, of another type, not
// there or out of reach is the same missing. It has all columns, or those that are named.
func find[T any](tx *Tx, typ, ref string, columns ...string) (*T, error) {
	id, ok := ids.DecodeAs(typ, ref)
	if !ok {
		return nil, problem.Missing()
	}
	return load[T](tx, id, columns...)
}

func load[T any](tx *Tx, id uuid.UUID, columns ...string) (*T, error) {
	list, err := loadAll[T](tx, []uuid.UUID{id}, columns...)
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// findAll locks and returns the rows of a list of ids, each once, in the order of their ids. One that
// is missing refuses the call.
func findAll[T any](tx *Tx, typ string, refs []string) ([]T, error) {
	keys, err := decodeAll(typ, refs)
	if err != nil {
		return nil, err
	}
	return loadAll[T](tx, keys)
}

func decodeAll(typ string, refs []string) ([]uuid.UUID, error) {
	keys := make([]uuid.UUID, 0, len(refs))
	for _, ref := range refs {
		id, ok := ids.DecodeAs(typ, ref)
		if !ok {
			return nil, problem.Missing()
		}
		if !slices.Contains(keys, id) {
			keys = append(keys, id)
		}
	}
	return keys, nil
}

func loadAll[T any](tx *Tx, keys []uuid.UUID, columns ...string) ([]T, error) {
	var list []T
	sql, err := locking(new(T), columns)
	if err == nil {
		err = read(tx, &list, sql, tx.Viewer.AccountID, keys)
	}
	if err == nil {
		err = tx.flush()
	}
	if err == nil && len(list) != len(keys) {
		err = problem.Missing()
	}
	return list, err
}

// locking asks for rows of a model, by account and ids, and locks them in the order of their ids. They have
// all columns, or those that are named.
func locking(model any, columns []string) (string, error) {
	m, err := modelOf(model)
	if err != nil {
		return "", err
	}
	if columns == nil {
		columns = m.DBNames
	}
	return "select " + strings.Join(columns, ", ") + " from " + m.Table + " where account_id = $1 and id = any ($2) order by id for update", nil
}

// findAllHeld is findAll for items, which keeps the tenants of all as they are besides. Items are locked
// before tenants are held, as everywhere: else this and a tenant's deletion could wait for each other.
func findAllHeld[T any](tx *Tx, typ string, refs []string, of func(T) uuid.UUID) ([]T, map[uuid.UUID]*tenant, error) {
	list, err := findAll[T](tx, typ, refs)
	held := map[uuid.UUID]*tenant{}
	for _, item := range list {
		if id := of(item); err == nil && held[id] == nil {
			held[id], err = tx.holdTenant(id)
		}
	}
	return list, held, err
}

// isMissing tells the answer for what is not there, or not in reach, from other errors.
func isMissing(err error) bool { return problem.Is(err, problem.NotFound) }

// tenant is what a write needs to know of the tenant of an item.
type tenant struct {
	ID     uuid.UUID
	Name   string
	Status models.TenantStatus
}

// holdTenant keeps a tenant's status as it is until the end; out of reach it is missing.
func (tx *Tx) holdTenant(id uuid.UUID) (*tenant, error) {
	t := tenant{ID: id}
	err := tx.ask("select name, status from app.hold_tenant($1)", []any{id}, &t.Name, &t.Status)
	if errors.Is(err, pgx.ErrNoRows) {
		err = problem.Missing()
	}
	return &t, err
}

// newItemTenant is the tenant that a new item is made in. A viewer who does not see tenantless items
// must name one: else the item would vanish from their own view.
func (tx *Tx) newItemTenant(f *faults, ref *string) (*tenant, error) {
	id := tx.Viewer.AccountID
	if ref != nil {
		named, ok := ids.DecodeAs("Tenant", *ref)
		if !ok || named == tx.Viewer.AccountID {
			return nil, problem.Missing()
		}
		id = named
	} else if !tx.Viewer.Reach().Holds(id) {
		f.add(models.UserErrorCodeRequired, "Name a tenant: you do not see items without one.", "tenantId")
		return &tenant{}, nil
	}
	t, err := tx.holdTenant(id)
	if err == nil {
		t.mustBeActive(f, "tenantId")
	}
	return t, err
}

func (t *tenant) mustBeActive(f *faults, path ...any) {
	if t.Status == models.TenantStatusArchived {
		f.add(models.UserErrorCodeTenantArchived, "The tenant is archived: restore it first.", path...)
	}
}

// mustBeVersion refuses a change that was made without seeing the last one. "at" is where the version
// stands in the input.
func mustBeVersion(f *faults, seen *int32, version int32, at ...any) {
	if seen != nil && *seen != version {
		f.add(models.UserErrorCodeConflict, "It has changed since: read it again and repeat the change.", append(at, "version")...)
	}
}
