package read

import (
	"tenantry/internal/access"
	"tenantry/internal/postgres"
	"tenantry/models"
)

// The modules beside devices and tickets.

var remoteSessionType = &typ{
	name: "RemoteSession", model: &models.RemoteSession{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byCreated), order: newest(byCreated),
	fields: map[string]field{
		"status":  sql(func(_ *builder, r row) string { return unanswered(r.col, "'DECLINED'", r.col("status")) }),
		"consent": sql(func(_ *builder, r row) string { return unanswered(r.col, "'TIMED_OUT'", r.col("consent")) }),
		"endedAt": sql(func(_ *builder, r row) string {
			return unanswered(r.col, r.col("created_at")+" + "+consentTTL, r.col("ended_at"))
		}),
	},
	filters: map[string]filter{
		"status": listFilter(func(_ *compiler, list string) string {
			col := func(column string) string { return "k." + column }
			// The second half says nothing new, but an index can answer it. Unless it is asked who declined, it
			// does without those that were never answered, of which there may be many.
			return unanswered(col, "'DECLINED'", "k.status") + " = any(" + list + ") and k.status = any(case when 'DECLINED' = any(" + list +
				") then array['REQUESTED'] || " + list + " else " + list + " end)"
		}),
		"deviceIds": visibleFilter("Device", "device_id"),
		"ticketIds": visibleFilter("Ticket", "ticket_id"),
		"agentIds":  usersFilter("agent_id"),
	},
}

// consentTTL is models.ConsentTTL in SQL.
const consentTTL = "interval '60 seconds'"

// unanswered is one expression for a session that was requested and not answered in time, and another
// for all others.
func unanswered(col func(string) string, then, otherwise string) string {
	return "case when " + col("status") + " = 'REQUESTED' and " + col("created_at") + " <= now() - " + consentTTL +
		" then " + then + " else " + otherwise + " end"
}

var assetType = &typ{
	name: "Asset", model: &models.Asset{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byName, byCreated, byUpdated), order: byName,
	fields: map[string]field{
		"purchaseCost": sql(func(_ *builder, r row) string { return r.col("purchase_cost") + "::float8" }),
	},
	filters: map[string]filter{"deviceIds": visibleFilter("Device", "device_id")},
	tallies: enumTallies("assets_", []string{"hardware", "software"}, "kind", "status"),
}

var articleType = &typ{
	name: "Article", model: &models.Article{}, tenant: seenBy, node: access.Tenant,
	orders: orders(byTitle, byCreated, byUpdated), order: byTitle,
	hidden:  map[postgres.Kind]string{postgres.Customer: "%s.state = 'PUBLISHED'"},
	filters: map[string]filter{"authorIds": usersFilter("author_id")},
}
