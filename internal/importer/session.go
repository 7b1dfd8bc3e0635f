package importer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tenantry/models"
)

// pastStatus are the statuses of what is over: an open session is between people, and not imported.
var pastStatus = []models.RemoteSessionStatus{models.RemoteSessionStatusEnded, models.RemoteSessionStatusDeclined}

// consents are what the person at the device may have said, by mode and by how it came out; the first
// goes for a file that does not say.
var consents = map[string][]models.RemoteSessionConsent{
	"UNATTENDED ENDED":  {models.RemoteSessionConsentNotNeeded},
	"ATTENDED ENDED":    {models.RemoteSessionConsentGranted, models.RemoteSessionConsentAsked},
	"ATTENDED DECLINED": {models.RemoteSessionConsentDenied, models.RemoteSessionConsentTimedOut},
}

// checkSession keeps what a session's mode, status, consent and times say of each other. Without a
// tenant it takes its device's.
func (r *run) checkSession(s *sheet, w *row) {
	v := w.values
	_, moves := s.at["tenant"]
	if (moves || w.old == nil) && s.name(w, "tenant") == "" && s.name(w, "device") != "" {
		v["tenant_id"] = r.objects[deviceKind][as[uuid.UUID](v["device_id"])]["tenant_id"]
	}
	tenant := as[uuid.UUID](v["tenant_id"])
	if w.old != nil && tenant != w.old["tenant_id"] {
		s.refuse(w, "tenant", "a remote session keeps its tenant")
	}
	if r.objects[userKind][as[uuid.UUID](v["agent_id"])]["role"] == "CUSTOMER" {
		s.refuse(w, "agent", "customers start no remote sessions")
	}
	r.unstore(s, w)
	allowed := consents[fmt.Sprint(v["mode"], " ", v["status"])]
	switch said := models.RemoteSessionConsent(as[string](v["consent"])); {
	case allowed == nil:
		s.refuse(w, "status", "an unattended session is not declined: nobody was asked")
	case said == "":
		v["consent"] = string(allowed[0])
	case !slices.Contains(allowed, said):
		words := []string{}
		for _, a := range allowed {
			words = append(words, string(a))
		}
		s.refuse(w, "consent", fmt.Sprintf("that of an %s session that is %s is %s", v["mode"], v["status"], strings.Join(words, " or ")))
	}
	if !w.bad {
		r.sessionTimes(s, w)
	}
	r.thawed(s, w, tenant, "tenant")
}

// sessionTimes gives a session the times that the file does not have. A session that timed out is
// stored as it was asked for: whoever reads it finds that nobody answered within a minute.
func (r *run) sessionTimes(s *sheet, w *row) {
	v := w.values
	begun := v["consent"] == "GRANTED" || v["consent"] == "NOT_NEEDED"
	if !begun && s.name(w, "started_at") != "" {
		s.refuse(w, "started_at", "a session that nobody agreed to has not started")
	}
	if v["created_at"] == nil {
		v["created_at"] = earliest(v["started_at"], v["ended_at"], r.now)
	}
	made := as[time.Time](v["created_at"])
	switch {
	case !begun:
		v["started_at"] = nil
	case v["started_at"] == nil:
		v["started_at"] = made
	case as[time.Time](v["started_at"]).Before(made):
		s.refuse(w, "started_at", "it is before created_at")
	}
	if v["consent"] == "TIMED_OUT" {
		until := made.Add(models.ConsentTTL)
		if until.After(r.now) {
			s.refuse(w, "consent", "it has not timed out yet: created_at is less than 60 seconds ago")
		}
		if end, given := v["ended_at"].(time.Time); given && s.name(w, "ended_at") != "" && !end.Equal(until) {
			s.warn(w, "ended_at", "a session that timed out ends 60 seconds after created_at")
		}
		v["status"], v["consent"], v["ended_at"] = "REQUESTED", "ASKED", nil
		r.dated(w)
		return
	}
	begin := latest(made, v["started_at"])
	switch end, given := v["ended_at"].(time.Time); {
	case !given:
		v["ended_at"] = begin
	case end.Before(as[time.Time](begin)):
		s.refuse(w, "ended_at", "it is before the session began")
	}
	if w.old == nil && v["updated_at"] == nil {
		v["updated_at"] = v["ended_at"]
	}
	r.dated(w)
}

// unstore gives a session that is stored as asked for, which timed out then, the words that files have
// for it where this one has none.
func (r *run) unstore(s *sheet, w *row) {
	if w.old == nil || w.old["status"] != "REQUESTED" {
		return
	}
	for column, word := range map[string]string{"status": "DECLINED", "consent": "TIMED_OUT"} {
		if _, has := s.at[column]; !has {
			w.values[column] = word
		}
	}
}

func earliest(times ...any) (out any) {
	for _, v := range times {
		if at, has := v.(time.Time); has && (out == nil || at.Before(out.(time.Time))) {
			out = at
		}
	}
	return out
}
