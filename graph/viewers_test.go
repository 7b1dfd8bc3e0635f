package graph

import "context"

// viewers are the people whom golden tests name, of the demo.
var viewers = []struct{ name, email string }{
	{"admin", "ada@northwind.example"},
	{"member of one", "mia@northwind.example"},
	{"member of two", "tom@northwind.example"},
	{"member of none", "nora@northwind.example"},
	{"grandfathered", "gil@northwind.example"},
	{"customer", "claire@dubois.example"},
	{"customer of none", "carl@example.com"},
	{"other account", "otto@southwind.example"},
	{"suspended", "sam@northwind.example"},
	{"anonymous", ""},
}

// anyID is the id of an object of a type in the first account; of one that is not there if there is none.
func (a *api) anyID(typ string) string {
	query := map[string]string{
		"Account": "select account_id from app.accounts where name = 'Northwind IT'",
		"Session": "select s.id from app.sessions s join app.accounts a using (account_id) where a.name = 'Northwind IT' limit 1",
	}[typ]
	if query == "" {
		table := map[string]string{
			"ApiToken": "api_tokens", "AuditEvent": "audit_events", "Device": "devices", "DeviceGroup": "device_groups", "Tenant": "tenants",
			"Ticket": "tickets", "TicketComment": "ticket_comments", "User": "users", "Viewer": "users",
		}[typ]
		query = "select t.id from app." + table + " t join app.accounts a using (account_id) where a.name = 'Northwind IT' and t.id <> t.account_id order by t.id limit 1"
	}
	var id [16]byte
	must(a.t, a.owner.QueryRow(context.Background(), query).Scan(&id))
	return encode(typ, id)
}
