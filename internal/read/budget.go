package read

import (
	"math"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/problem"
	"tenantry/models"
)

// budget is how many bytes more an operation may be answered with: of the database, and of JSON. One is not enough, as
// what is read once may be written under many aliases.
type budget struct{ read, written int }

// errTooMuch is why an answer is not read or written to its end.
var errTooMuch = problem.New(problem.CostLimit, "The answer is larger than the server gives out at once: ask for smaller pages, or for fewer long texts.")

// overflow is what a writer panics with that has written too much: it is many calls away from who can tell.
var overflow any = new(int)

// rows takes rows that are read.
func (b *budget) rows(values [][]byte) error {
	for _, v := range values {
		b.read -= len(v)
	}
	if b.read < 0 {
		return errTooMuch
	}
	return nil
}

// holds looks whether so much of an answer may be written.
func (b *budget) holds(dst []byte) {
	if len(dst) > b.written {
		panic(overflow)
	}
}

// write has a plan write its answer.
func (b *budget) write(p *plan, tables []table) (out []byte, err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case overflow:
			out, err = nil, errTooMuch
		default:
			panic(cause)
		}
	}()
	if out, err = p.write(tables); err == nil {
		b.holds(out)
		b.written -= len(out)
	}
	return out, err
}

// sure tells whether questions cannot ask for more than there is.
func (b *budget) sure(questions []*question) bool {
	largest := 0
	for _, q := range questions {
		largest = min(largest+q.plan.largest, endless)
	}
	return largest <= min(b.read, b.written)
}

// endless is the length of whatever nobody knows before: a list.
const endless = math.MaxInt32

// escaped is how many bytes a character may have in JSON.
const escaped = 6

// longest is how many bytes a field may have with its name; that of an object is the sum of its own.
func longest(f graphql.CollectedField, def *ast.FieldDefinition) int {
	most := 100
	switch name := def.Type.Name(); {
	case def.Name == "body":
		most = escaped * models.ArticleBodyMost
	case name == "String" || name == "JSON":
		most = escaped * models.TextMost
	}
	return len(f.Alias) + most
}
