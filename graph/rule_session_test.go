package graph

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"tenantry/internal/ids"
)

// start starts a session, and gives its id and code.
func (c *client) start(device, mode string) (id, code string) {
	c.t.Helper()
	p := c.done("startRemoteSession", in{"deviceId": c.ref("Device", device), "mode": mode}, "remoteSession { id } consentCode")
	code, _ = p["consentCode"].(string)
	return p["remoteSession"].(map[string]any)["id"].(string), code
}

// said is what a viewer reads of a session.
func (c *client) said(id string) string {
	c.t.Helper()
	return text(c.do(`query($id: ID!) { remoteSession(id: $id) { status consent tenant { name } device { name } } }`, in{"id": id}).get("remoteSession"))
}

// TestWhoStartsASession and about what.
func TestWhoStartsASession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, tom, nora, gil, claire := a.as(admin), a.as(memberOfOne), a.as(memberOfTwo), a.as(memberOfNone), a.as(grandfathered), a.as(customer)
	on := func(device string) in { return in{"deviceId": a.ref("Device", device), "mode": "UNATTENDED"} }
	about := func(device, ticket string) in { return a.with(on(device), "ticketId", a.ref("Ticket", ticket)) }
	const ofDubois, ofHarbour, loose = "Mot de passe Wi-Fi invité", "Image archive is slow", "Prepare two loan laptops"
	a.follow(t, []step{
		{"a member on a device of their tenant", mia, "startRemoteSession", on("TABLETTE-LYON"), "ok"},
		{"the same member on the same device again", mia, "startRemoteSession", on("TABLETTE-LYON"), "ok"},
		{"another who sees it, meanwhile", tom, "startRemoteSession", on("TABLETTE-LYON"), "ok"},
		{"a member on a device of another tenant", mia, "startRemoteSession", on("HC-FILES"), "NOT_FOUND"},
		{"a member of a tenant on a tenantless device", mia, "startRemoteSession", on("LOANER-B"), "NOT_FOUND"},
		{"a member of none on a tenantless device", nora, "startRemoteSession", on("LOANER-B"), "ok"},
		{"a member of none on a tenant's device", nora, "startRemoteSession", on("TABLETTE-LYON"), "NOT_FOUND"},
		{"a grandfathered member anywhere", gil, "startRemoteSession", on("KILN-CTRL"), "ok"},
		{"an admin anywhere", ada, "startRemoteSession", on("LOANER-B"), "ok"},
		{"an admin on a device of the other account", ada, "startRemoteSession", in{"deviceId": a.foreign("Device", "TILL-1"), "mode": "UNATTENDED"}, "NOT_FOUND"},
		{"a customer on a device of their tenant", claire, "startRemoteSession", on("TABLETTE-LYON"), "FORBIDDEN"},
		{"about a ticket of the device's tenant", tom, "startRemoteSession", about("TABLETTE-LYON", ofDubois), "ok"},
		{"about a ticket of another tenant that the member sees", tom, "startRemoteSession", about("TABLETTE-LYON", ofHarbour), "INVALID input.ticketId"},
		{"about a ticket that the member does not see", mia, "startRemoteSession", about("TABLETTE-LYON", ofHarbour), "INVALID input.ticketId"},
		{"about a tenantless ticket on a tenant's device", ada, "startRemoteSession", about("TABLETTE-LYON", loose), "INVALID input.ticketId"},
		{"about a tenant's ticket on a tenantless device", ada, "startRemoteSession", about("LOANER-B", ofDubois), "INVALID input.ticketId"},
		{"about a tenantless ticket on a tenantless device", nora, "startRemoteSession", about("LOANER-B", loose), "ok"},
		{"a hidden device is missing before the ticket is looked at", mia, "startRemoteSession", about("HC-FILES", ofHarbour), "NOT_FOUND"},
	})
	asked, _ := mia.start("TABLETTE-LYON", "ATTENDED")
	a.sql("update app.tenants set status = 'ARCHIVED' where name = 'Boulangerie Dubois'")
	a.follow(t, []step{
		{"on a device of an archived tenant, and about a wrong ticket", ada, "startRemoteSession", about("TABLETTE-LYON", ofHarbour), "TENANT_ARCHIVED input.deviceId, INVALID input.ticketId"},
		{"a session of an archived tenant is ended", mia, "endRemoteSession", in{"id": asked}, "TENANT_ARCHIVED input.id"},
		{"a session of an archived tenant is answered", claire, "answerRemoteSession", in{"sessionId": asked, "granted": true}, "INVALID input"},
	})
}

