package graph

import (
	"context"
	"sync"
	"testing"
	"time"
)

// TestAPoolOfOneNeverWaitsForItself: nothing holds a connection while it asks for another, and nothing
// of a viewer is left in a connection for the next.
func TestAPoolOfOneNeverWaitsForItself(t *testing.T) {
	a := newAPIOn(t, 1, func(o *Options) { o.Timeout = 10 * time.Second })
	ada, mia, nora, anonymous := a.as("ada@northwind.example"), a.as("mia@northwind.example"), a.as("nora@northwind.example"), a.as("")
	ids := a.variables("# $dubois = Tenant name Boulangerie Dubois\n# $tom = User name Tom Taylor\n")
	const add = `mutation($dubois: ID!, $tom: ID!) {
		addUsersToTenant(input: { tenantId: $dubois, userIds: [$tom], dryRun: true }) { results { gained { devices } } userErrors { code } }
		again: addUsersToTenant(input: { tenantId: $dubois, userIds: [$tom] }) { unassignedTickets { totalCount } userErrors { code } }
	}`
	for range 5 {
		if r := ada.ok(add, ids); r.get("again", "unassignedTickets", "totalCount") != 0.0 {
			t.Errorf("adding a member again answers %s", r.raw)
		}
		if r := mia.do(add, ids); r.code() != "FORBIDDEN" {
			t.Errorf("a member adds users: %s", r.raw)
		}
		if r := mia.ok(`{ devices { totalCount } }`, nil); r.get("devices", "totalCount") != 6.0 {
			t.Errorf("a member of one tenant counts %s", r.raw)
		}
		if r := nora.ok(`{ devices { totalCount } }`, nil); r.get("devices", "totalCount") != 3.0 {
			t.Errorf("a member of none counts %s", r.raw)
		}
		if r := anonymous.do(`{ devices { totalCount } }`, nil); r.code() != "UNAUTHENTICATED" {
			t.Errorf("nobody counts %s", r.raw)
		}
	}
	// The viewer's access changes while the only connection is in use by others.
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			if i == 6 {
				_, err := a.owner.Exec(context.Background(), "update app.users set access_version = access_version + 1, name = name || ' ' where email like '%northwind%'")
				if err != nil {
					t.Error(err)
				}
			}
			if r := mia.do(`{ devices { totalCount } }`, nil); r.get("devices", "totalCount") != 6.0 {
				t.Errorf("a member of one tenant counts %s", r.raw)
			}
		})
	}
	group.Wait()
}

func TestWhoeverLeavesFreesTheConnection(t *testing.T) {
	a := newAPIOn(t, 1)
	c := a.as("ada@northwind.example")
	for range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		c.doIn(ctx, `{ tickets(first: 100) { nodes { subject comments { nodes { body } } } } }`, nil)
		cancel()
	}
	c.ok(`{ viewer { tenantAccess } }`, nil) // who is known is not looked up again
	gone, leave := context.WithCancel(context.Background())
	leave()
	if r := c.doIn(gone, `{ tickets { totalCount } }`, nil); r.code() != "UNAVAILABLE" {
		t.Errorf("who left before it began is answered %s", r.raw)
	}
	if r := c.ok(`{ tickets { totalCount } }`, nil); r.get("tickets", "totalCount") != 16.0 {
		t.Errorf("after twenty who left: %s", r.raw)
	}
}

// TestANewConnectionReadsAStaleViewerAnew: a refused transaction prepares no statements, so what reads
// the viewer must not count on having been prepared.
func TestANewConnectionReadsAStaleViewerAnew(t *testing.T) {
	a := newAPIOn(t, 1)
	c := a.as("nora@northwind.example")
	if r := c.ok(`{ viewer { tenantAccess } }`, nil); r.get("viewer", "tenantAccess") != "TENANTLESS" {
		t.Fatal(r.raw)
	}
	_, err := a.owner.Exec(context.Background(), `insert into app.memberships (account_id, user_id, tenant_id)
		select u.account_id, u.id, t.id from app.users u join app.tenants t using (account_id) where u.email = 'nora@northwind.example' and t.name = 'Harbour Clinic'`)
	must(t, err)
	a.pool.Reset()
	if r := c.ok(`{ viewer { tenantAccess } devices { totalCount } }`, nil); r.get("viewer", "tenantAccess") != "ASSIGNED" || r.get("devices", "totalCount") != 5.0 {
		t.Error(r.raw)
	}
}
