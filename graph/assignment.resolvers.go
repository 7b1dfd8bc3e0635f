package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) AddUsersToTenant(ctx context.Context, input models.AddUsersToTenantInput) (*models.AddUsersToTenantPayload, error) {
	return r.Store.AddUsersToTenant(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *mutationResolver) RemoveUsersFromTenant(ctx context.Context, input models.RemoveUsersFromTenantInput) (*models.RemoveUsersFromTenantPayload, error) {
	return r.Store.RemoveUsersFromTenant(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *mutationResolver) SetUserTenants(ctx context.Context, input models.SetUserTenantsInput) (*models.SetUserTenantsPayload, error) {
	return r.Store.SetUserTenants(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *mutationResolver) EndGrandfathering(ctx context.Context, input models.EndGrandfatheringInput) (*models.EndGrandfatheringPayload, error) {
	return r.Store.EndGrandfathering(ctx, input, selected(ctx, "results", "gained", "lost"))
}
