package store

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/models"
)

// MoveAssets moves assets to another tenant, or makes them tenantless. Each keeps the link to its
// device. Both tenants get an entry of it in the audit.
func (s *Store) MoveAssets(ctx context.Context, in models.MoveAssetsInput) (*models.MoveAssetsPayload, error) {
	tx, err := s.begin(ctx, in.AssetIds)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	assets, held, err := findAllHeld(tx, "Asset", in.AssetIds, func(a models.Asset) uuid.UUID { return a.TenantID })
	if err != nil {
		return nil, err
	}
	target, err := tx.newItemTenant(f, in.TenantID.Value()) // as if they were made there
	if err != nil {
		return nil, err
	}
	var all, moved []uuid.UUID
	var entries []entry
	for _, a := range assets {
		all = append(all, a.ID)
		if a.TenantID == target.ID {
			continue
		}
		source := held[a.TenantID]
		source.mustBeActive(f, "assetIds", indexOf(in.AssetIds, "Asset", a.ID))
		moved = append(moved, a.ID)
		entries = append(entries, bothSides(entry{
			Type: "Asset", ID: a.ID, Name: a.Name,
			Before: models.Object{"tenantId": tx.tenantRef(source.ID)}, After: models.Object{"tenantId": tx.tenantRef(target.ID)},
		}, source, target)...)
	}
	if target.ID != uuid.Nil {
		if err := tx.mustBeOnlyTags(f, in.AssetIds, moved, target.ID); err != nil {
			return nil, err
		}
	}
	if f.any() {
		return &models.MoveAssetsPayload{UserErrors: f.list}, nil
	}
	if len(moved) > 0 {
		err := tx.updateAll(&models.Asset{}, moved, map[string]any{"tenant_id": target.ID})
		if err == nil {
			err = tx.flush()
		}
		if postgres.HasState(err, postgres.UniqueViolation) {
			f.add(models.UserErrorCodeTaken, tagTaken, "assetIds") // by somebody who was faster
			return &models.MoveAssetsPayload{UserErrors: f.list}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return &models.MoveAssetsPayload{
		Assets: rows.Among("Asset", all), Committed: tx.committed(in.DryRun), UserErrors: none(),
	}, tx.record(entries...)
}

// mustBeOnlyTags refuses assets whose tag another one has in the tenant that they move to, or another
// one that moves there with them and comes first in the caller's list.
func (tx *Tx) mustBeOnlyTags(f *faults, refs []string, moved []uuid.UUID, target uuid.UUID) error {
	type tag struct {
		ID    uuid.UUID
		Tag   string
		Taken bool
	}
	var tagged []tag
	err := tx.Raw(`select a.id, lower(a.tag) as tag,
			exists (select from app.assets o where o.account_id = @account and o.tenant_id = @target and lower(o.tag) = lower(a.tag)) as taken
		from app.assets a where a.account_id = @account and a.id in @moved and a.tag is not null`,
		map[string]any{"account": tx.Viewer.AccountID, "target": target, "moved": moved}).Scan(&tagged).Error
	if err != nil {
		return err
	}
	at := map[uuid.UUID]int{}
	for _, a := range tagged {
		at[a.ID] = indexOf(refs, "Asset", a.ID)
	}
	slices.SortFunc(tagged, func(a, b tag) int { return at[a.ID] - at[b.ID] })
	seen := map[string]bool{}
	for _, a := range tagged {
		if a.Taken || seen[a.Tag] {
			f.add(models.UserErrorCodeTaken, tagTaken, "assetIds", at[a.ID])
		}
		seen[a.Tag] = true
	}
	return nil
}
