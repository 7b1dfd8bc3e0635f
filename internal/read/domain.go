package read

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/postgres"
	"tenantry/models"
)

// What the schema and the models do not say about each type.

var viewerType = &typ{
	name: "Viewer", model: &models.User{}, own: "id",
	fields: map[string]field{
		"user":         to("User", "id"),
		"account":      to("Account", "account_id"),
		"tenantAccess": said(func(b *builder) string { return string(b.who.Access()) }),
		"accessReason": said(func(b *builder) string { return string(b.who.Reason()) }),
		"tenants":      every("Tenant"),
		"sessions":     every("Session"),
		"apiTokens":    every("ApiToken"),
		"can":          abilities,
	},
}

var sessionType = &typ{
	name: "Session", model: &models.Session{}, own: "user_id", node: access.Self, whole: true,
	orders: orders(byCreated), order: newest(byCreated),
	fields: map[string]field{
		"current": sql(func(b *builder, r row) string { return r.col("id") + " = " + b.arg(b.who.SessionID) }),
	},
}

var accountType = &typ{
	name: "Account", model: &models.Account{}, id: "account_id", node: access.Account,
	fields: map[string]field{
		"id":      sql(func(_ *builder, r row) string { return r.col("account_id") }),
		"licence": part("Licence", nil),
	},
}

var licenceType = &typ{
	name: "Licence", model: &models.Account{}, id: "account_id",
	fields: map[string]field{
		"plan":           said(func(*builder) string { return "MSP" }),
		"includedSeats":  sql(func(b *builder, _ row) string { return included }),
		"usedSeats":      sql(func(b *builder, _ row) string { return usedSeats }),
		"availableSeats": sql(func(_ *builder, r row) string { return included + " + " + r.col("add_on_seats") + " - " + usedSeats }),
	},
}

const (
	included  = "1" // models.IncludedSeats
	usedSeats = "(select count(*) from app.users s where s.account_id = $1 and s.status in ('INVITED', 'ACTIVE'))"
)

var tenantType = &typ{
	name: "Tenant", model: &models.Tenant{}, tenant: "id", node: access.Tenant,
	orders: orders(byName, byCreated), order: byName,
	fields: map[string]field{
		"users":  linked("app.memberships m join app.users k on k.account_id = m.account_id and k.id = m.user_id", "tenant_id"),
		"counts": part("TenantCounts", nil),
	},
}

var tenantCountsType = &typ{
	name: "TenantCounts", model: &models.Tenant{}, tenant: "id",
	fields: map[string]field{
		"devices":        countOf("Device", nil),
		"deviceGroups":   countOf("DeviceGroup", nil),
		"tickets":        countOf("Ticket", nil),
		"openTickets":    countOf("Ticket", open),
		"remoteSessions": countOf("RemoteSession", nil),
		"assets":         countOf("Asset", nil),
		"articles":       countOf("Article", nil),
	},
}

var userType = &typ{
	name: "User", model: &models.User{}, own: "id", node: access.Account, personal: true, face: "app.user_names",
	orders: orders(byName, byCreated), order: byName,
	fields: map[string]field{
		"tenantAccess": sql(func(_ *builder, r row) string { return accessOf(r.col) }),
		"tenants":      linked("app.memberships m join app.tenants k on k.account_id = m.account_id and k.id = m.tenant_id", "user_id"),
		"apiTokens":    under("ApiToken", "user_id"),
	},
	filters: map[string]filter{
		"tenantIds": idsFilter("Tenant", func(list string) string {
			return "exists (select from app.memberships f where f.account_id = $1 and f.user_id = k.id and f.tenant_id = any(" + list + "))"
		}),
		"tenantAccess": listFilter(func(c *compiler, list string) string {
			return accessOf(func(column string) string { return "k." + column }) + " = any(" + list + ")"
		}),
	},
}

// accessOf is models.User.Access in SQL.
func accessOf(col func(string) string) string {
	return "case when " + col("status") + " <> 'ACTIVE' then 'NONE' when " + col("role") + " = 'ADMIN' or " + col("grandfathered") +
		" then 'ALL' when " + col("tenant_count") + " > 0 then 'ASSIGNED' when " + col("role") + " = 'MEMBER' then 'TENANTLESS' else 'NONE' end"
}

