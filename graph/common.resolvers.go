package graph

import (
	"context"
	"tenantry/graph/generated"
	"tenantry/internal/rows"
)

func (r *queryResolver) Node(ctx context.Context, id string) (*rows.Set, error) {
	return rows.Node(id), nil
}

func (r *queryResolver) Nodes(ctx context.Context, ids []string) (*rows.Set, error) {
	return rows.Nodes(ids), nil
}

func (r *Resolver) Mutation() generated.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) Query() generated.QueryResolver { return &queryResolver{r} }

type (
	mutationResolver struct{ *Resolver }
	queryResolver    struct{ *Resolver }
)
