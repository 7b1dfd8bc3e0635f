package importer

import (
	"fmt"
	"maps"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/models"
)

func checkedName(s string) (string, error) { return models.Text(s, lineMost) }

// take reads a row, holds it against the rules, and notes what is to be done with it.
func (r *run) take(s *sheet, w *row) {
	s.out.Read++
	w.external = s.external(w)
	if !w.bad {
		r.identify(s, w)
	}
	if w.bad {
		r.forget(s, w)
		return
	}
	w.old = r.objects[s.kind.name][w.id]
	if w.old != nil && !r.Update {
		s.out.Unchanged++
		return
	}
	w.values = values{}
	if w.old != nil {
		w.values = maps.Clone(w.old)
	}
	for _, c := range s.columns {
		r.cell(s, w, c)
	}
	if w.bad {
		r.forget(s, w)
		return
	}
	s.check(r, s, w)
	switch {
	case w.bad:
		r.forget(s, w)
		return
	case w.values == nil: // the check found that nothing is to be done
		s.out.Unchanged++
		return
	case w.old == nil:
		s.out.Added++
		s.added = append(s.added, w)
		r.isNew[w.id] = true
	case !s.differs(w):
		s.out.Unchanged++
		return
	default:
		s.out.Updated++
		s.changed = append(s.changed, w)
	}
	if s.hasID() {
		r.refs[s.kind.name][w.external] = w.id
		r.objects[s.kind.name][w.id] = w.values
	}
	if s.keep != nil {
		s.keep(r, s, w)
	}
}

// identify finds out whether the row's object is there.
func (r *run) identify(s *sheet, w *row) {
	for _, name := range s.key {
		switch _, err := checkedName(w.cells[s.at[name]]); {
		case err != nil:
			s.refuse(w, name, err.Error())
		case s.name(w, name) == "":
			s.refuse(w, name, "it cannot be empty")
		}
	}
	if w.bad {
		return
	}
	if line, twice := r.seen[s.kind.name][w.external]; twice {
		s.refuse(w, s.key[len(s.key)-1], fmt.Sprintf("line %d has the same %s", line, s.kind.name))
		w.external = "" // what refers to it means the first
		return
	}
	r.seen[s.kind.name][w.external] = w.lines[0]
	id, known := r.refs[s.kind.name][w.external]
	if !known || !s.hasID() {
		id = ids.New()
	}
	w.id = id
}

// forget remembers that a row was refused, for the rows that refer to it.
func (r *run) forget(s *sheet, w *row) {
	if w.external != "" {
		r.refused[s.kind.name][w.external] = w.lines[0]
	}
}

// cell reads one value of a row.
func (r *run) cell(s *sheet, w *row, c column) {
	i, has := s.at[c.name]
	if w.old != nil && (!has || c.once) {
		return
	}
	raw := ""
	if has {
		raw = w.cells[i]
	}
	text, err := raw, error(nil)
	if !c.exact {
		text, err = models.Text(raw, textMost)
	}
	switch {
	case err != nil:
		s.refuse(w, c.name, err.Error())
		return
	case text == "" && c.must:
		s.refuse(w, c.name, "it cannot be empty")
		return
	case text == "":
		w.values[c.db] = c.def
		if c.to == tenantKind {
			w.values[c.db] = r.account // tenantless
		}
		return
	case c.to != "":
		if id, ok := r.find(s, w, c, text); ok {
			w.values[c.db] = id
		}
		return
	}
	v, err := c.read(raw)
	if err != nil {
		s.refuse(w, c.name, err.Error())
		return
	}
	w.values[c.db] = v
}

// find is the object that a value names.
func (r *run) find(s *sheet, w *row, c column, name string) (uuid.UUID, bool) {
	id, known := r.refs[c.to][name]
	if !known {
		message := fmt.Sprintf("there is no %s %s", c.to, quoted(name))
		if line, refused := r.refused[c.to][name]; refused {
			message = fmt.Sprintf("the %s %s was refused: see line %d of %s", c.to, quoted(name), line, kindNamed(c.to).file)
		}
		s.refuse(w, c.name, message)
	}
	return id, known
}

// differs tells whether the row has other values than the table.
func (k *kind) differs(w *row) bool {
	for _, c := range k.stored() {
		if !c.once && !same(w.values[c.db], w.old[c.db]) {
			return true
		}
	}
	return false
}
