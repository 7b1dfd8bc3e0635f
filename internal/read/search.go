package read

import (
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/models"
)

// searched are the types that a search finds, by their names in SearchType, each with its title and the
// other columns that it is found by. The functions app.search… find; rows are read as of any other field.
var searched = map[models.SearchType]struct {
	typ, title string
	texts      []string
}{
	models.SearchTypeTicket:  {"Ticket", "subject", []string{"description", "number"}},
	models.SearchTypeDevice:  {"Device", "name", []string{"hostname", "serial_number"}},
	models.SearchTypeAsset:   {"Asset", "name", []string{"tag", "serial_number"}},
	models.SearchTypeArticle: {"Article", "title", []string{"summary", "body"}},
	models.SearchTypeTenant:  {"Tenant", "name", nil},
	models.SearchTypeUser:    {"User", "name", []string{"email"}},
}

// textMost is how long a text to look for may be.
const textMost = 200

func readText(field string, value any) (terms, error) {
	text, _ := value.(string)
	if len([]rune(text)) > textMost {
		return terms{}, problem.New(problem.BadUserInput, "%s takes a text of at most %d characters.", field, textMost)
	}
	return readTerms(text), nil
}

// search answers a root field with what its text finds.
func (c *compiler) search(f graphql.CollectedField) (*plan, error) {
	args := f.ArgumentMap(c.op.Variables)
	t, err := readText(f.Name, args["text"])
	if err != nil {
		return nil, err
	}
	// Found in the order in which app.search gives them: by rank, time and id.
	l := &listing{t: &typ{name: "SearchResult"}, order: order{field: "RANK", column: "place", cast: "text"}, used: map[string]bool{}}
	l.seals = newSeals(c.who, f.ObjectDefinition.Name+"."+f.Name, l.order, args)
	if err := l.page.read(f.Name, args, l.seals); err != nil {
		return nil, err
	}
	kinds := c.kinds(plainList(args["types"]))
	c.begin()
	b := &builder{compiler: c}
	result := &searchResult{terms: t, kinds: kinds}
	l.t.fields = map[string]field{"node": result.node, "type": result.kind, "title": result.title, "excerpt": result.excerpt}
	w, needs, err := b.connection("x", f, f.Definition, l)
	if err != nil {
		return nil, err
	}
	p := &plan{}
	var there []int
	if needs.rows {
		for _, o := range result.objects(b) {
			there = append(there, b.col(o.col("id")))
		}
		p.statements = append(p.statements, c.finish("select "+strings.Join(append(b.cols, "x.nth"), ", ")+" from ("+c.hits(l, t, kinds)+") x "+
			strings.Join(b.joins, " ")+" order by x.nth"))
	}
	total := len(p.statements)
	if needs.total {
		c.begin()
		p.statements = append(p.statements, c.finish("select app.search_count("+c.arg(kinds)+", "+c.terms(t)+") where $1::uuid is not null"))
	}
	p.write = func(tables []table) ([]byte, error) {
		var s slice
		if needs.rows {
			s.cut(tables[0].records, l.page)
			s.records = visible(s.records, there)
			s.before = l.page.after != nil
		}
		if needs.total {
			s.total = tables[total].records[0].values[0]
		}
		return w(nil, &s), nil
	}
	return p, nil
}

// kinds are the types that are looked for, of those that the viewer may list.
func (c *compiler) kinds(named any) []string {
	out := []string{}
	for _, def := range c.reader.Schema.Types["SearchType"].EnumValues {
		kind := models.SearchType(def.Name)
		if kind == models.SearchTypeUser && c.who.Role != models.RoleAdmin {
			continue
		}
		wanted := named == nil
		for _, name := range texts(named) {
			wanted = wanted || name == def.Name
		}
		if wanted {
			out = append(out, searched[kind].typ)
		}
	}
	return out
}

