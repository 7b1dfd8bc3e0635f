package store

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/models"
)

const tagTaken = "Another asset of the tenant has this tag."

// CreateAsset makes an asset.
func (s *Store) CreateAsset(ctx context.Context, in models.CreateAssetInput) (*models.CreateAssetPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t, err := tx.newItemTenant(f, in.TenantID.Value())
	if err != nil {
		return nil, err
	}
	a := models.Asset{
		TenantID: t.ID, Name: required(f, "name", &in.Name, nameMost), Tag: optional(f, "tag", in.Tag.Value(), nameMost),
		Kind: in.Kind, Status: models.AssetStatusReady, Manufacturer: optional(f, "manufacturer", in.Manufacturer.Value(), nameMost),
		Model: optional(f, "model", in.Model.Value(), nameMost), SerialNumber: optional(f, "serialNumber", in.SerialNumber.Value(), nameMost),
		Location: optional(f, "location", in.Location.Value(), nameMost), PurchasedOn: in.PurchasedOn.Value(), PurchaseCost: cost(f, "purchaseCost", in.PurchaseCost.Value()),
		WarrantyUntil: in.WarrantyUntil.Value(), SeatsPurchased: natural(f, "seatsPurchased", in.SeatsPurchased.Value()),
		SeatsAssigned: natural(f, "seatsAssigned", in.SeatsAssigned.Value()), ContractEndsOn: in.ContractEndsOn.Value(),
	}
	if status := in.Status.Value(); status != nil {
		a.Status = *status
	}
	a.AccountID, a.ID, a.Version = tx.Viewer.AccountID, ids.New(), 1
	if t.ID != uuid.Nil { // else the tenant is a fault already, and nothing can be checked against it
		if a.DeviceID, err = linked[models.Device](tx, f, "Device", "deviceId", in.DeviceID.Value(), t.ID); err != nil {
			return nil, err
		}
		if err := tx.mustBeOnlyTag(f, &a, a.Tag); err != nil {
			return nil, err
		}
	}
	if f.any() {
		return &models.CreateAssetPayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant", "Device").Create(&a).Error; postgres.HasState(err, postgres.UniqueViolation) {
		f.add(models.UserErrorCodeTaken, tagTaken, "tag") // by somebody who was faster
		return &models.CreateAssetPayload{UserErrors: f.list}, nil
	} else if err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Asset", ID: a.ID, Name: a.Name, Tenant: t, After: auditedAsset(&a)})
	return &models.CreateAssetPayload{Asset: rows.One("Asset", a.ID), UserErrors: none()}, err
}

// UpdateAsset changes an asset.
func (s *Store) UpdateAsset(ctx context.Context, in models.UpdateAssetInput) (*models.UpdateAssetPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	a, t, err := tx.asset(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), a.Version)
	c := newChanges(f)
	c.must("name", "name", a.Name, in.Name, nameMost)
	c.text("tag", "tag", a.Tag, in.Tag, nameMost)
	choice(c, "kind", "kind", a.Kind, in.Kind)
	choice(c, "status", "status", a.Status, in.Status)
	c.text("manufacturer", "manufacturer", a.Manufacturer, in.Manufacturer, nameMost)
	c.text("model", "model", a.Model, in.Model, nameMost)
	c.text("serialNumber", "serial_number", a.SerialNumber, in.SerialNumber, nameMost)
	c.text("location", "location", a.Location, in.Location, nameMost)
	c.day("purchasedOn", "purchased_on", a.PurchasedOn, in.PurchasedOn)
	c.day("warrantyUntil", "warranty_until", a.WarrantyUntil, in.WarrantyUntil)
	c.day("contractEndsOn", "contract_ends_on", a.ContractEndsOn, in.ContractEndsOn)
	amount(c, "purchaseCost", "purchase_cost", a.PurchaseCost, in.PurchaseCost, cost)
	amount(c, "seatsPurchased", "seats_purchased", a.SeatsPurchased, in.SeatsPurchased, natural)
	amount(c, "seatsAssigned", "seats_assigned", a.SeatsAssigned, in.SeatsAssigned, natural)
	if err := link[models.Device](tx, c, "Device", "deviceId", "device_id", a.DeviceID, in.DeviceID, a.TenantID); err != nil {
		return nil, err
	}
	if tag, changes := c.columns["tag"].(*string); changes {
		if err := tx.mustBeOnlyTag(f, a, tag); err != nil {
			return nil, err
		}
	}
	if f.any() {
		return &models.UpdateAssetPayload{UserErrors: f.list}, nil
	}
	if c.any() {
		err = tx.update(&models.Asset{}, a.ID, c.with())
		if err == nil {
			err = tx.flush()
		}
		if postgres.HasState(err, postgres.UniqueViolation) {
			f.add(models.UserErrorCodeTaken, tagTaken, "tag")
			return &models.UpdateAssetPayload{UserErrors: f.list}, nil
		}
		if err == nil {
			err = tx.record(entry{Type: "Asset", ID: a.ID, Name: a.Name, Tenant: t, Before: c.before, After: c.after})
		}
	}
	return &models.UpdateAssetPayload{Asset: rows.One("Asset", a.ID), UserErrors: none()}, err
}

