package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/google/uuid"
)

// postgraphileSchema makes its roles, policies and functions.
//
//go:embed postgraphile/schema.sql
var postgraphileSchema string

// postgraphileDocuments ask what the product's ask, by aliases in the same shape.
var postgraphileDocuments = map[string]string{
	"W1": `query($account: UUID!, $id: UUID!) { device: deviceByAccountIdAndRowId(accountId: $account, rowId: $id) {
		id: rowId name hostname platform kind osName serialNumber connection tenant: tenantByAccountIdAndTenantId { name } } }`,
	"W2": `{ tickets: allTickets(first: 50, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes {
		id: rowId number subject status type priority category createdAt tenant: tenantByAccountIdAndTenantId { name } assignee: userNameByAccountIdAndAssigneeId { name } } } }`,
	"W3": `{ devices: allDevices(first: 20, orderBy: [NAME_ASC, ROW_ID_ASC]) { nodes {
		id: rowId name platform tenant: tenantByAccountIdAndTenantId { name } group: deviceGroupByAccountIdAndTenantIdAndGroupId { name }
		tickets: openTickets(first: 5) { nodes { subject status assignee: userNameByAccountIdAndAssigneeId { name } } } } } }`,
	"W4": `{ dashboard { ticketsByStatus { key count } ticketsByPriority { key count } devicesByConnection { key count } } }`,
	"W5": `mutation($id: UUID!, $status: String!) { updateTicket: updateTicketStatus(input: { ticket: $id, next: $status }) {
		ticket: result { id: rowId status subject number } } }`,
}

// startPostGraphile runs PostGraphile, as a role of its own that policies of its own bind.
func startPostGraphile(ctx context.Context, d *database, in setup) (*contender, error) {
	if _, err := d.conn.Exec(ctx, postgraphileSchema); err != nil {
		return nil, err
	}
	password := rand.Text()
	if _, err := d.conn.Exec(ctx, fmt.Sprintf(`alter role postgraphile password '%s'`, password)); err != nil {
		return nil, err
	}
	var err error
	if in.Database, err = d.url("postgraphile", password); err != nil {
		return nil, err
	}
	cmd := exec.Command("../../scripts/with-node", "--22", "node", "server.js")
	cmd.Dir = "bench/postgraphile"
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	s, err := startServer(ctx, cmd, &in)
	if err != nil {
		return nil, err
	}
	// V8 compiles a work's code by and by, over some ten thousand requests.
	return &contender{name: postgraphileName, server: s, warmup: 12 * time.Second, request: func(w work, c *caller, a ask) (*http.Request, error) {
		var variables any
		switch w.key {
		case point:
			variables = map[string]uuid.UUID{"account": account, "id": a.device}
		case write:
			variables = map[string]string{"id": a.ticket.String(), "status": a.status}
		}
		return post(s.url+"/graphql", postgraphileDocuments[w.key], variables, c)
	}}, nil
}
