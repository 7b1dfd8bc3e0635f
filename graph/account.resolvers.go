package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) SetAddOnSeats(ctx context.Context, input models.SetAddOnSeatsInput) (*models.SetAddOnSeatsPayload, error) {
	return r.Store.SetAddOnSeats(ctx, input)
}
