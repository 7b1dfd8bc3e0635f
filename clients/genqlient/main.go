// Command genqlient asks a running Tenantry with a client that genqlient makes of its schema.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

//go:generate go tool genqlient

// bearer sends a token with each request.
type bearer struct{ token string }

func (b bearer) Do(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return http.DefaultClient.Do(r)
}

func main() {
	if err := run(context.Background(), os.Getenv("TENANTRY_URL")+"/graphql"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("genqlient signs in, pages, searches, is told user errors and errors with their codes")
}

func run(ctx context.Context, url string) error {
	signed, err := SignIn(ctx, graphql.NewClient(url, bearer{}), "ada@northwind.example", os.Getenv("TENANTRY_PASSWORD"))
	if err != nil || signed.SignIn == nil || signed.SignIn.Token == nil || signed.SignIn.ExpiresAt.IsZero() {
		return fmt.Errorf("nobody signed in: %w", err)
	}
	client := graphql.NewClient(url, bearer{*signed.SignIn.Token})
	names := map[string]bool{}
	for after, pages := (*string)(nil), 0; ; pages++ {
		page, err := Devices(ctx, client, 3, after)
		if err != nil || pages > 100 {
			return fmt.Errorf("page %d: %w", pages, err)
		}
		for _, d := range page.Devices.Nodes {
			names[d.Id] = true
		}
		if after = page.Devices.PageInfo.EndCursor; !page.Devices.PageInfo.HasNextPage {
			break
		}
	}
	if len(names) < 10 {
		return fmt.Errorf("%d devices were found", len(names))
	}
	found, err := Found(ctx, client, "Reception 2 cannot print")
	if err != nil {
		return err
	}
	if len(found.Search.Nodes) == 0 {
		return errors.New("nothing was found")
	}
	ticket, ok := (*found.Search.Nodes[0].Node).(*FoundSearchSearchConnectionNodesSearchResultNodeTicket)
	if !ok {
		return fmt.Errorf("what was found is %T", *found.Search.Nodes[0].Node)
	}
	blank := " "
	renamed, err := Rename(ctx, client, &UpdateTicketInput{Id: ticket.Id, Subject: &blank})
	if err != nil {
		return err
	}
	if len(renamed.UpdateTicket.UserErrors) == 0 || renamed.UpdateTicket.UserErrors[0].Code != UserErrorCodeRequired {
		return fmt.Errorf("a blank subject is told as %+v", renamed.UpdateTicket.UserErrors)
	}
	_, err = Device(ctx, client, "dev_nothing")
	var list gqlerror.List
	if !errors.As(err, &list) || list[0].Extensions["code"] != "NOT_FOUND" {
		return fmt.Errorf("a missing device is told as %v", err)
	}
	return nil
}
