package importer

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// world is what there is in the account, as far as the files name it, and what the rows that were
// good so far add to it.
type world struct {
	account uuid.UUID
	now     time.Time
	// refs are the ids of objects by kind and external id; seen and refused are lines of this run's files.
	refs          map[string]map[string]uuid.UUID
	seen, refused map[string]map[string]int
	// objects are the values of each object by kind and id.
	objects map[string]map[uuid.UUID]values
	// isNew has the ids of what this run makes.
	isNew map[uuid.UUID]bool
	// members are the tenants that users are members of.
	members map[uuid.UUID]map[uuid.UUID]bool
	// frozen tenants were archived before the import and stay so.
	frozen map[uuid.UUID]bool
	// taken has who has a unique value; folded is what the database takes a name for when it compares.
	taken    map[string]uuid.UUID
	folded   map[string]string
	newSeats int
	// future has the users that memberships.csv names.
	future map[string]bool
	// answered is when a new ticket was first answered, moved when somebody last said something in public.
	answered, moved map[uuid.UUID]time.Time
}

func newWorld(account uuid.UUID) *world {
	w := &world{
		account: account, now: time.Now().UTC().Truncate(time.Microsecond),
		refs: map[string]map[string]uuid.UUID{}, seen: map[string]map[string]int{}, refused: map[string]map[string]int{},
		objects: map[string]map[uuid.UUID]values{}, isNew: map[uuid.UUID]bool{}, members: map[uuid.UUID]map[uuid.UUID]bool{},
		frozen: map[uuid.UUID]bool{}, taken: map[string]uuid.UUID{}, folded: map[string]string{}, future: map[string]bool{},
		answered: map[uuid.UUID]time.Time{}, moved: map[uuid.UUID]time.Time{},
	}
	for _, k := range kinds {
		w.refs[k.name], w.seen[k.name], w.refused[k.name] = map[string]uuid.UUID{}, map[string]int{}, map[string]int{}
		w.objects[k.name] = map[uuid.UUID]values{}
	}
	return w
}

// load reads what the files name. It locks in the order of the API's mutations: users, then what
// they work on, then the tenants; each in the order of the ids.
func (r *run) load() error {
	named := r.named()
	for _, k := range kinds {
		if err := r.loadRefs(k, named[k.name]); err != nil {
			return err
		}
	}
	assignees, err := r.assignees()
	if err != nil {
		return err
	}
	if err := r.loadObjects(kindNamed(userKind), assignees...); err != nil {
		return err
	}
	for _, name := range []string{groupKind, deviceKind, assetKind, ticketKind, commentKind, sessionKind, articleKind, tenantKind} {
		if err := r.loadObjects(kindNamed(name)); err != nil {
			return err
		}
	}
	if err := r.loadMembers(); err != nil {
		return err
	}
	return r.loadTaken()
}

// named are the external ids in the files, by kind.
func (r *run) named() map[string][]string {
	sets := map[string]map[string]bool{}
	for _, k := range kinds {
		sets[k.name] = map[string]bool{}
	}
	for _, s := range r.sheets {
		for _, w := range s.rows {
			sets[s.kind.name][s.external(w)] = true
			for _, c := range s.columns {
				if c.to != "" {
					sets[c.to][s.name(w, c.name)] = true
				}
			}
			if s.kind.name == membershipKind {
				r.future[s.name(w, "user")] = true
			}
		}
	}
	out := map[string][]string{}
	for name, set := range sets {
		for external := range set {
			if _, err := checkedName(external); err == nil && external != "" {
				out[name] = append(out[name], external)
			}
		}
	}
	return out
}

// external is how files name the row's object. A membership has the names of both its ends.
func (s *sheet) external(w *row) string {
	if !s.hasID() {
		return s.name(w, "user") + "\n" + s.name(w, "tenant")
	}
	return s.name(w, externalID)
}

func (r *run) loadRefs(k *kind, named []string) error {
	rows, err := r.tx.Query(r.ctx, `select external_id, id from app.import_refs
		where account_id = $1 and kind = $2 and external_id = any($3)`, r.account, k.name, named)
	if err != nil {
		return err
	}
	var external string
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&external, &id}, func() error {
		r.refs[k.name][external] = id
		return nil
	})
	return err
}

