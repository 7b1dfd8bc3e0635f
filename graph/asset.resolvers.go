package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *queryResolver) Assets(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.AssetFilter, orderBy *models.AssetOrder) (*rows.Set, error) {
	return rows.All("Asset"), nil
}

func (r *queryResolver) Asset(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Asset", id), nil
}
