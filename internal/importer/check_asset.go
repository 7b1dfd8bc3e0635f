package importer

import "github.com/google/uuid"

// checkAsset keeps the tags of a tenant's assets apart. An asset may go to another tenant, or point at
// a device of one.
func (r *run) checkAsset(s *sheet, w *row) {
	tenant := as[uuid.UUID](w.values["tenant_id"])
	if w.old != nil && tenant != w.old["tenant_id"] {
		r.thawed(s, w, as[uuid.UUID](w.old["tenant_id"]), "tenant")
	}
	r.thawed(s, w, tenant, "tenant")
	if w.values["tag"] != nil {
		r.unique(s, w, "tag", r.assetTag(w.values), "another asset of the tenant has this tag")
	}
	r.dated(w)
}

func (r *run) keepAsset(_ *sheet, w *row) {
	if w.values["tag"] != nil {
		r.taken[r.assetTag(w.values)] = w.id
	}
}

func (r *run) assetTag(v values) string {
	return assetKind + " " + as[uuid.UUID](v["tenant_id"]).String() + " " + r.fold1(as[string](v["tag"]))
}