// hits are the places of the page, with one more to tell whether there are more.
func (c *compiler) hits(l *listing, t terms, kinds []string) string {
	rank, at, id := "null", "null", "null"
	if p := l.page.after; p != nil {
		first, rest, _ := strings.Cut(p.value, " ")
		rank, at, id = c.arg(first)+"::text::int", c.arg(rest)+"::text::timestamptz", c.arg(p.id)
	}
	return "select s.ordinality as nth, s.rank || ' ' || s.moment as place, s.item as id, s.sort, s.part from app.search(" +
		strings.Join([]string{c.arg(kinds), c.terms(t), rank, at, id, strconv.Itoa(l.page.size + 1)}, ", ") +
		") with ordinality s where $1::uuid is not null"
}

// terms are what is looked for, as the functions that find take it.
func (c *compiler) terms(t terms) string {
	return c.arg(t.words) + ", " + c.arg(t.alternatives) + ", " + c.arg(t.places)
}

// visible are the records in which one of the objects is there: the functions find nothing else, but the
// rows decide.
func visible(records []record, there []int) []record {
	out := make([]record, 0, len(records))
	for _, r := range records {
		for _, i := range there {
			if r.values[i] != nil {
				out = append(out, r)
				break
			}
		}
	}
	return out
}

// searchResult compiles the fields of what was found: the object is of one of several types, each of
// which is joined where the hit is of its kind.
type searchResult struct {
	terms terms
	kinds []string
}

// objects joins the objects, by kind.
func (s *searchResult) objects(b *builder) []row {
	var out []row
	for _, kind := range s.kinds {
		t := types[kind]
		alias := b.join("found "+kind, func(alias string) string {
			return t.schema.Table + " " + alias + " on " + b.seen(t, alias, t.node) + " and x.sort = '" + kind + "' and " + alias + ".id = x.id"
		})
		out = append(out, row{b: b, t: t, alias: alias})
	}
	return out
}

func (s *searchResult) node(b *builder, _ row, f graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
	var choices []writer
	var there []int
	for _, o := range s.objects(b) {
		w, err := b.object(o, f.Selections, o.t.name)
		if err != nil {
			return nil, err
		}
		choices, there = append(choices, w), append(there, b.col(o.col("id")))
	}
	return firstOf(there, choices), nil
}

// firstOf writes the one whose column is not null.
func firstOf(there []int, choices []writer) writer {
	return func(dst []byte, r *record) []byte {
		for i, p := range there {
			if r.values[p] != nil {
				return choices[i](dst, r)
			}
		}
		return append(dst, null...)
	}
}

func (s *searchResult) kind(b *builder, _ row, _ graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	return scalar(b.col("upper(x.sort)"), def.Type, ""), nil
}

func (s *searchResult) title(b *builder, _ row, _ graphql.CollectedField, def *ast.FieldDefinition) (writer, error) {
	var titles []string
	for _, o := range s.objects(b) {
		titles = append(titles, o.col(searched[models.SearchType(strings.ToUpper(o.t.name))].title))
	}
	return scalar(b.col("coalesce("+strings.Join(append(titles, "null"), ", ")+")"), def.Type, ""), nil
}

// excerpt reads the texts that the viewer may read, the title last, and looks for the words again.
func (s *searchResult) excerpt(b *builder, _ row, _ graphql.CollectedField, _ *ast.FieldDefinition) (writer, error) {
	var there []int
	var choices []writer
	for _, o := range s.objects(b) {
		look := searched[models.SearchType(strings.ToUpper(o.t.name))]
		var places []int
		if o.t == ticketType {
			comment := b.join("found comment", func(alias string) string {
				return commentType.schema.Table + " " + alias + " on " + b.seen(commentType, alias, commentType.node) + " and x.sort = 'Ticket' and " +
					alias + ".ticket_id = x.id and " + alias + ".id = x.part"
			})
			places = append(places, b.col(comment+".body"))
		}
		for _, column := range append(look.texts, look.title) {
			places = append(places, b.col(o.col(column)+"::text"))
		}
		there = append(there, b.col(o.col("id")))
		choices = append(choices, func(dst []byte, r *record) []byte {
			found := make([]string, 0, len(places))
			for _, i := range places {
				found = append(found, string(r.values[i]))
			}
			if text := s.terms.excerpt(found...); text != "" {
				return appendString(dst, []byte(text))
			}
			return append(dst, null...)
		})
	}
	return firstOf(there, choices), nil
}
