package importer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
)

// batch is how many rows a statement has at most.
const batch = 500

// write makes and changes the rows of a file.
func (r *run) write(s *sheet) error {
	var unseen []uuid.UUID
	switch s.kind.name {
	case ticketKind:
		if err := r.number(s); err != nil {
			return err
		}
	case commentKind:
		// A public comment moves its ticket by a trigger, and the first one answers it.
		slices.SortStableFunc(s.added, func(a, b *row) int {
			return as[time.Time](a.values["created_at"]).Compare(as[time.Time](b.values["created_at"]))
		})
		// A ticket that is new here has its past times already, and nobody has seen it: its comments
		// go in as internal ones, which leave it alone, and are made public afterwards.
		for _, w := range s.added {
			if w.values["visibility"] == "PUBLIC" && r.isNew[as[uuid.UUID](w.values["ticket_id"])] {
				unseen = append(unseen, w.id)
				w.values["visibility"] = "INTERNAL"
			}
		}
	}
	for part := range slices.Chunk(s.added, batch) {
		if err := r.insert(s.kind, part); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(unseen, 10*batch) {
		_, err := r.tx.Exec(r.ctx, "update app.ticket_comments set visibility = 'PUBLIC' where account_id = $1 and id = any($2)", r.account, part)
		if err != nil {
			return err
		}
	}
	for part := range slices.Chunk(s.changed, batch) {
		if err := r.update(s.kind, part); err != nil {
			return err
		}
	}
	return nil
}

// number gives new tickets the account's next numbers, in the order of the file.
func (r *run) number(s *sheet) error {
	if len(s.added) == 0 {
		return nil
	}
	var last int32
	err := r.tx.QueryRow(r.ctx, "update app.ticket_numbers set last_number = last_number + $2 where account_id = $1 returning last_number",
		r.account, len(s.added)).Scan(&last)
	for i, w := range s.added {
		w.values["number"] = last - int32(len(s.added)-1-i) //#nosec G115 -- fewer rows than a file has lines
	}
	return err
}

// insert makes rows, and notes how the files name them.
func (r *run) insert(k *kind, part []*row) error {
	columns, names := k.stored(), "account_id"
	if k.hasID() {
		names += ", id"
	}
	for _, c := range columns {
		names += ", " + c.db
	}
	b, refs := newValues(), newValues()
	b.add(r.account, "")
	refs.add(r.account, "")
	kind := refs.add(k.name, "")
	for _, w := range part {
		items, id := []string{"$1"}, w.id
		if k.hasID() {
			items = append(items, b.add(w.id, ""))
		} else {
			id = as[uuid.UUID](w.values["user_id"])
		}
		for _, c := range columns {
			items = append(items, b.add(w.values[c.db], ""))
		}
		b.row(items)
		refs.row([]string{"$1", kind, refs.add(w.external, ""), refs.add(id, "")})
	}
	if _, err := r.tx.Exec(r.ctx, "insert into "+k.table+" ("+names+") values "+b.String(), b.args...); err != nil {
		return err
	}
	// What was deleted after an earlier import has its name there still.
	_, err := r.tx.Exec(r.ctx, "insert into app.import_refs (account_id, kind, external_id, id) values "+refs.String()+
		" on conflict (account_id, kind, external_id) do update set id = excluded.id", refs.args...)
	return err
}

// update writes rows that were there before.
func (r *run) update(k *kind, part []*row) error {
	var set, names []string
	columns := slices.DeleteFunc(k.stored(), func(c column) bool { return c.once })
	for _, c := range columns {
		set, names = append(set, c.db+" = v."+c.db), append(names, c.db)
	}
	if k.name == commentKind { // has no trigger for it
		set = append(set, "version = t.version + 1", "updated_at = now()")
	}
	b := newValues()
	b.add(r.account, "")
	for _, w := range part {
		items := []string{b.add(w.id, "::uuid")}
		for _, c := range columns {
			items = append(items, b.add(w.values[c.db], "::"+c.typ))
		}
		b.row(items)
	}
	_, err := r.tx.Exec(r.ctx, fmt.Sprintf("update %s t set %s from (values %s) v (id, %s) where t.account_id = $1 and t.id = v.id",
		k.table, strings.Join(set, ", "), b, strings.Join(names, ", ")), b.args...)
	return err
}

// valueList is the list of rows of a statement.
type valueList struct {
	strings.Builder
	args []any
}

func newValues() *valueList { return &valueList{} }

// add adds an argument, and gives its name in the statement.
func (v *valueList) add(arg any, cast string) string {
	v.args = append(v.args, arg)
	return fmt.Sprintf("$%d%s", len(v.args), cast)
}

func (v *valueList) row(items []string) {
	if v.Len() > 0 {
		_ = v.WriteByte(',')
	}
	_, _ = v.WriteString("(" + strings.Join(items, ",") + ")")
}

// record leaves the import's audit entry; one that changed nothing leaves none.
func (r *run) record(l licence) error {
	var before any // null, unless the licence changes
	after, changed := map[string]any{}, false
	if l.before != l.addOn {
		before, after["addOnSeats"], changed = map[string]any{"addOnSeats": l.before}, l.addOn, true
	}
	for _, f := range r.report.Files {
		after[strings.TrimSuffix(f.File, ".csv")] = map[string]any{
			"read": f.Read, "added": f.Added, "updated": f.Updated, "unchanged": f.Unchanged, "refused": f.refused,
		}
		changed = changed || f.Added+f.Updated > 0
	}
	if !changed {
		return nil
	}
	_, err := r.tx.Exec(r.ctx, `insert into app.audit_events (account_id, id, actor_name, action, outcome, object_type, object_id, object_name, before, after)
		values ($1, $2, 'import', 'import', 'DONE', 'Account', $1, $3, $4, $5)`, r.account, ids.New(), r.report.Account, before, after)
	return err
}
