package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/models"
)

// deletion is a tenant that is deleted, with what becomes of its items and members.
type deletion struct {
	tenant *models.Tenant
	plan   *models.TenantDeletionPlan
	// to gets the items; the tenantless one, too. None gets them where they are deleted.
	to          *tenant
	moveMembers bool
	items       *models.ItemCounts
	members     []uuid.UUID
	// assignees are who works on its open tickets.
	assignees []uuid.UUID
}

// DeleteTenant deletes a tenant. Its items go with it as the plan says, and its memberships end.
func (s *Store) DeleteTenant(ctx context.Context, in models.DeleteTenantInput) (*models.DeleteTenantPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	// The request has a time of its own: one statement on all tickets may take most of it.
	if err := tx.Exec("set local statement_timeout = 0").Error; err != nil {
		return nil, err
	}
	f := tx.faults()
	d, err := tx.deletion(f, in)
	if err != nil || f.any() {
		return &models.DeleteTenantPayload{UserErrors: f.list}, err
	}
	affected, err := tx.affected(d)
	if err != nil {
		return nil, err
	}
	if err := tx.endTenant(d); postgres.HasState(err, postgres.UniqueViolation) {
		f.add(models.UserErrorCodeTaken, "The tenant that gets the items has just got one of the same name or tag: look again.", d.clashPath())
		return &models.DeleteTenantPayload{UserErrors: f.list}, nil
	} else if err != nil {
		return nil, err
	}
	unassigned, err := tx.unassign(uniq(d.members, d.assignees))
	return &models.DeleteTenantPayload{
		DeletedID: &in.ID, Committed: tx.committed(in.DryRun), Items: d.items, UnassignedTickets: rows.Among("Ticket", unassigned),
		AffectedUsers: rows.Affected(affected, d.members), UserErrors: none(),
	}, err
}

// deletion locks everything that takes part (users, items, tenants) and finds what is in the way.
func (tx *Tx) deletion(f *faults, in models.DeleteTenantInput) (*deletion, error) {
	keys, err := decodeAll("Tenant", []string{in.ID})
	if err != nil {
		return nil, err
	}
	d := &deletion{plan: in.Plan.Value(), moveMembers: in.MoveMembers.Value() != nil && *in.MoveMembers.Value()}
	if ref := in.MoveTo.Value(); ref != nil {
		to, err := decodeAll("Tenant", []string{*ref})
		if err != nil {
			return nil, err
		}
		keys = append(keys, to[0])
	}
	if err := d.lockUsers(tx, keys[0]); err != nil {
		return nil, err
	}
	if err := tx.lockItems(keys[0]); err != nil {
		return nil, err
	}
	if err := d.lockTenants(tx, keys); err != nil {
		return nil, err
	}
	// Again: who came in between waited for none of these locks, and the tenant's keeps others away.
	if err := d.lockUsers(tx, keys[0]); err != nil {
		return nil, err
	}
	if d.items, err = tx.countItems(d.tenant.ID); err != nil {
		return nil, err
	}
	mustBeVersion(f, in.Version.Value(), d.tenant.Version)
	if err := tx.mustHaveNoOpenSession(f, d.tenant); err != nil {
		return nil, err
	}
	return d, d.mustHavePlan(tx, f)
}

// lockUsers locks the members, and those whose tickets move.
func (d *deletion) lockUsers(tx *Tx, t uuid.UUID) error {
	d.members, d.assignees = nil, nil
	err := tx.Model(&models.Membership{}).Where("account_id = ? and tenant_id = ?", tx.Viewer.AccountID, t).Order("user_id").Pluck("user_id", &d.members).Error
	if err != nil {
		return err
	}
	err = tx.Model(&models.Ticket{}).Distinct().Where("account_id = ? and tenant_id = ? and assignee_id is not null and status in ('NEW', 'OPEN', 'ON_HOLD')",
		tx.Viewer.AccountID, t).Pluck("assignee_id", &d.assignees).Error
	if err != nil {
		return err
	}
	var users []models.User
	return tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Select("id").Where("account_id = ? and id in ?", tx.Viewer.AccountID, uniq(d.members, d.assignees)).
		Order("id").Find(&users).Error
}

// lockTenants locks the tenant, and keeps the one that gets the items as it is: in the order of their
// ids, so that two deletions do not wait for each other.
func (d *deletion) lockTenants(tx *Tx, keys []uuid.UUID) error {
	for _, id := range uniq(keys) {
		if id != keys[0] {
			to, err := tx.memberTenant(id)
			if err != nil {
				return err
			}
			d.to = to
			continue
		}
		t, err := load[models.Tenant](tx, id)
		if err != nil {
			return err
		}
		d.tenant = t
	}
	if len(keys) > 1 && keys[0] == keys[1] {
		d.to = heldTenant(d.tenant)
	}
	return nil
}

// mustHavePlan finds what is wrong with the plan.
func (d *deletion) mustHavePlan(tx *Tx, f *faults) error {
	empty := *d.items == models.ItemCounts{}
	moves := d.plan != nil && *d.plan == models.TenantDeletionPlanMove
	switch {
	case !moves && d.to != nil:
		f.add(models.UserErrorCodeInvalid, "Items move with the plan MOVE alone.", "moveTo")
	case moves && d.to == nil:
		f.add(models.UserErrorCodeRequired, "Name the tenant that gets the items.", "moveTo")
	case moves && d.to.ID == d.tenant.ID:
		f.add(models.UserErrorCodeInvalid, "It is the tenant to delete.", "moveTo")
	case moves:
		d.to.mustBeActive(f, "moveTo")
	}
	if !moves && d.moveMembers {
		f.add(models.UserErrorCodeInvalid, "Members move with the plan MOVE alone.", "moveMembers")
	}
	if d.plan == nil && !empty {
		f.add(models.UserErrorCodeTenantNotEmpty, "The tenant has items: say in plan what becomes of them.", "plan")
	}
	if f.any() || d.plan == nil || *d.plan == models.TenantDeletionPlanDeleteItems {
		return nil
	}
	if !moves {
		d.to = &tenant{ID: tx.Viewer.AccountID}
	}
	groups, tags, err := tx.clashes(d.tenant.ID, d.to.ID)
	d.taken(f, "names of device groups", groups)
	d.taken(f, "asset tags", tags)
	return err
}

// taken says which names the tenant that gets the items has already.
func (d *deletion) taken(f *faults, what string, names []string) {
	if n := len(names); n > 0 {
		f.add(models.UserErrorCodeTaken, fmt.Sprintf("These %s are taken there (%d in all): %s.", what, n, strings.Join(names[:min(5, n)], ", ")), d.clashPath())
	}
}

// clashPath is the input that is to blame for names that are taken.
func (d *deletion) clashPath() string {
	if *d.plan == models.TenantDeletionPlanMove {
		return "moveTo"
	}
	return "plan"
}

// uniq are ids, each once, in their order.
func uniq(lists ...[]uuid.UUID) []uuid.UUID {
	out := slices.Concat(lists...)
	slices.SortFunc(out, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}
