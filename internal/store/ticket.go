package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/models"
)

// CreateTicket makes a ticket. A customer is its requester.
func (s *Store) CreateTicket(ctx context.Context, in models.CreateTicketInput) (*models.CreateTicketPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	assignee := tx.holdAssignee(in.AssigneeID.Value())
	t, err := tx.newItemTenant(f, in.TenantID.Value())
	if err != nil {
		return nil, err
	}
	k := models.Ticket{
		TenantID: t.ID, Subject: required(f, "subject", &in.Subject, lineMost), Description: optional(f, "description", in.Description.Value(), models.TextMost),
		Status: models.TicketStatusNew, Type: models.TicketTypeIncident, Priority: models.TicketPriorityMedium,
		Source: optional(f, "source", in.Source.Value(), nameMost), Category: optional(f, "category", in.Category.Value(), nameMost),
		Tags: words(f, "tags", in.Tags.Value()), DueAt: in.DueAt.Value(),
	}
	if v := in.Type.Value(); v != nil {
		k.Type = *v
	}
	if v := in.Priority.Value(); v != nil {
		k.Priority = *v
	}
	if t.ID != uuid.Nil { // else the tenant is a fault already, and nothing can be checked against it
		if k.DeviceID, err = linked[models.Device](tx, f, "Device", "deviceId", in.DeviceID.Value(), t.ID); err != nil {
			return nil, err
		}
		if k.AssetID, err = linked[models.Asset](tx, f, "Asset", "assetId", in.AssetID.Value(), t.ID); err != nil {
			return nil, err
		}
		if err := tx.setRequester(f, &k, in); err != nil {
			return nil, err
		}
		if in.AssigneeID.Value() != nil {
			if k.AssigneeID, err = tx.assignee(f, assignee, t.ID, "assigneeId"); err != nil {
				return nil, err
			}
		}
	}
	if f.any() {
		return &models.CreateTicketPayload{UserErrors: f.list}, nil
	}
	err = tx.Raw(`update app.ticket_numbers set last_number = last_number + 1 where account_id = ? returning last_number`, tx.Viewer.AccountID).
		Scan(&k.Number).Error
	if err != nil {
		return nil, err
	}
	k.AccountID, k.ID, k.Version = tx.Viewer.AccountID, ids.New(), 1
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant", "Device", "Asset", "Requester", "Assignee").Create(&k).Error; err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Ticket", ID: k.ID, Name: k.Subject, Tenant: t, After: auditedTicket(&k)})
	return &models.CreateTicketPayload{Ticket: rows.One("Ticket", k.ID), UserErrors: none()}, err
}

// auditedTicket is what the audit keeps of a whole ticket.
func auditedTicket(k *models.Ticket) models.Object {
	whole := k.Audited()
	whole["deviceId"], whole["assetId"] = refOf("Device", k.DeviceID), refOf("Asset", k.AssetID)
	whole["requesterId"], whole["assigneeId"] = refOf("User", k.RequesterID), refOf("User", k.AssigneeID)
	whole["requesterName"], whole["requesterEmail"] = k.RequesterName, k.RequesterEmail
	return whole
}

// UpdateTicket changes a ticket. A customer closes and reopens their own, and nothing else.
func (s *Store) UpdateTicket(ctx context.Context, in models.UpdateTicketInput) (*models.UpdateTicketPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	if next := in.Status.Value(); next != nil && next.Open() {
		tx.holdAssigneeOf(in.ID)
	}
	k, t, err := tx.ticket(in.ID)
	if err != nil {
		return nil, err
	}
	if err := tx.customerMay(k, in); err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), k.Version)
	c := newChanges(f)
	c.must("subject", "subject", k.Subject, in.Subject, lineMost)
	c.text("description", "description", k.Description, in.Description, models.TextMost)
	choice(c, "type", "type", k.Type, in.Type)
	choice(c, "priority", "priority", k.Priority, in.Priority)
	c.text("source", "source", k.Source, in.Source, nameMost)
	c.text("category", "category", k.Category, in.Category, nameMost)
	c.tags(k.Tags, in.Tags)
	c.moment("dueAt", "due_at", k.DueAt, in.DueAt)
	if err := link[models.Device](tx, c, "Device", "deviceId", "device_id", k.DeviceID, in.DeviceID, k.TenantID); err != nil {
		return nil, err
	}
	if err := link[models.Asset](tx, c, "Asset", "assetId", "asset_id", k.AssetID, in.AssetID, k.TenantID); err != nil {
		return nil, err
	}
	choice(c, "status", "status", k.Status, in.Status)
	if next := in.Status.Value(); next != nil {
		if err := tx.enter(f, c, k, *next, "status"); err != nil {
			return nil, err
		}
	}
	if f.any() {
		return &models.UpdateTicketPayload{UserErrors: f.list}, nil
	}
	if err := tx.writeTicket(k, t, c); err != nil {
		return nil, err
	}
	return &models.UpdateTicketPayload{Ticket: rows.One("Ticket", k.ID), UserErrors: none()}, nil
}

