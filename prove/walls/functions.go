package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

var (
	// comparison is a condition that stands alone between "and"s, after the word that begins it.
	comparison = regexp.MustCompile(`\b(where|and|on|if not|if) ((?:not )?[a-z_.]+ (?:=|<>|>|<) (?:any \([a-z_.]+\)|nullif\(current_setting\('[a-z.]+', true\), ''\)::uuid|'[A-Z]+'|[a-z_.]+\([^()]*\)|[a-z_.]+)(?:$|[\s;)]))`)
	// checks are the words of conditions about who asks, and what they reach.
	checks = regexp.MustCompile(`account|tenant|viewer|credential|secret|expires|status|role|version|internal|seen_by|shown|user_id|owner|\bsession\b|\bk\.id = credential`)
)

// functions are those that run past row level security, and those that they call: each of their conditions
// about accounts, tenants and viewers becomes true.
func functions(ctx context.Context, conn *pgx.Conn) (all []brick, err error) {
	type function struct{ Name, Definition string }
	list, err := found[function](ctx, conn, `select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p
		where pronamespace = 'app'::regnamespace and (prosecdef or proname ~ '^(search|own_words|become)') order by 1`)
	for _, f := range list {
		head, body, ok := strings.Cut(f.Definition, "AS $function$")
		if !ok {
			continue
		}
		for _, at := range comparison.FindAllStringSubmatchIndex(body, -1) {
			at[5]-- // what ends it is no part of it
			condition := body[at[4]:at[5]]
			if !checks.MatchString(condition) || !strings.ContainsAny(condition, "=<>") {
				continue
			}
			all = append(all, brick{
				kind: "function", name: fmt.Sprintf("%s: %s (%d)", f.Name, condition, 1+strings.Count(body[:at[4]], "\n")),
				sql: head + "AS $function$" + body[:at[4]] + "true" + body[at[5]:],
			})
		}
	}
	return all, err
}
