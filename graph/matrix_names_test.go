package graph

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestNamesThatAreTakenOutOfReachAreNotSaidToBe calls every mutation that makes something in a tenant
// with each text that another object has there. Who does not see the tenant is answered as for a text
// that nobody has; so is who uses a name of another tenant in their own.
func TestNamesThatAreTakenOutOfReachAreNotSaidToBe(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	s, inputs := a.reader.Schema, a.good()
	hidden, foreign := a.ref("Tenant", "Harbour Clinic"), a.foreign("Tenant", "Quay Books")
	cells, unique := 0, 0
	for _, who := range []string{memberOfOne, customer, memberOfNone} {
		c := a.as(who)
		before := a.state()
		for _, def := range s.Mutation.Fields {
			if !strings.HasPrefix(def.Name, "create") || len(def.Arguments) == 0 || who == customer && gate(def) != "CUSTOMER" || gate(def) == "ADMIN" {
				continue
			}
			object := s.Types[def.Arguments[0].Type.Name()]
			if object.Fields.ForName("tenantId") == nil {
				continue
			}
			typ := s.Types[def.Type.Name()].Fields[0].Type.Name()
			for _, f := range object.Fields {
				if f.Type.Name() != "String" || f.Type.Elem != nil || who == customer && f.Directives.ForName("requires") != nil || !a.has(typ, f.Name) {
					continue
				}
				for name, tenant := range map[string]string{"Harbour Clinic": hidden, "Quay Books": foreign} {
					free := c.mutate(def.Name, a.with(a.with(inputs[def.Name], "tenantId", tenant), f.Name, "nobody has this"), "__typename")
					for _, taken := range a.texts(typ, f.Name, name) {
						cells++
						r := c.mutate(def.Name, a.with(a.with(inputs[def.Name], "tenantId", tenant), f.Name, taken), "__typename")
						expect(t, fmt.Sprintf("%s calls %s with the %s %q of %s there", who, def.Name, f.Name, taken, name), body(r), body(free))
					}
				}
			}
		}
		expect(t, "what "+who+" was refused leaves the state", a.state(), before)
	}
	// In one's own tenant a name of another is free, and one's own is not, in any case of its letters.
	mia := a.as(memberOfOne)
	for _, def := range s.Mutation.Fields {
		if !strings.HasPrefix(def.Name, "create") || gate(def) != "MEMBER" || s.Types[def.Arguments[0].Type.Name()].Fields.ForName("tenantId") == nil {
			continue
		}
		typ := s.Types[def.Type.Name()].Fields[0].Type.Name()
		for _, column := range []string{"name", "tag"} {
			if s.Types[def.Arguments[0].Type.Name()].Fields.ForName(column) == nil || !a.unique(typ, column) {
				continue
			}
			for _, taken := range a.texts(typ, column, "Boulangerie Dubois") {
				unique++
				expect(t, memberOfOne+" calls "+def.Name+" with a "+column+" of their tenant", mia.try(def.Name, a.with(inputs[def.Name], column, strings.ToUpper(taken))), "TAKEN input."+column)
			}
			for _, elsewhere := range append(a.texts(typ, column, "Harbour Clinic"), a.texts(typ, column, "Quay Books")...) {
				unique++
				expect(t, memberOfOne+" calls "+def.Name+" with a "+column+" of another tenant", mia.try(def.Name, a.with(inputs[def.Name], column, elsewhere)), "ok")
			}
		}
	}
	ada := a.as(admin)
	expect(t, "an admin makes a tenant with the name of another account's", ada.try("createTenant", in{"name": "Quay Books"}), "ok")
	expect(t, "an admin makes a tenant with the name of their account's, in other letters", ada.try("createTenant", in{"name": "HARBOUR clinic"}), "TAKEN input.name")
	expect(t, "an admin invites whom another account has", ada.try("inviteUser", in{"email": foreignAdmin, "name": "Otto", "role": "MEMBER"}), "ok")
	expect(t, "an admin invites whom their account has", ada.try("inviteUser", in{"email": strings.ToUpper(memberOfOne), "name": "Mia", "role": "MEMBER"}), "TAKEN input.email")
	t.Logf("%d cells tried, %d of unique texts", cells, unique)
	if cells < 50 || unique < 4 {
		t.Errorf("only %d cells were tried, %d of unique texts", cells, unique)
	}
}

// has tells whether a type's table has a column for a field.
func (a *api) has(typ, field string) bool {
	return one[bool](a, "select exists (select from pg_attribute where attrelid = $1::regclass and attname = $2 and attnum > 0)", tableOf(typ), underscored(field))
}

// unique tells whether a column is unique in a tenant.
func (a *api) unique(typ, column string) bool {
	return one[bool](a, "select exists (select from pg_index where indrelid = $1::regclass and indisunique and pg_get_indexdef(indexrelid) like '%tenant_id, lower(' || $2 || '))%')",
		tableOf(typ), column)
}

// texts are what a field has in the rows of a tenant.
func (a *api) texts(typ, field, tenant string) []string {
	a.t.Helper()
	account := "Northwind IT"
	if tenant == "Quay Books" {
		account = "Southwind Services"
	}
	column := underscored(field)
	rows, err := a.owner.Query(context.Background(), "select distinct "+column+" from "+tableOf(typ)+" where tenant_id = $1 and "+column+" <> '' order by 1 limit 5",
		a.key(account, "Tenant", tenant))
	must(a.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(a.t, err)
	return all
}
