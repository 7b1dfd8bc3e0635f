package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/graph/generated"
	"tenantry/internal/golden"
	"tenantry/internal/ids"
)

func TestThePrintedSchemaIsAgreedTo(t *testing.T) {
	golden.Compare(t, "testdata/schema.graphql", PrintedSchema())
}

var scopes = []string{"tenantScoped", "accountScoped", "selfScoped", "public"}

// each calls f for every field of every object of the schema, introspection left out.
func each(schema *ast.Schema, f func(of *ast.Definition, field *ast.FieldDefinition)) {
	for _, def := range schema.Types {
		if def.Kind != ast.Object || strings.HasPrefix(def.Name, "__") {
			continue
		}
		for _, field := range def.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				f(def, field)
			}
		}
	}
}

func directivesOf(field *ast.FieldDefinition, names ...string) (n int) {
	for _, d := range field.Directives {
		if slices.Contains(names, d.Name) {
			n++
		}
	}
	return n
}

// leads tells whether a field goes from one object to another. Inside a connection it does not: the
// connection itself was scoped.
func leads(schema *ast.Schema, of *ast.Definition, field *ast.FieldDefinition) bool {
	target := schema.Types[field.Type.Name()]
	inside := strings.HasSuffix(of.Name, "Connection") || strings.HasSuffix(of.Name, "Edge") && field.Name == "node"
	return !inside && (target.Name == "Node" || target.Name == "Viewer" || slices.Contains(target.Interfaces, "Node") || strings.HasSuffix(target.Name, "Connection"))
}

func TestEveryRootFieldAndEdgeHasOneScopeAndAtMostOneGate(t *testing.T) {
	schema := Schema()
	each(schema, func(of *ast.Definition, field *ast.FieldDefinition) {
		name := of.Name + "." + field.Name
		scoped, gated := directivesOf(field, scopes...), directivesOf(field, "requires", "selfOrAdmin")
		root := of == schema.Query || of == schema.Mutation
		switch {
		case scoped > 1 || gated > 1:
			t.Errorf("%s has %d scopes and %d gates", name, scoped, gated)
		case (root || leads(schema, of, field) || gated > 0) && scoped != 1:
			t.Errorf("%s has no scope", name)
		}
		if (root || gated > 0) && field.Type.NonNull {
			t.Errorf("%s can be refused and is not nullable", name)
		}
		if leads(schema, of, field) && field.Type.NonNull && !strings.HasSuffix(field.Type.Name(), "Connection") {
			t.Errorf("%s leads to an object that may be out of reach and is not nullable", name)
		}
	})
}

// partTypes are objects that hold parts of the object above them, which was scoped, and lead to nothing but what
// is scoped itself.
var partTypes = []string{"AccessChange", "AccessCounts", "AccessMembership", "ItemCounts", "PageInfo", "TenantAudience", "TicketRequester", "UserError", "ViewerCan"}

// unscoped are the fields without a scope that hold more than a value of their own object.
func unscoped(schema *ast.Schema) (names []string) {
	each(schema, func(of *ast.Definition, field *ast.FieldDefinition) {
		target := schema.Types[field.Type.Name()]
		inside := strings.HasSuffix(of.Name, "Connection") || strings.HasSuffix(of.Name, "Edge") && field.Name == "node"
		root := of == schema.Query || of == schema.Mutation
		if directivesOf(field, scopes...) == 0 && (root || !target.IsLeafType() && !inside && !slices.Contains(partTypes, target.Name)) {
			names = append(names, of.Name+"."+field.Name)
		}
	})
	slices.Sort(names)
	return names
}

func TestEveryFieldHasAScopeOrIsAPartOfAnObjectThatHas(t *testing.T) {
	for _, name := range unscoped(Schema()) {
		t.Errorf("%s has no scope and is not known as a part", name)
	}
	// The check itself notices.
	wide, err := gqlparser.LoadSchema(&ast.Source{Name: "wide", Input: PrintedSchema() + `
		extend type Query { all: Int everything: [Device!] }
		extend type Ticket { neighbours: [Ticket!] secrets: Secrets }
		type Secrets { of: Device }`})
	must(t, err)
	if got := unscoped(wide); !slices.Equal(got, []string{"Query.all", "Query.everything", "Secrets.of", "Ticket.neighbours", "Ticket.secrets"}) {
		t.Errorf("of fields without a scope these were noticed: %v", got)
	}
}

