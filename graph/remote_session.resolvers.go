package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *queryResolver) RemoteSessions(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.RemoteSessionFilter, orderBy *models.RemoteSessionOrder) (*rows.Set, error) {
	return rows.All("RemoteSession"), nil
}

func (r *queryResolver) RemoteSession(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("RemoteSession", id), nil
}
