package main

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// work is one of the works of the performance table, and the product's document for it.
type work struct {
	key, title, document string
}

var works = []work{
	{"W1", "point", `query($id: ID!) { device(id: $id) { id name hostname platform kind osName serialNumber connection tenant { name } } }`},
	{"W2", "list", `{ tickets(first: 50) { nodes { id number subject status type priority category createdAt tenant { name } assignee { name } } } }`},
	{"W3", "nested", `{ devices(first: 20) { nodes { id name platform tenant { name } group { name } tickets(first: 5, filter: { status: [NEW, OPEN, ON_HOLD] }) { nodes { subject status assignee { name } } } } } }`},
	{"W4", "dashboard", `{ dashboard { ticketsByStatus { key count } ticketsByPriority { key count } devicesByConnection { key count } } }`},
	{"W5", "write", `mutation($id: ID!, $status: TicketStatus!) { updateTicket(input: { id: $id, status: $status }) { ticket { id status subject number } userErrors { code } } }`},
}

// What takes a device or a ticket.
const point, write = "W1", "W5"

// ask is what a request asks for besides its work: the device to read, or the ticket to write and its
// new status.
type ask struct {
	device, ticket uuid.UUID
	status         string
}

// selected is all works, or the one that the command line names.
func selected(key string) ([]work, error) {
	if key == "" {
		return works, nil
	}
	for _, w := range works {
		if strings.EqualFold(w.key, key) {
			return []work{w}, nil
		}
	}
	return nil, fmt.Errorf("there is no work %q: they are W1 to W%d", key, len(works))
}