// scopeWanted is the scope of what a field leads to: items and tenants are in somebody's reach, the viewer is their
// own. Empty: the type alone does not say.
func scopeWanted(schema *ast.Schema, field *ast.FieldDefinition) string {
	target := schema.Types[strings.TrimSuffix(field.Type.Name(), "Connection")]
	switch {
	case target == nil:
		return ""
	case target.Name == "Viewer":
		return "selfScoped"
	case target.Name == "Tenant" || target.Name == "TicketComment" || target.Name == "Node" ||
		target.Kind == ast.Object && target.Fields.ForName("tenant") != nil && slices.Contains(target.Interfaces, "Node") && target.Name != "AuditEvent":
		return "tenantScoped"
	}
	return ""
}

func TestWhatBelongsToATenantOrToOneselfHasThatScope(t *testing.T) {
	schema := Schema()
	led := 0
	each(schema, func(of *ast.Definition, field *ast.FieldDefinition) {
		wanted := scopeWanted(schema, field)
		inside := strings.HasSuffix(of.Name, "Connection") || strings.HasSuffix(of.Name, "Edge")
		switch {
		case wanted != "" && !inside:
			led++
			if directivesOf(field, "selfOrAdmin") == 1 || of.Name == "AuditEvent" {
				return // these come to what they have been in, as their account keeps it
			}
			if directivesOf(field, wanted) != 1 {
				t.Errorf("%s.%s leads to %s and is not @%s", of.Name, field.Name, field.Type, wanted)
			}
		// A value has the scope of its object, if it has one.
		case scopeWanted(schema, &ast.FieldDefinition{Type: ast.NamedType(of.Name, nil)}) == "tenantScoped" &&
			schema.Types[field.Type.Name()].IsLeafType() && directivesOf(field, "accountScoped", "selfScoped") > 0:
			t.Errorf("%s.%s is a value of what belongs to a tenant, and is scoped otherwise", of.Name, field.Name)
		}
	})
	if led < 90 {
		t.Errorf("only %d fields lead to what belongs to somebody", led)
	}
}

func TestEveryMutationTakesAnInputAndGivesAPayloadWithUserErrors(t *testing.T) {
	schema := Schema()
	for _, m := range schema.Mutation.Fields {
		if strings.HasPrefix(m.Name, "__") {
			continue
		}
		title := strings.ToUpper(m.Name[:1]) + m.Name[1:]
		payload := schema.Types[m.Type.Name()]
		if payload.Name != title+"Payload" || payload.Fields.ForName("userErrors").Type.String() != "[UserError!]!" {
			t.Errorf("%s gives %s", m.Name, m.Type)
		}
		if m.Name != "signOut" && (len(m.Arguments) != 1 || m.Arguments[0].Type.String() != title+"Input!") {
			t.Errorf("%s does not take one input", m.Name)
		}
		if schema.Types["ViewerCan"].Fields.ForName(m.Name) == nil {
			t.Errorf("Viewer.can does not tell about %s", m.Name)
		}
	}
}

func TestEverythingInTheSchemaIsDescribed(t *testing.T) {
	schema := Schema()
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		if def.Description == "" {
			t.Errorf("%s has no description", def.Name)
		}
		for _, f := range def.Fields {
			if f.Description == "" && !strings.HasPrefix(f.Name, "__") {
				t.Errorf("%s.%s has no description", def.Name, f.Name)
			}
			for _, a := range f.Arguments {
				if a.Description == "" && !strings.HasPrefix(f.Name, "__") {
					t.Errorf("%s.%s(%s) has no description", def.Name, f.Name, a.Name)
				}
			}
		}
		for _, v := range def.EnumValues {
			if v.Description == "" {
				t.Errorf("%s.%s has no description", def.Name, v.Name)
			}
		}
	}
}

func TestEveryDirectiveIsImplemented(t *testing.T) {
	if err := implemented((&guard{}).directives()); err != nil {
		t.Error(err)
	}
	if err := implemented(generated.DirectiveRoot{}); err == nil {
		t.Error("directives that nothing implements were not noticed")
	}
}

func TestEveryTypeWithAnIDHasAPrefix(t *testing.T) {
	for _, def := range Schema().PossibleTypes["Node"] {
		if ids.Types()[def.Name] == "" {
			t.Errorf("%s has no prefix in internal/ids", def.Name)
		}
	}
}

