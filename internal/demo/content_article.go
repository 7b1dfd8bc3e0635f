package demo

import (
	"time"

	"tenantry/internal/ids"
	"tenantry/models"
)

type article struct {
	tenant, title, summary, category string
	// audience is TENANT with a tenant, and without TENANTLESS, if it is left out.
	audience         models.ArticleAudience
	state            models.ArticleState
	locale           string
	author, reviewer string
	note             string
	tags             []string
	age              time.Duration
	body             string
}

const day = 24 * time.Hour

// articles are those of the knowledge base, by account.
var articles = map[string][]article{
	"Northwind IT": {
		{tenant: "Boulangerie Dubois", title: "Redémarrer une caisse", summary: "Quand l'écran reste noir à l'ouverture.", category: "caisse", state: models.ArticleStatePublished,
			locale: "fr", author: "Mia Martin", reviewer: "Ada Admin", tags: []string{"caisse", "boutique"}, age: 60 * day,
			body: "# Redémarrer une caisse\n\n1. Maintenir le bouton **dix secondes**.\n2. Attendre le voyant vert.\n3. Rallumer, puis ouvrir la session `caisse`.\n\nSi l'écran reste noir, ouvrir un ticket.\n"},
		{tenant: "Boulangerie Dubois", title: "Imprimer les étiquettes d'allergènes", summary: "Le modèle à jour et où le trouver.", category: "impression", state: models.ArticleStateDraft,
			locale: "fr", author: "Mia Martin", tags: []string{"étiquettes"}, age: 2 * day,
			body: "## À faire\n\n- [ ] capture d'écran du modèle\n- [ ] taille du rouleau\n"},
		{tenant: "Boulangerie Dubois", title: "Sauvegarde de la comptabilité", summary: "Ce qui est copié, quand et où.", category: "sauvegarde", state: models.ArticleStateInReview,
			locale: "fr", author: "Tom Taylor", tags: []string{"sauvegarde"}, age: 5 * day,
			body: "La copie part à 2 h vers le coffre de Nantes. En cas d'échec trois nuits de suite :\n\n    libérer 20 Go sur D:\n\npuis relancer la tâche.\n"},
		{tenant: "Harbour Clinic", title: "Printing at the front desk", summary: "Which queue belongs to which printer.", category: "printing", state: models.ArticleStatePublished,
			locale: "en", author: "Tom Taylor", reviewer: "Alex Adams", tags: []string{"printing", "reception"}, age: 90 * day,
			body: "| desk | queue |\n| --- | --- |\n| Reception 1 | `FD-1` |\n| Reception 2 | `FD-2` |\n"},
		{tenant: "Harbour Clinic", title: "Image archive: what to try first", summary: "Before anybody restarts it.", category: "imaging", state: models.ArticleStateRejected,
			locale: "en", author: "Tom Taylor", reviewer: "Ada Admin", note: "Step 2 shows a patient's name: use the test study.", tags: []string{"imaging"}, age: 12 * day,
			body: "1. Check the free space.\n2. Open a study and time it.\n"},
		{tenant: "Lindqvist Timber", title: "Clock of the kiln controller", summary: "Set up anew in May.", category: "production", state: models.ArticleStateArchived,
			locale: "en", author: "Gil Garcia", reviewer: "Ada Admin", tags: []string{"kiln"}, age: 400 * day,
			body: "The controller asks 192.0.2.7 for the time.\n"},
		{title: "Imaging a loan laptop", summary: "From the shelf to the courier in an hour.", category: "stock", state: models.ArticleStatePublished,
			locale: "en", author: "Nora Novak", reviewer: "Ada Admin", tags: []string{"loan"}, age: 30 * day,
			body: "1. Wipe it.\n2. Boot from the stick labelled *loan*.\n3. Note the serial number.\n"},
		{title: "Unknown devices", summary: "How to find out whose they are.", category: "inventory", state: models.ArticleStateDraft,
			locale: "en", author: "Nora Novak", tags: []string{}, age: 1 * day,
			body: ""},
		{title: "Reporting a suspicious e-mail", summary: "What to do before clicking.", category: "security", audience: models.ArticleAudienceAllTenants, state: models.ArticleStatePublished,
			locale: "en", author: "Gil Garcia", reviewer: "Ada Admin", tags: []string{"phishing"}, age: 120 * day,
			body: "Do **not** forward it. Open a ticket and attach the message as a file.\n"},
		{title: "Signaler un courriel suspect", summary: "Ce qu'il faut faire avant de cliquer.", category: "sécurité", audience: models.ArticleAudienceAllTenants, state: models.ArticleStateInReview,
			locale: "fr", author: "Gil Garcia", tags: []string{"hameçonnage"}, age: 3 * day,
			body: "Ne **pas** le transférer. Ouvrir un ticket et joindre le message.\n"},
		{title: "Our support hours", summary: "And whom to call at night.", category: "service", audience: models.ArticleAudienceAllTenants, state: models.ArticleStateDraft,
			locale: "en", author: "Ada Admin", tags: []string{}, age: 6 * time.Hour,
			body: "Monday to Friday, 7:00 to 19:00 CET.\n"},
	},
	"Southwind Services": {
		{tenant: "Quay Books", title: "When the till freezes", summary: "Two things to try.", category: "till", state: models.ArticleStatePublished,
			locale: "en", author: "Olga Orlova", reviewer: "Otto Olsen", tags: []string{"till"}, age: 20 * day,
			body: "Unplug the scanner, wait, plug it in again.\n"},
		{title: "Reporting a suspicious e-mail", summary: "Another account's article of the same title.", category: "security", audience: models.ArticleAudienceAllTenants, state: models.ArticleStatePublished,
			locale: "en", author: "Otto Olsen", reviewer: "Otto Olsen", tags: []string{}, age: 10 * day,
			body: "Call us.\n"},
	},
}

func (w *writer) article(k article) {
	audience := k.audience
	switch {
	case audience != "":
	case k.tenant != "":
		audience = models.ArticleAudienceTenant
	default:
		audience = models.ArticleAudienceTenantless
	}
	at := w.now.Add(-k.age)
	var published, note any
	if k.state == models.ArticleStatePublished || k.state == models.ArticleStateArchived {
		published = at.Add(2 * time.Hour)
	}
	if k.note != "" {
		note = k.note
	}
	w.exec(`insert into app.articles (account_id, id, tenant_id, audience, title, body, summary, category, tags, locale, state,
			author_id, reviewer_id, review_note, published_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)`,
		w.self, ids.New(), w.tenant(k.tenant), audience, k.title, k.body, k.summary, k.category, k.tags, k.locale, k.state,
		w.ref("user", k.author), w.ref("user", k.reviewer), note, published, at)
}
