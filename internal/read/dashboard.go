package read

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/internal/viewer"
)

// A dashboard is one statement. Its numbers of tickets and devices come from tallies that triggers
// keep, see migrations/00027_tallies.sql; the others are counted.

// dashboardType has no table: its row has the sums of the tallies, of which only those that are asked
// for are made.
var dashboardType = &typ{name: "Dashboard", fields: map[string]field{
	"ticketsByStatus":   tallied("tickets", "status", "tickets_", nil, "NEW", "OPEN", "ON_HOLD", "RESOLVED", "CLOSED"),
	"ticketsByPriority": tallied("tickets", "priority", "open_", open, "LOW", "MEDIUM", "HIGH", "CRITICAL"),
	"ticketsUnassigned": func(b *builder, r row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
		return b.number(f, "UNASSIGNED", "tickets", with(open, "unassigned", true), func() (string, error) { return r.col("open_unassigned"), nil })
	},
	"ticketsOverdue": func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		filter := with(open, "dueAt", map[string]any{"lt": b.at.Format(time.RFC3339Nano)})
		return b.number(f, "OVERDUE", "tickets", filter, func() (string, error) {
			from, err := b.counting(tallyType, "app.due_tallies", access.ScopeOf(def))
			return r.col("open_overdue") + " + (select coalesce(sum(k.tickets), 0)" + from + " and k.due_at < " + b.arg(b.at) + ")", err
		})
	},
	"devicesByConnection": tallied("devices", "connection", "devices_", nil, "ONLINE", "OFFLINE", "OVERDUE"),
	"devicesByPlatform":   tallied("devices", "platform", "devices_", nil, "WINDOWS", "MACOS", "LINUX", "ANDROID", "IOS", "OTHER"),
	"remoteSessionsActive": counted("ACTIVE", "RemoteSession", "remoteSessions", func(*compiler) (filterValues, condition) {
		return filterValues{"status": []any{"ACTIVE"}}, func(*compiler) string { return "k.status = 'ACTIVE'" }
	}),
	"assetsWarrantyExpiring": counted("WARRANTY_EXPIRING", "Asset", "assets", func(c *compiler) (filterValues, condition) {
		const days = 30
		first, after := c.at.Format(time.DateOnly), c.at.AddDate(0, 0, days).Format(time.DateOnly)
		return filterValues{"warrantyUntil": map[string]any{"gte": first, "lt": after}}, func(c *compiler) string {
			return "k.warranty_until >= " + c.arg(first) + "::text::date and k.warranty_until < " + c.arg(after) + "::text::date"
		}
	}),
	"articlesInReview": counted("IN_REVIEW", "Article", "articles", func(*compiler) (filterValues, condition) {
		return filterValues{"state": []any{"IN_REVIEW"}}, func(*compiler) string { return "k.state = 'IN_REVIEW'" }
	}),
	"busiestTenants": busiest,
	"at": func(b *builder, _ row, _ graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
		return literal(strconv.Quote(b.at.Format(time.RFC3339Nano))), nil
	},
}}

// tallyType is what the compiler needs to know of a tally to keep it within a reach.
var tallyType = &typ{name: "Tally", tenant: "tenant_id"}

const tallyTable = "app.tallies"

// filterValues is a filter as a client gives it.
type filterValues map[string]any

var open = filterValues{"status": []any{"NEW", "OPEN", "ON_HOLD"}}

// with is a filter with one more value in it.
func with(filter filterValues, name string, value any) filterValues {
	filter = maps.Clone(filter)
	if filter == nil {
		filter = filterValues{}
	}
	filter[name] = value
	return filter
}

// active leaves out what belongs to archived tenants, as all numbers of a dashboard do.
func active(filter filterValues) filterValues { return with(filter, "tenantStatus", []any{"ACTIVE"}) }

