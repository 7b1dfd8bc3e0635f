package graph

import (
	"context"
	"tenantry/internal/rows"
	"tenantry/models"
)

func (r *mutationResolver) CreateTicket(ctx context.Context, input models.CreateTicketInput) (*models.CreateTicketPayload, error) {
	return r.Store.CreateTicket(ctx, input)
}

func (r *mutationResolver) UpdateTicket(ctx context.Context, input models.UpdateTicketInput) (*models.UpdateTicketPayload, error) {
	return r.Store.UpdateTicket(ctx, input)
}

func (r *mutationResolver) UpdateTickets(ctx context.Context, input models.UpdateTicketsInput) (*models.UpdateTicketsPayload, error) {
	return r.Store.UpdateTickets(ctx, input)
}

func (r *mutationResolver) AssignTicket(ctx context.Context, input models.AssignTicketInput) (*models.AssignTicketPayload, error) {
	return r.Store.AssignTicket(ctx, input)
}

func (r *mutationResolver) CommentOnTicket(ctx context.Context, input models.CommentOnTicketInput) (*models.CommentOnTicketPayload, error) {
	return r.Store.CommentOnTicket(ctx, input)
}

func (r *queryResolver) Tickets(ctx context.Context, first *int32, after *string, last *int32, before *string, filter *models.TicketFilter, orderBy *models.TicketOrder) (*rows.Set, error) {
	return rows.All("Ticket"), nil
}

func (r *queryResolver) Ticket(ctx context.Context, id string) (*rows.Set, error) {
	return rows.ByID("Ticket", id), nil
}

func (r *queryResolver) TicketByNumber(ctx context.Context, number int32) (*rows.Set, error) {
	return rows.ByNumber(number), nil
}
