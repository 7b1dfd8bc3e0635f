package store

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/ids"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/models"
)

// CreateArticle makes a draft, whose author is the viewer.
func (s *Store) CreateArticle(ctx context.Context, in models.CreateArticleInput) (*models.CreateArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	audience := models.ArticleAudienceTenantless
	if in.TenantID.Value() != nil {
		audience = models.ArticleAudienceTenant
	}
	if named := in.Audience.Value(); named != nil {
		audience = *named
	}
	if err := tx.mayWriteFor(audience); err != nil {
		return nil, err
	}
	t, err := tx.articleTenant(f, audience, in.TenantID.Value())
	if err != nil {
		return nil, err
	}
	k := models.Article{
		TenantID: t.ID, Audience: audience, Title: required(f, "title", &in.Title, nameMost), Body: articleBody(f, in.Body.Value()),
		Summary: optional(f, "summary", in.Summary.Value(), lineMost), Category: optional(f, "category", in.Category.Value(), nameMost),
		Tags: words(f, "tags", in.Tags.Value()), Locale: "en", State: models.ArticleStateDraft, AuthorID: &tx.Viewer.UserID,
	}
	if locale := checked(f, "locale", in.Locale, models.Locale); locale != nil {
		k.Locale = *locale
	}
	k.AccountID, k.ID, k.Version = tx.Viewer.AccountID, ids.New(), 1
	if f.any() {
		return &models.CreateArticlePayload{UserErrors: f.list}, nil
	}
	if err := tx.Omit("CreatedAt", "UpdatedAt", "Tenant", "Author", "Reviewer").Create(&k).Error; err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Article", ID: k.ID, Name: k.Title, Tenant: t, After: auditedArticle(&k)})
	return &models.CreateArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, err
}

// UpdateArticle changes an article. A published one becomes a draft by it.
func (s *Store) UpdateArticle(ctx context.Context, in models.UpdateArticleInput) (*models.UpdateArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	if next := in.Audience.Value(); next != nil {
		if err := tx.mayWriteFor(*next); err != nil {
			return nil, err
		}
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	if k.State == models.ArticleStatePublished && tx.Viewer.Role != models.RoleAdmin && !tx.wrote(k) {
		return nil, tx.refuse("What is published is changed by admins and its author.")
	}
	f := tx.faults()
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), k.Version)
	if !k.State.Editable() && k.State != models.ArticleStatePublished {
		f.add(models.UserErrorCodeWrongState, "An article that is "+string(k.State)+" does not change.", "id")
	}
	c := newChanges(f)
	c.must("title", "title", k.Title, in.Title, nameMost)
	if next, given := in.Body.ValueOK(); given {
		if body := articleBody(f, next); body != k.Body {
			c.set("body", "body", k.Body, body, body)
		}
	}
	c.text("summary", "summary", k.Summary, in.Summary, lineMost)
	c.text("category", "category", k.Category, in.Category, nameMost)
	c.tags(k.Tags, in.Tags)
	if in.Locale.IsSet() {
		c.must("locale", "locale", k.Locale, lenient(checked(f, "locale", in.Locale, models.Locale), in.Locale), nameMost)
	}
	if err := tx.readdress(c, k, in.Audience, in.TenantID); err != nil {
		return nil, err
	}
	if c.any() && k.State == models.ArticleStatePublished {
		c.set("state", "state", k.State, models.ArticleStateDraft, models.ArticleStateDraft)
	}
	if f.any() {
		return &models.UpdateArticlePayload{UserErrors: f.list}, nil
	}
	if err := tx.writeArticle(k, t, c); err != nil {
		return nil, err
	}
	return &models.UpdateArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, nil
}

// DeleteArticle deletes an article: admins any, others their own drafts.
func (s *Store) DeleteArticle(ctx context.Context, in models.DeleteArticleInput) (*models.DeleteArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	if tx.Viewer.Role != models.RoleAdmin {
		if !tx.wrote(k) {
			return nil, tx.refuse("Members delete their own drafts, and no other articles.")
		}
		if k.State != models.ArticleStateDraft {
			f.add(models.UserErrorCodeWrongState, "An article that is "+string(k.State)+" is deleted by admins.", "id")
		}
	}
	t.mustBeActive(f, "id")
	mustBeVersion(f, in.Version.Value(), k.Version)
	if f.any() {
		return &models.DeleteArticlePayload{UserErrors: f.list}, nil
	}
	if err := tx.remove(&models.Article{}, k.ID); err != nil {
		return nil, err
	}
	err = tx.record(entry{Type: "Article", ID: k.ID, Name: k.Title, Tenant: t, Before: auditedArticle(k)})
	return &models.DeleteArticlePayload{DeletedID: &in.ID, UserErrors: none()}, err
}

