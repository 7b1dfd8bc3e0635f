package store

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"tenantry/models"
)

// itemTables are the tables of what belongs to a tenant. In this order they are locked, as everywhere
// groups before devices and devices before the rest; in the reverse order they can be emptied.
var itemTables = []string{"device_groups", "devices", "tickets", "ticket_comments", "assets", "remote_sessions", "articles"}

// countItems counts what belongs to a tenant.
func (tx *Tx) countItems(t uuid.UUID) (*models.ItemCounts, error) {
	var parts []string
	for _, table := range itemTables {
		parts = append(parts, fmt.Sprintf("(select count(*) from app.%s where account_id = @account and tenant_id = @tenant) as %[1]s", table))
	}
	var n models.ItemCounts
	err := tx.Raw("select "+strings.Join(parts, ", "), tx.about(t)).Scan(&n).Error
	return &n, err
}

// about are the names that statements on the items of a tenant use.
func (tx *Tx) about(t uuid.UUID) map[string]any {
	return map[string]any{"account": tx.Viewer.AccountID, "tenant": t}
}

// lockItems locks what belongs to a tenant: before the tenant itself, as do those who change an item.
func (tx *Tx) lockItems(t uuid.UUID) error {
	for _, table := range itemTables {
		err := tx.Exec("select count(*) from (select from app."+table+" where account_id = @account and tenant_id = @tenant order by id for update) x", tx.about(t)).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteItems deletes what belongs to a tenant. Others that point at it let go: sessions here, the
// rest by triggers.
func (tx *Tx) deleteItems(t uuid.UUID) error {
	err := tx.Exec(`update app.remote_sessions set ticket_id = null where account_id = @account and tenant_id <> @tenant
		and ticket_id in (select id from app.tickets where account_id = @account and tenant_id = @tenant)`, tx.about(t)).Error
	for i := len(itemTables) - 1; i >= 0 && err == nil; i-- {
		err = tx.Exec("delete from app."+itemTables[i]+" where account_id = @account and tenant_id = @tenant", tx.about(t)).Error
	}
	return err
}

// moveItems gives what belongs to a tenant to another one, or with the account's own id makes it
// tenantless. Groups take their devices along, and tickets their comments: the keys say so.
func (tx *Tx) moveItems(from, to uuid.UUID) error {
	const those = " where account_id = @account and tenant_id = @tenant"
	articles := "update app.articles set tenant_id = @to" + those
	if to == tx.Viewer.AccountID {
		articles = `update app.articles set tenant_id = @to, audience = 'TENANTLESS', state = 'DRAFT', published_at = null, reviewer_id = null,
			review_note = null` + those
	}
	args := tx.about(from)
	args["to"] = to
	for _, sql := range []string{
		"update app.device_groups set tenant_id = @to" + those,
		"update app.devices set tenant_id = @to" + those,
		hideComments + those + " and visibility = 'PUBLIC'",
		"update app.tickets set tenant_id = @to, first_responded_at = null" + those,
		"update app.assets set tenant_id = @to" + those,
		"update app.remote_sessions set tenant_id = @to" + those,
		articles,
	} {
		if err := tx.Exec(sql, args).Error; err != nil {
			return err
		}
	}
	return nil
}

// hideComments makes comments internal, for their ticket moves to others.
const hideComments = "update app.ticket_comments set visibility = 'INTERNAL', version = version + 1, updated_at = clock_timestamp()"

// clashes are the names of a tenant's groups and the tags of its assets that another has too.
func (tx *Tx) clashes(from, to uuid.UUID) (groups, tags []string, err error) {
	for _, unique := range []struct {
		table, column string
		into          *[]string
	}{{"device_groups", "name", &groups}, {"assets", "tag", &tags}} {
		args := tx.about(from)
		args["to"] = to
		err := tx.Raw(fmt.Sprintf(`select a.%[2]s from app.%[1]s a join app.%[1]s b on b.account_id = @account and b.tenant_id = @to and lower(b.%[2]s) = lower(a.%[2]s)
			where a.account_id = @account and a.tenant_id = @tenant order by 1`, unique.table, unique.column), args).Scan(unique.into).Error
		if err != nil {
			return nil, nil, err
		}
	}
	return groups, tags, nil
}
