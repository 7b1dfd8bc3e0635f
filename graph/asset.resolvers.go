package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateAsset(ctx context.Context, input models.CreateAssetInput) (*models.CreateAssetPayload, error) {
	return r.Store.CreateAsset(ctx, input)
}

func (r *mutationResolver) UpdateAsset(ctx context.Context, input models.UpdateAssetInput) (*models.UpdateAssetPayload, error) {
	return r.Store.UpdateAsset(ctx, input)
}

func (r *mutationResolver) MoveAssets(ctx context.Context, input models.MoveAssetsInput) (*models.MoveAssetsPayload, error) {
	return r.Store.MoveAssets(ctx, input)
}

func (r *mutationResolver) DeleteAsset(ctx context.Context, input models.DeleteAssetInput) (*models.DeleteAssetPayload, error) {
	return r.Store.DeleteAsset(ctx, input)
}

func (r *queryResolver) Assets(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.AssetFilter, orderBy *models.AssetOrder) (*rows.Set, error) {
	return rows.All("Asset"), nil
}

func (r *queryResolver) Asset(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Asset", id), nil
}
