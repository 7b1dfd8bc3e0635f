package importer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sessionHeader = "external_id,tenant,device,agent,ticket,mode,status,consent,outcome,created_at,started_at,ended_at,notes\n"

func withSessions(rows string) files {
	f := whole()
	f["sessions.csv"] = sessionHeader + rows
	return f
}

const sessionValues = `select s.mode, s.status, s.consent, s.outcome, coalesce(t.name, '-'), d.name, a.name, k.subject,
	to_char(s.created_at, f), to_char(s.started_at, f), to_char(s.ended_at, f), to_char(s.updated_at, f), replace(s.notes, ' ', '_'), s.version
	from (select *, 'YYYYMMDD"T"HH24MISS' as f from app.remote_sessions) s join app.users a on a.id = s.agent_id
	left join app.tenants t on t.id = s.tenant_id and t.id <> t.account_id left join app.devices d on d.id = s.device_id left join app.tickets k on k.id = s.ticket_id
	order by s.created_at, s.notes`

func TestSessions(t *testing.T) {
	p := newPlace(t)
	f := withSessions("S1,T1,D1,U1,K1,ATTENDED,ENDED,GRANTED,RESOLVED,2020-01-01T10:00:00Z,2020-01-01T10:00:30Z,2020-01-01T10:20:00Z,a note\n" +
		"S2,,D2,U2,K1,UNATTENDED,,,,,2020-01-02T10:00:00Z,,across\n" + // the device's tenant; a ticket of another one
		"S3,,D3,U1,,ATTENDED,DECLINED,TIMED_OUT,,2020-01-03T10:00:00Z,,2020-01-03T10:01:00Z,\n" +
		"S4,T1,,U1,K2,ATTENDED,DECLINED,,,2020-01-04T10:00:00Z,,2020-01-04T10:00:05Z,\n" +
		"S5,T1,D1,U1,,ATTENDED,ENDED,ASKED,UNKNOWN,2020-01-05T10:00:00Z,,,taken back\n" +
		"S6,T1,D2,U1,,ATTENDED,,,UNRESOLVED,2020-01-06T10:00:00Z,,2020-01-06T11:00:00Z,moved since\n")
	r := p.mustRun(f, 0)
	want := strings.Join([]string{
		"ATTENDED|ENDED|GRANTED|RESOLVED|Bakery|srv1|Mia|Printer|20200101T100000|20200101T100030|20200101T102000|20200101T102000|a_note|1",
		"UNATTENDED|ENDED|NOT_NEEDED|UNKNOWN|Clinic|srv2|Gil|Printer|20200102T100000|20200102T100000|20200102T100000|20200102T100000|across|1",
		"ATTENDED|REQUESTED|ASKED|UNKNOWN|-|loose|Mia||20200103T100000|||20200103T100000||1",
		"ATTENDED|DECLINED|DENIED|UNKNOWN|Bakery||Mia|Across|20200104T100000||20200104T100005|20200104T100005||1",
		"ATTENDED|ENDED|ASKED|UNKNOWN|Bakery|srv1|Mia||20200105T100000||20200105T100000|20200105T100000|taken_back|1",
		"ATTENDED|ENDED|GRANTED|UNRESOLVED|Bakery|srv2|Mia||20200106T100000|20200106T100000|20200106T110000|20200106T110000|moved_since|1",
	}, " ")
	p.is(want, sessionValues)
	if n := len(r.Files[7].Warnings); r.Files[7].Added != 6 || n != 0 {
		t.Error(r)
	}
	p.is("6", "select after->'sessions'->>'added' from app.audit_events where action = 'import'")

	// A repeat leaves them, and so does an update with the same values: it would be refused if it changed
	// the one that timed out, whose tenant is frozen now.
	p.exec("update app.tenants set status = 'ARCHIVED' where id = account_id")
	if r := p.mustRun(f, 0); r.Files[7].Unchanged != 6 {
		t.Error(r)
	}
	if r := p.mustRun(f, 0, update); r.Files[7].Unchanged != 6 {
		t.Error(r)
	}
	p.is(want, sessionValues)
	p.exec("update app.tenants set status = 'ACTIVE' where id = account_id")
	p.mustRun(files{"sessions.csv": "external_id,notes,outcome\nS1,,UNRESOLVED\nS3,nobody there,\n"}, 0, update)
	p.is("ENDED|GRANTED|UNRESOLVED||2 REQUESTED|ASKED|UNKNOWN|nobody there|2", "select status, consent, outcome, notes, version from app.remote_sessions where version > 1 order by created_at")
	p.mustRun(files{"sessions.csv": "external_id,status,consent,ended_at\nS3,DECLINED,DENIED,2020-01-03T10:00:07Z\n"}, 0, update)
	p.is("DECLINED|DENIED|20200103T100007", `select status, consent, to_char(ended_at, 'YYYYMMDD"T"HH24MISS') from app.remote_sessions where notes = 'nobody there'`)
}

