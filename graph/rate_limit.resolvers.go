package graph

import (
	"context"
	"tenantry/models"
)

func (r *queryResolver) RateLimit(ctx context.Context, dryRun bool) (*models.RateLimit, error) {
	return rateLimit(ctx), nil
}
