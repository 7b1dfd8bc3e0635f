package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) CreateAPIToken(ctx context.Context, input models.CreateAPITokenInput) (*models.CreateAPITokenPayload, error) {
	return r.Store.CreateAPIToken(ctx, input)
}

func (r *mutationResolver) RevokeAPIToken(ctx context.Context, input models.RevokeAPITokenInput) (*models.RevokeAPITokenPayload, error) {
	return r.Store.RevokeAPIToken(ctx, input)
}
