package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/models"
)

// ticketsMost is how many tickets are changed in one call.
const ticketsMost = 100

// UpdateTickets changes many tickets alike: all or nothing, with the faults of each named by its place.
func (s *Store) UpdateTickets(ctx context.Context, in models.UpdateTicketsInput) (*models.UpdateTicketsPayload, error) {
	if len(in.Tickets) > ticketsMost {
		return nil, problem.New(problem.BadUserInput, "At most %d tickets in a call.", ticketsMost)
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	refs := make([]string, len(in.Tickets))
	for i, t := range in.Tickets {
		refs[i] = t.ID
	}
	keys, err := decodeAll("Ticket", refs)
	if err != nil {
		return nil, err
	}
	ref, assign := in.AssigneeID.ValueOK()
	assignee := tx.holdAssignees(keys, ref)
	tickets, err := loadAll[models.Ticket](tx, keys, ticketColumns...)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	for i := range refs {
		if slices.Contains(refs[:i], refs[i]) {
			f.add(models.UserErrorCodeInvalid, "The ticket is named twice.", "tickets", i, "id")
		}
	}
	add, remove := words(f, "addTags", in.AddTags.Value()), words(f, "removeTags", in.RemoveTags.Value())
	for _, of := range []struct {
		name  string
		empty bool
	}{{"status", in.Status.IsSet() && in.Status.Value() == nil}, {"priority", in.Priority.IsSet() && in.Priority.Value() == nil}} {
		if of.empty { // once, not for each ticket
			f.add(models.UserErrorCodeRequired, "It cannot be empty.", of.name)
		}
	}
	held, can := map[uuid.UUID]*tenant{}, map[uuid.UUID]bool{}
	all := make([]*changes, len(tickets))
	for n := range tickets {
		k := &tickets[n]
		i := indexOf(refs, "Ticket", k.ID)
		if held[k.TenantID] == nil {
			if held[k.TenantID], err = tx.holdTenant(k.TenantID); err != nil {
				return nil, err
			}
			if assign && ref != nil {
				if can[k.TenantID], err = tx.reaching(assignee, k.TenantID); err != nil {
					return nil, err
				}
			}
		}
		held[k.TenantID].mustBeActive(f, "tickets", i, "id")
		mustBeVersion(f, in.Tickets[i].Version.Value(), k.Version, "tickets", i)
		c := newChanges(f)
		all[n] = c
		if in.Priority.Value() != nil {
			choice(c, "priority", "priority", k.Priority, in.Priority)
		}
		if next := in.Status.Value(); next != nil {
			choice(c, "status", "status", k.Status, in.Status)
			if err := tx.enter(f, c, k, *next, "tickets", i); err != nil {
				return nil, err
			}
		}
		switch {
		case assign && ref != nil && !can[k.TenantID]:
			f.add(models.UserErrorCodeNotAssignable, "There is no such active agent who sees the ticket.", "tickets", i)
		case assign:
			var next *uuid.UUID
			if ref != nil {
				next = &assignee
			}
			c.reassign(k, next)
		}
		c.retag(k.Tags, add, remove, "tickets", i)
	}
	if f.any() {
		return &models.UpdateTicketsPayload{UserErrors: f.list}, nil
	}
	for n := range tickets {
		if err := tx.writeTicket(&tickets[n], held[tickets[n].TenantID], all[n]); err != nil {
			return nil, err
		}
	}
	return &models.UpdateTicketsPayload{Tickets: rows.Among("Ticket", keys), Committed: tx.committed(in.DryRun), UserErrors: none()}, nil
}

// holdAssignees keeps the access of the tickets' assignees, and of who shall be theirs, as it is, and
// gives the latter. An id that is no user's is the zero id, which nobody has.
func (tx *Tx) holdAssignees(tickets []uuid.UUID, next *string) (user uuid.UUID) {
	if next != nil {
		user, _ = ids.DecodeAs("User", *next)
	}
	tx.later("select app.hold_access(array(select assignee_id from app.tickets where account_id = $1 and id = any ($2)) || $3::uuid)",
		tx.Viewer.AccountID, tickets, user)
	return user
}

// reassign makes somebody else the assignee, or nobody.
func (c *changes) reassign(k *models.Ticket, next *uuid.UUID) {
	// What the status took away counts, not what the ticket has.
	delete(c.columns, "assignee_id")
	delete(c.before, "assigneeId")
	delete(c.after, "assigneeId")
	if !same(next, k.AssigneeID) {
		c.set("assigneeId", "assignee_id", refOf("User", k.AssigneeID), refOf("User", next), next)
	}
}

// retag adds some words and takes others away.
func (c *changes) retag(now, add, remove models.Strings, path ...any) {
	next := slices.DeleteFunc(slices.Clone(now), func(tag string) bool { return slices.Contains(remove, tag) })
	for _, tag := range add {
		if !slices.Contains(next, tag) {
			next = append(next, tag)
		}
	}
	if len(next) > tagsMost {
		c.f.add(models.UserErrorCodeInvalid, fmt.Sprintf("It would have more than %d tags.", tagsMost), path...)
	}
	if !slices.Equal(now, next) {
		c.set("tags", "tags", now, next, next)
	}
}
