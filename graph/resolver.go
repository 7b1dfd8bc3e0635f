// Package graph answers GraphQL. A resolver says what is asked (internal/rows) or changes something
// (internal/store); the access directives of the schema turn what is asked into rows inside the
// viewer's reach (internal/read).
package graph

import (
	"time"

	"tenantry/internal/event"
	"tenantry/internal/read"
	"tenantry/internal/store"
)

// Resolver is what resolvers need.
type Resolver struct {
	Store  *store.Store
	Reader *read.Reader
	Events *event.Hub
	// Timeout is how long a subscription may take to begin.
	Timeout time.Duration
}
