package store

import (
	"github.com/google/uuid"

	"tenantry/internal/viewer"
	"tenantry/models"
)

// reads tells which articles a user sees: by whose reach must hold them, and whether they are published.
func (r *reach) reads() func(seenBy *uuid.UUID, published bool) bool {
	u := r.user
	who := viewer.Viewer{AccountID: u.AccountID, UserID: u.ID, Role: u.Role, Grandfathered: u.Grandfathered, Memberships: r.tenants}
	readership := who.Readership()
	return func(seenBy *uuid.UUID, published bool) bool {
		switch {
		case r.access == models.TenantAccessNone || u.Role == models.RoleCustomer && !published:
			return false
		case seenBy == nil: // nobody's alone: not published, and without an author
			return readership.All
		}
		return readership.Holds(*seenBy)
	}
}

// countArticles says how many articles each user gained and lost. All of one kind are seen or not, by
// whoever it is, and so they are counted once for all users.
func (tx *Tx) countArticles(before, after map[uuid.UUID]*reach, results map[uuid.UUID]*models.AccessChange) error {
	account := tx.Viewer.AccountID
	q := tx.Model(&models.Article{}).Select("seen_by, state = 'PUBLISHED' as published, count(*) as n").
		Where("account_id = ?", account).Group("seen_by, published")
	if some := involved(account, before, after); some != nil {
		q = q.Where("tenant_id in ?", some)
	}
	var counted []struct {
		SeenBy    *uuid.UUID
		Published bool
		N         int32
	}
	if err := q.Scan(&counted).Error; err != nil {
		return err
	}
	for id, result := range results {
		read, reads := before[id].reads(), after[id].reads()
		for _, kind := range counted {
			switch was, is := read(kind.SeenBy, kind.Published), reads(kind.SeenBy, kind.Published); {
			case is && !was:
				result.Gained.Articles += kind.N
			case was && !is:
				result.Lost.Articles += kind.N
			}
		}
	}
	return nil
}