func TestBadSessions(t *testing.T) {
	p := newPlace(t)
	p.mustRun(withSessions("S0,T1,D1,U1,,UNATTENDED,,,,2020-01-01,,,\n"), 0) // T2 is archived from now on
	r := p.mustRun(files{"sessions.csv": sessionHeader +
		"S1,T1,D1,,,,,,,,,,\n" +
		"S2,T1,D1,U1,,ATTENDED,ACTIVE,MAYBE,GOOD,2999-01-01,x,,\n" +
		"S3,T1,D1,U1,,UNATTENDED,DECLINED,,,,,,\n" +
		"S4,T1,D1,U1,,UNATTENDED,ENDED,GRANTED,,,,,\n" +
		"S5,T1,D1,U1,,ATTENDED,ENDED,DENIED,,,,,\n" +
		"S6,T1,D1,U1,,ATTENDED,DECLINED,GRANTED,,,,,\n" +
		"S7,T1,D1,U1,,ATTENDED,DECLINED,TIMED_OUT,,,,,\n" +
		"S8,T1,D1,U1,,ATTENDED,DECLINED,DENIED,,2020-01-01,2020-01-01,,\n" +
		"S9,T1,D1,U1,,ATTENDED,ENDED,,,2020-01-02,2020-01-01,,\n" +
		"S10,T1,D1,U1,,ATTENDED,ENDED,,,2020-01-02,2020-01-04,2020-01-03,\n" +
		"S11,T1,D1,U3,,ATTENDED,ENDED,,,,,,\n" +
		"S12,T2,D1,U1,,ATTENDED,ENDED,,,,,,\n" +
		"S13,,D2,U1,,ATTENDED,ENDED,,,,,,\n" +
		"S14,T9,D9,U9,K9,ATTENDED,ENDED,,,,,,\n" +
		"S15,T1,D1,U1,,ATTENDED,DECLINED,TIMED_OUT,,2020-01-01,,2020-01-02,\n"}, 2)
	want := []string{
		`sessions.csv:2:agent: it cannot be empty`,
		`sessions.csv:2:mode: it cannot be empty`,
		`sessions.csv:3:status: it is one of ENDED, DECLINED`,
		`sessions.csv:3:consent: it is one of NOT_NEEDED, ASKED, GRANTED, DENIED, TIMED_OUT`,
		`sessions.csv:3:outcome: it is one of RESOLVED, UNRESOLVED, UNKNOWN`,
		`sessions.csv:3:started_at: it is not a time such as 2026-01-31T12:00:00Z`,
		`sessions.csv:3:created_at: it is in the future`,
		`sessions.csv:4:status: an unattended session is not declined: nobody was asked`,
		`sessions.csv:5:consent: that of an UNATTENDED session that is ENDED is NOT_NEEDED`,
		`sessions.csv:6:consent: that of an ATTENDED session that is ENDED is GRANTED or ASKED`,
		`sessions.csv:7:consent: that of an ATTENDED session that is DECLINED is DENIED or TIMED_OUT`,
		`sessions.csv:8:consent: it has not timed out yet: created_at is less than 60 seconds ago`,
		`sessions.csv:9:started_at: a session that nobody agreed to has not started`,
		`sessions.csv:10:started_at: it is before created_at`,
		`sessions.csv:11:ended_at: it is before the session began`,
		`sessions.csv:12:agent: customers start no remote sessions`,
		`sessions.csv:13:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`sessions.csv:14:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`sessions.csv:15:tenant: there is no tenant "T9"`,
		`sessions.csv:15:device: there is no device "D9"`,
		`sessions.csv:15:agent: there is no user "U9"`,
		`sessions.csv:15:ticket: there is no ticket "K9"`,
	}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
	if got := r.String(); !strings.Contains(got, "warning: sessions.csv:16:ended_at: a session that timed out ends 60 seconds after created_at") {
		t.Error(got)
	}
	r = p.mustRun(files{"sessions.csv": "external_id,tenant\nS0,T2\n"}, 2, update)
	if diff := cmp.Diff([]string{"sessions.csv:2:tenant: a remote session keeps its tenant", "sessions.csv:2:tenant: TENANT_ARCHIVED: the tenant is archived"}, bad(r)); diff != "" {
		t.Error(diff)
	}
}
