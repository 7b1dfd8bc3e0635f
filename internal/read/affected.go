package read

import "tenantry/models"

// affectedUserType is a row of a list of users whose access changed. It is read after the change: what
// they saw before follows from whose membership ended.
var affectedUserType = &typ{
	name: "AffectedUserEdge", model: &models.User{},
	fields: map[string]field{
		"before": sql(func(b *builder, r row) string {
			return "case when " + r.col("status") + " = 'ACTIVE' and " + r.col("role") + " <> 'ADMIN' and " + r.col("id") + " = any(" + b.arg(b.ended) +
				"::uuid[]) then 'ASSIGNED' else " + accessOf(r.col) + " end"
		}),
		"after": sql(func(_ *builder, r row) string { return accessOf(r.col) }),
	},
}
