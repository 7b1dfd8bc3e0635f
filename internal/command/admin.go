package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/password"
	"tenantry/internal/postgres"
	"tenantry/models"
)

type adminInput struct {
	account, email, name, password string
	seats                          *int
}

// createAdmin makes an active admin, and the account if it is new. A seat must be free.
func createAdmin(ctx context.Context, ownerURL string, in adminInput) (string, error) {
	account, err := models.Text(in.account, 200)
	if err != nil || account == "" {
		return "", errors.New("--account is missing or cannot be used")
	}
	name, err := models.Text(in.name, 200)
	if err != nil || name == "" {
		return "", errors.New("--name is missing or cannot be used")
	}
	email, err := models.Email(in.email)
	if err != nil {
		return "", fmt.Errorf("--email: %w", err)
	}
	if len(in.password) < password.Shortest || len(in.password) > password.Longest {
		return "", fmt.Errorf("a password has %d to %d bytes", password.Shortest, password.Longest)
	}
	if in.seats != nil && *in.seats < 0 {
		return "", errors.New("--add-on-seats is a number from 0")
	}
	hash, err := password.New(1).Hash(ctx, in.password)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	what := "Made the admin " + email + " of the account " + account + "."
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		id, isNew, err := accountNamed(ctx, tx, account)
		if err != nil {
			return err
		}
		if isNew {
			what = "Made the account " + account + " and its admin " + email + "."
		}
		if in.seats != nil {
			if _, err := tx.Exec(ctx, "update app.accounts set add_on_seats = $2 where account_id = $1", id, *in.seats); err != nil {
				return err
			}
		}
		var used, all int
		err = tx.QueryRow(ctx, `select (select count(*) from app.users u where u.account_id = a.account_id and u.status in ('INVITED', 'ACTIVE')),
			$2 + a.add_on_seats from app.accounts a where a.account_id = $1`, id, models.IncludedSeats).Scan(&used, &all)
		if err != nil {
			return err
		}
		if used >= all {
			return fmt.Errorf("all seats are taken (%d used of %d): add some with --add-on-seats", used, all)
		}
		user := ids.New()
		_, err = tx.Exec(ctx, `insert into app.users (account_id, id, email, name, role, status) values ($1, $2, $3, $4, 'ADMIN', 'ACTIVE')`, id, user, email, name)
		if postgres.HasState(err, postgres.UniqueViolation) {
			return fmt.Errorf("%s is a user of the account already", email)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into app.credentials (account_id, user_id, password_hash) values ($1, $2, $3)`, id, user, hash); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into app.audit_events (account_id, id, actor_name, action, outcome, object_type, object_id, object_name, after)
			values ($1, $2, 'operator', 'admin create', 'DONE', 'User', $3, $4, jsonb_build_object('email', $5::text, 'role', 'ADMIN'))`, id, ids.New(), user, name, email)
		return err
	})
	return what, err
}

// accountNamed locks the account of a name, or makes it.
func accountNamed(ctx context.Context, tx pgx.Tx, name string) (id uuid.UUID, isNew bool, err error) {
	err = tx.QueryRow(ctx, `select a.account_id from app.account_names n join app.accounts a on a.account_id = n.account_id
		where n.name = lower($1) for update of a`, name).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, false, err
	}
	id = ids.New()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	_, err = tx.Exec(ctx, "insert into app.accounts (account_id, name, cursor_key) values ($1, $2, $3)", id, name, key)
	return id, true, err
}
