// Package importer reads a folder of CSV files into an account, in one transaction and by the rules
// of the API. All rows are checked before the first one is written.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/models"
)

// Options say what to import and how.
type Options struct {
	// OwnerURL signs in as the owner of the schema.
	OwnerURL string
	// Dir is the folder, Account the name of the account, which must exist.
	Dir, Account string
	// AddOnSeats sets the licence; nil leaves it.
	AddOnSeats *int
	// DryRun undoes everything at the end.
	DryRun bool
	// Update writes the columns that the files have to rows that were imported before.
	Update bool
	// Strict does nothing if any row is bad.
	Strict bool
	// Progress gets a line for each file that is done; may be nil.
	Progress io.Writer
}

// run is one import.
type run struct {
	Options
	ctx    context.Context
	tx     pgx.Tx
	report *Report
	sheets []*sheet
	*world
}

// Run imports a folder. The error says why it could not run, and then nothing was done; rows that
// were refused are in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.AddOnSeats != nil && (*o.AddOnSeats < 0 || *o.AddOnSeats > 1_000_000) {
		return nil, errors.New("the add-on seats are a number from 0 to 1,000,000")
	}
	r := &run{Options: o, ctx: ctx, report: &Report{Account: o.Account, DryRun: o.DryRun, Strict: o.Strict}}
	start := time.Now()
	if err := r.open(); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, o.OwnerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if r.tx, err = conn.Begin(ctx); err != nil {
		return nil, err
	}
	// After a commit it does nothing.
	defer func() { _ = r.tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := r.all(); err != nil {
		if postgres.HasState(err, postgres.UniqueViolation) || postgres.Temporary(err) {
			err = fmt.Errorf("the database is busy, or somebody changed the account at the same time; import again: %w", err)
		}
		return nil, err
	}
	r.report.Took = time.Since(start)
	return r.report, nil
}

// all checks everything, and then writes it.
func (r *run) all() error {
	seats, err := r.lockAccount()
	if err != nil {
		return err
	}
	if err := r.load(); err != nil {
		return err
	}
	for _, s := range r.sheets {
		if err := r.fold(s); err != nil {
			return err
		}
		for _, w := range s.rows {
			r.take(s, w)
		}
		slices.SortStableFunc(s.out.Bad, func(a, b Problem) int { return a.Line - b.Line })
	}
	if err := seats.enough(r.newSeats); err != nil {
		return err
	}
	if r.Strict && r.report.refused() > 0 {
		for _, s := range r.sheets {
			s.out.Added, s.out.Updated = 0, 0
		}
		return nil
	}
	r.datePast()
	for _, s := range r.sheets {
		if err := r.write(s); err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
		f := s.out
		fmt.Fprintf(r.Progress, "%s: %d read, %d added, %d updated, %d unchanged, %d refused\n", f.File, f.Read, f.Added, f.Updated, f.Unchanged, f.refused)
	}
	if err := r.record(seats); err != nil {
		return err
	}
	r.report.done = !r.DryRun
	if r.DryRun {
		return r.tx.Rollback(r.ctx)
	}
	return r.tx.Commit(r.ctx)
}

// licence is how many seats there were, are and are used.
type licence struct{ before, addOn, used int }

func (l licence) enough(more int) error {
	if has := models.IncludedSeats + l.addOn; l.used+more > has && (more > 0 || l.addOn < l.before) {
		return fmt.Errorf("there are too few seats: needs %d, has %d; set more with --add-on-seats", l.used+more, has)
	}
	return nil
}

// lockAccount finds the account and locks it, as everything does that takes seats, and sets the licence.
func (r *run) lockAccount() (l licence, err error) {
	name, err := models.Text(r.Account, nameMost)
	if err != nil {
		return l, fmt.Errorf("the account's name: %w", err)
	}
	var id uuid.UUID
	err = r.tx.QueryRow(r.ctx, `select a.account_id, a.name, a.add_on_seats from app.account_names n
		join app.accounts a on a.account_id = n.account_id where n.name = lower($1) for update of a`, name).Scan(&id, &r.report.Account, &l.before)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, fmt.Errorf("there is no account %q: make it with admin create", name)
	}
	if err != nil {
		return l, err
	}
	r.world = newWorld(id)
	if l.addOn = l.before; r.AddOnSeats != nil && *r.AddOnSeats != l.before {
		l.addOn = *r.AddOnSeats
		if _, err := r.tx.Exec(r.ctx, "update app.accounts set add_on_seats = $2 where account_id = $1", id, l.addOn); err != nil {
			return l, err
		}
	}
	err = r.tx.QueryRow(r.ctx, "select count(*) from app.users where account_id = $1 and status in ('INVITED', 'ACTIVE')", id).Scan(&l.used)
	return l, err
}