// tenantUserType is a row of Tenant.users: the member's, and of the membership what linked adds.
var tenantUserType = &typ{
	name: "TenantUserEdge", model: &models.Membership{},
	fields: map[string]field{
		"addedBy": to("User", "link_added_by_id"),
		"addedAt": sql(func(_ *builder, r row) string { return r.col("link_created_at") }),
	},
}

var deviceGroupType = &typ{
	name: "DeviceGroup", model: &models.DeviceGroup{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byName, byCreated), order: byName,
}

var deviceType = &typ{
	name: "Device", model: &models.Device{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byName, byCreated, byUpdated), order: byName,
	fields:  map[string]field{"asset": newestOf("Asset", "device_id", "k.kind = 'HARDWARE'")},
	filters: map[string]filter{"groupIds": visibleFilter("DeviceGroup", "group_id")},
	tallies: enumTallies("devices_", []string{"online", "offline", "overdue"}, "connection", "platform"), shared: true,
}

var ticketType = &typ{
	name: "Ticket", model: &models.Ticket{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byCreated, byUpdated, byNumber), order: newest(byCreated),
	fields: map[string]field{
		"requester": part("TicketRequester", func(r row) string {
			return "coalesce(" + r.col("requester_id") + "::text, " + r.col("requester_name") + ")"
		}),
	},
	filters: map[string]filter{
		"deviceIds":    visibleFilter("Device", "device_id"),
		"assetIds":     visibleFilter("Asset", "asset_id"),
		"assigneeIds":  usersFilter("assignee_id"),
		"requesterIds": usersFilter("requester_id"),
		"unassigned":   flagFilter("k.assignee_id is null"),
		"overdue":      flagFilter("k.due_at < now() and k.status in ('NEW', 'OPEN', 'ON_HOLD')"),
	},
	tallies: ticketTallies, shared: true,
}

var requesterType = &typ{
	name: "TicketRequester", model: &models.Ticket{}, tenant: "tenant_id",
	fields: map[string]field{
		"name": sql(func(b *builder, r row) string {
			return "coalesce(" + b.edge(r, types["User"], "requester_id", access.Account).col("name") + ", " + r.col("requester_name") + ")"
		}),
		// The address is for agents and the requester; the customers' role may not even read the column.
		"email": sql(func(b *builder, r row) string {
			if b.who.Kind() != postgres.Customer {
				return r.col("requester_email")
			}
			user := b.edge(r, types["User"], "requester_id", access.Account)
			return "case when " + user.col("id") + " = " + b.arg(b.who.UserID) + " then " + user.col("email") + " end"
		}),
		"user": to("User", "requester_id"),
	},
}

var commentType = &typ{
	name: "TicketComment", model: &models.TicketComment{}, tenant: "tenant_id", node: access.Tenant,
	orders: orders(byCreated), order: byCreated,
	hidden: map[postgres.Kind]string{postgres.Customer: "%s.visibility = 'PUBLIC'"},
}

var auditType = &typ{
	name: "AuditEvent", model: &models.AuditEvent{}, node: access.Account, gate: true,
	orders: orders(byCreated), order: newest(byCreated),
	fields: map[string]field{
		"at":       sql(func(_ *builder, r row) string { return r.col("created_at") }),
		"objectId": namedID,
		"object":   namedObject,
	},
	filters: map[string]filter{
		"actorIds":  idsFilter("User", func(list string) string { return "k.actor_id = any(" + list + ")" }),
		"tenantIds": idsFilter("Tenant", func(list string) string { return "k.tenant_id = any(" + list + ")" }),
		"objectIds": objectsFilter,
	},
}

// abilities says for each mutation whether the viewer's role, and the token that asks, let it through.
func abilities(b *builder, _ row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	var fields []out
	for _, m := range graphql.CollectFields(b.op, f.Selections, []string{def.Type.Name()}) {
		if m.Name == "__typename" {
			fields = append(fields, member(m.Alias, literal(`"`+def.Type.Name()+`"`)))
			continue
		}
		w := literal("false")
		if access.May(b.who, b.reader.Schema.Mutation.Fields.ForName(m.Name)) {
			w = literal("true")
		}
		fields = append(fields, member(m.Alias, w))
	}
	return object(fields, b.budget), nil
}
