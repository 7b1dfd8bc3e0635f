package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// dearDocuments are of each kind that is dear to answer, as much of it as costs about a thousand.
var dearDocuments = []struct{ name, document string }{
	{"a page of 100 with three levels below", `{ tickets(first: 100) { nodes { subject status tenant { name } assignee { name } device { name group { name } } requester { name } comments(first: 4) { nodes { body author { name } } } } } }`},
	{"100 pages, each of another tenant", again(25, `t%d: tenants(first: 5, orderBy: {field: NAME, direction: DESC}) { nodes { name devices(first: 7) { nodes { name } } } } `)},
	{"20 filtered lists of 50", again(20, `t%d: tickets(first: 50, filter: {status: [OPEN, NEW], priority: [HIGH]}, orderBy: {field: UPDATED_AT, direction: ASC}) { nodes { subject status priority } } `)},
	{"25 counts of filtered lists", again(25, `t%d: tickets(first: 30, filter: {status: [OPEN, RESOLVED, CLOSED], priority: [LOW, HIGH], createdAt: {gte: "2020-01-01T00:00:00Z"}}) { nodes { id } totalCount } `)},
	{"9 searches", again(9, `s%d: search(text: "printer", first: 10) { nodes { title excerpt } } `)},
	{"9 lists by words", again(9, `t%d: tickets(first: 10, filter: {search: "ticket"}) { nodes { subject } } `)},
	{"8 dashboards", again(8, `d%d: dashboard { ticketsByStatus { count } ticketsByPriority { count } ticketsUnassigned { count } ticketsOverdue { count } devicesByConnection { count }
		devicesByPlatform { count } remoteSessionsActive { count } assetsWarrantyExpiring { count } articlesInReview { count } busiestTenants { tenant { name } openTickets { count filter } } } `)},
	{"every field of 90 devices", `{ devices(first: 90) { nodes { id name hostname tenant { id name status contactEmail } group { id name description } platform kind osName osVersion manufacturer model serialNumber macAddress publicIp agentVersion loggedInUser
		connection lastSeenAt tags asset { id name tag } tickets(first: 6) { nodes { id number subject } } createdAt updatedAt version } } }`},
}

func again(n int, text string) string {
	var b strings.Builder
	b.WriteString("{ ")
	for i := range n {
		fmt.Fprintf(&b, text, i)
	}
	return b.String() + "}"
}

// printDocuments prints how much processor time they cost the product's server and its database.
func printDocuments(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	product, err := startProduct(ctx, binary, d, clients)
	if err != nil {
		return err
	}
	defer product.stop()
	const warmups, times = 20, 40
	fmt.Fprintf(out, "\n| document | cost | CPU of server, ms | per 1,000 of cost | CPU of database, ms |\n| --- | --- | --- | --- | --- |\n")
	for _, doc := range dearDocuments {
		var cost int
		var server, database time.Duration
		for i := range warmups + times {
			if i == warmups {
				server, _ = processorTime(product.pid())
				database, _ = processorTime(d.postmaster)
			}
			r, err := post(product.server.url+"/graphql", doc.document, nil, &people[i%len(people)])
			if err != nil {
				return err
			}
			var body bytes.Buffer
			if err := answer(&http.Client{Timeout: time.Minute}, r, &body); err != nil {
				if !strings.Contains(err.Error(), "RATE_LIMITED") {
					return fmt.Errorf("%s: %w", doc.name, err)
				}
			}
			var told struct{ Extensions struct{ Cost int } }
			if err := json.Unmarshal(body.Bytes(), &told); err != nil {
				return err
			}
			cost = told.Extensions.Cost
		}
		s, _ := processorTime(product.pid())
		b, _ := processorTime(d.postmaster)
		each := func(t time.Duration) float64 { return float64(t.Microseconds()) / 1000 / times }
		fmt.Fprintf(out, "| %s | %d | %.1f | %.1f | %.1f |\n", doc.name, cost, each(s-server), each(s-server)*1000/float64(cost), each(b-database))
	}
	return nil
}
