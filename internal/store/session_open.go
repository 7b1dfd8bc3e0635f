package store

import (
	"github.com/google/uuid"

	"tenantry/models"
)

// openSession is the condition that a remote session is open: requested in time, or active.
const openSession = "(status = 'ACTIVE' or status = 'REQUESTED' and created_at > now() - interval '60 seconds')"

// mustHaveNoOpenSession refuses what cannot happen to a tenant while somebody is at one of its devices.
// The tenant is locked: no session starts meanwhile.
func (tx *Tx) mustHaveNoOpenSession(f *faults, t *models.Tenant) error {
	var open int64
	err := tx.Model(&models.RemoteSession{}).Where("account_id = ? and tenant_id = ? and "+openSession, t.AccountID, t.ID).Count(&open).Error
	if err == nil && open > 0 {
		f.add(models.UserErrorCodeSessionOpen, "A remote session is open: end it first.", "id")
	}
	return err
}

// inSession are those of the devices on which a remote session is open. They are locked: none starts meanwhile.
func (tx *Tx) inSession(devices []uuid.UUID) (map[uuid.UUID]bool, error) {
	var open []uuid.UUID
	err := tx.Model(&models.RemoteSession{}).Where("account_id = ? and device_id in ? and "+openSession, tx.Viewer.AccountID, devices).
		Pluck("device_id", &open).Error
	out := map[uuid.UUID]bool{}
	for _, id := range open {
		out[id] = true
	}
	return out, err
}