// TestASessionStaysInTheTenantItStartedIn when its device moves.
func TestASessionStaysInTheTenantItStartedIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, tom, claire := a.as(memberOfOne), a.as(memberOfTwo), a.as(customer)
	id, code := mia.start("TABLETTE-LYON", "ATTENDED")
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(code) {
		t.Errorf("the code is %q", code)
	}
	const asked = `{"consent":"ASKED","device":{"name":"TABLETTE-LYON"},"status":"REQUESTED","tenant":{"name":"Boulangerie Dubois"}}`
	expect(t, "a member reads what they asked for", mia.said(id), asked)
	expect(t, "the tenant's customer reads it", claire.said(id), asked)
	expect(t, "a member of none does not", a.as(memberOfNone).said(id), "null")
	other, none := mia.start("TABLETTE-LYON", "UNATTENDED")
	expect(t, "the code of an unattended session", none, "")
	expect(t, "a member reads what began at once", mia.said(other), `{"consent":"NOT_NEEDED","device":{"name":"TABLETTE-LYON"},"status":"ACTIVE","tenant":{"name":"Boulangerie Dubois"}}`)
	mia.done("endRemoteSession", in{"id": id}, "__typename")
	a.sql("update app.devices set tenant_id = $1, group_id = null where name = 'TABLETTE-LYON'", a.key("Northwind IT", "Tenant", "Harbour Clinic"))
	expect(t, "a member of the old tenant reads it, without the device", mia.said(id), `{"consent":"ASKED","device":null,"status":"ENDED","tenant":{"name":"Boulangerie Dubois"}}`)
	expect(t, "a member of both reads it with the device", tom.said(id), `{"consent":"ASKED","device":{"name":"TABLETTE-LYON"},"status":"ENDED","tenant":{"name":"Boulangerie Dubois"}}`)
	a.sql("update app.remote_sessions set status = 'REQUESTED', ended_at = null where status = 'ENDED' and device_id = $1", a.key("Northwind IT", "Device", "TABLETTE-LYON"))
	expect(t, "a customer who sees the session and not its device answers", claire.try("answerRemoteSession", in{"sessionId": id, "granted": true}), "INVALID input")
}

// TestWhoEndsASession and which.
func TestWhoEndsASession(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	ada, mia, tom, nora, claire := a.as(admin), a.as(memberOfOne), a.as(memberOfTwo), a.as(memberOfNone), a.as(customer)
	own, _ := mia.start("TABLETTE-LYON", "UNATTENDED")
	toms, _ := tom.start("TABLETTE-LYON", "UNATTENDED")
	asked, code := mia.start("TABLETTE-LYON", "ATTENDED")
	late, _ := mia.start("CAISSE-03", "ATTENDED")
	denied, _ := mia.start("CAISSE-03", "ATTENDED")
	claire.done("answerRemoteSession", in{"sessionId": denied, "granted": false}, "__typename")
	a.sql("update app.remote_sessions set created_at = created_at - interval '60 seconds' where id = $1", a.decode(late))
	a.follow(t, []step{
		{"a member ends another's session that they see", tom, "endRemoteSession", in{"id": own, "outcome": "RESOLVED"}, "FORBIDDEN"},
		{"a member ends one that they do not see", nora, "endRemoteSession", in{"id": own}, "NOT_FOUND"},
		{"a customer ends one of their tenant", claire, "endRemoteSession", in{"id": own}, "FORBIDDEN"},
		{"null for the outcome, and notes with NUL", mia, "endRemoteSession", in{"id": own, "outcome": nil, "notes": "a\x00b"}, "REQUIRED input.outcome, INVALID input.notes"},
		{"a member ends their own", mia, "endRemoteSession", in{"id": own, "outcome": "RESOLVED", "notes": "Fait."}, "ok"},
		{"again, and wrongly", mia, "endRemoteSession", in{"id": own, "outcome": nil}, "WRONG_STATE input.id, REQUIRED input.outcome"},
		{"another member ends what is over", tom, "endRemoteSession", in{"id": own}, "FORBIDDEN"},
		{"an admin ends a member's", ada, "endRemoteSession", in{"id": toms, "outcome": "UNRESOLVED"}, "ok"},
		{"a member takes back what was not answered", mia, "endRemoteSession", in{"id": asked}, "ok"},
		{"it is answered too late", a.as(""), "answerRemoteSession", in{"sessionId": asked, "code": code, "granted": true}, "INVALID input"},
		{"a member ends what timed out", mia, "endRemoteSession", in{"id": late}, "WRONG_STATE input.id"},
		{"a member ends what was declined", mia, "endRemoteSession", in{"id": denied}, "WRONG_STATE input.id"},
		{"an admin ends what was over when it was imported", ada, "endRemoteSession", in{"id": a.ref("RemoteSession", "In theatre until noon.")}, "WRONG_STATE input.id"},
	})
	expect(t, "sessions that were taken back and have begun", one[int](a, "select count(*) from app.remote_sessions where id = $1 and started_at is not null", a.decode(asked)), 0)
	// Who loses their access loses their sessions, too; an admin ends them.
	left, _ := mia.start("TABLETTE-LYON", "UNATTENDED")
	ada.done("removeUsersFromTenant", in{"tenantId": a.ref("Tenant", "Boulangerie Dubois"), "userIds": a.refs("User", memberOfOne)}, "__typename")
	expect(t, "a former member ends their own session", mia.try("endRemoteSession", in{"id": left}), "NOT_FOUND")
	expect(t, "an admin ends it", ada.try("endRemoteSession", in{"id": left}), "ok")
}