// assignees are who works on the tickets that an update may open again, imported or not.
func (r *run) assignees() ([]uuid.UUID, error) {
	if !r.Update {
		return nil, nil
	}
	var tickets []uuid.UUID
	for _, id := range r.refs[ticketKind] {
		tickets = append(tickets, id)
	}
	rows, err := r.tx.Query(r.ctx, "select distinct assignee_id from app.tickets where account_id = $1 and id = any($2) and assignee_id is not null",
		r.account, tickets)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// loadObjects reads and locks the rows of what was imported before. What was deleted since is new again.
func (r *run) loadObjects(k *kind, all ...uuid.UUID) error {
	for _, id := range r.refs[k.name] {
		all = append(all, id)
	}
	list, sql := k.stored(), "select id"
	for _, c := range list {
		sql += ", " + c.db
	}
	strength := "share"
	if r.Update {
		strength = "no key update"
	}
	rows, err := r.tx.Query(r.ctx, sql+" from "+k.table+" where account_id = $1 and id = any($2) order by id for "+strength, r.account, all)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		raw, err := rows.Values()
		if err != nil {
			return err
		}
		v := values{}
		for i, c := range list {
			v[c.db] = plain(raw[i+1])
		}
		r.objects[k.name][uuid.UUID(raw[0].([16]byte))] = v
	}
	for external, id := range r.refs[k.name] {
		if r.objects[k.name][id] == nil {
			delete(r.refs[k.name], external)
		}
	}
	return rows.Err()
}

// loadMembers reads the memberships of the users that the files name.
func (r *run) loadMembers() error {
	var users []uuid.UUID
	for id := range r.objects[userKind] {
		users = append(users, id)
	}
	rows, err := r.tx.Query(r.ctx, "select user_id, tenant_id from app.memberships where account_id = $1 and user_id = any($2)", r.account, users)
	if err != nil {
		return err
	}
	var user, tenant uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&user, &tenant}, func() error {
		r.join(user, tenant)
		return nil
	})
	return err
}

// loadTaken reads what is unique in the account, and which tenants are archived.
func (r *run) loadTaken() error {
	for _, sql := range []string{
		"select id, '" + userKind + " ' || email, false from app.users where account_id = $1",
		"select id, '" + tenantKind + " ' || lower(name), status = 'ARCHIVED' from app.tenants where account_id = $1 order by id for share",
		"select id, '" + groupKind + " ' || tenant_id || ' ' || lower(name), false from app.device_groups where account_id = $1",
		"select id, '" + assetKind + " ' || tenant_id || ' ' || lower(tag), false from app.assets where account_id = $1 and tag is not null",
	} {
		rows, err := r.tx.Query(r.ctx, sql, r.account)
		if err != nil {
			return err
		}
		var id uuid.UUID
		var value string
		var frozen bool
		if _, err := pgx.ForEachRow(rows, []any{&id, &value, &frozen}, func() error {
			r.taken[value] = id
			if frozen {
				r.frozen[id] = true
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// fold asks the database what it takes the names or tags of a file's objects for: its rules for upper
// and lower case are not Go's.
func (r *run) fold(s *sheet) error {
	column, has := map[string]string{tenantKind: "name", groupKind: "name", assetKind: "tag"}[s.kind.name]
	if !has {
		return nil
	}
	var list []string
	for _, w := range s.rows {
		if name, err := checkedName(s.name(w, column)); err == nil {
			list = append(list, name)
		}
	}
	for _, v := range r.objects[s.kind.name] { // which may come to another tenant, to other names
		list = append(list, as[string](v[column]))
	}
	rows, err := r.tx.Query(r.ctx, `select n, lower(n collate "und-x-icu") from unnest($1::text[]) n`, list)
	if err != nil {
		return err
	}
	var name, folded string
	_, err = pgx.ForEachRow(rows, []any{&name, &folded}, func() error {
		r.folded[name] = folded
		return nil
	})
	return err
}

func (w *world) join(user, tenant uuid.UUID) {
	if w.members[user] == nil {
		w.members[user] = map[uuid.UUID]bool{}
	}
	w.members[user][tenant] = true
}

// holds tells whether somebody can be the assignee of an open ticket of a tenant: an active agent
// whose reach holds it.
func (w *world) holds(user, tenant uuid.UUID) bool {
	u := w.objects[userKind][user]
	switch {
	case u["status"] != "ACTIVE" || u["role"] == "CUSTOMER":
		return false
	case u["role"] == "ADMIN" || u["grandfathered"] == true:
		return true
	case len(w.members[user]) == 0:
		return tenant == w.account
	}
	return w.members[user][tenant]
}

// plain is a value of the database in the form that columns read.
func plain(v any) any {
	switch v := v.(type) {
	case [16]byte:
		return uuid.UUID(v)
	case time.Time:
		return v.UTC()
	case pgtype.Numeric:
		x, _ := v.Float64Value()
		return x.Float64
	case []any:
		out := make([]string, len(v))
		for i := range v {
			out[i], _ = v[i].(string)
		}
		return out
	}
	return v
}

func same(a, b any) bool {
	switch a := a.(type) {
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b)
	}
	if _, list := b.([]string); list {
		return false
	}
	return a == b
}

func kindNamed(name string) *kind {
	return kinds[slices.IndexFunc(kinds, func(k *kind) bool { return k.name == name })]
}
