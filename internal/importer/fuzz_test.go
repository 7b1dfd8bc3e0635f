package importer_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"tenantry/internal/importer"
)

// FuzzImport: whatever stands in one of the files, beside others that are well, the import does not fail in
// the database, accounts for every row, and a dry run leaves nothing behind.
func FuzzImport(f *testing.F) {
	p := newPlace(f)
	good := whole()
	good["articles.csv"] = articleHead + "A1,Ovens,In short,Text,oven,a; b,,T1,PUBLISHED,fr-ca,U1,U2,,2020-02-01,2020-01-01\n"
	good["assets.csv"] = "external_id,name,kind,tenant,device,tag,purchase_cost,warranty_until\nS1,Till,HARDWARE,T1,D1,1000,12.50,2030-01-01\n"
	good["sessions.csv"] = "external_id,device,agent,created_at\nR1,D1,U1,2020-01-01\n"
	delete(good, "notes.csv")
	names := slices.Sorted(maps.Keys(good))
	for i, name := range names {
		f.Add(byte(i), []byte(good[name]))
		f.Add(byte(i), []byte(good[name]+good[name]))
	}
	for _, text := range []string{
		"", "\n", "\ufeffexternal_id;name\nT1;B\n", "external_id,name\nT1,\"a\"b\n", "external_id,name,external_id\n", "external_id,name\nT1\x00,B\n", "external_id,name\n\xff\xfe,\xf0\x28\n",
		"external_id,name\nT1,A\nT1,a\nT3,\u0130\nT4,i\u0307\n", "external_id,name,created_at\nT1,A,0001-01-01\nT2,B,9999-12-31T23:59:59-23:59\n", "external_id,name\n\"\n",
	} {
		f.Add(byte(slices.Index(names, "tenants.csv")), []byte(text))
	}
	f.Add(byte(slices.Index(names, "tickets.csv")), []byte("external_id,subject,number,tags,due_at\nK1,A,2147483647,;;a;,9999-12-31\nK2,B,-1,a,0000-01-01\n"))
	f.Fuzz(func(t *testing.T, which byte, content []byte) {
		p.t = t
		all := maps.Clone(good)
		all[names[int(which)%len(names)]] = string(content)
		r, err := p.run(all, func(o *importer.Options) {
			seats := 1000
			o.DryRun, o.AddOnSeats = true, &seats
		})
		var failed *pgconn.PgError
		if errors.As(err, &failed) {
			t.Fatalf("%s: the database says %v", names[int(which)%len(names)], failed)
		}
		if err != nil {
			return
		}
		for _, file := range r.Files {
			if file.Read != file.Added+file.Updated+file.Unchanged+file.Refused() {
				t.Errorf("not every row is accounted for: %s", file)
			}
		}
		p.is("0|1", "select (select count(*) from app.tenants where id <> account_id), (select count(*) from app.users)")
	})
}
