package read

import (
	"bytes"
	"context"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// Moment is a snapshot of the database in which the viewer's access holds, with the viewer as they are in it: what
// was committed before is no news to who watches from it on. An object that is named by an opaque id is missing if
// the viewer does not see it then. What a client got wrong in the selection is found here, too.
func (r *Reader) Moment(ctx context.Context, typ string, id *string) (snapshot string, who *viewer.Viewer, err error) {
	if who = viewer.From(ctx).Viewer(); who == nil {
		return "", nil, problem.SignIn()
	}
	batch := r.batch()
	moment, err := batch.ask(ctx, who, graphql.GetFieldContext(ctx).Field, &rows.Set{Moment: true})
	if err != nil {
		return "", nil, err
	}
	if id != nil {
		if _, err := batch.ask(ctx, who, probe(r.Schema, typ), rows.ByID(typ, *id)); err != nil {
			return "", nil, err
		}
	}
	if typ != dashboardType.name {
		if _, err := batch.askChange(ctx, who, rows.Changed(typ, uuid.Nil, rows.Change{})); err != nil {
			return "", nil, err
		}
	}
	if err := batch.answered(); err != nil {
		return "", nil, err
	}
	return string(moment.out), moment.who, nil
}

// moment asks for the snapshot.
func (c *compiler) moment() *plan {
	c.begin()
	return &plan{
		statements: []statement{c.finish("select pg_current_snapshot()::text where $1::uuid is not null")},
		write:      func(tables []table) ([]byte, error) { return tables[0].records[0].values[0], nil },
	}
}

// Tell is what the viewer is told of a change of an object: nothing if they do not see it at this moment or, once it
// is gone, the items of the tenant that it was in.
func (r *Reader) Tell(ctx context.Context, set *rows.Set) ([]byte, error) {
	who := viewer.From(ctx).Viewer()
	if who == nil {
		return nil, problem.SignIn()
	}
	batch := r.batch()
	told, err := batch.askChange(ctx, who, set)
	if err == nil {
		err = batch.answered()
	}
	if err != nil {
		return nil, err
	}
	sight := batch.questions[0]
	who = sight.who // as the database has just found them
	seen := len(sight.out) > 0
	if set.IsGone() {
		seen = who.Reach().Holds(set.Change.Left)
	}
	if !seen || set.Change.Internal && who.Role == models.RoleCustomer {
		return nil, nil
	}
	var out bytes.Buffer
	for i, t := range told {
		out.WriteByte("{,"[min(i, 1)])
		_, _ = out.Write(append(appendString(nil, []byte(t.alias)), ':'))
		if t.object != nil {
			t.text = t.object.out
		}
		_, _ = out.Write(t.text)
	}
	return append(out.Bytes(), '}'), nil
}

// told is a field of a change: a text, or an object to be read.
type told struct {
	alias  string
	text   []byte
	object *question
}

// askChange adds what is asked of a change; the first question of the batch asks for the object itself.
func (b *Batch) askChange(ctx context.Context, who *viewer.Viewer, set *rows.Set) ([]told, error) {
	field := graphql.GetFieldContext(ctx).Field
	name := field.Definition.Type.Name()
	if _, err := b.ask(ctx, who, probe(b.reader.Schema, set.Type), set); err != nil {
		return nil, err
	}
	var out []told
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), field.Selections, []string{name}) {
		t := told{alias: f.Alias, text: null}
		var err error
		switch f.Name {
		case "__typename":
			t.text = []byte(strconv.Quote(name))
		case "kind":
			t.text = []byte(strconv.Quote(set.Change.Kind))
		case "id":
			t.text = []byte(strconv.Quote(ids.Encode(set.Type, set.Keys[0])))
		default:
			if !set.IsGone() {
				t.object, err = b.ask(ctx, who, f, set)
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// Numbers is a dashboard, and all its numbers, which tell whether it is another than one before.
func (r *Reader) Numbers(ctx context.Context) (asked, all []byte, err error) {
	who, set := viewer.From(ctx).Viewer(), rows.Self(dashboardType.name)
	if who == nil {
		return nil, nil, problem.SignIn()
	}
	batch := r.batch()
	for _, field := range []graphql.CollectedField{probe(r.Schema, set.Type), graphql.GetFieldContext(ctx).Field} {
		if _, err := batch.ask(ctx, who, field, set); err != nil {
			return nil, nil, err
		}
	}
	if err := batch.answered(); err != nil {
		return nil, nil, err
	}
	return batch.questions[1].out, batch.questions[0].out, nil
}

// answered asks all questions of the batch; if one has an error, this is it.
func (b *Batch) answered() error {
	b.once.Do(b.run)
	for _, q := range b.questions {
		if q.err != nil {
			return q.err
		}
	}
	return nil
}

// probes ask for an object as the root fields do: for as little as tells that it is seen, or of a dashboard for
// whatever may change in it but the moment.
const probes = `{
  ticket(id: "") { id }
  device(id: "") { id }
  dashboard {
    ticketsByStatus { count } ticketsByPriority { count } ticketsUnassigned { count } ticketsOverdue { count }
    devicesByConnection { count } devicesByPlatform { count } remoteSessionsActive { count } assetsWarrantyExpiring { count }
    articlesInReview { count } busiestTenants { tenant { id name } openTickets { count } }
  }
}`

var parsedProbes sync.Map

// probe is the one of a type.
func probe(schema *ast.Schema, typ string) graphql.CollectedField {
	known, ok := parsedProbes.Load(schema)
	if !ok {
		document, err := gqlparser.LoadQueryWithRules(schema, probes, nil)
		if err != nil {
			panic(err) // a test asks every one
		}
		known, _ = parsedProbes.LoadOrStore(schema, document)
	}
	for _, s := range known.(*ast.QueryDocument).Operations[0].SelectionSet {
		if f := s.(*ast.Field); f.Definition.Type.Name() == typ {
			return graphql.CollectedField{Field: f, Selections: f.SelectionSet}
		}
	}
	panic("there is no probe for " + typ)
}
