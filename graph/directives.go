package graph

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/graph/generated"
	"tenantry/internal/access"
	"tenantry/internal/problem"
	"tenantry/internal/rate"
	"tenantry/internal/read"
	"tenantry/internal/rows"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// guard enforces the access directives. All of them end in one function.
type guard struct {
	reader *read.Reader
	store  *store.Store
	turns  *rate.Turns
	denied func(ctx context.Context, verb string)
	// timeout is how long it may take to read what a subscription tells.
	timeout time.Duration
}

func (g *guard) directives() generated.DirectiveRoot {
	scope := func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return g.answer(ctx, next) }
	return generated.DirectiveRoot{
		TenantScoped: scope, AccountScoped: scope, SelfScoped: scope,
		// Gates stand beside a scope, which asks internal/access for both; on input fields too.
		SelfOrAdmin: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) },
		Requires: func(ctx context.Context, _ any, next graphql.Resolver, _ models.Role) (any, error) {
			return next(ctx)
		},
		Public: func(ctx context.Context, _ any, next graphql.Resolver, _ string) (any, error) {
			if err := g.check(ctx); err != nil { // a token that only reads has no mutation, these included
				return nil, err
			}
			result, err := next(ctx)
			return g.once(ctx, result, err)
		},
	}
}

// implemented tells whether something implements every directive of the schema.
func implemented(root generated.DirectiveRoot) error {
	v := reflect.ValueOf(root)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return fmt.Errorf("nothing implements the directive @%s", v.Type().Field(i).Name)
		}
	}
	return nil
}

// answer lets a field through to its resolver if the viewer may use it, and turns the set that it
// describes into rows.
func (g *guard) answer(ctx context.Context, next graphql.Resolver) (any, error) {
	if err := g.check(ctx); err != nil {
		return nil, err
	}
	result, err := next(ctx)
	if again, failed := g.store.Again(ctx); failed != nil {
		return nil, failed
	} else if again {
		result, err = next(ctx)
	}
	if graphql.GetFieldContext(ctx).Object == "Mutation" {
		return g.once(ctx, result, err)
	}
	if changes, ok := result.(<-chan *rows.Set); ok && err == nil {
		return g.tell(ctx, changes)
	}
	if set, ok := result.(*rows.Set); ok && err == nil {
		if set == nil {
			return nil, nil
		}
		return g.reader.Ask(ctx, set)
	}
	return result, err
}

// check refuses the field of the context. A refusal that rests on what is remembered of the viewer is
// made sure of first: their role may have changed since.
func (g *guard) check(ctx context.Context) error {
	fc, asker := graphql.GetFieldContext(ctx), viewer.From(ctx)
	if fc.Object != "Query" && fc.Object != "Mutation" && fc.Object != "Subscription" {
		return nil // of a payload: its mutation was let through
	}
	args := fc.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
	err := access.Check(g.reader.Schema, asker.Viewer(), fc.Field.Definition, args)
	if !problem.Is(err, problem.Forbidden) {
		return err
	}
	who, failed := asker.Doubt(ctx)
	if failed != nil {
		return failed
	}
	err = access.Check(g.reader.Schema, who, fc.Field.Definition, args)
	if problem.Is(err, problem.Forbidden) && fc.Object == "Mutation" {
		g.denied(ctx, fc.Field.Name)
	}
	return err
}

// selected tells whether any of these fields is asked for below a field of the payload.
func selected(ctx context.Context, below string, names ...string) bool {
	op := graphql.GetOperationContext(ctx)
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if f.Name != below {
			continue
		}
		for _, inner := range graphql.CollectFields(op, f.Selections, []string{f.Definition.Type.Name()}) {
			for _, name := range names {
				if inner.Name == name {
					return true
				}
			}
		}
	}
	return false
}
