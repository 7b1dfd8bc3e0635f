package store

import (
	"fmt"
	"slices"
	"strconv"

	"tenantry/models"
)

// faults gathers what the caller can mend. The first one makes the transaction end without effect.
type faults struct {
	tx   *Tx
	list []*models.UserError
}

func (tx *Tx) faults() *faults { return &faults{tx: tx} }

// add notes a fault of an input field: its path below input, with indexes as numbers.
func (f *faults) add(code models.UserErrorCode, message string, path ...any) {
	e := &models.UserError{Code: code, Message: message, Path: []string{"input"}}
	for _, step := range path {
		switch step := step.(type) {
		case int:
			e.Path = append(e.Path, strconv.Itoa(step))
		default:
			e.Path = append(e.Path, fmt.Sprint(step))
		}
	}
	f.list = append(f.list, e)
	if f.tx != nil {
		f.tx.Undo()
	}
}

// take adds the faults of a part of the input: their paths go on from that of the part.
func (f *faults) take(of *faults, path ...any) {
	for _, e := range of.list {
		steps := slices.Clone(path)
		for _, step := range e.Path[1:] {
			steps = append(steps, step)
		}
		f.add(e.Code, e.Message, steps...)
	}
}

func (f *faults) any() bool { return len(f.list) > 0 }

// none is the list of a payload without faults.
func none() []*models.UserError { return []*models.UserError{} }
