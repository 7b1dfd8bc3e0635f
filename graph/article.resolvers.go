package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateArticle(ctx context.Context, input models.CreateArticleInput) (*models.CreateArticlePayload, error) {
	return r.Store.CreateArticle(ctx, input)
}

func (r *mutationResolver) UpdateArticle(ctx context.Context, input models.UpdateArticleInput) (*models.UpdateArticlePayload, error) {
	return r.Store.UpdateArticle(ctx, input)
}

func (r *mutationResolver) SubmitArticle(ctx context.Context, input models.SubmitArticleInput) (*models.SubmitArticlePayload, error) {
	return r.Store.SubmitArticle(ctx, input)
}

func (r *mutationResolver) ApproveArticle(ctx context.Context, input models.ApproveArticleInput) (*models.ApproveArticlePayload, error) {
	return r.Store.ApproveArticle(ctx, input)
}

func (r *mutationResolver) RejectArticle(ctx context.Context, input models.RejectArticleInput) (*models.RejectArticlePayload, error) {
	return r.Store.RejectArticle(ctx, input)
}

func (r *mutationResolver) ArchiveArticle(ctx context.Context, input models.ArchiveArticleInput) (*models.ArchiveArticlePayload, error) {
	return r.Store.ArchiveArticle(ctx, input)
}

func (r *mutationResolver) DeleteArticle(ctx context.Context, input models.DeleteArticleInput) (*models.DeleteArticlePayload, error) {
	return r.Store.DeleteArticle(ctx, input)
}

func (r *queryResolver) Articles(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.ArticleFilter, orderBy *models.ArticleOrder) (*rows.Set, error) {
	return rows.All("Article"), nil
}

func (r *queryResolver) Article(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Article", id), nil
}