// dashboard answers with numbers.
func (c *compiler) dashboard(f graphql.CollectedField, scope access.Scope) (*plan, error) {
	c.begin()
	c.at, c.tallied = time.Now().UTC().Truncate(time.Microsecond), map[string]bool{}
	b := &builder{compiler: c, from: "(select $1::uuid) s"}
	sums := map[string]bool{}
	w, err := b.object(row{b: b, t: dashboardType, alias: "s", used: sums}, f.Selections, "Dashboard")
	if err != nil {
		return nil, err
	}
	if len(sums) > 0 {
		var cols []string
		for _, name := range slices.Sorted(maps.Keys(sums)) {
			c.tallied[name] = true
			cols = append(cols, "coalesce(sum(k."+name+"), 0) as "+name)
		}
		b.from = "(select " + strings.Join(cols, ", ") + " from tallies k) s"
	}
	if len(b.cols) == 0 {
		b.col("true") // the database still says whether the session holds
	}
	with, err := c.reached(scope)
	if err != nil {
		return nil, err
	}
	return &plan{statements: []statement{c.finish(with + b.sql([]string{"true"}))}, write: func(tables []table) ([]byte, error) {
		return w(nil, &tables[0].records[0]), nil
	}}, nil
}

// reached is the WITH of the statement. Every number is of what is in reach and belongs to no archived
// tenant: archived tenants are few and found by an index. The array of tenants is hidden from the planner,
// which else would think about each one anew and longer than the statement takes.
func (c *compiler) reached(scope access.Scope) (string, error) {
	sql := "with archived as (select f.id from app.tenants f where f.account_id = $1 and f.status = 'ARCHIVED')"
	if !c.reach.All {
		sql += ", reached as (select u.id from unnest((select " + c.list(c.reach.Tenants) + "::uuid[])) u(id) where u.id not in (select id from archived))"
	}
	if len(c.tallied) == 0 {
		return sql + " ", nil
	}
	from, err := c.counting(tallyType, tallyTable, scope)
	// All rows are read twice in less time than they are kept for the second; a check of many tenants is not.
	sql += ", tallies as "
	if c.reach.All {
		sql += "not materialized "
	}
	return sql + "(select k.tenant_id, k." + strings.Join(slices.Sorted(maps.Keys(c.tallied)), ", k.") + from + ") ", err
}

// eachMost is up to how many tenants it pays to look for each one's rows; of more, the account's rows
// are passed by.
const eachMost = 100

// counting is FROM and WHERE of the rows of a table that a number is made of.
func (c *compiler) counting(t *typ, table string, scope access.Scope) (string, error) {
	conds, err := c.within(t, "k", scope, viewer.Reach{All: true}) // "reached" has the reach
	if c.reach.All {
		conds = append(conds, "k.tenant_id not in (select id from archived)")
		return " from " + table + " k where " + strings.Join(conds, " and "), err
	}
	reached := "select id from reached"
	if t.tenant == seenBy {
		more := slices.DeleteFunc(slices.Clone(c.readership.Tenants), c.reach.Holds)
		reached += " union all select unnest(" + c.arg(more) + "::uuid[])"
	}
	if len(c.reach.Tenants) > eachMost {
		conds = append(conds, "(k."+t.tenant+" in ("+reached+")) is true")
		return " from " + table + " k where " + strings.Join(conds, " and "), err
	}
	return " from (" + reached + ") u join " + table + " k on k." + t.tenant + " = u.id where " + strings.Join(conds, " and "), err
}

// number writes a number that a filter and the name of a list tell how to make.
func (b *builder) number(f graphql.CollectedField, key, list string, filter filterValues, count func() (string, error)) (writer, error) {
	text, err := json.Marshal(active(filter))
	if err != nil {
		return nil, err
	}
	return b.numberOf(f, literal(strconv.Quote(key)), list, literal(string(text)), count)
}

