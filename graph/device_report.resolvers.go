package graph

import (
	"context"
	"tenantry/models"
)

func (r *mutationResolver) ReportDevices(ctx context.Context, input models.ReportDevicesInput) (*models.ReportDevicesPayload, error) {
	return r.Store.ReportDevices(ctx, input)
}
