package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"tenantry/internal/token"
)

// How many worlds there are, and documents for each of them; every one is asked by each of the people
// and by nobody, in three ways.
const worlds, documentsEach = 3, 70

// TestAnswersEqualThoseOfAnEvaluatorInMemory asks random documents of random worlds. What a viewer gets
// is what the evaluator says, also when only the compiler keeps the wall and when only the database does.
func TestAnswersEqualThoseOfAnEvaluatorInMemory(t *testing.T) {
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			d := newDifferential(t, seed)
			var documents []document
			for range documentsEach {
				d.author.places = d.places
				one := d.author.write()
				documents = append(documents, one)
				d.compare("both walls", one)
			}
			d.wall(false)
			for _, one := range documents {
				d.compare("the compiler's wall alone", one)
			}
			d.wall(true)
			d.reader.Unscoped = true
			for _, one := range documents {
				d.compare("the database's wall alone", one)
			}
			t.Logf("%d answers compared, of which %d fields had a value, %d of them null, and the others %v", d.asked, d.values, d.nulls, d.codes)
		})
	}
}

// differential is a server on a random world, with an evaluator for the same.
type differential struct {
	*api
	seed   uint64
	world  *world
	author *author
	places map[string]place
	asking []person
	// last is what was asked last.
	last string

	asked, values, nulls int
	codes                map[string]int

	evaluators map[string]*evaluator
}

func newDifferential(t testing.TB, seed uint64) *differential {
	t.Helper()
	return newDifferentialOn(t, newAPI(t), seed)
}

// newDifferentialOn has its world in the database of a server that is there.
func newDifferentialOn(t testing.TB, a *api, seed uint64) *differential {
	t.Helper()
	d := &differential{api: a, seed: seed, places: map[string]place{}, codes: map[string]int{}, evaluators: map[string]*evaluator{}}
	w, err := makeWorld(context.Background(), seed, d.owner)
	must(t, err)
	d.world = w
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nlog: %s", d.last, d.log.String())
		}
	})
	d.author = &author{Rand: rand.New(rand.NewPCG(seed, 2)), schema: d.reader.Schema, w: w}
	// Everybody of the first account, an admin and a member of the second, and nobody.
	d.asking = append(d.asking, w.people[:len(userKinds)+2]...)
	d.asking = append(d.asking, person{name: "nobody"})
	return d
}

func (d *differential) client(p person) *client {
	c := &client{api: d.api}
	if p.session != (token.Token{}) {
		c.token = p.session.Write(token.Session)
	}
	return c
}

// eyes are the evaluator for a person.
func (d *differential) eyes(p person) *evaluator {
	e := d.evaluators[p.name]
	if e == nil {
		e = &evaluator{w: d.world, schema: d.reader.Schema, me: d.world.find("User", p.account, p.user), session: p.session.ID, places: d.places, known: map[*thing]bool{}}
		if e.me != nil && e.me.text("status") != "ACTIVE" {
			e.me = nil
		}
		d.evaluators[p.name] = e
	}
	return e
}

// wall switches row level security of all tables on or off.
func (a *api) wall(on bool) {
	a.t.Helper()
	ctx := context.Background()
	super, err := pgx.Connect(ctx, a.db.SuperuserURL)
	must(a.t, err)
	defer super.Close(ctx)
	rows, err := super.Query(ctx, "select c.oid::regclass::text from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')")
	must(a.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(a.t, err)
	if len(tables) < len(worldTables) {
		a.t.Fatalf("found only %v", tables)
	}
	for _, table := range tables {
		sql := "alter table " + table + " disable row level security, no force row level security"
		if on {
			sql = "alter table " + table + " enable row level security, force row level security"
		}
		_, err := super.Exec(ctx, sql)
		must(a.t, err)
	}
}

// compare asks a document as everybody.
func (d *differential) compare(way string, one document) {
	d.t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(d.reader.Schema, one.text, rules.NewDefaultRules())
	if errs != nil {
		d.t.Fatal(errs)
	}
	op := doc.Operations[0]
	for _, p := range d.asking {
		// Variables as a server reads them.
		raw, err := json.Marshal(one.variables)
		must(d.t, err)
		variables := map[string]any{}
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		must(d.t, decoder.Decode(&variables))
		vars, err := validator.VariableValues(d.reader.Schema, op, variables)
		must(d.t, err)
		e := d.eyes(p)
		e.vars = vars
		want, refused := e.answer(op)
		d.last = fmt.Sprintf("seed %d, %s, asked by %s:\n%s\nvariables %s", d.seed, way, p.name, one.text, raw)
		got := d.client(p).do(one.text, one.variables)
		d.asked++
		if problem := d.differs(want, refused, got); problem != "" {
			d.t.Fatal(problem)
		}
	}
}

// differs tells where an answer is another than expected; empty if nowhere.
func (d *differential) differs(want map[string]verdict, refused bool, got reply) string {
	codes := map[string][]string{}
	for _, e := range got.Errors {
		at := "" // the operation as a whole
		if len(e.Path) > 0 {
			at = fmt.Sprint(e.Path[0])
		}
		codes[at] = append(codes[at], fmt.Sprint(e.Extensions["code"]))
	}
	if refused {
		d.codes["UNAUTHENTICATED"]++
		if !slices.Equal(codes[""], []string{"UNAUTHENTICATED"}) || len(codes) != 1 || len(got.Data) > 0 {
			return "not refused as a whole: " + got.raw
		}
		return ""
	}
	if len(got.Data) != len(want) {
		return fmt.Sprintf("has fields %v, wanted %v: %s", slices.Sorted(maps.Keys(got.Data)), slices.Sorted(maps.Keys(want)), got.raw)
	}
	for key, v := range want {
		said := codes[key]
		delete(codes, key)
		switch {
		case len(v.codes) > 0:
			if len(said) != 1 || !slices.Contains(v.codes, said[0]) || got.Data[key] != nil {
				return fmt.Sprintf("%s: wanted error %v, got %v and %v", key, v.codes, said, got.Data[key])
			}
			d.codes[said[0]]++
		case len(said) > 0:
			return fmt.Sprintf("%s: wanted %v, got error %v", key, v.value, said)
		default:
			if problem := d.unequal(key, v.value, got.Data[key]); problem != "" {
				return problem
			}
		}
	}
	if len(codes) > 0 {
		return fmt.Sprintf("errors for nothing that was asked: %v", codes)
	}
	return ""
}

// unequal walks two values and names the first place where they differ. Cursors it remembers.
func (d *differential) unequal(path string, want, got any) string {
	switch w := want.(type) {
	case mark:
		cursor, ok := got.(string)
		if !ok {
			return fmt.Sprintf("%s: wanted a cursor, got %v", path, got)
		}
		if _, known := d.places[cursor]; !known && len(d.author.cursors) < 5000 {
			d.author.cursors = append(d.author.cursors, cursor)
		}
		d.places[cursor] = w.place
		d.values++
		return ""
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: wanted %v, got %v", path, want, got)
		}
		for _, key := range slices.Sorted(maps.Keys(w)) {
			v, there := g[key]
			if !there {
				return fmt.Sprintf("%s.%s is not there", path, key)
			}
			if problem := d.unequal(path+"."+key, w[key], v); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: wanted %d elements, got %v", path, len(w), got)
		}
		for i := range w {
			if problem := d.unequal(fmt.Sprintf("%s[%d]", path, i), w[i], g[i]); problem != "" {
				return problem
			}
		}
		return ""
	}
	if want == nil {
		d.nulls++
	}
	d.values++
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%s: wanted %#v, got %#v", path, want, got)
	}
	return ""
}