func (b *builder) numberOf(f graphql.CollectedField, key writer, list string, filter writer, count func() (string, error)) (writer, error) {
	var fields []out
	for _, inner := range graphql.CollectFields(b.op, f.Selections, []string{"DashboardNumber"}) {
		var w writer
		switch inner.Name {
		case "key":
			w = key
		case "count":
			expr, err := count()
			if err != nil {
				return nil, err
			}
			w = scalar(b.col(expr), inner.Definition.Type, "")
		case "list":
			w = literal(strconv.Quote(list))
		case "filter":
			w = filter
		case "__typename":
			w = literal(`"DashboardNumber"`)
		default:
			return nil, fmt.Errorf("nothing gives a number's %s", inner.Name)
		}
		fields = append(fields, member(inner.Alias, w))
	}
	return object(fields, b.budget), nil
}

// tallied is a field with a number for each value of an enum, from the column of the sums that has its
// name.
func tallied(list, by, prefix string, also filterValues, keys ...string) field {
	return func(b *builder, r row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
		writers := make([]writer, len(keys))
		for i, key := range keys {
			var err error
			writers[i], err = b.number(f, key, list, with(also, by, []any{key}), func() (string, error) {
				return r.col(prefix + strings.ToLower(key)), nil
			})
			if err != nil {
				return nil, err
			}
		}
		return func(dst []byte, r *record) []byte {
			dst = append(dst, '[')
			for i, w := range writers {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = w(dst, r)
			}
			return append(dst, ']')
		}, nil
	}
}

// counted is a field with the count of the rows that meet a condition, which says the same as a filter.
func counted(key, typ, list string, which func(*compiler) (filterValues, condition)) field {
	return func(b *builder, _ row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
		filter, cond := which(b.compiler)
		return b.number(f, key, list, filter, func() (string, error) {
			t := types[typ]
			from, err := b.counting(t, t.schema.Table, access.ScopeOf(def))
			return "(select count(*)" + from + " and " + cond(b.compiler) + ")", err
		})
	}
}

const openTickets = "sum(k.tickets_new + k.tickets_open + k.tickets_on_hold)"

// busiest lists the tenants with the most open tickets.
func busiest(b *builder, _ row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
	inner, x := &builder{compiler: b.compiler}, b.alias()
	id := inner.col(x + ".tenant_id")
	var fields []out
	for _, sub := range graphql.CollectFields(b.op, f.Selections, []string{"BusyTenant"}) {
		w := literal(`"BusyTenant"`)
		var err error
		switch sub.Name {
		case "tenant":
			w, err = inner.lead(inner.edgeFrom(x+".tenant_id", types["Tenant"], access.ScopeOf(sub.Definition)), sub)
		case "openTickets":
			w, err = inner.openTickets(sub, id, x+".n")
		}
		if err != nil {
			return nil, err
		}
		fields = append(fields, member(sub.Alias, w))
	}
	for _, name := range []string{"tickets_new", "tickets_open", "tickets_on_hold"} {
		b.tallied[name] = true
	}
	top := "(select k.tenant_id, " + openTickets + " as n from tallies k where k.tenant_id <> $1 group by 1 having " + openTickets + " > 0 order by 2 desc, 1 limit 10) " + x
	list := b.alias()
	b.joins = append(b.joins, "left join lateral (select array_agg(row("+strings.Join(inner.cols, ", ")+") order by "+x+".n desc, "+x+".tenant_id) as r from "+
		top+" "+strings.Join(inner.joins, " ")+") "+list+" on true")
	at, w := b.col(list+".r"), b.each(object(fields, b.budget))
	return func(dst []byte, r *record) []byte {
		records, err := nested(r.values[at])
		if err != nil {
			panic(err)
		}
		return w(dst, &slice{records: records})
	}, nil
}

// openTickets is the number of a tenant's open tickets.
func (b *builder) openTickets(f graphql.CollectedField, id int, count string) (writer, error) {
	text, err := json.Marshal(active(open))
	if err != nil {
		return nil, err
	}
	key := func(dst []byte, r *record) []byte {
		return append(ids.Append(append(dst, '"'), "Tenant", r.values[id]), '"')
	}
	filter := func(dst []byte, r *record) []byte {
		dst = append(append(dst, text[:len(text)-1]...), `,"tenantIds":[`...)
		return append(key(dst, r), "]}"...)
	}
	return b.numberOf(f, key, "tickets", filter, func() (string, error) { return count, nil })
}
