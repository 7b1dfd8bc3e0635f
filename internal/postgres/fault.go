package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// SQLSTATEs that decide what a write answers. Constraint names decide nothing: on a distributed
// schema they differ from shard to shard.
const (
	UniqueViolation     = "23505"
	CheckViolation      = "23514"
	ForeignKeyViolation = "23503"
)

// HasState tells whether an error is PostgreSQL's with this SQLSTATE.
func HasState(err error, state string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == state
}

// BadText tells whether a client's text was one that PostgreSQL cannot hold, such as one with a NUL.
func BadText(err error) bool {
	return HasState(err, "22021") || HasState(err, "22P05")
}

// Temporary tells whether the same call may succeed later: the database is away, full, busy or too
// slow, or two transactions were in each other's way.
func Temporary(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57") ||
			pg.Code == "TN001" || pg.Code == "40001" || pg.Code == "40P01" || pg.Code == readOnly || pg.Code == "55P03"
	}
	var connect *pgconn.ConnectError
	var network net.Error
	// A connection that ends in the middle of an answer is no net.Error.
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, driver.ErrBadConn) || errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, pgx.ErrTxClosed) || pgconn.SafeToRetry(err) || pgconn.Timeout(err)
}

// TooLarge tells whether a row was larger than the pool's settings allow. The connection is gone then.
func TooLarge(err error) bool {
	var large *pgproto3.ExceededMaxBodyLenErr
	return errors.As(err, &large)
}
