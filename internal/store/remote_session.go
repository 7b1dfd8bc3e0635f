package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/rows"
	"tenantry/models"
)

// openSession is the condition of a session that runs, or waits for an answer in time. Unanswered for
// models.ConsentTTL it is declined, although nothing was written.
const openSession = "(status = 'ACTIVE' or status = 'REQUESTED' and created_at > now() - interval '60 seconds')"

// openSessions are those among ids that an open session has in a column: as its "id", "device_id" or
// "tenant_id". A device cannot move while a session on it is open, so who sees it sees the session.
func (tx *Tx) openSessions(column string, keys ...uuid.UUID) (found []uuid.UUID, err error) {
	err = tx.Model(&models.RemoteSession{}).Where("account_id = ? and "+column+" in ? and "+openSession, tx.Viewer.AccountID, keys).
		Distinct().Order(column).Pluck(column, &found).Error
	return found, err
}

// noOpenSession refuses what cannot be done to a device while a remote session on it is open. The
// device is locked, and so no session starts meanwhile.
func (tx *Tx) noOpenSession(f *faults, device uuid.UUID, path ...any) error {
	open, err := tx.openSessions("device_id", device)
	if len(open) > 0 {
		f.add(models.UserErrorCodeSessionOpen, "A remote session on the device is open: end it first.", path...)
	}
	return err
}

// mustHaveNoOpenSession refuses what cannot happen to a tenant while somebody is at one of its devices.
// The tenant is locked: no session starts meanwhile.
func (tx *Tx) mustHaveNoOpenSession(f *faults, t *models.Tenant) error {
	open, err := tx.openSessions("tenant_id", t.ID)
	if len(open) > 0 {
		f.add(models.UserErrorCodeSessionOpen, "A remote session is open: end it first.", "id")
	}
	return err
}

// StartRemoteSession starts a session on a device, or asks for it: then the code that answers is shown
// once.
func (s *Store) StartRemoteSession(ctx context.Context, in models.StartRemoteSessionInput) (*models.StartRemoteSessionPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	d, t, err := tx.device(in.DeviceID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "deviceId")
	r := models.RemoteSession{
		TenantID: d.TenantID, DeviceID: &d.ID, AgentID: tx.Viewer.UserID, Mode: in.Mode, Outcome: models.RemoteSessionOutcomeUnknown,
	}
	r.AccountID, r.ID, r.Version = tx.Viewer.AccountID, ids.New(), 1
	if r.TicketID, err = tx.linkedTicket(f, in.TicketID.Value(), d.TenantID); err != nil {
		return nil, err
	}
	if f.any() {
		return &models.StartRemoteSessionPayload{UserErrors: f.list}, nil
	}
	var code *string
	if in.Mode == models.RemoteSessionModeAttended {
		shown := newConsentCode()
		code, r.ConsentHash = &shown, consentHash(r.ID, shown)
		r.Status, r.Consent = models.RemoteSessionStatusRequested, models.RemoteSessionConsentAsked
	} else {
		now := time.Now().UTC().Truncate(time.Microsecond)
		r.Status, r.Consent, r.StartedAt = models.RemoteSessionStatusActive, models.RemoteSessionConsentNotNeeded, &now
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant", "Device", "Ticket", "Agent").Create(&r).Error; err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "RemoteSession", ID: r.ID, Name: d.Name, Tenant: t, After: auditedSession(&r)})
	return &models.StartRemoteSessionPayload{RemoteSession: rows.One("RemoteSession", r.ID), ConsentCode: code, UserErrors: none()}, err
}

// auditedSession is what the audit keeps of a whole session.
func auditedSession(r *models.RemoteSession) models.Object {
	whole := r.Audited()
	whole["deviceId"], whole["ticketId"], whole["agentId"] = refOf("Device", r.DeviceID), refOf("Ticket", r.TicketID), refOf("User", &r.AgentID)
	return whole
}

// linkedTicket is the ticket that a session in a tenant shall be about. One that cannot be linked to,
// for whatever reason, is the same fault.
func (tx *Tx) linkedTicket(f *faults, ref *string, tenant uuid.UUID) (*uuid.UUID, error) {
	if ref == nil {
		return nil, nil
	}
	id, ok := ids.DecodeAs("Ticket", *ref)
	var found int64
	if ok {
		err := tx.Model(&models.Ticket{}).Where("account_id = ? and id = ? and tenant_id = ?", tx.Viewer.AccountID, id, tenant).Count(&found).Error
		if err != nil {
			return nil, err
		}
	}
	if found == 0 {
		f.add(models.UserErrorCodeInvalid, "There is no such ticket in the device's tenant.", "ticketId")
	}
	return &id, nil
}

// sessionColumns are what a write reads of a session: nobody reads the code's hash.
var sessionColumns = []string{
	"account_id", "id", "version", "tenant_id", "device_id", "ticket_id", "agent_id", "mode", "status", "consent", "outcome", "started_at", "ended_at", "notes",
}

// EndRemoteSession ends a session of the viewer, or as an admin any. One that was not answered yet is
// taken back: it ends without having begun.
func (s *Store) EndRemoteSession(ctx context.Context, in models.EndRemoteSessionInput) (*models.EndRemoteSessionPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	r, err := find[models.RemoteSession](tx, "RemoteSession", in.ID, sessionColumns...)
	if err != nil {
		return nil, err
	}
	if r.AgentID != tx.Viewer.UserID && tx.Viewer.Role != models.RoleAdmin {
		return nil, tx.refuse("Members end their own remote sessions, admins any.")
	}
	t, err := tx.holdTenant(r.TenantID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	open, err := tx.openSessions("id", r.ID)
	if err != nil {
		return nil, err
	}
	if len(open) == 0 {
		f.add(models.UserErrorCodeWrongState, "The remote session is over already.", "id")
	}
	c := newChanges(f)
	choice(c, "outcome", "outcome", r.Outcome, in.Outcome)
	c.text("notes", "notes", r.Notes, in.Notes, models.TextMost)
	if f.any() {
		return &models.EndRemoteSessionPayload{UserErrors: f.list}, nil
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	c.set("status", "status", r.Status, models.RemoteSessionStatusEnded, models.RemoteSessionStatusEnded)
	c.set("endedAt", "ended_at", r.EndedAt, now, now)
	err = tx.update(&models.RemoteSession{}, r.ID, c.with())
	if err != nil {
		return nil, err
	}
	var device string // it is there, and in reach: see openSessions
	if r.DeviceID != nil {
		err = tx.Model(&models.Device{}).Where("account_id = ? and id = ?", r.AccountID, *r.DeviceID).Select("name").Scan(&device).Error
	}
	if err == nil {
		err = tx.record(entry{Type: "RemoteSession", ID: r.ID, Name: device, Tenant: t, Before: c.before, After: c.after})
	}
	return &models.EndRemoteSessionPayload{RemoteSession: rows.One("RemoteSession", r.ID), UserErrors: none()}, err
}
