package graph

import (
	"context"
	"tenantry/graph/generated"
	"tenantry/internal/rows"
)

func (r *subscriptionResolver) TicketChanged(ctx context.Context, tenantIds []string, id *string) (<-chan *rows.Set, error) {
	return r.watch(ctx, "Ticket", tenantIds, id)
}

func (r *subscriptionResolver) DeviceChanged(ctx context.Context, tenantIds []string, id *string) (<-chan *rows.Set, error) {
	return r.watch(ctx, "Device", tenantIds, id)
}

func (r *subscriptionResolver) DashboardChanged(ctx context.Context) (<-chan *rows.Set, error) {
	return r.watch(ctx, "Dashboard", nil, nil)
}

func (r *Resolver) Subscription() generated.SubscriptionResolver { return &subscriptionResolver{r} }

type subscriptionResolver struct{ *Resolver }
