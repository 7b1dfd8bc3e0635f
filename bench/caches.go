package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"tenantry/internal/ids"
)

const distinct = 10_000

// scalars are what a document asks for or not: enough for distinct documents with distinct statements.
var scalars = strings.Fields(`name hostname platform kind osName osVersion manufacturer model serialNumber macAddress
	publicIp agentVersion loggedInUser connection`)

// documentOf is one of 2^14 documents, each with a statement of its own.
func documentOf(i int) string {
	fields := []string{"id"}
	for bit, name := range scalars {
		if i>>bit&1 == 1 {
			fields = append(fields, name)
		}
	}
	return `query($id: ID!) { device(id: $id) { ` + strings.Join(fields, " ") + ` } }`
}

// printCaches prints what the product's caches come to when every document is another one, beside the same
// requests with one document.
func printCaches(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	c, err := startProduct(ctx, binary, d, clients)
	if err != nil {
		return err
	}
	defer c.stop()
	url := c.url + "/graphql"
	ask := func(document func(i int) string) (outcome, error) {
		i := 0
		one := *c
		one.request = func(_ work, p *caller, a ask) (*http.Request, error) {
			i++
			return post(url, document(i), map[string]string{"id": ids.Encode("Device", a.device)}, p)
		}
		return loadSome(ctx, d, &one, people, distinct)
	}
	for _, kind := range []struct {
		name     string
		document func(i int) string
	}{
		{"one document", func(int) string { return documentOf(1<<len(scalars) - 1) }},
		{"distinct documents", documentOf},
	} {
		o, err := ask(kind.document)
		if err != nil {
			return err
		}
		now, _ := resident(c.pid())
		database, _ := resident(d.postmaster)
		fmt.Fprintf(out, "%d requests with %s: CPU %s ms of the server and %s ms of the database for each; then %s MB resident, and %s MB of all of PostgreSQL's processes.\n",
			distinct, kind.name, known(o.server >= 0, "%.3f", o.server.Seconds()*1000), known(o.database >= 0, "%.3f", o.database.Seconds()*1000), known(now > 0, "%.0f", megabytes(now)), known(database > 0, "%.0f", megabytes(database)))
	}
	return nil
}

// loadSome sends so many requests one after the other.
func loadSome(ctx context.Context, d *database, to *contender, people []caller, n int) (outcome, error) {
	draws := rand.New(rand.NewPCG(1, 1))
	server, _ := processorTime(to.pid())
	database, _ := processorTime(d.postmaster)
	var body bytes.Buffer
	for range n {
		p := &people[draws.IntN(len(people))]
		r, err := to.request(works[0], p, p.draw(works[0], draws))
		if err == nil {
			err = answer(http.DefaultClient, r.WithContext(ctx), &body)
		}
		if err != nil {
			return outcome{}, err
		}
	}
	serverAfter, _ := processorTime(to.pid())
	databaseAfter, _ := processorTime(d.postmaster)
	return outcome{server: (serverAfter - server) / time.Duration(n), database: (databaseAfter - database) / time.Duration(n)}, nil
}
