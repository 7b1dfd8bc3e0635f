package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// printScale times every work of every viewer on L, and some on M: a block for each kind of work, or for the
// one that ONLY in the environment names.
func printScale(ctx context.Context, m, l *site) error {
	only := os.Getenv("ONLY")
	for _, b := range blocks() {
		if !strings.HasPrefix(b.name, only) {
			continue
		}
		fmt.Printf("\n%-24s", b.name)
		for _, c := range b.columns {
			fmt.Printf(" %15s", c.name)
			if c.planOf != "" {
				fmt.Printf("  %-15s", "by")
			}
			if c.withM {
				fmt.Printf(" %5s", "/ M")
			}
		}
		fmt.Println()
		for _, o := range l.people {
			fmt.Printf("%-24s", o.name)
			for _, c := range b.columns {
				if err := printCell(ctx, m, l, o, c); err != nil {
					return err
				}
			}
			fmt.Println()
		}
	}
	if strings.HasPrefix(membershipBlock, only) {
		return printMembership(l)
	}
	return nil
}

func printCell(ctx context.Context, m, l *site, o onlooker, c column) error {
	t, err := l.time(o, c)
	if err != nil {
		return err
	}
	fmt.Printf(" %8.1f %6.1f", t.median, t.p95)
	if c.planOf != "" {
		plan, err := l.last.plan(ctx, l.url, c.planOf)
		if err != nil {
			return err
		}
		fmt.Printf("  %-15s", plan)
	}
	if !c.withM {
		return nil
	}
	at := slices.IndexFunc(m.people, func(p onlooker) bool { return p.name == o.name })
	if at < 0 {
		fmt.Printf(" %5s", "")
		return nil
	}
	was, err := m.time(m.people[at], c)
	fmt.Printf(" %5.1f", t.median/was.median)
	return err
}

func (s *site) time(o onlooker, c column) (timing, error) {
	var variables map[string]any
	if c.variables != nil {
		var err error
		if variables, err = c.variables(s, o); err != nil {
			return timing{}, err
		}
	}
	return timed(func() (time.Duration, error) {
		took, _, err := s.ask(o, c.document, variables)
		return took, err
	})
}

const membershipBlock = "Membership"

// printMembership times the change that makes a member of ten tenants one of another, too, and back.
func printMembership(s *site) error {
	fmt.Printf("\n%-24s %15s\n", membershipBlock, "add a member")
	admin := s.people[0]
	_, data, err := s.ask(s.people[slices.IndexFunc(s.people, func(p onlooker) bool { return p.name == "member of 10, any" })], `{ viewer { user { id } } }`, nil)
	if err != nil {
		return err
	}
	member := data["viewer"].(map[string]any)["user"].(map[string]any)["id"]
	for _, tenant := range []struct {
		name   string
		number int
	}{{"to a busy tenant", 2}, {"to a quiet tenant", s.data.tenants}} {
		id, _ := rowID(tenantKind, "Tenant", tenant.number)(s, admin)
		variables := map[string]any{"input": map[string]any{"tenantId": id["id"], "userIds": []any{member}}}
		t, err := timed(func() (time.Duration, error) {
			took, _, err := s.ask(admin, `mutation($input: AddUsersToTenantInput!) { addUsersToTenant(input: $input) { committed results { before after } userErrors { code } } }`, variables)
			if err != nil {
				return 0, err
			}
			_, _, err = s.ask(admin, `mutation($input: RemoveUsersFromTenantInput!) { removeUsersFromTenant(input: $input) { committed userErrors { code } } }`, variables)
			return took, err
		})
		if err != nil {
			return err
		}
		fmt.Printf("%-24s %8.1f %6.1f\n", tenant.name, t.median, t.p95)
	}
	return nil
}
