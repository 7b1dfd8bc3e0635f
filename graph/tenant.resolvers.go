package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateTenant(ctx context.Context, input models.CreateTenantInput) (*models.CreateTenantPayload, error) {
	return r.Store.CreateTenant(ctx, input)
}

func (r *mutationResolver) UpdateTenant(ctx context.Context, input models.UpdateTenantInput) (*models.UpdateTenantPayload, error) {
	return r.Store.UpdateTenant(ctx, input)
}

func (r *queryResolver) Tenants(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.TenantFilter, orderBy *models.TenantOrder) (*rows.Set, error) {
	return rows.All("Tenant"), nil
}

func (r *queryResolver) Tenant(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Tenant", id), nil
}
