package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) DeleteUser(ctx context.Context, input models.DeleteUserInput) (*models.DeleteUserPayload, error) {
	return r.Store.DeleteUser(ctx, input, selected(ctx, "results", "gained", "lost"))
}
