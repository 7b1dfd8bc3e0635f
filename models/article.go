package models

import (
	"time"

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