// customerMay refuses a customer what they may not do with a ticket that they see.
func (tx *Tx) customerMay(k *models.Ticket, in models.UpdateTicketInput) error {
	if tx.Viewer.Role != models.RoleCustomer {
		return nil
	}
	next := in.Status.Value()
	reopens := next != nil && *next == models.TicketStatusOpen && (!k.Status.Open() || k.Status == *next)
	if k.RequesterID == nil || *k.RequesterID != tx.Viewer.UserID ||
		next != nil && *next != models.TicketStatusClosed && !reopens {
		return problem.New(problem.Forbidden, "Customers close and reopen their own tickets, and change nothing else.")
	}
	return nil
}

// enter follows from a new status: entering RESOLVED or CLOSED sets its time and leaving clears it;
// who cannot be the assignee of an open ticket is not when it is opened again.
func (tx *Tx) enter(f *faults, c *changes, k *models.Ticket, next models.TicketStatus, path ...any) error {
	if !k.Status.To(next) {
		f.add(models.UserErrorCodeWrongState, "A ticket does not go from "+string(k.Status)+" to "+string(next)+".", path...)
		return nil
	}
	for status, at := range map[models.TicketStatus]struct {
		name, column string
		now          *time.Time
	}{
		models.TicketStatusResolved: {"resolvedAt", "resolved_at", k.ResolvedAt},
		models.TicketStatusClosed:   {"closedAt", "closed_at", k.ClosedAt},
	} {
		switch now := time.Now().UTC().Truncate(time.Microsecond); {
		case next == status && k.Status != status:
			c.set(at.name, at.column, at.now, now, now)
		case next != status && k.Status == status && at.now != nil:
			c.set(at.name, at.column, at.now, nil, nil)
		}
	}
	if k.AssigneeID == nil || k.Status.Open() || !next.Open() {
		return nil
	}
	// Held already, unless the ticket got another assignee just before it was locked.
	tx.holdAccess(*k.AssigneeID)
	can, err := tx.reaching(*k.AssigneeID, k.TenantID)
	if err == nil && !can {
		c.set("assigneeId", "assignee_id", refOf("User", k.AssigneeID), nil, nil)
	}
	return err
}

// AssignTicket assigns a ticket to an agent whose reach holds it, or to nobody.
func (s *Store) AssignTicket(ctx context.Context, in models.AssignTicketInput) (*models.AssignTicketPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	ref := in.UserID.Value()
	user := tx.holdAssignee(ref)
	k, t, err := tx.ticket(in.TicketID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "ticketId")
	var next *uuid.UUID
	if ref != nil {
		if next, err = tx.assignee(f, user, k.TenantID, "userId"); err != nil {
			return nil, err
		}
	}
	if f.any() {
		return &models.AssignTicketPayload{UserErrors: f.list}, nil
	}
	c := newChanges(f)
	if !same(next, k.AssigneeID) {
		c.set("assigneeId", "assignee_id", refOf("User", k.AssigneeID), ref, next)
	}
	if err := tx.writeTicket(k, t, c); err != nil {
		return nil, err
	}
	return &models.AssignTicketPayload{Ticket: rows.One("Ticket", k.ID), UserErrors: none()}, nil
}

// CommentOnTicket says something on a ticket. An internal comment moves nothing that a customer sees.
func (s *Store) CommentOnTicket(ctx context.Context, in models.CommentOnTicketInput) (*models.CommentOnTicketPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.readTicket(in.TicketID)
	if err != nil {
		return nil, err
	}
	if tx.Viewer.Role == models.RoleCustomer && in.Visibility != models.CommentVisibilityPublic {
		return nil, problem.New(problem.Forbidden, "Customers comment in public.")
	}
	f := tx.faults()
	t.mustBeActive(f, "ticketId")
	comment := models.TicketComment{
		TenantID: k.TenantID, TicketID: k.ID, AuthorID: tx.Viewer.UserID,
		Body: required(f, "body", &in.Body, models.TextMost), Visibility: in.Visibility,
	}
	comment.AccountID, comment.ID, comment.Version = k.AccountID, ids.New(), 1
	if f.any() {
		return &models.CommentOnTicketPayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Ticket", "Author").Create(&comment).Error; err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "TicketComment", ID: comment.ID, Name: k.Subject, Tenant: t, After: models.Object{
		"ticketId": ids.Encode("Ticket", k.ID), "body": comment.Body, "visibility": comment.Visibility,
	}})
	return &models.CommentOnTicketPayload{
		Comment: rows.One("TicketComment", comment.ID), Ticket: rows.One("Ticket", k.ID), UserErrors: none(),
	}, err
}

func (tx *Tx) writeTicket(k *models.Ticket, t *tenant, c *changes) error {
	if !c.any() {
		return nil
	}
	err := tx.update(&models.Ticket{}, k.ID, c.with())
	if err != nil {
		return err
	}
	return tx.record(entry{Type: "Ticket", ID: k.ID, Name: k.Subject, Tenant: t, Before: c.before, After: c.after})
}
