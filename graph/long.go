package graph

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/viewer"
	"tenantry/models"
)

// long are the mutations that touch every item of a tenant, which takes longer than any other request may.
var long = []string{"deleteTenant"}

// longest is how long they may take.
const longest = 10 * time.Minute

// inTime gives an admin's long mutation its time. It goes on without the client, who may have stopped
// waiting for the answer.
func inTime(ctx context.Context, w http.ResponseWriter, op *graphql.OperationContext) (context.Context, context.CancelFunc) {
	who := viewer.From(ctx).Viewer()
	takesLong := func(f graphql.CollectedField) bool { return slices.Contains(long, f.Name) }
	if op.Operation.Operation != ast.Mutation || who == nil || who.Role != models.RoleAdmin || !slices.ContainsFunc(rootFields(op), takesLong) {
		return ctx, func() {}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(longest + 10*time.Second)) // not every writer can
	return context.WithTimeout(context.WithoutCancel(ctx), longest)
}
