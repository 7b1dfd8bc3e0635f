package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

// column is one work that each viewer is timed with.
type column struct {
	name, document string
	// variables of the request; nil if there are none, false if it is not for this viewer.
	variables func(s *site, o onlooker) (func(i int) map[string]any, error)
	// list has the plan of the first statement printed, and with M the same time on M.
	plan, withM bool
}

// block is a kind of work.
type block struct {
	name    string
	columns []column
}

const (
	ticketFields = `{ nodes { id number subject status type priority category createdAt tenant { name } assignee { name } } }`
	deviceFields = `{ nodes { id name hostname platform kind osName serialNumber connection tenant { name } group { name } } }`
	number       = `{ key count list filter }`
)

// ranks are those of the words that are looked for, in 2,000,000 tickets: the first is in most of them,
// the last in a hundred.
var ranks = []int{1, 10, 100, 1000, 10_000}

func blocks() []block {
	lists := block{name: "Lists", columns: []column{
		{name: "tickets, first", document: `{ tickets(first: 50) ` + ticketFields + ` }`, plan: true, withM: true},
		{name: "last", document: `{ tickets(last: 50) ` + ticketFields + ` }`},
		{name: "page 1,000", document: `query($c: String) { tickets(first: 50, after: $c) ` + ticketFields + ` }`, variables: deep("tickets"), plan: true, withM: true},
		{name: "page 999", document: `query($c: String) { tickets(last: 50, before: $c) ` + ticketFields + ` }`, variables: deep("tickets")},
		{name: "devices, first", document: `{ devices(first: 50) ` + deviceFields + ` }`, plan: true},
	}}
	filters := block{name: "Tickets with a filter"}
	for _, f := range []struct{ name, filter string }{
		{"NEW", `status: NEW`}, {"open", `status: [NEW, OPEN, ON_HOLD]`}, {"CLOSED", `status: CLOSED`}, {"CRITICAL", `priority: CRITICAL`},
		{"open, critical", `status: [NEW, OPEN, ON_HOLD], priority: CRITICAL`},
		{"unassigned", `unassigned: true`}, {"overdue", `overdue: true`},
	} {
		filters.columns = append(filters.columns, column{name: f.name, document: `{ tickets(first: 50, filter: { ` + f.filter + ` }) ` + ticketFields + ` }`})
	}
	named := func(kind int, typ string, n int) func(*site, onlooker) (func(int) map[string]any, error) {
		return func(s *site, o onlooker) (func(int) map[string]any, error) {
			return func(int) map[string]any { return map[string]any{"id": ids.Encode(typ, numbered(kind, n))} }, nil
		}
	}
	filters.columns = append(filters.columns,
		column{name: "assignee", document: `query($id: ID!) { tickets(first: 50, filter: { assigneeIds: [$id] }) ` + ticketFields + ` }`, variables: named(agentKind, "User", 7)},
		column{name: "… open", document: `query($id: ID!) { tickets(first: 50, filter: { assigneeIds: [$id], status: [NEW, OPEN, ON_HOLD] }) ` + ticketFields + ` }`, variables: named(agentKind, "User", 7)},
		column{name: "tenant", document: `query($id: ID!) { tickets(first: 50, filter: { tenantIds: [$id] }) ` + ticketFields + ` }`, variables: named(tenantKind, "Tenant", 2)},
	)
	dashboards := block{name: "Dashboards", columns: []column{
		{name: "W4", document: `{ dashboard { ticketsByStatus { key count } ticketsByPriority { key count } devicesByConnection { key count } } }`},
		{name: "whole", document: `{ dashboard { ticketsByStatus ` + number + ` ticketsByPriority ` + number + ` ticketsUnassigned ` + number + `
			ticketsOverdue ` + number + ` devicesByConnection ` + number + ` devicesByPlatform ` + number + ` remoteSessionsActive ` + number + `
			assetsWarrantyExpiring ` + number + ` articlesInReview ` + number + ` busiestTenants { tenant { id name } openTickets ` + number + ` } at } }`},
	}}
	search, filter := block{name: "Search"}, block{name: "Tickets with the filter search"}
	for _, rank := range append(ranks, 0) {
		name := fmt.Sprint("rank ", rank)
		if rank == 0 {
			name = "none such"
		}
		word := func(s *site, o onlooker) (func(int) map[string]any, error) {
			return func(int) map[string]any { return map[string]any{"text": s.words[rank]} }, nil
		}
		search.columns = append(search.columns, column{name: name, variables: word,
			document: `query($text: String!) { search(text: $text, first: 25) { nodes { title excerpt node { __typename id } } } }`})
		filter.columns = append(filter.columns, column{name: name, variables: word,
			document: `query($text: String!) { tickets(first: 25, filter: { search: $text }) ` + ticketFields + ` }`})
	}
	counts := block{name: "Counts", columns: []column{
		{name: "tickets", document: `{ tickets { totalCount } }`},
		{name: "NEW", document: `{ tickets(filter: { status: NEW }) { totalCount } }`},
		{name: "open", document: `{ tickets(filter: { status: [NEW, OPEN, ON_HOLD] }) { totalCount } }`},
		{name: "CLOSED", document: `{ tickets(filter: { status: CLOSED }) { totalCount } }`},
		{name: "unassigned", document: `{ tickets(filter: { unassigned: true }) { totalCount } }`},
		{name: "assignee", document: `query($id: ID!) { tickets(filter: { assigneeIds: [$id] }) { totalCount } }`, variables: named(agentKind, "User", 7)},
		{name: "devices", document: `{ devices { totalCount } }`},
		{name: "assets", document: `{ assets { totalCount } }`},
	}}
	return []block{lists, filters, dashboards, search, filter, counts}
}

