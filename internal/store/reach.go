package store

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/rows"
	"tenantry/models"
)

// reach is what a user sees: their access and memberships.
type reach struct {
	user    models.User
	access  models.TenantAccess
	tenants []uuid.UUID
}

// holds tells whether the items of a tenant are in reach; the account's own id stands for tenantless.
func (r *reach) holds(account, tenant uuid.UUID) bool {
	switch r.access {
	case models.TenantAccessAll:
		return true
	case models.TenantAccessAssigned:
		return slices.Contains(r.tenants, tenant)
	case models.TenantAccessTenantless:
		return tenant == account
	}
	return false
}

// reaches reads the reach of users who are locked.
func (tx *Tx) reaches(users []models.User) (map[uuid.UUID]*reach, error) {
	out := map[uuid.UUID]*reach{}
	keys := make([]uuid.UUID, len(users))
	for i := range users {
		keys[i] = users[i].ID
		out[users[i].ID] = &reach{user: users[i], access: users[i].Access()}
	}
	var links []models.Membership
	err := tx.Where("account_id = ? and user_id in ?", tx.Viewer.AccountID, keys).Order("tenant_id").Find(&links).Error
	for _, m := range links {
		out[m.UserID].tenants = append(out[m.UserID].tenants, m.TenantID)
	}
	return out, err
}

// changeAccess applies a change to each user, who are locked, and then keeps rule 7: an open ticket
// has no assignee, or an active agent whose reach holds it. It answers what each user gained and lost,
// in the order of refs, and which tickets lost their assignee.
func (tx *Tx) changeAccess(users []models.User, refs []string, counts bool, apply func(models.User, *reach) (bool, error)) ([]*models.AccessChange, *rows.Set, error) {
	before, err := tx.reaches(users)
	if err != nil {
		return nil, nil, err
	}
	byUser := map[uuid.UUID]*models.AccessChange{}
	var keys []uuid.UUID
	for _, u := range users {
		changed, err := apply(u, before[u.ID])
		if err != nil {
			return nil, nil, err
		}
		keys = append(keys, u.ID)
		byUser[u.ID] = &models.AccessChange{User: rows.One("User", u.ID), Changed: changed}
	}
	unassigned, err := tx.unassign(keys)
	if err != nil {
		return nil, nil, err
	}
	var now []models.User
	if err := tx.Where("account_id = ? and id in ?", tx.Viewer.AccountID, keys).Find(&now).Error; err != nil {
		return nil, nil, err
	}
	after, err := tx.reaches(now)
	if err != nil {
		return nil, nil, err
	}
	for id, result := range byUser {
		result.Before, result.After = before[id].access, after[id].access
	}
	if counts {
		if err := tx.count(before, after, byUser); err != nil {
			return nil, nil, err
		}
	}
	if refs == nil {
		for _, id := range keys {
			refs = append(refs, ids.Encode("User", id))
		}
	}
	return resultsInOrder(byUser, refs), rows.Among("Ticket", unassigned), nil
}

// unassign takes these users off the open tickets that they cannot work on any more.
func (tx *Tx) unassign(users []uuid.UUID) ([]uuid.UUID, error) {
	var lost []struct {
		ID, Was, TenantID uuid.UUID
		Subject           string
	}
	err := tx.Raw(`update app.tickets k set assignee_id = null from app.users u
		where k.account_id = @account and u.account_id = @account and u.id = k.assignee_id and k.assignee_id in @users
		  and k.status in ('NEW', 'OPEN', 'ON_HOLD')
		  and not (u.status = 'ACTIVE' and u.role <> 'CUSTOMER' and (u.role = 'ADMIN' or u.grandfathered
		    or (u.tenant_count = 0 and k.tenant_id = @account)
		    or exists (select from app.memberships m where m.account_id = @account and m.user_id = u.id and m.tenant_id = k.tenant_id)))
		returning k.id, u.id as was, k.tenant_id, k.subject`,
		map[string]any{"account": tx.Viewer.AccountID, "users": users}).Scan(&lost).Error
	if err != nil {
		return nil, err
	}
	out := make([]uuid.UUID, len(lost))
	entries := make([]entry, len(lost))
	held := map[uuid.UUID]*tenant{}
	for i, k := range lost {
		if held[k.TenantID] == nil {
			if held[k.TenantID], err = tx.holdTenant(k.TenantID); err != nil {
				return nil, err
			}
		}
		out[i] = k.ID
		entries[i] = entry{
			Type: "Ticket", ID: k.ID, Name: k.Subject, Tenant: held[k.TenantID],
			Before: models.Object{"assigneeId": ids.Encode("User", k.Was)}, After: models.Object{"assigneeId": nil},
		}
	}
	return out, tx.record(entries...)
}

// count says how much each user gained and lost: per tenant it is counted once, for all users.
func (tx *Tx) count(before, after map[uuid.UUID]*reach, results map[uuid.UUID]*models.AccessChange) error {
	account := tx.Viewer.AccountID
	perTenant := map[uuid.UUID]*models.AccessCounts{}
	for _, of := range []struct {
		table string
		add   func(*models.AccessCounts, int32)
	}{
		{"devices", func(c *models.AccessCounts, n int32) { c.Devices = n }},
		{"device_groups", func(c *models.AccessCounts, n int32) { c.DeviceGroups = n }},
		{"tickets", func(c *models.AccessCounts, n int32) { c.Tickets = n }},
		{"remote_sessions", func(c *models.AccessCounts, n int32) { c.RemoteSessions = n }},
		{"assets", func(c *models.AccessCounts, n int32) { c.Assets = n }},
	} {
		q, args := fmt.Sprintf("select tenant_id, count(*) as n from app.%s where account_id = ?", of.table), []any{account}
		if some := involved(account, before, after); some != nil {
			q, args = q+" and tenant_id in ?", append(args, some)
		}
		var counted []struct {
			TenantID uuid.UUID
			N        int32
		}
		if err := tx.Raw(q+" group by tenant_id", args...).Scan(&counted).Error; err != nil {
			return err
		}
		for _, row := range counted {
			if perTenant[row.TenantID] == nil {
				perTenant[row.TenantID] = &models.AccessCounts{}
			}
			of.add(perTenant[row.TenantID], row.N)
		}
	}
	var tenants []uuid.UUID
	if err := tx.Model(&models.Tenant{}).Where("account_id = ?", account).Pluck("id", &tenants).Error; err != nil {
		return err
	}
	for id, result := range results {
		for _, t := range append(tenants, account) {
			was, is := before[id].holds(account, t), after[id].holds(account, t)
			into := &result.Gained
			if was {
				into = &result.Lost
			}
			if was == is {
				continue
			}
			if n := perTenant[t]; n != nil {
				into.Devices, into.DeviceGroups, into.Tickets = into.Devices+n.Devices, into.DeviceGroups+n.DeviceGroups, into.Tickets+n.Tickets
				into.RemoteSessions, into.Assets = into.RemoteSessions+n.RemoteSessions, into.Assets+n.Assets
			}
			if t != account {
				into.Tenants++
			}
		}
	}
	return tx.countArticles(before, after, results)
}

// involved are the tenants whose items somebody may have gained or lost; nil if it can be any.
func involved(account uuid.UUID, worlds ...map[uuid.UUID]*reach) []uuid.UUID {
	out := []uuid.UUID{account}
	for _, world := range worlds {
		for _, r := range world {
			if r.access == models.TenantAccessAll {
				return nil
			}
			out = append(out, r.tenants...)
		}
	}
	return uniq(out)
}