// everything selects all fields of a type, and of what it leads to the type's name.
func everything(schema *ast.Schema, def *ast.Definition) string {
	var b strings.Builder
	b.WriteString("{ __typename")
	for _, f := range def.Fields {
		target := schema.Types[f.Type.Name()]
		b.WriteString(" " + f.Name)
		switch {
		case target.IsLeafType():
		case strings.HasSuffix(target.Name, "Connection"):
			edge := schema.Types[target.Fields.ForName("edges").Type.Name()]
			b.WriteString(" { __typename totalCount pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor } nodes { __typename } edges { __typename cursor")
			for _, own := range edge.Fields {
				if own.Name != "cursor" {
					b.WriteString(" " + own.Name)
					if !schema.Types[own.Type.Name()].IsLeafType() {
						b.WriteString(" { __typename }")
					}
				}
			}
			b.WriteString(" } }")
		case target.Kind == ast.Interface || slices.Contains(target.Interfaces, "Node"):
			b.WriteString(" { __typename }")
		default:
			b.WriteString(" " + everything(schema, target))
		}
	}
	b.WriteString(" }")
	return b.String()
}

func TestEveryFieldOfEveryTypeIsAnsweredForEveryRole(t *testing.T) {
	a := newAPI(t)
	schema := a.reader.Schema
	documents := map[string]string{"Viewer": "{ viewer " + everything(schema, schema.Types["Viewer"]) + " }"}
	for _, def := range schema.PossibleTypes["Node"] {
		documents[def.Name] = fmt.Sprintf("query($id: ID!) { node(id: $id) { id ... on %s %s } nodes(ids: [$id]) { id ... on %s %s } }",
			def.Name, everything(schema, def), def.Name, everything(schema, def))
	}
	for _, viewer := range viewers[:6] {
		c := a.as(viewer.email)
		for name, document := range documents {
			// One that is there, for who sees it, and one that is not.
			for _, id := range []string{a.anyID(name), ids.Encode("Device", ids.New())} {
				r := c.do(document, map[string]any{"id": id})
				if code := r.code(); code != "" && code != "NOT_FOUND" {
					t.Errorf("%s reads %s: %s\n%s", viewer.name, name, r.raw, a.log.String())
				}
			}
		}
	}
}

func TestEveryListTakesEveryOrderAndFilterForEveryRole(t *testing.T) {
	a := newAPI(t)
	for _, viewer := range viewers[:6] {
		c := a.as(viewer.email)
		for _, f := range a.reader.Schema.Query.Fields {
			if !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			for _, args := range a.arguments(f) {
				r := c.do(fmt.Sprintf("{ %s%s { totalCount nodes { __typename } } }", f.Name, args), nil)
				if code := r.code(); code != "" && code != "FORBIDDEN" && code != "NOT_FOUND" {
					t.Errorf("%s asks %s%s: %s\n%s", viewer.name, f.Name, args, r.raw, a.log.String())
				}
			}
		}
	}
}

// arguments are one list of arguments for each order and each filter of a list.
func (a *api) arguments(f *ast.FieldDefinition) []string {
	schema := a.reader.Schema
	out := []string{""}
	for _, arg := range f.Arguments {
		if arg.Type.NonNull {
			return []string{fmt.Sprintf("(%s: %s)", arg.Name, sample(schema, arg.Type))}
		}
	}
	for _, arg := range f.Arguments {
		def := schema.Types[arg.Type.Name()]
		if arg.Type.NonNull {
			out[0] = "(" + arg.Name + ": " + sample(schema, arg.Type) + ")"
		}
		switch arg.Name {
		case "orderBy":
			for _, v := range schema.Types[def.Fields.ForName("field").Type.Name()].EnumValues {
				out = append(out, "(first: 2, orderBy: { field: "+v.Name+", direction: DESC })", "(last: 2, orderBy: { field: "+v.Name+" })")
			}
		case "filter":
			for _, field := range def.Fields {
				out = append(out, fmt.Sprintf("(filter: { %s: %s })", field.Name, sample(schema, field.Type)))
			}
		}
	}
	return out
}

// sample is a value of an input type, as it is written in a document.
func sample(schema *ast.Schema, t *ast.Type) string {
	if t.Elem != nil {
		return "[" + sample(schema, t.Elem) + "]"
	}
	switch def := schema.Types[t.Name()]; {
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case def.Name == "Boolean":
		return "true"
	case def.Name == "Int":
		return "1"
	case def.Name == "Float":
		return "1.5"
	case def.Name == "Date":
		return `"2026-01-01"`
	case def.Name == "DateTime":
		return `"2026-01-01T00:00:00Z"`
	case def.Kind == ast.InputObject:
		var parts []string
		for _, f := range def.Fields {
			parts = append(parts, f.Name+": "+sample(schema, f.Type))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case def.Name == "ID":
		return `"` + ids.Encode("Tenant", ids.New()) + `"`
	}
	return `"text"`
}
