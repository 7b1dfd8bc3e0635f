package importer

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"tenantry/models"
)

// as is a value of a type; the zero value if it is missing.
func as[T any](v any) (out T) {
	out, _ = v.(T)
	return out
}

// unique refuses a value that somebody else has.
func (r *run) unique(s *sheet, w *row, column, value, message string) {
	if id, taken := r.taken[value]; taken && id != w.id {
		s.refuse(w, column, message)
	}
}

// thawed refuses to add to or change an archived tenant's items. A tenant that this import makes, or
// archives, may still get them.
func (r *run) thawed(s *sheet, w *row, tenant uuid.UUID, column string) {
	if r.frozen[tenant] && (w.old == nil || s.differs(w)) {
		s.refuse(w, column, string(models.UserErrorCodeTenantArchived)+": the tenant is archived")
	}
}

// dated gives a new row its times, if the file has none.
func (r *run) dated(w *row) {
	if w.old != nil {
		return
	}
	if w.values["created_at"] == nil {
		w.values["created_at"] = r.now
	}
	if w.values["updated_at"] == nil {
		w.values["updated_at"] = w.values["created_at"]
	}
}

func (r *run) checkTenant(s *sheet, w *row) {
	r.unique(s, w, "name", r.tenantName(w.values), "another tenant has this name")
	r.dated(w)
}

func (r *run) tenantName(v values) string {
	return tenantKind + " " + r.fold1(as[string](v["name"]))
}

func (r *run) keepTenant(_ *sheet, w *row) {
	r.taken[r.tenantName(w.values)] = w.id
	if w.values["status"] == "ACTIVE" {
		delete(r.frozen, w.id)
	}
}

func (r *run) checkUser(s *sheet, w *row) {
	r.unique(s, w, "email", userKind+" "+as[string](w.values["email"]), "another user has this address")
	if w.old == nil && w.values["grandfathered"] == true && (w.values["role"] != "MEMBER" || r.future[w.external]) {
		s.refuse(w, "grandfathered", "only a MEMBER without memberships can be grandfathered")
	}
	r.dated(w)
}

func (r *run) keepUser(_ *sheet, w *row) {
	r.taken[userKind+" "+as[string](w.values["email"])] = w.id
	if w.old == nil && w.values["status"] != "SUSPENDED" {
		r.newSeats++
	}
}

// checkMembership allows memberships for users that this import makes. Those of others are the
// admins' to decide: a repeated import must not bring back what they have ended.
func (r *run) checkMembership(s *sheet, w *row) {
	user, tenant := as[uuid.UUID](w.values["user_id"]), as[uuid.UUID](w.values["tenant_id"])
	_, before := r.refs[membershipKind][w.external]
	switch {
	case r.members[user][tenant]:
		w.values = nil
	case !r.isNew[user] && before:
		s.warn(w, "tenant", "the membership was ended after it was imported, and stays so")
		w.values = nil
	case !r.isNew[user]:
		s.refuse(w, "user", "memberships are imported together with their user, who is there already: use addUsersToTenant")
	default:
		if w.values["created_at"] == nil {
			w.values["created_at"] = r.now
		}
	}
}

func (r *run) keepMembership(_ *sheet, w *row) {
	r.join(as[uuid.UUID](w.values["user_id"]), as[uuid.UUID](w.values["tenant_id"]))
}

func (r *run) checkGroup(s *sheet, w *row) {
	tenant := as[uuid.UUID](w.values["tenant_id"])
	if w.old != nil && tenant != w.old["tenant_id"] {
		s.refuse(w, "tenant", "a device group does not change its tenant")
	}
	r.thawed(s, w, tenant, "tenant")
	r.unique(s, w, "name", r.groupName(w.values), "another group of the tenant has this name")
	r.dated(w)
}

func (r *run) groupName(v values) string {
	return groupKind + " " + as[uuid.UUID](v["tenant_id"]).String() + " " + r.fold1(as[string](v["name"]))
}

func (r *run) keepGroup(_ *sheet, w *row) { r.taken[r.groupName(w.values)] = w.id }

// fold1 is what the database compares a name by.
func (w *world) fold1(name string) string { return w.folded[name] }

// checkDevice keeps a device and its group in one tenant: without a tenant it takes the group's, and
// one that moves leaves its group.
func (r *run) checkDevice(s *sheet, w *row) {
	_, moves := s.at["tenant"]
	if (moves || w.old == nil) && s.name(w, "tenant") == "" && s.name(w, "group") != "" {
		w.values["tenant_id"] = r.objects[groupKind][as[uuid.UUID](w.values["group_id"])]["tenant_id"]
	}
	tenant := as[uuid.UUID](w.values["tenant_id"])
	_, named := s.at["group"]
	if w.old != nil && tenant != w.old["tenant_id"] {
		if !named {
			w.values["group_id"] = nil
		}
		r.thawed(s, w, as[uuid.UUID](w.old["tenant_id"]), "tenant")
	}
	if group, has := w.values["group_id"].(uuid.UUID); has && named && r.objects[groupKind][group]["tenant_id"] != tenant {
		s.refuse(w, "group", "there is no such group in the device's tenant")
	}
	r.thawed(s, w, tenant, "tenant")
	r.dated(w)
}

