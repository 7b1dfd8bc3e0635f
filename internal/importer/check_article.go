package importer

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"tenantry/models"
)

// articleContent are the columns that change only in some states.
var articleContent = []string{"title", "summary", "body", "category", "tags", "audience", "tenant_id", "locale"}

func (r *run) checkArticle(s *sheet, w *row) {
	v := w.values
	tenant := as[uuid.UUID](v["tenant_id"])
	r.checkAudience(s, w, tenant)
	if w.old != nil {
		r.checkArticleChange(s, w)
		r.thawed(s, w, as[uuid.UUID](w.old["tenant_id"]), "tenant")
	}
	if w.old == nil || tenant != w.old["tenant_id"] {
		r.thawed(s, w, tenant, "tenant")
	}
	state := models.ArticleState(as[string](v["state"]))
	if strings.TrimSpace(as[string](v["body"])) == "" && !state.Editable() {
		s.refuse(w, "body", "only a draft may be without a text")
	}
	if note, has := v["review_note"].(string); state == models.ArticleStateRejected && (!has || note == "") {
		s.refuse(w, "review_note", "a rejected article has a note that says why")
	}
	r.dated(w)
	if state == models.ArticleStatePublished && v["published_at"] == nil {
		v["published_at"] = r.now
		if w.old == nil {
			v["published_at"] = v["created_at"]
		}
	}
}

// checkAudience holds the audience against the tenant, which decides where nothing is said.
func (r *run) checkAudience(s *sheet, w *row, tenant uuid.UUID) {
	has := tenant != r.account
	if w.values["audience"] == nil {
		w.values["audience"] = string(models.ArticleAudienceTenantless)
		if has {
			w.values["audience"] = string(models.ArticleAudienceTenant)
		}
	}
	switch wants := w.values["audience"] == string(models.ArticleAudienceTenant); {
	case wants && !has:
		s.refuse(w, "tenant", "an article for TENANT names the tenant")
	case !wants && has:
		s.refuse(w, "tenant", "only an article for TENANT has a tenant")
	}
}

// checkArticleChange keeps what is in review or archived as it is. What is published and gets other
// content is a draft then, unless the file says that it was published again.
func (r *run) checkArticleChange(s *sheet, w *row) {
	was := models.ArticleState(as[string](w.old["state"]))
	changes := false
	for _, column := range articleContent {
		changes = changes || !same(w.values[column], w.old[column])
	}
	_, said := s.at["state"]
	switch {
	case was == models.ArticleStateArchived && w.values["state"] != w.old["state"]:
		s.refuse(w, "state", "an archived article stays so")
	case changes && (was == models.ArticleStateArchived || was == models.ArticleStateInReview):
		s.refuse(w, "", fmt.Sprintf("an article that is %s does not change", was))
	case changes && was == models.ArticleStatePublished && !said:
		s.warn(w, "", "the article was published, and is a draft now")
		w.values["state"] = string(models.ArticleStateDraft)
	}
}
