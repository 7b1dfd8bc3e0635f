package importer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func withAssets() files {
	f := whole()
	f["assets.csv"] = "external_id,name,tag,tenant,kind,status,manufacturer,model,serial_number,device,location,purchased_on,purchase_cost,warranty_until,seats_purchased,seats_assigned,contract_ends_on\n" +
		"A1,Oven,É-1,T1,HARDWARE,IN_REPAIR,Bongard,Omega,S1,D1,Bakehouse,2020-02-29,1234.50,2099-12-31,,,\n" +
		"A2,Licence,é-1,T2,SOFTWARE,DEPLOYED,,,,D1,,,,,10,12,2020-01-31\n" +
		"A3,Box,,,HARDWARE,,,,,,,,0,,0,,\n"
	f["tickets.csv"] = strings.Replace(f["tickets.csv"], "K1,Printer,T1,D1,,", "K1,Printer,T1,D1,A2,", 1)
	return f
}

func TestAssets(t *testing.T) {
	p := newPlace(t)
	p.mustRun(withAssets(), 0)
	// A link across tenants is kept: of the licence to its device, and of the ticket to the licence.
	p.is("Box||||READY|||0.00||0|| Licence|é-1|Clinic|srv1|DEPLOYED||||2020-01-31|10|12| Oven|É-1|Bakery|srv1|IN_REPAIR|2020-02-29|2099-12-31|1234.50||||Bongard Omega S1 Bakehouse",
		`select a.name, tag, t.name, d.name, a.status, purchased_on, warranty_until, purchase_cost, contract_ends_on, seats_purchased, seats_assigned,
			a.manufacturer || ' ' || a.model || ' ' || a.serial_number || ' ' || a.location
		from app.assets a join app.tenants t on t.id = a.tenant_id left join app.devices d on d.id = a.device_id order by 1`)
	p.is("Across| Printer|Licence", "select subject, a.name from app.tickets k left join app.assets a on a.id = k.asset_id order by 1")
	if r := p.mustRun(withAssets(), 0, update); r.Files[5].Unchanged != 3 || r.Files[6].Unchanged != 2 {
		t.Error(r)
	}
	p.mustRun(files{
		"assets.csv":  "external_id,name,tag,tenant,purchase_cost,warranty_until,seats_purchased\nA1,Oven,,T1,,,3\nA3,Box,x,T1,7.07,2020-01-01,\n",
		"tickets.csv": "external_id,subject,status,asset\nK1,Printer,CLOSED,\nK2,Across,OPEN,A1\n",
	}, 0, update)
	p.is("Box|x|Bakery|7.07|2020-01-01||2 Licence|é-1|Clinic|||10|1 Oven||Bakery|||3|2", `select a.name, tag, t.name, purchase_cost, warranty_until, seats_purchased, a.version
		from app.assets a join app.tenants t on t.id = a.tenant_id order by 1`)
	p.is("Across|Oven Printer|", "select subject, a.name from app.tickets k left join app.assets a on a.id = k.asset_id order by 1")
}

func TestBadAssets(t *testing.T) {
	p := newPlace(t)
	f := withAssets()
	f["assets.csv"] += "A9,Loose,BOX,,HARDWARE,,,,,,,,,,,,\nA10,In T1,box,T1,HARDWARE,,,,,,,,,,,,\n"
	p.mustRun(f, 0) // T2 is archived from now on
	r := p.mustRun(files{
		"assets.csv": "external_id,name,tag,tenant,kind,status,device,purchased_on,purchase_cost,seats_purchased\n" +
			"A4,,,T1,PAPER,GONE,D9,31.1.2026,1.005,-1\nA5,b,É-1,T1,HARDWARE,,,2026-02-30,-1,1.5\nA6,c,é-1,T1,HARDWARE,,,,1e12,2147483648\n" +
			"A7,d,new,T1,HARDWARE,,,,,\nA8,e,NEW,T1,HARDWARE,,,,,\nA11,f,,T2,HARDWARE,,,,NaN,\nA12,g,,T2,HARDWARE,,,,,\n",
		"tickets.csv": "external_id,subject,tenant,asset\nK3,s,T1,A4\nK4,s,T1,A99\n",
	}, 2)
	want := []string{
		`assets.csv:2:name: it cannot be empty`,
		`assets.csv:2:kind: it is one of HARDWARE, SOFTWARE`,
		`assets.csv:2:status: it is one of READY, DEPLOYED, IN_REPAIR, LOST, RETIRED`,
		`assets.csv:2:device: there is no device "D9"`,
		`assets.csv:2:purchased_on: it is not a day such as 2026-01-31`,
		`assets.csv:2:purchase_cost: it is not a sum such as 1234.50, from 0 to 999999999999.99`,
		`assets.csv:2:seats_purchased: it is not a whole number from 0 to 2147483647`,
		`assets.csv:3:purchased_on: it is not a day such as 2026-01-31`,
		`assets.csv:3:purchase_cost: it is not a sum such as 1234.50, from 0 to 999999999999.99`,
		`assets.csv:3:seats_purchased: it is not a whole number from 0 to 2147483647`,
		`assets.csv:4:purchase_cost: it is not a sum such as 1234.50, from 0 to 999999999999.99`,
		`assets.csv:4:seats_purchased: it is not a whole number from 0 to 2147483647`,
		`assets.csv:6:tag: another asset of the tenant has this tag`,
		`assets.csv:7:purchase_cost: it is not a sum such as 1234.50, from 0 to 999999999999.99`,
		`assets.csv:8:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`tickets.csv:2:asset: the asset "A4" was refused: see line 2 of assets.csv`,
		`tickets.csv:3:asset: there is no asset "A99"`,
	}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
	// An asset that moves meets the tags of its new tenant, also if the file does not name its own.
	r = p.mustRun(files{"assets.csv": "external_id,tenant\nA9,T1\nA1,T2\nA2,T1\nA3,T1\n"}, 2, update)
	want = []string{
		`assets.csv:2:tag: another asset of the tenant has this tag`,
		`assets.csv:3:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`assets.csv:3:tag: another asset of the tenant has this tag`,
		`assets.csv:4:tenant: TENANT_ARCHIVED: the tenant is archived`,
		`assets.csv:4:tag: another asset of the tenant has this tag`,
	}
	if diff := cmp.Diff(want, bad(r)); diff != "" {
		t.Error(diff)
	}
	p.is("Box|Bakery", "select a.name, t.name from app.assets a join app.tenants t on t.id = a.tenant_id where a.name = 'Box'")
}
