package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) ArchiveTenant(ctx context.Context, input models.ArchiveTenantInput) (*models.ArchiveTenantPayload, error) {
	return r.Store.ArchiveTenant(ctx, input)
}

func (r *mutationResolver) RestoreTenant(ctx context.Context, input models.RestoreTenantInput) (*models.RestoreTenantPayload, error) {
	return r.Store.RestoreTenant(ctx, input)
}

func (r *mutationResolver) DeleteTenant(ctx context.Context, input models.DeleteTenantInput) (*models.DeleteTenantPayload, error) {
	return r.Store.DeleteTenant(ctx, input)
}
