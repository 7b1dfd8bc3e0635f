package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateDevice(ctx context.Context, input models.CreateDeviceInput) (*models.CreateDevicePayload, error) {
	return r.Store.CreateDevice(ctx, input)
}

func (r *mutationResolver) UpdateDevice(ctx context.Context, input models.UpdateDeviceInput) (*models.UpdateDevicePayload, error) {
	return r.Store.UpdateDevice(ctx, input)
}

func (r *mutationResolver) DeleteDevice(ctx context.Context, input models.DeleteDeviceInput) (*models.DeleteDevicePayload, error) {
	return r.Store.DeleteDevice(ctx, input)
}

func (r *queryResolver) Devices(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.DeviceFilter, orderBy *models.DeviceOrder) (*rows.Set, error) {
	return rows.All("Device"), nil
}

func (r *queryResolver) Device(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Device", id), nil
}
