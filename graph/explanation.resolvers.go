package graph

import (
	"context"
	"tenantry/internal/rows"
)

func (r *queryResolver) AccessExplanation(ctx context.Context, userID string, nodeID string, tokenID *string) (*rows.Set, error) {
	return rows.Explanation(userID, nodeID, tokenID), nil
}

func (r *queryResolver) UsersWithAccess(ctx context.Context, nodeID string, first *int32, after *string, last *int32, before *string) (*rows.Set, error) {
	return rows.WithAccess(nodeID), nil
}
