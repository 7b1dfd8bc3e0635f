package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/postgres"
	"tenantry/internal/problem"
)

// Key makes a mutation one that happens once, however often it is sent.
type Key struct {
	// Key is what the client chose, Field the root field's name in the answer.
	Key, Field string
	// Request is the SHA-256 of document and variables.
	Request [32]byte
}

// repeated is why a mutation does not begin: it has happened before, and this came of it.
type repeated struct{ outcome []byte }

func (*repeated) Error() string { return "the mutation was sent before" }

// Repeated tells whether a mutation ended because it had happened before, and gives what Keep was given then. Its
// transaction is open for the payload to be read anew.
func Repeated(err error) (outcome []byte, ok bool) {
	var r *repeated
	if !errors.As(err, &r) {
		return nil, false
	}
	return r.outcome, true
}

// claim takes the key for this mutation. While another with the same key runs, it waits; if that one went well, the
// error says what came of it. What follows can be undone without losing the claim.
func (tx *Tx) claim(k Key) error {
	of := tx.keptAt(k)
	tx.later("delete from app.idempotency_keys where account_id = $1 and user_id = $2 and created_at < clock_timestamp() - interval '24 hours'",
		tx.Viewer.AccountID, tx.Viewer.UserID)
	err := tx.ask(`insert into app.idempotency_keys (account_id, user_id, credential_id, key, field, request_hash) values ($1, $2, $3, $4, $5, $6)
		on conflict (account_id, user_id, credential_id, key, field) do nothing returning true`, append(of, k.Request[:]), new(bool))
	if err == nil {
		tx.unit.claimed = of
		tx.later("savepoint claimed")
		return nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := tx.cameOf(k); err != nil {
		return err
	}
	return problem.New(problem.Unavailable, "What the key stood for was just forgotten: try again.")
}

// keptAt is the row of a key: of a user's sessions together, of each token apart.
func (tx *Tx) keptAt(k Key) []any {
	owner := tx.Viewer.UserID
	if tx.Viewer.Token != nil {
		owner = tx.Viewer.Token.ID
	}
	return []any{tx.Viewer.AccountID, tx.Viewer.UserID, owner, k.Key, k.Field}
}

// cameOf is nil if nothing was done with a key yet, and else an error: what came of it, or that it stood for
// something else.
func (tx *Tx) cameOf(k Key) error {
	var request, outcome []byte
	err := tx.ask(`select request_hash, outcome from app.idempotency_keys where account_id = $1 and user_id = $2 and credential_id = $3 and key = $4
		and field = $5 and created_at >= clock_timestamp() - interval '24 hours'`, tx.keptAt(k), &request, &outcome)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case string(request) != string(k.Request[:]):
		return problem.New(problem.BadUserInput, "The Idempotency-Key was sent before with another document or other variables: choose a new one for each change.")
	}
	return &repeated{outcome}
}

// Keep notes what came of a mutation, if it has a key: a repeat gets that. It has no secrets.
func (s *Store) Keep(ctx context.Context, outcome any) error {
	u, ok := ctx.Value(unitKey{}).(*Unit)
	if !ok || u.claimed == nil {
		return nil
	}
	text, err := json.Marshal(outcome)
	if err != nil {
		return fmt.Errorf("the outcome of %s cannot be kept: %w", u.Action, err)
	}
	u.outcome = text
	if !u.undo {
		u.tx.later(keepOutcome, append(u.claimed, string(text))...)
	}
	return nil
}

const keepOutcome = `update app.idempotency_keys set outcome = $6 where account_id = $1 and user_id = $2 and credential_id = $3 and key = $4 and field = $5`

// keepAlone undoes all of a transaction but the claim and its outcome: of what had faults, or was a dry run.
func (u *Unit) keepAlone(ctx context.Context) error {
	u.pending = pgx.Batch{}
	// By the simple protocol: a transaction that a statement has failed in prepares none.
	if err := u.pgx.PgConn().Exec(ctx, "rollback to savepoint claimed").Close(); err != nil {
		return err
	}
	args := append(u.claimed, string(u.outcome))
	for i := range args {
		args[i] = postgres.Arg(args[i])
	}
	u.pending.Queue(keepOutcome, args...)
	u.commit()
	return u.flush(ctx)
}
