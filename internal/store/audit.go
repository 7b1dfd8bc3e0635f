package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// entry is what the audit keeps of a change besides who, when and from where. Before and After have
// the fields that changed, by their names in the API; never a secret or a hash.
type entry struct {
	Type          string
	ID            uuid.UUID
	Name          string
	Tenant        *tenant
	Before, After models.Object
}

// record leaves audit entries in the transaction.
func (tx *Tx) record(entries ...entry) error {
	events := make([]models.AuditEvent, len(entries))
	for i, e := range entries {
		event := models.AuditEvent{
			ActorID: &tx.Viewer.UserID, ActorName: tx.Viewer.Name, ActorIP: tx.asker.IP, RequestID: tx.asker.RequestID,
			Action: tx.unit.Action, Outcome: models.AuditOutcomeDone, Count: 1, Before: e.Before, After: e.After,
		}
		event.AccountID, event.ID, event.Version = tx.Viewer.AccountID, ids.New(), 1
		if e.Type != "" {
			event.ObjectType, event.ObjectID, event.ObjectName = &e.Type, &e.ID, &e.Name
		}
		if e.Tenant != nil && e.Tenant.ID != tx.Viewer.AccountID {
			event.TenantID, event.TenantName = &e.Tenant.ID, &e.Tenant.Name
		}
		events[i] = event
	}
	return insert(tx, events)
}

// Denied leaves an audit entry of a refused verb, in a transaction of its own: one for each user, verb
// and minute, with a count.
func (s *Store) Denied(ctx context.Context, verb string) error {
	asker := viewer.From(ctx)
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	defer postgres.Rollback(ctx, conn.Conn())
	var b pgx.Batch
	asker.Viewer().Identity().Begin(&b, true)
	b.Queue("select app.audit_denied($1, $2, $3, $4)", ids.New(), verb, asker.IP, asker.RequestID)
	b.Queue("commit")
	return conn.Conn().SendBatch(ctx, &b).Close()
}
