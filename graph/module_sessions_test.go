package graph

import "tenantry/internal/ids"

func init() {
	modules["sessions"] = module{
		good: sessionsGood, deeds: sessionsDeeds,
		links:   map[string]string{"startRemoteSession.ticketId": "INVALID input.ticketId", "answerRemoteSession.sessionId": "INVALID input"},
		typeOf:  map[string]string{"sessionId": "RemoteSession"},
		foreign: map[string]string{"RemoteSession": "Nothing in the log. Memory test set for the night."},
		hidden:  map[string]string{"RemoteSession": "Rolled the driver back to 6.1. The queue prints again."},
		keys:    map[string]string{"RemoteSession": "remote_sessions where notes"},
	}
}

func sessionsGood(a *api) map[string]in {
	open := a.ref("RemoteSession", "Looking for a name in the browser's profile.")
	return map[string]in{
		"startRemoteSession":  {"deviceId": a.ref("Device", "COMPTA-01"), "mode": "UNATTENDED", "ticketId": a.ref("Ticket", "Sauvegarde de la comptabilité en échec")},
		"answerRemoteSession": {"sessionId": open, "granted": true}, // a request has only a minute for going well
		"endRemoteSession":    {"id": open, "outcome": "RESOLVED"},
	}
}

// asked is a session that an agent asks for on a device, and that waits for its answer for an hour.
func (a *api) asked(agent, device, code string) string {
	a.t.Helper()
	id := ids.New()
	a.sql(`insert into app.remote_sessions (account_id, id, tenant_id, device_id, agent_id, mode, status, consent, consent_hash, created_at)
		select d.account_id, $1, d.tenant_id, d.id, u.id, 'ATTENDED', 'REQUESTED', 'ASKED', sha256(uuid_send($1) || $4::text::bytea), now() + interval '1 hour'
		from app.devices d join app.users u using (account_id) where d.name = $2 and u.email = $3`, id, device, agent, code)
	return encode("RemoteSession", id)
}

func sessionsDeeds(a *api) []deed {
	const of = "remoteSession { mode status consent outcome startedAt endedAt notes version tenant { name } device { name } agent { name } ticket { subject } }"
	tablet, pacs := "TABLETTE-LYON", "HC-PACS"
	own, others, waiting := a.asked(memberOfOne, tablet, "X"), a.asked(memberOfTwo, pacs, "X"), a.asked(memberOfTwo, tablet, "X")
	byCustomer, byMember, byAdmin := a.asked(memberOfOne, tablet, "X"), a.asked(memberOfTwo, tablet, "ABCD1234"), a.asked(memberOfTwo, pacs, "ABCD1234")
	return []deed{
		{memberOfOne, "startRemoteSession", in{"deviceId": a.ref("Device", tablet), "mode": "UNATTENDED", "ticketId": a.ref("Ticket", "Tablette perdue puis retrouvée")}, of + " consentCode"},
		{admin, "startRemoteSession", in{"deviceId": a.ref("Device", pacs), "mode": "ATTENDED"}, of},
		{memberOfNone, "startRemoteSession", in{"deviceId": a.ref("Device", "LOANER-B"), "mode": "UNATTENDED", "ticketId": nil}, of},
		{customer, "answerRemoteSession", in{"sessionId": byCustomer, "granted": true}, of},
		{memberOfOne, "answerRemoteSession", in{"sessionId": byMember, "code": "abcd-l234", "granted": false}, of},
		{admin, "answerRemoteSession", in{"sessionId": byAdmin, "code": "ABCD1234", "granted": true}, of},
		{memberOfOne, "endRemoteSession", in{"id": own, "outcome": "UNRESOLVED", "notes": " Personne au comptoir. "}, of},
		{admin, "endRemoteSession", in{"id": others}, of},
		{admin, "endRemoteSession", in{"id": byAdmin, "outcome": "RESOLVED"}, of},
		{memberOfTwo, "endRemoteSession", in{"id": waiting, "outcome": "UNKNOWN", "notes": nil}, of},
	}
}