func (r *run) checkTicket(s *sheet, w *row) {
	v := w.values
	tenant := as[uuid.UUID](v["tenant_id"])
	if w.old != nil && tenant != w.old["tenant_id"] {
		s.refuse(w, "tenant", "a ticket that is there already does not move by an import")
	}
	r.checkRequester(s, w)
	r.checkStatus(s, w)
	// Rule 7: an open ticket has no assignee, or an active agent whose reach holds it.
	if user, has := v["assignee_id"].(uuid.UUID); has && models.TicketStatus(as[string](v["status"])).Open() && !r.holds(user, tenant) {
		s.warn(w, "assignee", "the ticket is open and its assignee is not an active agent who sees it: it has no assignee now")
		v["assignee_id"] = nil
	}
	r.thawed(s, w, tenant, "tenant")
	if w.old == nil {
		given := v["updated_at"] != nil
		r.dated(w)
		if !given {
			v["updated_at"] = latest(v["created_at"], v["resolved_at"], v["closed_at"])
			r.moved[w.id] = as[time.Time](v["updated_at"])
		}
		r.endDates(w, v["updated_at"])
	}
}

// checkRequester takes name and address from a requester who is a user.
func (r *run) checkRequester(s *sheet, w *row) {
	v := w.values
	switch u, is := v["requester_id"].(uuid.UUID); {
	case is && (s.name(w, "requester_name") != "" || s.name(w, "requester_email") != ""):
		s.refuse(w, "requester", "name a user or somebody else, not both")
	case is && s.name(w, "requester") != "":
		v["requester_name"], v["requester_email"] = r.objects[userKind][u]["name"], r.objects[userKind][u]["email"]
	case !is && v["requester_name"] == nil:
		v["requester_name"] = v["requester_email"]
	}
}

// checkStatus keeps a ticket's way from one status to the next, and the times that go with it.
func (r *run) checkStatus(s *sheet, w *row) {
	v := w.values
	next := models.TicketStatus(as[string](v["status"]))
	if w.old != nil {
		if was := models.TicketStatus(as[string](w.old["status"])); !was.To(next) {
			s.refuse(w, "status", fmt.Sprintf("a ticket does not go from %s to %s", was, next))
		}
	}
	if !next.Open() {
		if w.old != nil {
			r.endDates(w, r.now)
		}
		return
	}
	for _, column := range []string{"resolved_at", "closed_at"} {
		if s.name(w, column) != "" {
			s.refuse(w, column, "an open ticket has none")
		}
		v[column] = nil
	}
}

// endDates gives a ticket that came to its end the time of it, if the file has none.
func (r *run) endDates(w *row, at any) {
	v := w.values
	switch {
	case v["status"] == "RESOLVED" && v["resolved_at"] == nil:
		v["resolved_at"] = at
	case v["status"] == "CLOSED" && v["closed_at"] == nil:
		v["closed_at"] = at
	}
}

func (r *run) checkComment(s *sheet, w *row) {
	v := w.values
	if w.old != nil {
		for column, db := range map[string]string{"ticket": "ticket_id", "author": "author_id"} {
			if v[db] != w.old[db] {
				s.refuse(w, column, "a comment keeps its "+column)
				return
			}
		}
	}
	v["tenant_id"] = r.objects[ticketKind][as[uuid.UUID](v["ticket_id"])]["tenant_id"]
	if r.objects[userKind][as[uuid.UUID](v["author_id"])]["role"] == "CUSTOMER" && v["visibility"] != "PUBLIC" {
		s.refuse(w, "visibility", "customers comment in public")
	}
	r.thawed(s, w, as[uuid.UUID](v["tenant_id"]), "ticket")
	r.dated(w)
}

// keepComment notes what a public comment means for a new ticket.
func (r *run) keepComment(_ *sheet, w *row) {
	ticket, at := as[uuid.UUID](w.values["ticket_id"]), as[time.Time](w.values["created_at"])
	if !r.isNew[ticket] || w.values["visibility"] != "PUBLIC" {
		return
	}
	if moved, open := r.moved[ticket]; open && at.After(moved) {
		r.moved[ticket] = at
	}
	author := as[uuid.UUID](w.values["author_id"])
	if r.objects[userKind][author]["role"] == "CUSTOMER" || author == r.objects[ticketKind][ticket]["requester_id"] {
		return
	}
	if first, has := r.answered[ticket]; !has || at.Before(first) {
		r.answered[ticket] = at
	}
}

// datePast gives new tickets the times that follow from their comments.
func (r *run) datePast() {
	for id, at := range r.answered {
		if v := r.objects[ticketKind][id]; v["first_responded_at"] == nil {
			v["first_responded_at"] = at
		}
	}
	for id, at := range r.moved {
		if v := r.objects[ticketKind][id]; v != nil {
			v["updated_at"] = at
		}
	}
}

func latest(times ...any) any {
	var out time.Time
	for _, v := range times {
		if at, has := v.(time.Time); has && at.After(out) {
			out = at
		}
	}
	return out
}