// auditedArticle is what the audit keeps of a whole article.
func auditedArticle(k *models.Article) models.Object {
	whole := k.Audited()
	whole["authorId"], whole["reviewerId"] = refOf("User", k.AuthorID), refOf("User", k.ReviewerID)
	return whole
}

// wrote tells whether the viewer is the author.
func (tx *Tx) wrote(k *models.Article) bool { return same(k.AuthorID, &tx.Viewer.UserID) }

// mayWriteFor refuses who may not work on articles for an audience: those for all tenants are for who
// sees all of them.
func (tx *Tx) mayWriteFor(audience models.ArticleAudience) error {
	if audience == models.ArticleAudienceAllTenants && !tx.Viewer.Reach().All {
		return problem.New(problem.Forbidden, "Articles for all tenants are for admins and grandfathered members to work on.")
	}
	return nil
}

// articleTenant is the tenant of an article for an audience: TENANT must have one, others must not.
func (tx *Tx) articleTenant(f *faults, audience models.ArticleAudience, ref *string) (*tenant, error) {
	if audience == models.ArticleAudienceTenant && ref == nil {
		f.add(models.UserErrorCodeRequired, "Name the tenant that the article is for.", "tenantId")
		return &tenant{}, nil
	}
	t, err := tx.newItemTenant(f, ref)
	if err == nil && audience != models.ArticleAudienceTenant && ref != nil {
		f.add(models.UserErrorCodeInvalid, "Only an article for the audience TENANT has a tenant.", "tenantId")
	}
	return t, err
}

// readdress changes who an article is for. Left out, the tenant stays as long as the audience has one.
func (tx *Tx) readdress(c *changes, k *models.Article, audience graphql.Omittable[*models.ArticleAudience], ref graphql.Omittable[*string]) error {
	choice(c, "audience", "audience", k.Audience, audience)
	next := k.Audience
	if named := audience.Value(); named != nil {
		next = *named
	}
	to, given := ref.ValueOK()
	if !given && next == k.Audience {
		return nil
	}
	t, err := tx.articleTenant(c.f, next, to)
	if err == nil && t.ID != k.TenantID {
		c.set("tenantId", "tenant_id", tx.tenantRef(k.TenantID), tx.tenantRef(t.ID), t.ID)
	}
	return err
}

// tenantRef is the opaque id of a tenant, null for what has none.
func (tx *Tx) tenantRef(id uuid.UUID) *string {
	if id == tx.Viewer.AccountID {
		return nil
	}
	return refOf("Tenant", &id)
}

func articleBody(f *faults, value *string) string {
	if value == nil {
		return ""
	}
	body, err := models.ArticleBody(*value)
	if err != nil {
		f.add(models.UserErrorCodeInvalid, err.Error(), "body")
	}
	return body
}

// readArticle reads an article without locking it.
func (tx *Tx) readArticle(ref string) (*models.Article, error) {
	id, ok := ids.DecodeAs("Article", ref)
	if !ok {
		return nil, problem.Missing()
	}
	var list []models.Article
	err := tx.Select("account_id", "id", "tenant_id", "audience", "author_id").
		Where("account_id = ? and id = ?", tx.Viewer.AccountID, id).Find(&list).Error
	if err == nil && len(list) == 0 {
		err = problem.Missing()
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// article locks an article that the viewer may work on, and after it, as everywhere, its tenant's status.
func (tx *Tx) article(ref string) (*models.Article, *tenant, error) {
	k, err := tx.readArticle(ref)
	if err == nil { // a member may not even lock those for all tenants
		err = tx.mayWriteFor(k.Audience)
	}
	if err == nil {
		k, err = find[models.Article](tx, "Article", ref)
	}
	if err != nil {
		return nil, nil, err
	}
	t, err := tx.holdTenant(k.TenantID)
	return k, t, err
}

func (tx *Tx) writeArticle(k *models.Article, t *tenant, c *changes) error {
	if !c.any() {
		return nil
	}
	err := tx.update(&models.Article{}, k.ID, c.with())
	if err != nil {
		return err
	}
	return tx.record(entry{Type: "Article", ID: k.ID, Name: k.Title, Tenant: t, Before: c.before, After: c.after})
}
