package read

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
)

type statement struct {
	sql  string
	args []any
}

// plan is how a field is answered: what to ask, and how the answer is written.
type plan struct {
	statements []statement
	write      func([]table) ([]byte, error)
	// largest is how many bytes the answer has at most.
	largest int
}

// compiler compiles one field for one viewer. The arguments are those of the statement in hand; the
// first is always the account.
type compiler struct {
	reader *Reader
	budget *budget
	// largest sums up how long the fields may become.
	largest int
	op      *graphql.OperationContext
	who     *viewer.Viewer
	reach   viewer.Reach
	// readership is the reach of articles.
	readership viewer.Reach
	// ended are the users whose membership ended: see rows.Affected.
	ended []uuid.UUID
	// at is the moment that a dashboard is about, tallied what it needs of the tallies.
	at      time.Time
	tallied map[string]bool
	args    []any
	// lists are the names of the lists of ids among the arguments.
	lists   map[listed]string
	aliases int
}

func compile(r *Reader, op *graphql.OperationContext, who *viewer.Viewer, f graphql.CollectedField, set *rows.Set, budget *budget) (*plan, error) {
	c := &compiler{reader: r, budget: budget, op: op, who: who, reach: who.Reach(), readership: who.Readership(), ended: set.Ended}
	if r.Unscoped {
		c.reach, c.readership = viewer.Reach{All: true}, viewer.Reach{All: true}
	}
	scope := access.ScopeOf(f.Definition)
	p, err := c.answer(f, set, scope)
	if p != nil {
		p.largest = c.largest
	}
	return p, err
}

// answer compiles what the set asks for.
func (c *compiler) answer(f graphql.CollectedField, set *rows.Set, scope access.Scope) (*plan, error) {
	switch {
	case scope == access.None || scope == access.Public:
		return nil, fmt.Errorf("%s has rows and no scope", f.Name)
	case set.Moment:
		return c.moment(), nil
	case set.Explain != nil:
		return c.explanation(f, set)
	case set.Seeing != nil:
		return c.withAccess(f, set)
	case set.Search:
		return c.search(f)
	case strings.HasSuffix(f.Definition.Type.Name(), "Connection"):
		return c.connection(f, set, scope)
	case set.Type == dashboardType.name:
		return c.dashboard(f, scope)
	case set.Many:
		return c.nodes(f, set)
	}
	return c.one(f, set, scope)
}

// begin starts a statement of the plan.
func (c *compiler) begin() {
	c.args = append(make([]any, 0, 8), postgres.Arg(c.who.AccountID))
	clear(c.lists)
}

// finish ends it. The comment keeps the roles apart: a text that alternates between roles would be
// planned anew each time.
func (c *compiler) finish(sql string) statement {
	return statement{sql: "/* " + string(c.who.Kind()) + " */ " + sql, args: c.args}
}

// arg gives a value to the statement and returns the parameter's name.
func (c *compiler) arg(v any) string {
	c.args = append(c.args, postgres.Arg(v))
	return "$" + strconv.Itoa(len(c.args))
}

func (c *compiler) alias() string {
	c.aliases++
	return "t" + strconv.Itoa(c.aliases)
}

// within are the conditions of a scope on the rows of a type: the account first, then the reach.
func (c *compiler) within(t *typ, alias string, scope access.Scope, reach viewer.Reach) ([]string, error) {
	conds, err := c.scoped(t, alias, scope, reach)
	if err == nil && t.shown != nil {
		conds = append(conds, t.shown(c, alias)...)
	}
	return conds, err
}

func (c *compiler) scoped(t *typ, alias string, scope access.Scope, reach viewer.Reach) ([]string, error) {
	if c.reader.Unscoped && scope != access.Self {
		return []string{"$1::uuid is not null"}, nil // true, and gives the parameter a type
	}
	conds := []string{alias + ".account_id = $1"}
	if t.name == "Tenant" {
		conds = append(conds, alias+".id <> $1")
	}
	if scope == access.Account && t.tenant != "" && c.who.Narrowed() {
		scope = access.Tenant // a token that names tenants leads to no others
	}
	switch scope {
	case access.Tenant:
		if t.tenant == "" {
			return nil, fmt.Errorf("%s has no tenant to be scoped by", t.name)
		}
		if !reach.All {
			conds = append(conds, c.among(alias+"."+t.tenant, reach.Tenants))
		}
	case access.Self:
		if t.own == "" {
			return nil, fmt.Errorf("%s belongs to no user", t.name)
		}
		conds = append(conds, alias+"."+t.own+" = "+c.arg(c.who.UserID))
		if t.whole && c.who.Narrowed() {
			conds = append(conds, "false")
		}
	}
	if hidden, ok := t.hidden[c.who.Kind()]; ok {
		conds = append(conds, fmt.Sprintf(hidden, alias))
	}
	return conds, nil
}

// seen is the condition that a row of a type is one that the viewer sees; where the scope has no
// meaning for the type, none is.
func (c *compiler) seen(t *typ, alias string, scope access.Scope) string {
	conds, err := c.within(t, alias, scope, c.reachOf(t))
	if err != nil {
		return "false"
	}
	return strings.Join(conds, " and ")
}

// reachOf is the reach as far as a type goes.
func (c *compiler) reachOf(t *typ) viewer.Reach {
	if t.tenant == seenBy {
		return c.readership
	}
	return c.reach
}

// compared is how many tenants a row's is compared with one by one: more are hashed first.
const compared = 20