func deep(list string) func(*site, onlooker) (func(int) map[string]any, error) {
	return func(s *site, o onlooker) (func(int) map[string]any, error) {
		cursor, err := s.page1000(o, list)
		return func(int) map[string]any { return map[string]any{"c": orNull(cursor)} }, err
	}
}

// numbered is the id of a row with a number: see idOf.
func numbered(kind, n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("0190%s-0000-7000-8000-%012x", strings.Repeat(fmt.Sprint(kind), 4), n))
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

// printScale times every work of every viewer on L, and some on M.
func printScale(m, l *site) error {
	for _, b := range blocks() {
		if only := os.Getenv("ONLY"); only != "" && !strings.HasPrefix(b.name, only) {
			continue
		}
		fmt.Printf("\n%-22s", b.name)
		for _, c := range b.columns {
			fmt.Printf("%14s ", c.name)
			if c.plan {
				fmt.Printf(" %-22s", "plan")
			}
			if c.withM {
				fmt.Printf("%6s", "/ M")
			}
		}
		fmt.Println()
		for _, o := range l.people {
			fmt.Printf("%-22s", o.name)
			for _, c := range b.columns {
				t, err := l.time(o, c)
				if err != nil {
					return err
				}
				fmt.Printf("%7.1f %6.1f ", t.median, t.p95)
				if c.plan {
					plan, err := l.plans.indexes(context.Background(), l.url)
					if err != nil {
						return err
					}
					fmt.Printf(" %-22s", plan)
				}
				if c.withM {
					same := "-"
					if at := m.person(o.name); at >= 0 {
						was, err := m.time(m.people[at], c)
						if err != nil {
							return err
						}
						same = fmt.Sprintf("%.1f", t.median/was.median)
					}
					fmt.Printf("%6s", same)
				}
			}
			fmt.Println()
		}
	}
	return nil
}

func (s *site) person(name string) int {
	for i, o := range s.people {
		if o.name == name {
			return i
		}
	}
	return -1
}

func (s *site) time(o onlooker, c column) (timing, error) {
	variables := func(int) map[string]any { return nil }
	if c.variables != nil {
		var err error
		if variables, err = c.variables(s, o); err != nil {
			return timing{}, err
		}
	}
	return s.measure(o, c.document, variables)
}
