package store

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/models"
)

// CreateTenant makes a tenant that nobody is a member of.
func (s *Store) CreateTenant(ctx context.Context, in models.CreateTenantInput) (*models.CreateTenantPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t := models.Tenant{
		Name: required(f, "name", &in.Name, nameMost), Status: models.TenantStatusActive,
		ExternalRef:  optional(f, "externalRef", in.ExternalRef.Value(), nameMost),
		ContactEmail: contactEmail(f, in.ContactEmail), Phone: optional(f, "phone", in.Phone.Value(), nameMost),
		TimeZone: timeZone(f, in.TimeZone), Notes: optional(f, "notes", in.Notes.Value(), models.TextMost),
	}
	t.AccountID, t.ID, t.Version = tx.Viewer.AccountID, ids.New(), 1
	if f.any() {
		return &models.CreateTenantPayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt").Create(&t).Error; postgres.HasState(err, postgres.UniqueViolation) {
		f.add(models.UserErrorCodeTaken, "Another tenant has this name.", "name")
		return &models.CreateTenantPayload{UserErrors: f.list}, nil
	} else if err != nil {
		return nil, err
	}
	var who models.TenantAudience
	err = tx.Raw(`select count(*) filter (where role = 'ADMIN') as admins, count(*) filter (where grandfathered) as grandfathered
		from app.users where account_id = ? and status = 'ACTIVE'`, t.AccountID).Scan(&who).Error
	if err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Tenant", ID: t.ID, Name: t.Name, Tenant: &tenant{ID: t.ID, Name: t.Name}, After: models.Object{
		"name": t.Name, "externalRef": t.ExternalRef, "contactEmail": t.ContactEmail, "phone": t.Phone, "timeZone": t.TimeZone, "notes": t.Notes,
	}})
	return &models.CreateTenantPayload{
		Tenant: rows.One("Tenant", t.ID), Committed: tx.committed(in.DryRun), VisibleTo: &who, UserErrors: none(),
	}, err
}

// UpdateTenant changes a tenant, an archived one too: the freeze is for its items.
func (s *Store) UpdateTenant(ctx context.Context, in models.UpdateTenantInput) (*models.UpdateTenantPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	t, err := find[models.Tenant](tx, "Tenant", in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	mustBeVersion(f, in.Version.Value(), t.Version)
	c := newChanges(f)
	c.must("name", "name", t.Name, in.Name, nameMost)
	c.text("externalRef", "external_ref", t.ExternalRef, in.ExternalRef, nameMost)
	c.text("contactEmail", "contact_email", t.ContactEmail, lenient(contactEmail(f, in.ContactEmail), in.ContactEmail), nameMost)
	c.text("phone", "phone", t.Phone, in.Phone, nameMost)
	c.text("timeZone", "time_zone", t.TimeZone, lenient(timeZone(f, in.TimeZone), in.TimeZone), nameMost)
	c.text("notes", "notes", t.Notes, in.Notes, models.TextMost)
	if f.any() {
		return &models.UpdateTenantPayload{UserErrors: f.list}, nil
	}
	if c.any() {
		err := tx.update(&models.Tenant{}, t.ID, c.with())
		if err == nil {
			err = tx.flush()
		}
		if postgres.HasState(err, postgres.UniqueViolation) {
			f.add(models.UserErrorCodeTaken, "Another tenant has this name.", "name")
			return &models.UpdateTenantPayload{UserErrors: f.list}, nil
		}
		if err == nil {
			err = tx.record(entry{Type: "Tenant", ID: t.ID, Name: t.Name, Tenant: &tenant{ID: t.ID, Name: t.Name}, Before: c.before, After: c.after})
		}
		if err != nil {
			return nil, err
		}
	}
	return &models.UpdateTenantPayload{Tenant: rows.One("Tenant", t.ID), UserErrors: none()}, nil
}

// committed tells whether a change is kept; a dry run is undone at the end.
func (tx *Tx) committed(dryRun graphql.Omittable[*bool]) bool {
	if dry := dryRun.Value(); dry != nil && *dry {
		tx.Undo()
		return false
	}
	return true
}

// lenient is an input whose value was checked, and perhaps rewritten, before.
func lenient(checked *string, in graphql.Omittable[*string]) graphql.Omittable[*string] {
	if !in.IsSet() {
		return in
	}
	return graphql.OmittableOf(checked)
}

func contactEmail(f *faults, in graphql.Omittable[*string]) *string {
	return checked(f, "contactEmail", in, models.Email)
}

func timeZone(f *faults, in graphql.Omittable[*string]) *string {
	return checked(f, "timeZone", in, models.TimeZone)
}

func checked(f *faults, name string, in graphql.Omittable[*string], check func(string) (string, error)) *string {
	value := optional(f, name, in.Value(), nameMost)
	if value == nil {
		return nil
	}
	good, err := check(*value)
	if err != nil {
		f.add(models.UserErrorCodeInvalid, "The value cannot be used: "+err.Error()+".", name)
		return value // not empty, which would be another fault
	}
	return &good
}
