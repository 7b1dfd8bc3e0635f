package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) InviteUser(ctx context.Context, input models.InviteUserInput) (*models.InviteUserPayload, error) {
	return r.Store.InviteUser(ctx, input)
}

func (r *mutationResolver) ResetAccess(ctx context.Context, input models.ResetAccessInput) (*models.ResetAccessPayload, error) {
	return r.Store.ResetAccess(ctx, input)
}

func (r *mutationResolver) UpdateUser(ctx context.Context, input models.UpdateUserInput) (*models.UpdateUserPayload, error) {
	return r.Store.UpdateUser(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *mutationResolver) SuspendUser(ctx context.Context, input models.SuspendUserInput) (*models.SuspendUserPayload, error) {
	return r.Store.SuspendUser(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *mutationResolver) ReactivateUser(ctx context.Context, input models.ReactivateUserInput) (*models.ReactivateUserPayload, error) {
	return r.Store.ReactivateUser(ctx, input, selected(ctx, "results", "gained", "lost"))
}

func (r *queryResolver) Users(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.UserFilter, orderBy *models.UserOrder) (*rows.Set, error) {
	return rows.All("User"), nil
}

func (r *queryResolver) User(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("User", id), nil
}

func (r *queryResolver) AssignableUsers(ctx context.Context, tenantID *string, first *int32, after *string, last *int32, before *string) (*rows.Set, error) {
	return rows.Assignable(tenantID), nil
}
