package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) MoveDevices(ctx context.Context, input models.MoveDevicesInput) (*models.MoveDevicesPayload, error) {
	return r.Store.MoveDevices(ctx, input)
}

func (r *mutationResolver) MoveTicket(ctx context.Context, input models.MoveTicketInput) (*models.MoveTicketPayload, error) {
	return r.Store.MoveTicket(ctx, input)
}
