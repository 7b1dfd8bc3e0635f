package rows

import "github.com/google/uuid"

// What happened to an object for a viewer, as the API's ChangeKind says it.
const (
	Created = "CREATED"
	Updated = "UPDATED"
	Gone    = "GONE"
)

// Change is what happened to an object of a set, for one viewer.
type Change struct {
	Kind string
	// Left is the tenant that an object was in which is gone: only who still sees that tenant's items is told.
	Left uuid.UUID
	// Internal is a change of what customers do not see.
	Internal bool
}

// Changed is the change of an object of a type, Ticket or Device.
func Changed(typ string, id uuid.UUID, change Change) *Set {
	return &Set{Type: typ, Keys: []uuid.UUID{id}, Change: &change}
}

// IsGone tells whether it is a change of an object that is not there any more, for the viewer.
func (s *Set) IsGone() bool { return s.Change != nil && s.Change.Kind == Gone }

// Failed ends a stream of changes with an error.
func Failed(err error) *Set { return &Set{Failed: err} }
