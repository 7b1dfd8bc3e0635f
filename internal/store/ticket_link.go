package store

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/models"
)

// ticketColumns are what a write reads of a ticket: the customers' role may not read all.
var ticketColumns = []string{
	"account_id", "id", "version", "tenant_id", "subject", "description", "device_id", "asset_id", "requester_id", "assignee_id", "status", "type",
	"priority", "source", "category", "tags", "due_at", "resolved_at", "closed_at",
}

// ticket locks a ticket and its tenant's status.
func (tx *Tx) ticket(ref string) (*models.Ticket, *tenant, error) {
	if tx.Viewer.Role != models.RoleCustomer {
		return tx.lockTicket(ref)
	}
	// A customer may lock only their own, and must be told apart whose they see and whose not.
	k, t, err := tx.readTicket(ref)
	if err == nil && k.RequesterID != nil && *k.RequesterID == tx.Viewer.UserID {
		k, err = find[models.Ticket](tx, "Ticket", ref, ticketColumns...)
	}
	return k, t, err
}

// lockTicket locks a ticket and then its tenant's status, in one round trip.
func (tx *Tx) lockTicket(ref string) (*models.Ticket, *tenant, error) {
	id, ok := ids.DecodeAs("Ticket", ref)
	if !ok {
		return nil, nil, problem.Missing()
	}
	sql, err := locking(&models.Ticket{}, ticketColumns)
	if err != nil {
		return nil, nil, err
	}
	// The inner rows are locked before the outer ones are made.
	var list []heldTicket
	sql = "select k.*, t.name as held_name, t.status as held_status from (" + sql + ") k cross join lateral app.hold_tenant(k.tenant_id) t"
	if err := read(tx, &list, sql, tx.Viewer.AccountID, []uuid.UUID{id}); err != nil {
		return nil, nil, err
	}
	if err = tx.flush(); err == nil && len(list) == 0 {
		err = problem.Missing()
	}
	if err != nil {
		return nil, nil, err
	}
	k := &list[0]
	return &k.Ticket, &tenant{ID: k.TenantID, Name: k.HeldName, Status: k.HeldStatus}, nil
}

// heldTicket is a ticket that is locked, with what is held of its tenant.
type heldTicket struct {
	models.Ticket
	HeldName   string
	HeldStatus models.TenantStatus
}

// readTicket reads a ticket without locking it.
func (tx *Tx) readTicket(ref string) (*models.Ticket, *tenant, error) {
	id, ok := ids.DecodeAs("Ticket", ref)
	if !ok {
		return nil, nil, problem.Missing()
	}
	var list []models.Ticket
	err := tx.Select(ticketColumns).Where("account_id = ? and id = ?", tx.Viewer.AccountID, id).Find(&list).Error
	if err == nil && len(list) == 0 {
		err = problem.Missing()
	}
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.holdTenant(list[0].TenantID)
	return &list[0], t, err
}

// linked is the object that an item of a tenant shall point at, which is of the same tenant. One that
// cannot be linked to, for whatever reason, is the same fault.
func linked[T any](tx *Tx, f *faults, typ, path string, ref *string, tenant uuid.UUID) (*uuid.UUID, error) {
	if ref == nil {
		return nil, nil
	}
	id, ok := ids.DecodeAs(typ, *ref)
	var found int64
	if ok {
		err := tx.Model(new(T)).Where("account_id = ? and id = ? and tenant_id = ?", tx.Viewer.AccountID, id, tenant).Count(&found).Error
		if err != nil {
			return nil, err
		}
	}
	if found == 0 {
		f.add(models.UserErrorCodeInvalid, "There is no such "+strings.ToLower(typ)+" in the same tenant.", path)
	}
	return &id, nil
}

// link changes what an item of a tenant points at.
func link[T any](tx *Tx, c *changes, typ, name, column string, now *uuid.UUID, in graphql.Omittable[*string], tenant uuid.UUID) error {
	ref, given := in.ValueOK()
	if !given {
		return nil
	}
	next, err := linked[T](tx, c.f, typ, name, ref, tenant)
	if err == nil && !same(next, now) {
		c.set(name, column, refOf(typ, now), ref, next)
	}
	return err
}

// setRequester says who asks: for a customer themself, else an active user whose reach holds the
// ticket, or somebody by name.
func (tx *Tx) setRequester(f *faults, k *models.Ticket, in models.CreateTicketInput) error {
	ref := in.RequesterID.Value()
	if tx.Viewer.Role == models.RoleCustomer {
		own := ids.Encode("User", tx.Viewer.UserID)
		ref = &own
	}
	if ref == nil {
		k.RequesterName = optional(f, "requesterName", in.RequesterName.Value(), nameMost)
		k.RequesterEmail = checked(f, "requesterEmail", in.RequesterEmail, models.Email)
		if k.RequesterEmail != nil && k.RequesterName == nil {
			k.RequesterName = k.RequesterEmail
		}
		return nil
	}
	if in.RequesterName.Value() != nil || in.RequesterEmail.Value() != nil {
		f.add(models.UserErrorCodeInvalid, "Name a user or somebody else, not both.", "requesterId")
		return nil
	}
	id, _ := ids.DecodeAs("User", *ref)
	tx.holdAccess(id)
	var found []struct{ Name, Email string }
	if err := tx.Raw("select name, email from app.requester(?, ?)", id, k.TenantID).Scan(&found).Error; err != nil {
		return err
	}
	if len(found) == 0 {
		f.add(models.UserErrorCodeInvalid, "There is no such user who sees the ticket.", "requesterId")
		return nil
	}
	k.RequesterID, k.RequesterName, k.RequesterEmail = &id, &found[0].Name, &found[0].Email
	return nil
}

// holdAccess keeps a user's access as it is until the end. It comes before any lock on a ticket, as in
// the mutations that change access: else two calls could wait for each other.
func (tx *Tx) holdAccess(users ...uuid.UUID) {
	tx.later("select app.hold_access($1)", users)
}

// holdAssignee reads the id of who shall be assigned, and keeps their access as it is. An id that is
// no user's is the zero id, which nobody has.
func (tx *Tx) holdAssignee(ref *string) (user uuid.UUID) {
	if ref == nil {
		return uuid.Nil
	}
	user, _ = ids.DecodeAs("User", *ref)
	tx.holdAccess(user)
	return user
}

// holdAssigneeOf keeps the access of a ticket's assignee as it is.
func (tx *Tx) holdAssigneeOf(ref string) {
	id, _ := ids.DecodeAs("Ticket", ref)
	tx.holdAssignees([]uuid.UUID{id}, nil)
}

// assignee is the user if they can work on a ticket of a tenant: an active agent whose reach holds it.
func (tx *Tx) assignee(f *faults, user, tenant uuid.UUID, path string) (*uuid.UUID, error) {
	can, err := tx.reaching(user, tenant)
	if err == nil && !can {
		f.add(models.UserErrorCodeNotAssignable, "There is no such active agent who sees the ticket.", path)
	}
	return &user, err
}

// reaching tells whether a user is an active agent whose reach holds a tenant's items.
func (tx *Tx) reaching(user, tenant uuid.UUID) (can bool, err error) {
	err = tx.ask("select app.is_assignable($1, $2)", []any{user, tenant}, &can)
	return can, err
}
