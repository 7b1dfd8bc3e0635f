// Package rows says what rows a field asks for, before anybody knows who asks.
//
// A resolver answers with a [Set]; the scope directive of its field turns that into the rows inside
// the viewer's reach. A Set has no rows of its own: written out as it is, it is an error.
package rows

import (
	"errors"
	"io"

	"github.com/google/uuid"
)

// Set describes objects of one GraphQL type, or of any type when it names ids.
type Set struct {
	// Type is the GraphQL type. It is empty for sets that name opaque ids of any type.
	Type string
	// Many tells a connection, or a list, from one object.
	Many bool
	// Refs are opaque ids as a client sent them. One that is malformed or of another type is missing.
	Refs []string
	// Keys are the ids of rows that the server itself names. Not nil: only these.
	Keys []uuid.UUID
	// Number finds a ticket.
	Number *int32
	// Assignable lists the agents whose reach holds the items of a tenant, given as an opaque id in
	// AssignableTo, or without one the tenantless items.
	Assignable   bool
	AssignableTo *string
	// Ended are those of the users in Keys whose membership of a tenant that is gone ended with it.
	Ended []uuid.UUID
	// Explain asks whether a user sees something, and Seeing, an opaque id, who does.
	Explain *Explain
	Seeing  *string
	// Search lists what the text of the field's arguments finds, of any type.
	Search bool
	// Change is what happened to the object; Failed, why no more changes follow; Moment asks for the database's
	// snapshot.
	Change *Change
	Failed error
	Moment bool
}

// All is the list of everything of a type that the field's scope lets through.
func All(typ string) *Set { return &Set{Type: typ, Many: true} }

// Self is the one object of a type that belongs to the viewer: Viewer, Account and Dashboard.
func Self(typ string) *Set { return &Set{Type: typ} }

// ByID is the object of a type with the opaque id that a client sent.
func ByID(typ, id string) *Set { return &Set{Type: typ, Refs: []string{id}} }

// ByNumber is the ticket with a number.
func ByNumber(number int32) *Set { return &Set{Type: "Ticket", Number: &number} }

// Node is the object with an opaque id, whatever its type.
func Node(id string) *Set { return &Set{Refs: []string{id}} }

// Nodes are the objects with these opaque ids, in order, null where one is missing.
func Nodes(ids []string) *Set { return &Set{Refs: ids, Many: true} }

// One is the object of a type whose id the server knows, for payloads.
func One(typ string, id uuid.UUID) *Set { return &Set{Type: typ, Keys: []uuid.UUID{id}} }

// Among is the list of the objects of a type whose ids the server knows, for payloads.
func Among(typ string, ids []uuid.UUID) *Set {
	if ids == nil {
		ids = []uuid.UUID{}
	}
	return &Set{Type: typ, Many: true, Keys: ids}
}

// Affected is the list of the users whose access changed, and of those among them whose membership ended.
func Affected(users, ended []uuid.UUID) *Set {
	set := Among("User", users)
	set.Ended = ended
	return set
}

// Assignable lists the agents who can be given the tickets of a tenant, or the tenantless ones.
func Assignable(tenant *string) *Set {
	return &Set{Type: "User", Many: true, Assignable: true, AssignableTo: tenant}
}

// Search is what the field's own arguments say is looked for.
func Search() *Set { return &Set{Many: true, Search: true} }

// MarshalGQL refuses to write a set: a field whose scope did not turn it into rows answers null.
func (s *Set) MarshalGQL(io.Writer) {
	panic(errors.New("a field without a scope directive has no rows"))
}

// UnmarshalGQL is there because the generator wants scalars to have it; no argument is a set.
func (s *Set) UnmarshalGQL(any) error { return errors.New("a set cannot be an argument") }
