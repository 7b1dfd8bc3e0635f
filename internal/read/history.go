package read

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/models"
)

// ticketChangeType is a change in a ticket's history. It shows a value only where the viewer could
// select it now: an object that is out of reach by now is null, and a change with nothing left is none.
var ticketChangeType = &typ{
	name: "TicketChange", model: &models.TicketChange{}, tenant: "tenant_id",
	orders: orders(byCreated), order: byCreated,
	shown: func(c *compiler, k string) []string {
		var conds []string
		for _, l := range leads {
			conds = append(conds, "("+k+".field <> '"+l.field+"' or exists (select from "+c.visible(l.typ, "f")+
				" and f.id in ("+k+".before_id, "+k+".after_id)))")
		}
		return conds
	},
	fields: map[string]field{
		"at":     sql(func(_ *builder, r row) string { return r.col("created_at") }),
		"actor":  to("User", "actor_id"),
		"before": changed("before"),
		"after":  changed("after"),
	},
}

// leads are the fields of a ticket that lead to an object which may be out of reach. Whoever sees the
// ticket sees its assignee.
var leads = []struct{ field, typ string }{{"tenant", "Tenant"}, {"device", "Device"}, {"asset", "Asset"}}

// visible is the FROM and WHERE of the objects of a type that the viewer sees.
func (c *compiler) visible(typ, alias string) string {
	t := types[typ]
	return t.schema.Table + " " + alias + " where " + c.seen(t, alias, access.Tenant)
}

// changed writes the value on one side of a change: as it was, or the id of the object.
func changed(side string) field {
	return func(b *builder, r row, _ graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		value, name, key := scalar(b.col(r.col(side)), def.Type, ""), r.col("field"), r.col(side+"_id")
		var cases strings.Builder
		for _, l := range leads {
			cases.WriteString(" when '" + l.field + "' then (select f.id from " + b.visible(l.typ, "f") + " and f.id = " + key + ")")
		}
		of := b.col(name)
		object := b.col("case " + name + cases.String() + " else " + key + " end")
		typeOf := map[string]string{"assignee": "User"}
		for _, l := range leads {
			typeOf[l.field] = l.typ
		}
		return func(dst []byte, rec *record) []byte {
			if id := rec.values[object]; id != nil {
				return append(ids.Append(append(dst, '"'), typeOf[string(rec.values[of])], id), '"')
			}
			return value(dst, rec)
		}, nil
	}
}
