package graph

import (
	"context"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/event"
	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
)

// watchedTenantsMost is how many tenants a subscription may name, as a filter may.
const watchedTenantsMost = 250

// watch is what happens to the objects of a type from now on, until the context ends.
func (r *Resolver) watch(ctx context.Context, typ string, tenants []string, id *string) (<-chan *rows.Set, error) {
	if len(tenants) > watchedTenantsMost {
		return nil, problem.New(problem.BadUserInput, "tenantIds takes at most %d ids.", watchedTenantsMost)
	}
	wish := event.Wish{Type: typ}
	if tenants != nil {
		wish.Tenants = []uuid.UUID{}
		for _, t := range tenants {
			if tenant, ok := ids.DecodeAs("Tenant", t); ok {
				wish.Tenants = append(wish.Tenants, tenant)
			}
		}
	}
	if id != nil {
		object, _ := ids.DecodeAs(typ, *id) // else the reader does not find it
		wish.ID = &object
	}
	beginning, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	stream := r.Events.Open(viewer.From(ctx).Viewer().AccountID, wish)
	at, who, err := r.Reader.Moment(beginning, typ, id)
	if err == nil {
		err = stream.Begin(at, who)
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	context.AfterFunc(ctx, stream.Close)
	return stream.C, nil
}

// restful is how long a dashboard is left alone after somebody was told of a change in it.
const restful = time.Second

// telling turns changes into what the viewer of a subscription is told, as gqlgen's executor asks for it: one
// answer at a time, nil when there will be no more.
type telling struct {
	guard   *guard
	field   *graphql.FieldContext
	changes <-chan *rows.Set
	timeout time.Duration
	// numbers are those of the dashboard that were told last, at looked.
	numbers []byte
	looked  time.Time
	over    bool
}

// tell is what remains of a subscription once its changes are there.
func (g *guard) tell(ctx context.Context, changes <-chan *rows.Set) (func(context.Context) graphql.Marshaler, error) {
	t := &telling{guard: g, field: graphql.GetFieldContext(ctx), changes: changes, timeout: g.timeout}
	if t.field.Field.Definition.Type.Name() == "Dashboard" {
		ctx, cancel := context.WithTimeout(ctx, t.timeout)
		defer cancel()
		_, numbers, err := g.reader.Numbers(ctx)
		if err != nil {
			return nil, err
		}
		t.numbers, t.looked = numbers, time.Now()
	}
	return t.next, nil
}

// next waits for the next change that the viewer is told of.
func (t *telling) next(ctx context.Context) graphql.Marshaler {
	ctx = graphql.WithFieldContext(ctx, t.field)
	for !t.over {
		var set *rows.Set
		var more bool
		select {
		case set, more = <-t.changes:
		case <-ctx.Done():
		}
		if !more {
			return nil
		}
		answer, err := t.answer(ctx, set)
		if err != nil {
			if ctx.Err() != nil {
				return nil // nobody is there any more
			}
			graphql.AddError(ctx, err)
			t.over, answer = true, []byte("null")
		}
		if answer != nil {
			return graphql.WriterFunc(func(w io.Writer) {
				_, _ = io.WriteString(w, "{")
				graphql.MarshalString(t.field.Field.Alias).MarshalGQL(w)
				_, _ = w.Write(append(append([]byte(":"), answer...), '}'))
			})
		}
	}
	return nil
}

func (t *telling) answer(ctx context.Context, set *rows.Set) ([]byte, error) {
	if set.Failed != nil {
		return nil, set.Failed
	}
	if set.Change == nil {
		select {
		case <-time.After(time.Until(t.looked.Add(restful))):
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	leave, ok := t.guard.turns.Take(ctx, laneOfStreams(viewer.From(ctx)), costOf(graphql.GetOperationContext(ctx)))
	if !ok {
		return nil, context.Cause(ctx)
	}
	defer leave()
	if set.Change != nil {
		return t.guard.reader.Tell(ctx, set)
	}
	asked, numbers, err := t.guard.reader.Numbers(ctx)
	t.looked = time.Now()
	if err != nil || string(numbers) == string(t.numbers) {
		return nil, err
	}
	t.numbers = numbers
	return asked, nil
}
