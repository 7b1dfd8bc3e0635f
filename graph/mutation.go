package graph

import (
	"bytes"
	"context"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/event"
	"tenantry/internal/read"
	"tenantry/internal/store"
	"tenantry/internal/viewer"
)

// raw is JSON that was written before.
type raw []byte

// MarshalGQL writes it.
func (r raw) MarshalGQL(w io.Writer) { _, _ = w.Write(r) }

// transact runs a mutation in its transaction, and writes the payload while that is open: what the
// client reads is what the transaction saw. An error on the way undoes it all.
func transact(reader *read.Reader, st *store.Store, events *event.Hub) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		root := graphql.GetRootFieldContext(ctx)
		if graphql.GetOperationContext(ctx).Operation.Operation != ast.Mutation {
			return next(ctx)
		}
		def := reader.Schema.Mutation.Fields.ForName(root.Field.Name)
		if def == nil { // __typename
			return next(ctx)
		}
		args := root.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)
		before := len(graphql.GetErrors(ctx))
		well := func() bool { return len(graphql.GetErrors(ctx)) == before }
		ctx, unit := st.With(ctx, &store.Unit{
			Action: root.Field.Name, Check: func(v *viewer.Viewer) error { return access.Check(reader.Schema, v, def, args) }, Well: well,
			Key: keyFor(ctx, root.Field.Alias),
		})
		ctx = reader.With(ctx, unit)
		var out bytes.Buffer
		written := false
		defer func() {
			if !written { // a panic on its way up
				_ = unit.Finish(ctx, false)
			}
		}()
		next(ctx).MarshalGQL(&out)
		written = true
		whole := well()
		if err := unit.Finish(ctx, whole); err != nil {
			graphql.AddError(ctx, err)
			whole = false
		}
		if !whole { // what was written of the payload is undone, and would say that it was done
			return graphql.Null
		}
		events.Wake()
		return raw(out.Bytes())
	}
}