func (a *api) decode(ref string) (id [16]byte) {
	a.t.Helper()
	_, key, ok := ids.Decode(ref)
	if !ok {
		a.t.Fatalf("%s is no id", ref)
	}
	return key
}

// TestAnOpenSessionKeepsItsDevice from being deleted, until it is over.
func TestAnOpenSessionKeepsItsDevice(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, claire := a.as(memberOfOne), a.as(customer)
	device := in{"id": a.ref("Device", "TABLETTE-LYON")}
	running, _ := mia.start("TABLETTE-LYON", "UNATTENDED")
	asked, _ := mia.start("TABLETTE-LYON", "ATTENDED")
	a.follow(t, []step{
		{"its device is deleted while it runs", mia, "deleteDevice", device, "SESSION_OPEN input.id"},
		{"an admin deletes it, with an old version", a.as(admin), "deleteDevice", a.with(device, "version", 9), "CONFLICT input.version, SESSION_OPEN input.id"},
		{"who does not see the device", a.as(memberOfNone), "deleteDevice", device, "NOT_FOUND"},
		{"the session ends", mia, "endRemoteSession", in{"id": running}, "ok"},
		{"another still waits for an answer", mia, "deleteDevice", device, "SESSION_OPEN input.id"},
		{"the answer is no", claire, "answerRemoteSession", in{"sessionId": asked, "granted": false}, "ok"},
	})
	mia.start("TABLETTE-LYON", "ATTENDED")
	a.follow(t, []step{{"one more waits", mia, "deleteDevice", device, "SESSION_OPEN input.id"}})
	a.sql("update app.remote_sessions set created_at = created_at - interval '60 seconds' where status = 'REQUESTED'")
	a.follow(t, []step{{"nobody answered in time", mia, "deleteDevice", device, "ok"}})
	expect(t, "sessions of the device that are left without it", one[int](a, "select count(*) from app.remote_sessions where device_id is null"), 4)
}

// TestStartingWhileTheDeviceMoves waits, and then holds for where it is: for who does not see it there
// it is missing, for who does the session is there.
func TestStartingWhileTheDeviceMoves(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, tom := a.as(memberOfOne), a.as(memberOfTwo)
	input := in{"deviceId": a.ref("Device", "IMPRIMANTE-ETIQ"), "mode": "UNATTENDED"}
	got := make(chan string)
	waiting := func() bool { // for the end of the owner's transaction, and in the line for the row
		return one[int](a, `select count(*) from pg_locks where not granted and (transactionid = pg_current_xact_id()::xid
			or locktype = 'tuple' and database = (select oid from pg_database where datname = current_database()))`) == 2
	}
	a.sql("begin")
	a.sql("update app.devices set tenant_id = $1 where name = 'IMPRIMANTE-ETIQ'", a.key("Northwind IT", "Tenant", "Harbour Clinic"))
	go func() { got <- mia.try("startRemoteSession", input) }()
	go func() { got <- tom.try("startRemoteSession", input) }()
	for deadline := time.Now().Add(20 * time.Second); !waiting(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("starting does not wait for the move")
		}
	}
	a.sql("commit")
	if both := <-got + <-got; both != "okNOT_FOUND" && both != "NOT_FOUNDok" {
		t.Errorf("after the move: %s", both)
	}
	expect(t, "where the session is", text(tom.ok(`{ remoteSessions(first: 1) { nodes { agent { name } tenant { name } } } }`, nil).get("remoteSessions", "nodes", 0)),
		`{"agent":{"name":"Tom Taylor"},"tenant":{"name":"Harbour Clinic"}}`)
}

// TestStartingWhileTheDeviceIsDeleted leaves no open session without a device.
func TestStartingWhileTheDeviceIsDeleted(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	mia, tom := a.as(memberOfOne), a.as(memberOfTwo)
	for i := range rounds {
		device := mia.done("createDevice", in{"name": fmt.Sprint("N", i), "platform": "OTHER", "kind": "OTHER", "tenantId": a.ref("Tenant", "Boulangerie Dubois")},
			"device { id }")["device"].(map[string]any)["id"]
		got := race(mia.attempt("startRemoteSession", in{"deviceId": device, "mode": "UNATTENDED"}), tom.attempt("deleteDevice", in{"id": device}))
		if both := got[0] + " " + got[1]; both != "ok SESSION_OPEN input.id" && both != "NOT_FOUND ok" {
			t.Errorf("round %d: %s", i, both)
		}
	}
	expect(t, "open sessions without a device", one[int](a, "select count(*) from app.remote_sessions s where status = 'ACTIVE' and not exists (select from app.devices d where d.id = s.device_id)"), 0)
}
