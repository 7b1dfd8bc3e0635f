package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
)

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

// tableOf is the table of a type's rows.
func tableOf(typ string) string {
	if typ == "Viewer" {
		typ = "User"
	}
	return "app." + strings.TrimPrefix(underscored(typ), "_") + "s"
}

// keyOf is the column with a type's key.
func keyOf(typ string) string {
	if typ == "Account" {
		return "account_id"
	}
	return "id"
}

// anyID is the id of an object of a type in the first account; of one that is not there if there is none.
func (a *api) anyID(typ string) string {
	query := "select t." + keyOf(typ) + " from " + tableOf(typ) + " t join app.accounts a using (account_id) where a.name = 'Northwind IT'"
	if typ != "Account" {
		query += " and t.id <> t.account_id order by t.id limit 1"
	}
	var id [16]byte
	if err := a.owner.QueryRow(context.Background(), query).Scan(&id); errors.Is(err, pgx.ErrNoRows) {
		id = ids.New()
	} else {
		must(a.t, err)
	}
	return encode(typ, id)
}