// DeleteAsset deletes an asset; tickets about it stay, without an asset.
func (s *Store) DeleteAsset(ctx context.Context, in models.DeleteAssetInput) (*models.DeleteAssetPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	a, t, err := tx.asset(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), a.Version)
	if f.any() {
		return &models.DeleteAssetPayload{UserErrors: f.list}, nil
	}
	if err := tx.remove(&models.Asset{}, a.ID); err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Asset", ID: a.ID, Name: a.Name, Tenant: t, Before: auditedAsset(a)})
	return &models.DeleteAssetPayload{DeletedID: &in.ID, UserErrors: none()}, err
}

// auditedAsset is what the audit keeps of a whole asset.
func auditedAsset(a *models.Asset) models.Object {
	whole := a.Audited()
	whole["deviceId"] = refOf("Device", a.DeviceID)
	return whole
}

func (tx *Tx) asset(ref string) (*models.Asset, *tenant, error) {
	a, err := find[models.Asset](tx, "Asset", ref)
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.holdTenant(a.TenantID)
	return a, t, err
}

// mustBeOnlyTag refuses a tag that another asset of the same tenant has. Who sees one asset of a tenant
// sees all: it tells nothing new.
func (tx *Tx) mustBeOnlyTag(f *faults, a *models.Asset, tag *string) error {
	if tag == nil {
		return nil
	}
	var others int64
	err := tx.Model(&models.Asset{}).Where(`account_id = ? and tenant_id = ? and lower(tag) = lower(?::text collate "und-x-icu") and id <> ?`,
		a.AccountID, a.TenantID, *tag, a.ID).Count(&others).Error
	if err == nil && others > 0 {
		f.add(models.UserErrorCodeTaken, tagTaken, "tag")
	}
	return err
}

// cost is a sum of money.
func cost(f *faults, name string, value *float64) *float64 {
	if value != nil {
		if err := models.Cost(*value); err != nil {
			f.add(models.UserErrorCodeInvalid, "The value cannot be used: "+err.Error()+".", name)
		}
	}
	return value
}

// natural is a number that is not less than 0.
func natural(f *faults, name string, value *int32) *int32 {
	if value != nil && *value < 0 {
		f.add(models.UserErrorCodeInvalid, "It is not less than 0.", name)
	}
	return value
}

// amount changes a number that may be missing.
func amount[N int32 | float64](c *changes, name, column string, now *N, in graphql.Omittable[*N], check func(*faults, string, *N) *N) {
	next, given := in.ValueOK()
	if given && ((now == nil) != (next == nil) || now != nil && *now != *next) {
		next = check(c.f, name, next)
		c.set(name, column, now, next, next)
	}
}
