package models

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Article is an article of the knowledge base.
type Article struct {
	Row         `gorm:"embedded"`
	TenantID    uuid.UUID
	Audience    ArticleAudience
	Title       string
	Body        string
	Summary     *string
	Category    *string
	Tags        Strings `gorm:"type:text[]"`
	Locale      string
	State       ArticleState
	AuthorID    *uuid.UUID
	ReviewerID  *uuid.UUID
	ReviewNote  *string
	PublishedAt *time.Time
	// SeenBy is kept by the database: whose reach must hold the article, see Everyone.
	SeenBy   *uuid.UUID `gorm:"->"`
	Tenant   *Tenant    `gorm:"foreignKey:AccountID,TenantID;references:AccountID,ID"`
	Author   *User      `gorm:"foreignKey:AccountID,AuthorID;references:AccountID,ID"`
	Reviewer *User      `gorm:"foreignKey:AccountID,ReviewerID;references:AccountID,ID"`
}

// TableName is where the rows are.
func (Article) TableName() string { return "app.articles" }

// Everyone is the id that published articles for all tenants carry instead of a tenant's, and that
// everybody who may read such articles carries among what they reach.
var Everyone = uuid.MustParse("00000000-0000-0000-0000-000000000001")

// ArticleBodyMost is how long an article may be, in characters.
const ArticleBodyMost = 200_000

// ArticleBody is a text of an article, kept exactly as it was written: blanks mean something in
// Markdown. It is an error if it is too long, or has what PostgreSQL cannot store.
func ArticleBody(s string) (string, error) {
	switch {
	case strings.ContainsRune(s, 0) || !utf8.ValidString(s):
		return "", errors.New("it has characters that cannot be stored")
	case utf8.RuneCountInString(s) > ArticleBodyMost:
		return "", fmt.Errorf("it may have %d characters at most", ArticleBodyMost)
	}
	return s, nil
}

// Editable tells whether an article's content, tenant and audience may change.
func (s ArticleState) Editable() bool { return s == ArticleStateDraft || s == ArticleStateRejected }

// Audited is what the audit keeps of a whole article, by the names of the API.
func (k *Article) Audited() Object {
	return Object{
		"title": k.Title, "body": k.Body, "summary": k.Summary, "category": k.Category, "tags": k.Tags, "locale": k.Locale,
		"audience": k.Audience, "state": k.State, "reviewNote": k.ReviewNote, "publishedAt": k.PublishedAt,
	}
}
