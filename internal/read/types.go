package read

import (
	"fmt"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"gorm.io/gorm/schema"

	"tenantry/internal/access"
	"tenantry/internal/postgres"
)

// typ is how a GraphQL type is read. Tables, columns and relations come from the gorm model; here is
// only what the model cannot say.
type typ struct {
	name  string
	model any
	// id is the column with the id, if it is not "id".
	id string
	// tenant is the column with the tenant whose reach decides, for types that can be tenantScoped.
	tenant string
	// own is the column with the user it belongs to, for types that can be selfScoped.
	own string
	// node is the scope that applies where the type is found by its id alone.
	node access.Scope
	// gate: only admins find it so; personal: only they and the user it belongs to.
	gate, personal bool
	// whole: of one's own it is only for who sees themself whole, which narrowed tokens do not.
	whole bool
	// face is the table with what everybody sees of a row (id and name), where that is less than all.
	face string
	// hidden are conditions on rows that a kind of viewer must meet besides the reach; "%s" is the row.
	hidden map[postgres.Kind]string
	// shown are further conditions that a row must meet to be seen.
	shown  func(c *compiler, alias string) []string
	orders map[string]order
	order  order
	// fields are those that are not simply a column or relation of the same name.
	fields map[string]field
	// filters are those that are not simply a column of the same name.
	filters map[string]filter
	// tallies are the columns of app.tallies whose sum is the number of rows that meet a filter, nil if none
	// are; nil for types that are not tallied.
	tallies func(filter map[string]any) []string
	// shared tells that a viewer's share of the account is one of these rows, too: see app.share.
	shared bool

	schema *schema.Schema
	// columns are those of the model, by the names of their fields.
	columns map[string]string
}

// order is an order of a list: a column that is never null, and the SQL type that cursors give it.
type order struct {
	field, column, cast string
	descending          bool
}

// field compiles a field of a row.
type field func(b *builder, r row, f graphql.CollectedField, def *ast.FieldDefinition) (writer, error)

var (
	byName    = order{field: "NAME", column: "name", cast: "text"}
	byTitle   = order{field: "TITLE", column: "title", cast: "text"}
	byCreated = order{field: "CREATED_AT", column: "created_at", cast: "timestamptz"}
	byUpdated = order{field: "UPDATED_AT", column: "updated_at", cast: "timestamptz"}
	byNumber  = order{field: "NUMBER", column: "number", cast: "int"}
)

func newest(o order) order { o.descending = true; return o }

func orders(list ...order) map[string]order {
	m := map[string]order{}
	for _, o := range list {
		m[o.field] = o
	}
	return m
}

// types has how each type is read, by its name.
var types = map[string]*typ{}

var schemas sync.Map

// Filled here and not where it is declared, since the fields of types refer to other types.
func init() {
	for _, t := range []*typ{
		viewerType, sessionType, accountType, licenceType, tenantType, tenantCountsType, userType, tenantUserType, affectedUserType,
		deviceGroupType, deviceType, ticketType, requesterType, commentType, auditType,
		remoteSessionType, assetType, articleType, ticketChangeType, apiTokenType, membershipType, userAccessType,
	} {
		s, err := schema.Parse(t.model, &schemas, schema.NamingStrategy{})
		if err != nil {
			panic(fmt.Errorf("the model of %s: %w", t.name, err))
		}
		if t.schema = s; t.id == "" {
			t.id = "id"
		}
		t.columns = map[string]string{}
		for _, f := range s.Fields {
			if f.DBName != "" {
				t.columns[camel(f.DBName)] = f.DBName
			}
		}
		types[t.name] = t
	}
}

// seenBy is the column that stands for the tenant where tenants alone do not say who sees a row.
const seenBy = "seen_by"

// item tells whether the rows are tenant items.
func (t *typ) item() bool { return t.tenant == "tenant_id" || t.tenant == seenBy }

// column is the column of a field that is one, by the rule openTickets → open_tickets.
func (t *typ) column(name string) (string, bool) {
	column, ok := t.columns[name]
	return column, ok
}

// relation is the gorm relation of the same name as a field, and the column that makes it: of the row
// for one that belongs to another, of the others for one that has many.
func (t *typ) relation(name string) (column string, ok bool) {
	rel := t.schema.Relationships.Relations[strings.ToUpper(name[:1])+name[1:]]
	if rel == nil {
		return "", false
	}
	for _, ref := range rel.References {
		if ref.ForeignKey.DBName != "account_id" {
			return ref.ForeignKey.DBName, true
		}
	}
	return "", false
}

func camel(column string) string {
	words := strings.Split(column, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}
