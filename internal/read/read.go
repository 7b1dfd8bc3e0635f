// Package read answers fields from PostgreSQL: what was selected and the viewer's reach become one
// statement per root field, all statements of an operation become one round trip, and their rows
// become JSON. Visibility is decided here, by the directives of the schema, and checked again by the
// row level security of the database.
package read

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/access"
	"tenantry/internal/postgres"
	"tenantry/internal/problem"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
)

// Reader answers sets.
type Reader struct {
	Pool   *pgxpool.Pool
	Schema *ast.Schema
	// Unscoped leaves the compiler's own scoping out, so that a test can see the database's alone.
	Unscoped bool
	// Most is how many bytes the database may answer an operation with, and how many of JSON may be made of them; 0: as
	// many as there are.
	Most int
}

// Source is where a batch reads: a transaction of its viewer, who is nil if there is none. A nil source
// is the pool, with a transaction of the batch's own for the asker.
type Source interface {
	Reading() *viewer.Viewer
	// Send asks; "sure" says that the answers will not be too much.
	Send(ctx context.Context, questions *pgx.Batch, sure bool) error
}

// Batch gathers the questions of an operation, so that the first answer that is written asks them all.
type Batch struct {
	reader    *Reader
	source    Source
	budget    *budget
	mu        sync.Mutex
	questions []*question
	once      sync.Once
}

type batchKey struct{}

// With starts a batch: questions that are asked under the context go to the source together. What the operation of the
// context was answered with before counts.
func (r *Reader) With(ctx context.Context, source Source) context.Context {
	b := r.batch()
	if before, ok := ctx.Value(batchKey{}).(*Batch); ok {
		b.budget = before.budget
	}
	b.source = source
	return context.WithValue(ctx, batchKey{}, b)
}

// batch is one of an operation of its own, at no source.
func (r *Reader) batch() *Batch {
	most := cmp.Or(r.Most, math.MaxInt)
	return &Batch{reader: r, budget: &budget{read: most, written: most}}
}

// question is one field that waits for its rows.
type question struct {
	ctx   context.Context
	batch *Batch
	set   *rows.Set
	field graphql.CollectedField
	// who it was compiled for, and how it is answered.
	who  *viewer.Viewer
	plan *plan
	out  []byte
	err  error
}

// Ask turns a set into rows inside the viewer's reach, as the scope of the field of the context says.
// What a client got wrong is found here, so that this field alone fails. The result writes itself once
// the answer is written.
func (r *Reader) Ask(ctx context.Context, set *rows.Set) (graphql.Marshaler, error) {
	batch, ok := ctx.Value(batchKey{}).(*Batch)
	if !ok {
		return nil, errors.New("a field asks for rows outside of an operation")
	}
	who := viewer.From(ctx).Viewer()
	if batch.source != nil {
		who = batch.source.Reading()
	}
	if who == nil {
		return graphql.Null, nil
	}
	q, err := batch.ask(ctx, who, graphql.GetFieldContext(ctx).Field, set)
	if err != nil || q == nil {
		return graphql.Null, err
	}
	return q, nil
}

// ask adds a question to the batch; nil if there is nothing to ask.
func (b *Batch) ask(ctx context.Context, who *viewer.Viewer, field graphql.CollectedField, set *rows.Set) (*question, error) {
	q := &question{ctx: ctx, batch: b, set: set, field: field}
	err := q.compile(who)
	if problem.Is(err, problem.Forbidden) && b.source == nil {
		// The role may have changed since it was read.
		if who, err = viewer.From(ctx).Doubt(ctx); err == nil && who != nil {
			err = q.compile(who)
		}
	}
	var known *problem.Error
	if b.source == nil && errors.As(err, &known) {
		// Told once the database has said that the session holds: else it is UNAUTHENTICATED.
		q.plan, err = &plan{write: func([]table) ([]byte, error) { return nil, known }}, nil
	}
	if err != nil || q.plan == nil {
		return nil, err
	}
	b.mu.Lock()
	b.questions = append(b.questions, q)
	b.mu.Unlock()
	return q, nil
}

func (q *question) compile(who *viewer.Viewer) (err error) {
	r := q.batch.reader
	args := q.field.ArgumentMap(graphql.GetOperationContext(q.ctx).Variables)
	if err := access.Check(r.Schema, who, q.field.Definition, args); err != nil {
		return err
	}
	q.who = who
	q.plan, err = compile(r, graphql.GetOperationContext(q.ctx), who, q.field, q.set, q.batch.budget)
	return err
}

