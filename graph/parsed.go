package graph

import (
	"context"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"tenantry/internal/problem"
)

// parsed are the documents that were asked last, parsed and found to fit the schema. Nothing of a viewer is in them.
type parsed struct {
	mu    sync.Mutex
	known *simplelru.LRU[string, *ast.QueryDocument]
	bytes int
}

const (
	// parsedMost is how many documents are kept, and parsedBytes how long they are together: parsed, one takes up to
	// fifty times as much memory as its text.
	parsedMost  = 1000
	parsedBytes = 2 << 20
)

func newParsed() *parsed {
	p := &parsed{}
	p.known, _ = simplelru.NewLRU(parsedMost, func(text string, _ *ast.QueryDocument) { p.bytes -= len(text) })
	return p
}

// Get finds a document.
func (p *parsed) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known.Get(text)
}

// Add keeps a document, unless it is so long that hardly anything else could be.
func (p *parsed) Add(_ context.Context, text string, document *ast.QueryDocument) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(text) > parsedBytes/16 || p.known.Contains(text) {
		return
	}
	p.known.Add(text, document)
	for p.bytes += len(text); p.bytes > parsedBytes; {
		p.known.RemoveOldest()
	}
}

const (
	// wordMost is how long a name may be, or a text where a name is wanted: suggestions compare it with all names of
	// the schema.
	wordMost = 200
	// textMost is how long any other text in a document may be, in bytes: more than any field takes.
	textMost = 200_000
	// alikeMost is how often a selection may ask for what has the same name in the answer, and spreadMost how many
	// fragments it may have: each is compared with each.
	alikeMost  = 20
	spreadMost = 100
)

// compact refuses a document that it would take long to hold against the schema, before that is done. One that does
// not parse is left to who reports that.
func (l Limits) compact(text string) error {
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, l.Tokens)
	if err != nil {
		return nil
	}
	var c compactness
	for _, o := range document.Operations {
		c.word(o.Name)
		for _, v := range o.VariableDefinitions {
			c.word(v.Variable)
			c.word(v.Type.Name())
			c.value(v.DefaultValue)
			c.directives(v.Directives)
		}
		c.directives(o.Directives)
		c.set(o.SelectionSet)
	}
	for _, f := range document.Fragments {
		c.word(f.Name)
		c.word(f.TypeCondition)
		c.directives(f.Directives)
		c.set(f.SelectionSet)
	}
	return c.refusal
}

// compactness looks at a document; the first thing that is too much is the refusal.
type compactness struct{ refusal error }

func (c *compactness) refuse(format string, args ...any) {
	if c.refusal == nil {
		c.refusal = problem.New(problem.CostLimit, format, args...)
	}
}

func (c *compactness) word(name string) {
	if len(name) > wordMost {
		c.refuse("The document has a name of %d characters; %d are allowed.", len(name), wordMost)
	}
}

func (c *compactness) directives(list ast.DirectiveList) {
	for _, d := range list {
		c.word(d.Name)
		c.arguments(d.Arguments)
	}
}

func (c *compactness) arguments(list ast.ArgumentList) {
	for _, a := range list {
		c.word(a.Name)
		c.value(a.Value)
	}
}

func (c *compactness) value(v *ast.Value) {
	if v == nil {
		return
	}
	if v.Kind == ast.EnumValue || v.Kind == ast.Variable {
		c.word(v.Raw)
	}
	if len(v.Raw) > textMost {
		c.refuse("The document has a text of %d bytes; %d are allowed.", len(v.Raw), textMost)
	}
	for _, child := range v.Children {
		c.word(child.Name)
		c.value(child.Value)
	}
}

func (c *compactness) set(set ast.SelectionSet) {
	alike, spreads := map[string]int{}, 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.word(s.Name)
			c.word(s.Alias)
			if alike[s.Alias]++; alike[s.Alias] == alikeMost+1 {
				c.refuse("The document asks for %.*s more than %d times in one place.", wordMost, s.Alias, alikeMost)
			}
			c.arguments(s.Arguments)
			c.directives(s.Directives)
			c.set(s.SelectionSet)
		case *ast.InlineFragment:
			spreads++
			c.word(s.TypeCondition)
			c.directives(s.Directives)
			c.set(s.SelectionSet)
		case *ast.FragmentSpread:
			spreads++
			c.word(s.Name)
			c.directives(s.Directives)
		}
	}
	if spreads > spreadMost {
		c.refuse("The document has more than %d fragments in one place.", spreadMost)
	}
}
