// Package event hands what was committed to those who watch: the subscriptions and sockets of this process. The
// table app.events is the truth, written in the transaction of each change; between two snapshots of the database
// is exactly what was committed between them, so that nothing is lost and nothing comes twice.
package event

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/rows"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// kind is what happened, as app.events says it.
type kind string

const (
	ticket     kind = "TICKET"
	device     kind = "DEVICE"
	membership kind = "MEMBERSHIP"
	user       kind = "USER"
	credential kind = "CREDENTIAL"
)

// event is a row of app.events.
type event struct {
	account       uuid.UUID
	tx            uint64
	kind          kind
	object        uuid.UUID
	before, after *uuid.UUID
	internal      bool
	role          *string
	grandfathered *bool
	// sets are the changes that it is to those who watch: the same for all of them, since they may be many.
	sets map[rows.Change]*rows.Set
}

// change is a set that says what became of an object of a type. The hub is locked.
func (e *event) change(typ string, to rows.Change) *rows.Set {
	set, ok := e.sets[to]
	if !ok {
		set = rows.Changed(typ, e.object, to)
		if e.sets == nil {
			e.sets = map[rows.Change]*rows.Set{}
		}
		e.sets[to] = set
	}
	return set
}

// access tells whether it is about what a user may see.
func (e *event) access() bool { return e.kind == membership || e.kind == user || e.kind == credential }

func scan(from pgx.Rows) ([]*event, error) {
	var list []*event
	for from.Next() {
		e := &event{}
		var tx int64
		if err := from.Scan(&e.account, &tx, &e.kind, &e.object, &e.before, &e.after, &e.internal, &e.role, &e.grandfathered); err != nil {
			return nil, err
		}
		e.tx = uint64(tx) //#nosec G115 -- a count from zero
		list = append(list, e)
	}
	return list, from.Err()
}

// merge makes one event of all that a transaction did to an object: nobody has seen it in between.
func merge(list []*event) []*event {
	type key struct {
		tx     uint64
		kind   kind
		object uuid.UUID
	}
	at := map[key]int{}
	out := list[:0:0]
	for _, e := range list {
		k := key{e.tx, e.kind, e.object}
		i, again := at[k]
		if e.access() || !again {
			at[k] = len(out)
			out = append(out, e)
			continue
		}
		out[i].after, out[i].internal = e.after, out[i].internal && e.internal
	}
	return out
}

// follow is the viewer after what an event did to their access.
func follow(v *viewer.Viewer, e *event) *viewer.Viewer {
	if !e.access() || e.object != v.UserID {
		return v
	}
	next := *v
	switch {
	case e.kind == user:
		next.Role, next.Grandfathered = models.Role(*e.role), *e.grandfathered
	case e.after != nil:
		next.Memberships = append(slices.Clone(v.Memberships), *e.after)
	case e.before != nil:
		next.Memberships = slices.DeleteFunc(slices.Clone(v.Memberships), func(t uuid.UUID) bool { return t == *e.before })
	}
	return &next
}

// snapshot is PostgreSQL's pg_snapshot: which transactions had been committed.
type snapshot struct {
	min, max uint64
	running  []uint64
}

// parse reads a snapshot as PostgreSQL writes it, "10:20:10,14".
func parse(text string) (s snapshot, err error) {
	parts := strings.Split(text, ":")
	numbers := make([]uint64, 2)
	for i := range numbers {
		if numbers[i], err = strconv.ParseUint(parts[min(i, len(parts)-1)], 10, 64); err != nil {
			return s, err
		}
	}
	s.min, s.max = numbers[0], numbers[1]
	if len(parts) < 3 || parts[2] == "" {
		return s, nil
	}
	for _, one := range strings.Split(parts[2], ",") {
		tx, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			return s, err
		}
		s.running = append(s.running, tx)
	}
	return s, nil
}

// shows tells whether what a committed transaction did is in the snapshot.
func (s snapshot) shows(tx uint64) bool {
	return tx < s.min || tx < s.max && !slices.Contains(s.running, tx)
}
