// Package problem has the errors that a client may see at the top of an answer. Whatever is not one
// of them is internal, and is answered without a detail.
package problem

import (
	"errors"
	"fmt"
)

// Code tells what kind of problem it is; clients rely on it.
type Code string

// The codes of the contract.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	NotFound        Code = "NOT_FOUND"
	BadUserInput    Code = "BAD_USER_INPUT"
	BadCursor       Code = "BAD_CURSOR"
	CostLimit       Code = "COST_LIMIT_EXCEEDED"
	RateLimited     Code = "RATE_LIMITED"
	Unavailable     Code = "UNAVAILABLE"
	Internal        Code = "INTERNAL"
)

// Error is a problem with a sentence for the client.
type Error struct {
	Code    Code
	Message string
}

func (e *Error) Error() string { return e.Message }

// New makes a problem. The message goes to the client: what is wrong, and what to do.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Is tells whether an error is a problem with this code.
func Is(err error, code Code) bool {
	var p *Error
	return errors.As(err, &p) && p.Code == code
}

// Missing is the answer for whatever is not there or may not be seen: always the same.
func Missing() *Error { return New(NotFound, "There is no such object, or you may not see it.") }

// SignIn is the answer for who is not signed in.
func SignIn() *Error {
	return New(Unauthenticated, "Sign in first: the session or token is missing, wrong or over.")
}
