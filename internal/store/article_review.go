package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"tenantry/internal/rows"
	"tenantry/models"
)

// SubmitArticle puts a draft or a rejected article before the admins. What a review said of an earlier
// text goes.
func (s *Store) SubmitArticle(ctx context.Context, in models.SubmitArticleInput) (*models.SubmitArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	c := turn(f, k, t, in.Version.Value(), models.ArticleStateInReview, models.ArticleStateDraft, models.ArticleStateRejected)
	if strings.TrimSpace(k.Body) == "" {
		f.add(models.UserErrorCodeRequired, "An article without a text cannot be submitted.", "id")
	}
	if k.ReviewerID != nil {
		c.set("reviewerId", "reviewer_id", refOf("User", k.ReviewerID), nil, nil)
	}
	if k.ReviewNote != nil {
		c.set("reviewNote", "review_note", k.ReviewNote, nil, nil)
	}
	if f.any() {
		return &models.SubmitArticlePayload{UserErrors: f.list}, nil
	}
	err = tx.writeArticle(k, t, c)
	return &models.SubmitArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, err
}

// ApproveArticle publishes an article that is in review.
func (s *Store) ApproveArticle(ctx context.Context, in models.ApproveArticleInput) (*models.ApproveArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	own, err := tx.mayApprove(in.ID)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	c := turn(f, k, t, in.Version.Value(), models.ArticleStatePublished, models.ArticleStateInReview)
	tx.review(c, k, nil)
	now := time.Now().UTC().Truncate(time.Microsecond)
	c.set("publishedAt", "published_at", k.PublishedAt, now, now)
	if own {
		c.after["ownArticle"] = true
	}
	if f.any() {
		return &models.ApproveArticlePayload{UserErrors: f.list}, nil
	}
	err = tx.writeArticle(k, t, c)
	return &models.ApproveArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, err
}

// RejectArticle says no to an article that is in review, and why.
func (s *Store) RejectArticle(ctx context.Context, in models.RejectArticleInput) (*models.RejectArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	c := turn(f, k, t, in.Version.Value(), models.ArticleStateRejected, models.ArticleStateInReview)
	note := required(f, "note", &in.Note, models.TextMost)
	tx.review(c, k, &note)
	if f.any() {
		return &models.RejectArticlePayload{UserErrors: f.list}, nil
	}
	err = tx.writeArticle(k, t, c)
	return &models.RejectArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, err
}

// ArchiveArticle takes an article out of use.
func (s *Store) ArchiveArticle(ctx context.Context, in models.ArchiveArticleInput) (*models.ArchiveArticlePayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	k, t, err := tx.article(in.ID)
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	c := turn(f, k, t, in.Version.Value(), models.ArticleStateArchived,
		models.ArticleStateDraft, models.ArticleStateInReview, models.ArticleStatePublished, models.ArticleStateRejected)
	if f.any() {
		return &models.ArchiveArticlePayload{UserErrors: f.list}, nil
	}
	err = tx.writeArticle(k, t, c)
	return &models.ArchiveArticlePayload{Article: rows.One("Article", k.ID), UserErrors: none()}, err
}

// turn takes an article to another state, from one of these.
func turn(f *faults, k *models.Article, t *tenant, seen *int32, next models.ArticleState, from ...models.ArticleState) *changes {
	t.mustBeActive(f, "id")
	mustBeVersion(f, seen, k.Version)
	if !slices.Contains(from, k.State) {
		f.add(models.UserErrorCodeWrongState, "An article that is "+string(k.State)+" does not become "+string(next)+" by this.", "id")
	}
	c := newChanges(f)
	c.set("state", "state", k.State, next, next)
	return c
}

// review notes who looked at an article, and what they said.
func (tx *Tx) review(c *changes, k *models.Article, note *string) {
	if me := &tx.Viewer.UserID; !same(k.ReviewerID, me) {
		c.set("reviewerId", "reviewer_id", refOf("User", k.ReviewerID), refOf("User", me), me)
	}
	if k.ReviewNote != nil || note != nil {
		c.set("reviewNote", "review_note", k.ReviewNote, note, note)
	}
}

// mayApprove refuses the author of an article, unless there is no other active admin: then it tells
// that it is their own. The account is locked for it, before anything else, so that this stays true.
func (tx *Tx) mayApprove(ref string) (own bool, err error) {
	k, err := tx.readArticle(ref)
	if err != nil || !tx.wrote(k) {
		return false, err
	}
	const refusal = "Nobody approves their own article while there is another admin."
	if !tx.Viewer.Reach().All { // and so does not see whether there is
		return false, tx.refuse(refusal)
	}
	if _, _, err := tx.seats(); err != nil {
		return false, err
	}
	others, err := tx.otherAdmins(tx.Viewer.UserID)
	if err == nil && others > 0 {
		err = tx.refuse(refusal)
	}
	return true, err
}