// among is the condition that a column is one of these tenants. Hashed once, it is a cheap check per row
// whatever the number of tenants. "is true" keeps the planner from making a join of it, or a walk through
// the tenants' rows.
func (c *compiler) among(column string, tenants []uuid.UUID) string {
	switch n := len(tenants); {
	case n == 0:
		return "false"
	case n == 1:
		return column + " = " + c.arg(tenants[0])
	case n <= compared:
		return "(" + column + " = any (" + c.list(tenants) + ")) is true"
	}
	return "(" + column + " in (select unnest(" + c.list(tenants) + "::uuid[]))) is true"
}

// listed is a list of ids, by where it is in memory.
type listed struct {
	first *uuid.UUID
	n     int
}

// list gives ids to the statement, the same list once.
func (c *compiler) list(ids []uuid.UUID) string {
	key := listed{unsafe.SliceData(ids), len(ids)} //#nosec G103 -- a pointer is compared, nothing is read through it
	name, ok := c.lists[key]
	if !ok {
		name = c.arg(ids)
		if c.lists == nil {
			c.lists = map[listed]string{}
		}
		c.lists[key] = name
	}
	return name
}

// nobody is an id that no row has: all ids are of version 7, or an account's.
var nobody = uuid.Max

func missing(set *rows.Set) *plan {
	return &plan{write: func([]table) ([]byte, error) {
		if set.Keys != nil {
			return null, nil
		}
		return nil, problem.Missing()
	}}
}

// one answers with one object, by whatever the set names it.
func (c *compiler) one(f graphql.CollectedField, set *rows.Set, scope access.Scope) (*plan, error) {
	name, key := set.Type, (*uuid.UUID)(nil)
	switch {
	case len(set.Refs) == 1:
		typ, id, ok := ids.Decode(set.Refs[0])
		switch {
		case name == "" && !ok:
			return missing(set), nil
		case name == "":
			name, scope, key = typ, types[typ].node, &id
		case ok && typ == name:
			key = &id
		default:
			key = &nobody // asked for like any other, so that answer and time are the same
		}
	case len(set.Keys) == 1:
		key = &set.Keys[0]
	}
	t := types[name]
	if t.gate && !c.who.Administers() {
		return missing(set), nil
	}
	b, alias, conds, err := c.table(t, scope)
	if err != nil {
		return nil, err
	}
	if key != nil { // an id of zeros is one, too
		conds = append(conds, alias+"."+t.id+" = "+c.arg(*key))
	}
	if set.Number != nil {
		conds = append(conds, alias+".number = "+c.arg(*set.Number))
	}
	id := b.col(alias + "." + t.id)
	w, err := b.object(row{b: b, t: t, alias: alias}, f.Selections, name)
	if err != nil {
		return nil, err
	}
	return &plan{statements: []statement{c.finish(b.sql(conds))}, write: func(tables []table) ([]byte, error) {
		if len(tables[0].records) == 0 {
			return missing(set).write(nil)
		}
		return present(id, w)(nil, &tables[0].records[0]), nil
	}}, nil
}

// nodes answers with objects of any type, in the order of their ids: one statement for each type.
func (c *compiler) nodes(f graphql.CollectedField, set *rows.Set) (*plan, error) {
	const most = 100
	if len(set.Refs) > most {
		return nil, problem.New(problem.BadUserInput, "%s takes at most %d ids.", f.Name, most)
	}
	wanted := map[string][]uuid.UUID{}
	for _, ref := range set.Refs {
		if typ, id, ok := ids.Decode(ref); ok {
			wanted[typ] = append(wanted[typ], id)
		}
	}
	c.largest = endless
	p := &plan{}
	var writers []writer
	var names []string
	for name := range ids.Types() {
		t := types[name]
		if len(wanted[name]) == 0 || t.gate && !c.who.Administers() {
			continue
		}
		b, alias, conds, err := c.table(t, t.node)
		if err != nil {
			return nil, err
		}
		conds = append(conds, alias+"."+t.id+" = any("+c.arg(wanted[name])+")")
		b.col(alias + "." + t.id)
		w, err := b.object(row{b: b, t: t, alias: alias}, f.Selections, name)
		if err != nil {
			return nil, err
		}
		p.statements, writers, names = append(p.statements, c.finish(b.sql(conds))), append(writers, w), append(names, name)
	}
	p.write = func(tables []table) ([]byte, error) {
		type object struct {
			write  writer
			record *record
		}
		found := map[string]object{}
		for i := range tables {
			for j := range tables[i].records {
				r := &tables[i].records[j]
				found[string(ids.Append(nil, names[i], r.values[0]))] = object{writers[i], r}
			}
		}
		dst := []byte{'['}
		for i, ref := range set.Refs {
			if i > 0 {
				dst = append(dst, ',')
			}
			if o, ok := found[ref]; ok {
				dst = o.write(dst, o.record)
			} else {
				dst = append(dst, null...)
			}
		}
		return append(dst, ']'), nil
	}
	return p, nil
}

// table starts a statement over the rows of a type.
func (c *compiler) table(t *typ, scope access.Scope) (*builder, string, []string, error) {
	c.begin()
	alias := c.alias()
	b := &builder{compiler: c, from: t.schema.Table + " " + alias}
	conds, err := c.within(t, alias, scope, c.reachOf(t))
	if t.personal && !c.who.Administers() {
		conds = append(conds, alias+"."+t.own+" = "+c.arg(c.who.UserID))
	}
	if t.whole && c.who.Narrowed() {
		conds = append(conds, "false")
	}
	return b, alias, conds, err
}

// rowsOf tells the GraphQL type of the rows in a connection.
func (c *compiler) rowsOf(connection *ast.Definition) string {
	return connection.Fields.ForName("nodes").Type.Name()
}
