package rows

// Explain asks whether a user sees an item or a tenant, and why.
type Explain struct {
	// User and Node are opaque ids as a client sent them; so is Token, if it is about one.
	User, Node string
	Token      *string
}

// Explanation tells whether a user, or one of their tokens, sees an item or a tenant.
func Explanation(user, node string, token *string) *Set {
	return &Set{Type: "AccessExplanation", Explain: &Explain{User: user, Node: node, Token: token}}
}

// WithAccess lists the users who see an item or a tenant.
func WithAccess(node string) *Set { return &Set{Type: "User", Many: true, Seeing: &node} }
