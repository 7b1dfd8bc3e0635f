package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// contender is a server that does the works.
type contender struct {
	name string
	*server
	// warmup is how long it takes until it is as fast as it gets.
	warmup time.Duration
	// request is what one of the works sends for a caller.
	request func(w work, c *caller, a ask) (*http.Request, error)
}

// The contenders in the order of the tables.
const (
	limitName        = "LIMIT"
	postgraphileName = "PostGraphile"
	productName      = "Tenantry"
)

// contenders are the running ones.
type contenders []*contender

func (all contenders) stop() {
	for _, c := range all {
		c.stop()
	}
}

// said is what the ended ones have written on standard error.
func (all contenders) said() string {
	var b strings.Builder
	for _, c := range all {
		if c.errors.Len() > 0 {
			fmt.Fprintf(&b, "\n%s said:\n%s", c.name, c.errors.Bytes())
		}
	}
	return b.String()
}

// startContenders starts those that are wanted. It returns what runs even if something failed.
func startContenders(ctx context.Context, o options, d *database, binary string, people []caller) (contenders, error) {
	var all contenders
	in := setup{Account: account, Connections: clients}
	for _, c := range people {
		in.Callers = append(in.Callers, c.identity)
	}
	for _, x := range []struct {
		name  string
		start func() (*contender, error)
	}{
		{limitName, func() (*contender, error) { return startLimit(ctx, d, in) }},
		{postgraphileName, func() (*contender, error) { return startPostGraphile(ctx, d, in) }},
		{productName, func() (*contender, error) { return startProduct(ctx, binary, d, clients, unlimited...) }},
	} {
		if strings.EqualFold(x.name, o.without) {
			continue
		}
		c, err := x.start()
		if err != nil {
			return all, fmt.Errorf("%s: %w", x.name, err)
		}
		all = append(all, c)
	}
	return all, nil
}

// post is a GraphQL request.
func post(url, document string, variables any, c *caller) (*http.Request, error) {
	body, err := json.Marshal(struct {
		Query     string `json:"query"`
		Variables any    `json:"variables,omitempty"`
	}{document, variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.Token)
	return r, nil
}
