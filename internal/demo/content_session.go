package demo

import (
	"time"

	"tenantry/internal/ids"
	"tenantry/models"
)

type session struct {
	tenant, device, ticket, agent string
	mode                          models.RemoteSessionMode
	status                        models.RemoteSessionStatus
	consent                       models.RemoteSessionConsent
	outcome                       models.RemoteSessionOutcome
	age                           time.Duration
	// lasted is from the request or the start to the end.
	lasted time.Duration
	notes  string
}

// sessions are the remote sessions of each account.
var sessions = map[string][]session{
	northwind.name: {
		{tenant: "Boulangerie Dubois", device: "COMPTA-01", ticket: "Sauvegarde de la comptabilité en échec", agent: "Mia Martin", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentGranted, outcome: models.RemoteSessionOutcomeUnresolved, age: 7 * time.Hour, lasted: 25 * time.Minute, notes: "Disque à 97 %. Journaux purgés, la sauvegarde de cette nuit dira si cela suffit."},
		{tenant: "Boulangerie Dubois", device: "CAISSE-01", ticket: "Mise à jour de la caisse 1", agent: "Mia Martin", mode: models.RemoteSessionModeUnattended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentNotNeeded, outcome: models.RemoteSessionOutcomeResolved, age: 80 * time.Hour, lasted: 40 * time.Minute, notes: "Version 8.2 installée avant l'ouverture, ticket de test imprimé."},
		{tenant: "Boulangerie Dubois", device: "TABLETTE-LYON", ticket: "Tablette perdue puis retrouvée", agent: "Tom Taylor", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusDeclined, consent: models.RemoteSessionConsentDenied, outcome: models.RemoteSessionOutcomeUnknown, age: 235 * time.Hour, lasted: 12 * time.Second, notes: "La vendeuse était avec un client : rappeler après 15 h."},
		{tenant: "Harbour Clinic", device: "RECEPTION-2", ticket: "Reception 2 cannot print", agent: "Tom Taylor", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentGranted, outcome: models.RemoteSessionOutcomeResolved, age: 2 * time.Hour, lasted: 15 * time.Minute, notes: "Rolled the driver back to 6.1. The queue prints again."},
		// Nobody answered: it stays as it was asked, and is declined for every reader.
		{tenant: "Harbour Clinic", device: "DR-OKAFOR-MAC", ticket: "VPN for Dr Okafor", agent: "Ada Admin", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusRequested, consent: models.RemoteSessionConsentAsked, outcome: models.RemoteSessionOutcomeUnknown, age: 398 * time.Hour, notes: "In theatre until noon."},
		{tenant: "Lindqvist Timber", device: "KILN-CTRL", ticket: "Kiln controller lost its clock", agent: "Gil Garcia", mode: models.RemoteSessionModeUnattended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentNotNeeded, outcome: models.RemoteSessionOutcomeResolved, age: 5 * time.Hour, lasted: 55 * time.Minute, notes: "Clock set by hand until the firewall lets NTP through."},
		{tenant: "Atelier Moreau", device: "STUDIO-MAC", ticket: "Écran de calibrage décalé", agent: "Ada Admin", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentGranted, outcome: models.RemoteSessionOutcomeUnresolved, age: 11 * time.Hour, lasted: 30 * time.Minute, notes: "Profil remis à zéro, la sonde est à remplacer."},
		{tenant: "", device: "LOANER-A", ticket: "Prepare two loan laptops", agent: "Nora Novak", mode: models.RemoteSessionModeUnattended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentNotNeeded, outcome: models.RemoteSessionOutcomeResolved, age: 14 * time.Hour, lasted: 70 * time.Minute, notes: "Imaged and joined to the loan domain."},
		{tenant: "", device: "UNKNOWN-4F2A", ticket: "Whose device is UNKNOWN-4F2A?", agent: "Nora Novak", mode: models.RemoteSessionModeUnattended, status: models.RemoteSessionStatusActive, consent: models.RemoteSessionConsentNotNeeded, outcome: models.RemoteSessionOutcomeUnknown, age: 20 * time.Minute, notes: "Looking for a name in the browser's profile."},
	},
	southwind.name: {
		{tenant: "Quay Books", device: "TILL-1", ticket: "Till freezes at noon", agent: "Olga Orlova", mode: models.RemoteSessionModeAttended, status: models.RemoteSessionStatusEnded, consent: models.RemoteSessionConsentGranted, outcome: models.RemoteSessionOutcomeUnresolved, age: 3 * time.Hour, lasted: 20 * time.Minute, notes: "Nothing in the log. Memory test set for the night."},
	},
}

func (w *writer) session(s session) {
	at := w.now.Add(-s.age)
	var started, ended *time.Time
	if s.status == models.RemoteSessionStatusEnded || s.status == models.RemoteSessionStatusActive {
		started = &at
	}
	if s.status == models.RemoteSessionStatusEnded || s.status == models.RemoteSessionStatusDeclined {
		end := at.Add(s.lasted)
		ended = &end
	}
	w.exec(`insert into app.remote_sessions (account_id, id, tenant_id, device_id, ticket_id, agent_id, mode, status, consent, outcome, started_at, ended_at,
			notes, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)`,
		w.self, ids.New(), w.tenant(s.tenant), w.ref("device", s.device), w.ref("ticket", s.ticket), w.ref("user", s.agent), s.mode, s.status, s.consent,
		s.outcome, started, ended, s.notes, at)
}
