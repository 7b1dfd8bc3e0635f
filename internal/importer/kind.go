package importer

import "tenantry/models"

// kind is what one file has.
type kind struct {
	// name is what messages and app.import_refs call it.
	name, file, table string
	// key are the columns that the file must have: they tell a row from others.
	key     []string
	columns []column
	// more are columns of the table that no file has, with their types.
	more []column
	// check holds a row that could be read against the rules; keep remembers it for the rows to come.
	check, keep func(*run, *sheet, *row)
}

// The kinds of objects, in the order in which they refer to each other.
const (
	tenantKind     = "tenant"
	userKind       = "user"
	membershipKind = "membership"
	groupKind      = "device group"
	deviceKind     = "device"
	assetKind      = "asset"
	ticketKind     = "ticket"
	commentKind    = "comment"
	articleKind    = "article"
	sessionKind    = "remote session"
)

const externalID = "external_id"

var made, moved = past("created_at"), past("updated_at").onlyNew()

var kinds []*kind

func init() { // not a plain variable: the checks look kinds up
	kinds = []*kind{
		{
			name: tenantKind, file: "tenants.csv", table: "app.tenants", key: []string{externalID}, check: (*run).checkTenant, keep: (*run).keepTenant,
			columns: []column{
				text("name", nameMost).needed(), text("external_ref", nameMost), choice("status", models.AllTenantStatus).otherwise("ACTIVE"),
				checked("contact_email", models.Email), text("phone", nameMost), checked("time_zone", models.TimeZone), text("notes", textMost), made, moved,
			},
		},
		{
			name: userKind, file: "users.csv", table: "app.users", key: []string{externalID}, check: (*run).checkUser, keep: (*run).keepUser,
			columns: []column{
				text("name", nameMost).needed(), checked("email", models.Email).needed(), choice("role", models.AllRole).needed().onlyNew(),
				choice("status", models.AllUserStatus).otherwise("ACTIVE").onlyNew(), flag("grandfathered").onlyNew(),
				checked("locale", models.Locale).otherwise("en"), made, moved,
			},
		},
		{
			name: membershipKind, file: "memberships.csv", table: "app.memberships", key: []string{"user", "tenant"}, check: (*run).checkMembership, keep: (*run).keepMembership,
			columns: []column{link("user", userKind).needed().onlyNew(), link("tenant", tenantKind).needed().onlyNew(), past("created_at").onlyNew()},
		},
		{
			name: groupKind, file: "device_groups.csv", table: "app.device_groups", key: []string{externalID}, check: (*run).checkGroup, keep: (*run).keepGroup,
			columns: []column{text("name", nameMost).needed(), text("description", textMost), link("tenant", tenantKind), made, moved},
		},
		{
			name: deviceKind, file: "devices.csv", table: "app.devices", key: []string{externalID}, check: (*run).checkDevice,
			columns: []column{
				text("name", nameMost).needed(), text("hostname", nameMost), link("tenant", tenantKind), link("group", groupKind),
				choice("platform", models.AllDevicePlatform).needed(), choice("kind", models.AllDeviceKind).needed(),
				text("os_name", nameMost), text("os_version", nameMost), text("manufacturer", nameMost), text("model", nameMost),
				text("serial_number", nameMost), text("mac_address", nameMost), text("public_ip", nameMost), text("agent_version", nameMost),
				text("logged_in_user", nameMost), choice("connection", models.AllDeviceConnectionState).otherwise("OFFLINE"),
				past("last_seen_at"), words("tags"), made, moved,
			},
		},
		{
			name: assetKind, file: "assets.csv", table: "app.assets", key: []string{externalID}, check: (*run).checkAsset, keep: (*run).keepAsset,
			columns: []column{
				text("name", nameMost).needed(), text("tag", nameMost), link("tenant", tenantKind), choice("kind", models.AllAssetKind).needed(),
				choice("status", models.AllAssetStatus).otherwise("READY"), text("manufacturer", nameMost), text("model", nameMost),
				text("serial_number", nameMost), link("device", deviceKind), text("location", nameMost), day("purchased_on"), money("purchase_cost"),
				day("warranty_until"), natural("seats_purchased"), natural("seats_assigned"), day("contract_ends_on"), made, moved,
			},
		},
		{
			name: ticketKind, file: "tickets.csv", table: "app.tickets", key: []string{externalID}, check: (*run).checkTicket,
			more: []column{{db: "number", typ: "integer", once: true}},
			columns: []column{
				text("subject", lineMost).needed(), text("description", textMost), link("tenant", tenantKind), link("device", deviceKind), link("asset", assetKind),
				link("requester", userKind), text("requester_name", nameMost), checked("requester_email", models.Email), link("assignee", userKind),
				choice("status", models.AllTicketStatus).otherwise("NEW"), choice("type", models.AllTicketType).otherwise("INCIDENT"),
				choice("priority", models.AllTicketPriority).otherwise("MEDIUM"), text("source", nameMost), text("category", nameMost), words("tags"),
				moment("due_at"), past("first_responded_at"), past("resolved_at"), past("closed_at"), made, moved,
			},
		},
		{
			name: commentKind, file: "comments.csv", table: "app.ticket_comments", key: []string{externalID}, check: (*run).checkComment, keep: (*run).keepComment,
			more: []column{{db: "tenant_id", typ: "uuid", once: true}},
			columns: []column{
				link("ticket", ticketKind).needed(), link("author", userKind).needed(), text("body", textMost).needed(),
				choice("visibility", models.AllCommentVisibility).needed(), made, moved,
			},
		},
		{
			name: articleKind, file: "articles.csv", table: "app.articles", key: []string{externalID}, check: (*run).checkArticle,
			columns: []column{
				text("title", nameMost).needed(), text("summary", lineMost), verbatim("body", models.ArticleBody), text("category", nameMost), words("tags"),
				choice("audience", models.AllArticleAudience), link("tenant", tenantKind), choice("state", models.AllArticleState).otherwise("DRAFT"),
				checked("locale", models.Locale).otherwise("en"), link("author", userKind), link("reviewer", userKind), text("review_note", textMost),
				past("published_at"), made, moved,
			},
		},
		{
			name: sessionKind, file: "sessions.csv", table: "app.remote_sessions", key: []string{externalID}, check: (*run).checkSession,
			columns: []column{
				link("tenant", tenantKind), link("device", deviceKind), link("agent", userKind).needed(), link("ticket", ticketKind),
				choice("mode", models.AllRemoteSessionMode).needed(), choice("status", pastStatus).otherwise("ENDED"), choice("consent", models.AllRemoteSessionConsent),
				choice("outcome", models.AllRemoteSessionOutcome).otherwise("UNKNOWN"), past("started_at"), past("ended_at"), text("notes", textMost), made, moved,
			},
		},
	}
}

func fileNames() (out []string) {
	for _, k := range kinds {
		out = append(out, k.file)
	}
	return out
}

// names are the columns that a file may have.
func (k *kind) names() (out []string) {
	if k.name != membershipKind {
		out = append(out, externalID)
	}
	for _, c := range k.columns {
		out = append(out, c.name)
	}
	return out
}

// stored are all columns that rows are made with, but for the key.
func (k *kind) stored() []column {
	return append(append([]column{}, k.columns...), k.more...)
}

// hasID tells whether the rows are objects with an id of their own.
func (k *kind) hasID() bool { return k.name != membershipKind }
