package graph

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// sqlStates are errors of every class that PostgreSQL knows, common ones first of each, and of one that it does not:
// https://www.postgresql.org/docs/15/errcodes-appendix.html
var sqlStates = strings.Fields(`01000 02000 03000 08000 08003 08006 09000 0A000 0B000 0F000 0L000 0P000 0Z000 20000 21000
	22000 22001 22003 22012 22021 22023 22P02 22P05 23000 23502 23503 23505 23514 23P01 24000 25000 25001 25006 25P02 25P03 26000 27000 28000 28P01
	2B000 2D000 2F000 34000 38000 39000 3B000 3D000 3F000 40000 40001 40002 40P01 42000 42501 42601 42703 42804 42883 42P01 42P07 44000
	53000 53100 53200 53300 53400 54000 54001 55000 55006 55P03 57000 57014 57P01 57P02 57P03 57P05 58000 58030 58P01 72000 F0000 HV000 P0000 P0001 P0004
	XX000 XX001 XX002 TN002 ZZ999`)

// closed are the codes that an answer may have.
var closed = map[string]bool{
	"UNAUTHENTICATED": true, "FORBIDDEN": true, "NOT_FOUND": true, "BAD_USER_INPUT": true, "BAD_CURSOR": true,
	"COST_LIMIT_EXCEEDED": true, "RATE_LIMITED": true, "UNAVAILABLE": true, "INTERNAL": true,
}

// inner is what must not leave the server: SQL, names of the database's, errors of libraries, paths of source code.
var inner = regexp.MustCompile(`(?i)canary|sqlstate|\bpgx?\b|postgres|goroutine|\.go\b|app\.|relation|constraint|column|/usr/|/tmp/|select |update `)

// TestNoErrorOfTheDatabaseLeavesTheServer provokes every class while somebody reads and while somebody writes.
func TestNoErrorOfTheDatabaseLeavesTheServer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada := a.as(admin)
	ticket := a.anyID("Ticket")
	a.sql("create table app.state (code text, told text)")
	a.sql("insert into app.state values ('', '')")
	a.sql("grant select on app.state to public")
	a.sql(`create function app.fail() returns boolean language plpgsql as $$
		declare s record; begin
			select * into s from app.state;
			if s.code <> '' then raise exception 'canary of a message' using errcode = s.code, detail = 'canary of a detail', hint = 'canary', table = 'canary', constraint = 'canary'; end if;
			return true;
		end $$`)
	a.sql("grant execute on function app.fail to public")
	a.sql("create policy fail on app.tickets as restrictive for select to tenantry_admin using (app.fail())")
	a.sql("create function app.fail_row() returns trigger language plpgsql as 'begin perform app.fail(); return new; end'")
	a.sql("create trigger fail before update on app.tickets for each row execute function app.fail_row()")
	const read = "query ($id: ID!) { ticket(id: $id) { subject } tickets(first: 1) { totalCount nodes { id } } devices(first: 1) { nodes { id } } }"
	expect(t, "a read while nothing fails", ada.do(read, in{"id": ticket}).code(), "")
	codes := map[string]int{}
	for _, state := range sqlStates {
		a.sql("update app.state set code = $1", state)
		answers := map[string]reply{
			"a read":  ada.do(read, in{"id": ticket}),
			"a write": ada.mutate("updateTicket", in{"id": ticket, "subject": "Other " + state}, "ticket { id }"),
		}
		a.sql("update app.state set code = ''")
		for what, r := range answers {
			for _, e := range r.Errors {
				code, _ := e.Extensions["code"].(string)
				id, _ := e.Extensions["requestId"].(string)
				if codes[code]++; !closed[code] || id == "" || inner.MatchString(e.Message) {
					t.Errorf("%s that fails with %s: %s", what, state, r.raw)
				}
				if code == "INTERNAL" && !strings.Contains(a.log.String(), id) {
					t.Errorf("the log does not know the request %s that failed with %s", id, state)
				}
			}
			if strings.Contains(r.raw, "canary") {
				t.Errorf("%s that fails with %s tells what is inside: %s", what, state, r.raw)
			}
			if len(r.Errors) == 0 && outcome(r) == "ok" {
				t.Errorf("%s does not fail with %s: %s", what, state, r.raw)
			}
		}
		expect(t, "a read after "+state, ada.do(read, in{"id": ticket}).code(), "")
	}
	for _, code := range []string{"INTERNAL", "UNAVAILABLE", "BAD_USER_INPUT"} {
		if codes[code] == 0 {
			t.Errorf("nothing was answered with %s: %v", code, codes)
		}
	}
	if strings.Contains(a.log.String(), ada.token) {
		t.Error("the log has a token")
	}
	t.Log(fmt.Sprint(codes))
}

// TestAPanicAndATimeOutTellNothing but a code and the request's id, wherever they come.
func TestAPanicAndATimeOutTellNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const secret = "canary in a panic"
	for name, query := range map[string]string{
		"a query": `{ devices { totalCount } }`, "a mutation": `mutation { createDevice(input: {name: "P", platform: LINUX, kind: SERVER}) { device { id } } }`,
		"two fields": `{ a: devices { totalCount } b: tickets { totalCount } }`,
	} {
		for fatal := 1; ; fatal++ { // the first statement, the second, and so on
			c, sent := a.as(admin), 0
			a.log.Reset()
			a.sent = func(string) {
				if sent++; sent == fatal {
					panic(secret)
				}
			}
			r := c.do(query, nil)
			a.sent = nil
			if sent < fatal {
				break
			}
			if r.code() != "INTERNAL" || strings.Contains(r.raw, "canary") || strings.Contains(r.raw, "goroutine") || strings.Contains(r.raw, ".go:") {
				t.Errorf("%s that panics at statement %d is answered with %d %s", name, fatal, r.status, r.raw)
			}
			id, _ := r.Errors[0].Extensions["requestId"].(string)
			if id == "" || !strings.Contains(a.log.String(), id) || !strings.Contains(a.log.String(), secret) {
				t.Errorf("%s that panics at statement %d: the log does not say so under %q: %s", name, fatal, id, a.log.String())
			}
		}
	}
	late := newAPI(t, func(o *Options) { o.Timeout = time.Nanosecond })
	for _, query := range []string{`{ devices { totalCount } }`, `mutation { createDevice(input: {name: "P", platform: LINUX, kind: SERVER}) { device { id } } }`} {
		if r := late.as(admin).do(query, nil); r.code() != "UNAVAILABLE" || r.Errors[0].Extensions["requestId"] == "" {
			t.Errorf("without any time it is answered with %s", r.raw)
		}
	}
}
