package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) SignIn(ctx context.Context, input models.SignInInput) (*models.SignInPayload, error) {
	return r.Store.SignIn(ctx, input)
}

func (r *mutationResolver) SignOut(ctx context.Context) (*models.SignOutPayload, error) {
	return r.Store.SignOut(ctx)
}

func (r *mutationResolver) ChangePassword(ctx context.Context, input models.ChangePasswordInput) (*models.ChangePasswordPayload, error) {
	return r.Store.ChangePassword(ctx, input)
}

func (r *mutationResolver) EndSessions(ctx context.Context, input models.EndSessionsInput) (*models.EndSessionsPayload, error) {
	return r.Store.EndSessions(ctx, input)
}

func (r *mutationResolver) AcceptInvitation(ctx context.Context, input models.AcceptInvitationInput) (*models.AcceptInvitationPayload, error) {
	return r.Store.AcceptInvitation(ctx, input)
}

func (r *queryResolver) Viewer(ctx context.Context) (*rows.Set, error) {
	return rows.Self("Viewer"), nil
}
