package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// block is a kind of work.
type block struct {
	name    string
	columns []column
}

// column is one work that each viewer is timed with.
type column struct {
	name, document string
	// variables of the request, if there are any.
	variables func(s *site, o onlooker) (map[string]any, error)
	// planOf has the indexes printed by which this table is read; withM, how much longer it takes than on M.
	planOf string
	withM  bool
}

const (
	pageFields   = ` pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
	ticketFields = `{ nodes { id number subject status type priority category createdAt tenant { name } assignee { name } }` + pageFields
	deviceFields = `{ nodes { id name hostname platform kind osName serialNumber connection tenant { name } group { name } }` + pageFields
	countFields  = `{ key count list filter }`
)

// ranks are those of the words that are looked for: of 2,000,000 tickets 1,700,000 have the first, and 200
// the last.
var ranks = []int{1, 10, 100, 1000, 10_000}

func blocks() []block {
	return []block{
		{"Lists", []column{
			{name: "tickets, first", document: `{ tickets(first: 50) ` + ticketFields + ` }`, planOf: "tickets", withM: true},
			{name: "last", document: `{ tickets(last: 50) ` + ticketFields + ` }`},
			{name: "page 1,000", document: `query($c: String) { tickets(first: 50, after: $c) ` + ticketFields + ` }`, variables: deep("tickets"), planOf: "tickets", withM: true},
			{name: "back from it", document: `query($c: String) { tickets(last: 50, before: $c) ` + ticketFields + ` }`, variables: deep("tickets")},
			{name: "devices, first", document: `{ devices(first: 50) ` + deviceFields + ` }`, planOf: "devices"},
		}},
		{"Tickets with a filter", filtered()},
		{"Dashboards", []column{
			{name: "W4", document: `{ dashboard { ticketsByStatus { key count } ticketsByPriority { key count } devicesByConnection { key count } } }`},
			{name: "whole", document: `{ dashboard { ticketsByStatus ` + countFields + ` ticketsByPriority ` + countFields + ` ticketsUnassigned ` + countFields + `
				ticketsOverdue ` + countFields + ` devicesByConnection ` + countFields + ` devicesByPlatform ` + countFields + ` remoteSessionsActive ` + countFields + `
				assetsWarrantyExpiring ` + countFields + ` articlesInReview ` + countFields + ` busiestTenants { tenant { id name } openTickets ` + countFields + ` } at } }`},
		}},
		{"Search", looking(`query($text: String!) { search(text: $text, first: 25) { nodes { title excerpt node { __typename id } } pageInfo { endCursor } } }`)},
		{"Tickets that are found", looking(`query($text: String!) { tickets(first: 25, filter: { search: $text }) ` + ticketFields + ` }`)},
		{"Totals", []column{
			{name: "tickets", document: `{ tickets { totalCount } }`},
			{name: "open", document: `{ tickets(filter: { status: [NEW, OPEN, ON_HOLD] }) { totalCount } }`},
			{name: "unassigned", document: `{ tickets(filter: { unassigned: true }) { totalCount } }`},
			{name: "an agent's", document: `query($id: ID!) { tickets(filter: { assigneeIds: [$id] }) { totalCount } }`, variables: rowID(agentKind, "User", 7)},
			{name: "devices", document: `{ devices { totalCount } }`},
			{name: "assets", document: `{ assets { totalCount } }`},
		}},
	}
}

// filtered are the first pages of tickets with the common filters.
func filtered() (columns []column) {
	for _, f := range []struct{ name, filter string }{
		{"new", `status: NEW`}, {"open", `status: [NEW, OPEN, ON_HOLD]`}, {"closed", `status: CLOSED`}, {"critical", `priority: CRITICAL`},
		{"open, critical", `status: [NEW, OPEN, ON_HOLD], priority: CRITICAL`}, {"unassigned", `unassigned: true`}, {"overdue", `overdue: true`},
	} {
		columns = append(columns, column{name: f.name, document: `{ tickets(first: 50, filter: { ` + f.filter + ` }) ` + ticketFields + ` }`})
	}
	const about = `query($id: ID!) { tickets(first: 50, filter: { %s }) ` + ticketFields + ` }`
	return append(columns,
		column{name: "an agent's", document: fmt.Sprintf(about, `assigneeIds: [$id]`), variables: rowID(agentKind, "User", 7)},
		column{name: "his open", document: fmt.Sprintf(about, `assigneeIds: [$id], status: [NEW, OPEN, ON_HOLD]`), variables: rowID(agentKind, "User", 7)},
		column{name: "a tenant's", document: fmt.Sprintf(about, `tenantIds: [$id]`), variables: rowID(tenantKind, "Tenant", 2)},
	)
}

// looking is a document asked with words of every rank, and with one that is nowhere.
func looking(document string) (columns []column) {
	for _, rank := range append(ranks, 0) {
		name := fmt.Sprint("rank ", rank)
		if rank == 0 {
			name = "none such"
		}
		columns = append(columns, column{name: name, document: document, variables: func(s *site, _ onlooker) (map[string]any, error) {
			return map[string]any{"text": s.words[rank]}, nil
		}})
	}
	return columns
}

// rowID gives the id of a row with a number: see idOf.
func rowID(kind int, typ string, n int) func(*site, onlooker) (map[string]any, error) {
	id := ids.Encode(typ, uuid.MustParse(fmt.Sprintf("0190%s-0000-7000-8000-%012x", strings.Repeat(fmt.Sprint(kind), 4), n)))
	return func(*site, onlooker) (map[string]any, error) { return map[string]any{"id": id}, nil }
}

// deep gives the cursor of page 1,000 of a list.
func deep(list string) func(*site, onlooker) (map[string]any, error) {
	return func(s *site, o onlooker) (map[string]any, error) {
		cursor, err := s.page1000(o, list)
		return map[string]any{"c": cursor}, err
	}
}

// someWords are the words of the ranks, and for 0 one that is nowhere.
func someWords(ctx context.Context, conn *pgx.Conn) (map[int]string, error) {
	words := map[int]string{0: "qqqqqqqq"}
	for _, rank := range ranks {
		var w string
		if err := conn.QueryRow(ctx, "select "+wordOf(fmt.Sprint(rank))).Scan(&w); err != nil {
			return nil, err
		}
		words[rank] = w
	}
	return words, nil
}