// MarshalGQL writes the answer; for the first question of a batch it asks all of them.
func (q *question) MarshalGQL(w io.Writer) {
	q.batch.once.Do(q.batch.run)
	if q.err != nil {
		graphql.AddError(q.ctx, graphql.AddFieldLocationToError(q.ctx, q.err))
		_, _ = io.WriteString(w, "null")
		return
	}
	_, _ = w.Write(q.out)
	q.out = nil // which may be long: the answer has it now
}

func (b *Batch) run() {
	// The answer is being written: no resolver is there any more that would make an error of a panic.
	defer func() {
		if cause := recover(); cause != nil {
			b.settle(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
		}
	}()
	ctx := b.questions[0].ctx
	if b.source != nil {
		b.settle(b.send(ctx, b.source.Send, b.questions))
		return
	}
	asker := viewer.From(ctx)
	who := asker.Viewer()
	pooled, err := b.reader.Pool.Acquire(ctx)
	if err != nil {
		b.settle(err)
		return
	}
	defer pooled.Release()
	conn := pooled.Conn()
	defer postgres.Rollback(ctx, conn)
	before := *b.budget
	err = b.readAs(ctx, conn, who)
	if postgres.Stale(err) {
		if who, err = asker.Renew(ctx, who, conn); err == nil {
			err = b.readAs(ctx, conn, who)
		}
	}
	var known *problem.Error
	if err != nil && !errors.As(err, &known) && !postgres.Temporary(err) && len(b.questions) > 1 {
		// One statement that fails takes the others with it; alone, each answers for itself.
		*b.budget = before
		for _, q := range b.questions {
			if q.err != nil {
				continue // refused for itself, when it was compiled anew
			}
			postgres.Rollback(ctx, conn)
			if err := b.sendAs(ctx, conn, who, []*question{q}); err != nil { // else it has an answer, or an error of its own
				q.err = err
			}
		}
		return
	}
	b.settle(err)
}

// readAs asks as a viewer. What was compiled for what was known of them before is compiled anew.
func (b *Batch) readAs(ctx context.Context, conn *pgx.Conn, who *viewer.Viewer) error {
	if who == nil {
		return problem.SignIn()
	}
	var asked []*question
	for _, q := range b.questions {
		if q.who != who {
			q.err = q.compile(who)
		}
		if q.err == nil {
			asked = append(asked, q)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	return b.sendAs(ctx, conn, who, asked)
}

// settle gives all questions that have no answer and no error of their own this one.
func (b *Batch) settle(err error) {
	for _, q := range b.questions {
		if q.err == nil && err != nil {
			q.err = err
		}
	}
}

// sendAs asks on a connection, in a transaction that becomes the viewer first.
func (b *Batch) sendAs(ctx context.Context, conn *pgx.Conn, who *viewer.Viewer, questions []*question) error {
	return b.send(ctx, func(ctx context.Context, asking *pgx.Batch, _ bool) error {
		var whole pgx.Batch
		who.Identity().Begin(&whole, false)
		whole.QueuedQueries = append(whole.QueuedQueries, asking.QueuedQueries...)
		whole.Queue("commit")
		return conn.SendBatch(ctx, &whole).Close()
	}, questions)
}

// send asks questions by way of a function, and gives them their answers.
func (b *Batch) send(ctx context.Context, by func(context.Context, *pgx.Batch, bool) error, questions []*question) error {
	var batch pgx.Batch
	n := 0
	for _, q := range questions {
		n += len(q.plan.statements)
	}
	tables := make([]table, n)
	n = 0
	for _, q := range questions {
		for _, s := range q.plan.statements {
			tables[n].budget = b.budget
			batch.Queue(s.sql, s.args...).Query(tables[n].fill)
			n++
		}
	}
	if err := by(ctx, &batch, b.budget.sure(questions)); postgres.TooLarge(err) {
		return errTooMuch
	} else if err != nil {
		return err
	}
	for _, q := range questions {
		n := len(q.plan.statements)
		q.out, q.err = b.budget.write(q.plan, tables[:n])
		tables = tables[n:]
	}
	return nil
}
