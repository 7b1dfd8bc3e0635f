package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) StartRemoteSession(ctx context.Context, input models.StartRemoteSessionInput) (*models.StartRemoteSessionPayload, error) {
	return r.Store.StartRemoteSession(ctx, input)
}

func (r *mutationResolver) AnswerRemoteSession(ctx context.Context, input models.AnswerRemoteSessionInput) (*models.AnswerRemoteSessionPayload, error) {
	return r.Store.AnswerRemoteSession(ctx, input)
}

func (r *mutationResolver) EndRemoteSession(ctx context.Context, input models.EndRemoteSessionInput) (*models.EndRemoteSessionPayload, error) {
	return r.Store.EndRemoteSession(ctx, input)
}

func (r *queryResolver) RemoteSessions(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.RemoteSessionFilter, orderBy *models.RemoteSessionOrder) (*rows.Set, error) {
	return rows.All("RemoteSession"), nil
}

func (r *queryResolver) RemoteSession(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("RemoteSession", id), nil
}
