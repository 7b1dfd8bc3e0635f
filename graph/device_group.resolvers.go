package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateDeviceGroup(ctx context.Context, input models.CreateDeviceGroupInput) (*models.CreateDeviceGroupPayload, error) {
	return r.Store.CreateDeviceGroup(ctx, input)
}

func (r *mutationResolver) UpdateDeviceGroup(ctx context.Context, input models.UpdateDeviceGroupInput) (*models.UpdateDeviceGroupPayload, error) {
	return r.Store.UpdateDeviceGroup(ctx, input)
}

func (r *mutationResolver) DeleteDeviceGroup(ctx context.Context, input models.DeleteDeviceGroupInput) (*models.DeleteDeviceGroupPayload, error) {
	return r.Store.DeleteDeviceGroup(ctx, input)
}

func (r *mutationResolver) AddDevicesToGroup(ctx context.Context, input models.AddDevicesToGroupInput) (*models.AddDevicesToGroupPayload, error) {
	return r.Store.AddDevicesToGroup(ctx, input)
}

func (r *mutationResolver) RemoveDevicesFromGroup(ctx context.Context, input models.RemoveDevicesFromGroupInput) (*models.RemoveDevicesFromGroupPayload, error) {
	return r.Store.RemoveDevicesFromGroup(ctx, input)
}

func (r *queryResolver) DeviceGroups(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.DeviceGroupFilter, orderBy *models.DeviceGroupOrder) (*rows.Set, error) {
	return rows.All("DeviceGroup"), nil
}

func (r *queryResolver) DeviceGroup(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("DeviceGroup", id), nil
}
