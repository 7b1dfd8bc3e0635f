package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *queryResolver) Articles(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.ArticleFilter, orderBy *models.ArticleOrder) (*rows.Set, error) {
	return rows.All("Article"), nil
}

func (r *queryResolver) Article(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Article", id), nil
}
