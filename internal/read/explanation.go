package read

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"tenantry/internal/access"
	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
	"tenantry/models"
)

var membershipType = &typ{
	name: "AccessMembership", model: &models.Membership{},
	fields: map[string]field{
		"tenant":  to("Tenant", "tenant_id"),
		"addedBy": to("User", "added_by_id"),
		"addedAt": sql(func(_ *builder, r row) string { return r.col("created_at") }),
	},
}

// userAccessType is a row of usersWithAccess: the user's, and what withAccess adds.
var userAccessType = &typ{
	name: "UserAccessEdge", model: &models.User{},
	fields: map[string]field{"rule": sql(func(_ *builder, r row) string { return r.col("link_rule") })},
}

// explained is the type and key of what access can be explained of: tenants and their items.
func explained(ref string) (*typ, uuid.UUID, bool) {
	name, id, ok := ids.Decode(ref)
	t := types[name]
	return t, id, ok && (t.item() || t == tenantType)
}

// internal is the condition by which a row i of the type is hidden from customers.
func (t *typ) internal() string {
	if hidden, ok := t.hidden[postgres.Customer]; ok {
		return "not (" + fmt.Sprintf(hidden, "i") + ")"
	}
	return "false"
}

// forAll is the condition by which a row i of the type is for all tenants.
func (t *typ) forAll() string {
	if t == articleType {
		return "i.audience = 'ALL_TENANTS'"
	}
	return "false"
}

// asSentence writes a type as a sentence calls its objects.
var asSentence = strings.NewReplacer("DeviceGroup", "device group", "TicketComment", "comment", "RemoteSession", "remote session")

// explanation reads what decides whether a user sees an item, all in one row, and lets internal/viewer
// decide.
func (c *compiler) explanation(f graphql.CollectedField, set *rows.Set) (*plan, error) {
	t, item, known := explained(set.Explain.Node)
	user, ok := ids.DecodeAs("User", set.Explain.User)
	if !known || !ok {
		return missing(set), nil
	}
	c.begin()
	u, i := c.arg(user), c.arg(item)
	b := &builder{compiler: c, from: "app.users u join " + t.schema.Table + " i on i.account_id = $1 and i.id = " + i +
		" left join app.tenants n on n.account_id = $1 and n.id = i." + t.tenant +
		" left join app.memberships m on m.account_id = $1 and m.user_id = u.id and m.tenant_id = i." + t.tenant}
	conds := []string{"u.account_id = $1", "u.id = " + u}
	if t == tenantType {
		conds = append(conds, "i.id <> $1")
	}
	facts := []string{
		"u.name", "u.role", "u.status", "u.grandfathered",
		"array(select k.tenant_id from app.memberships k where k.account_id = $1 and k.user_id = u.id order by 1)",
		"i." + t.tenant, t.internal(), t.forAll(), "n.name",
	}
	if set.Explain.Token != nil {
		token, ok := ids.DecodeAs("ApiToken", *set.Explain.Token)
		if !ok {
			return missing(set), nil
		}
		b.from += " join app.api_tokens o on o.account_id = $1 and o.user_id = u.id and o.id = " + c.arg(token)
		facts = append(facts, "o.name", "o.narrowed", "coalesce(o.expires_at <= now(), false)",
			"array(select l.tenant_id from app.api_token_tenants l where l.account_id = $1 and l.token_id = o.id order by 1)")
	}
	at := make([]int, len(facts))
	for n, fact := range facts {
		at[n] = b.col(fact)
	}
	fields, err := b.explained(f)
	if err != nil {
		return nil, err
	}
	account := c.who.AccountID
	return &plan{statements: []statement{c.finish(b.sql(conds))}, write: func(tables []table) ([]byte, error) {
		if len(tables[0].records) == 0 {
			return missing(set).write(nil)
		}
		r := &tables[0].records[0]
		fact := func(n int) []byte { return r.values[at[n]] }
		yes := func(n int) bool { return fact(n)[0] == 1 || fact(n)[0] == 't' }
		who := &viewer.Viewer{
			AccountID: account, UserID: user, Name: string(fact(0)), Role: models.Role(fact(1)), Grandfathered: yes(3), Memberships: uuids(fact(4)),
		}
		of := viewer.Case{
			Viewer: who, Status: models.UserStatus(fact(2)), What: strings.ToLower(asSentence.Replace(t.name)), Tenant: string(fact(8)),
			Item: viewer.Item{Article: t == articleType, Internal: yes(6), ForAll: yes(7)},
		}
		copy(of.Item.SeenBy[:], fact(5)) // nothing for an article whose author is not known
		if len(at) > 9 {
			who.Token = &viewer.Token{Narrowed: yes(10), Tenants: uuids(fact(12))}
			of.Token, of.Over = string(fact(9)), yes(11)
		}
		return fields(of, r), nil
	}}, nil
}

// explained compiles the selection of an explanation.
func (b *builder) explained(f graphql.CollectedField) (func(viewer.Case, *record) []byte, error) {
	const name = "AccessExplanation"
	selected := graphql.CollectFields(b.op, f.Selections, []string{name})
	writers := make([]writer, len(selected))
	for n, inner := range selected {
		if inner.Name != "membership" {
			continue
		}
		w, err := b.object(row{b: b, t: membershipType, alias: "m"}, inner.Selections, membershipType.name)
		if err != nil {
			return nil, err
		}
		writers[n] = present(b.col("m.user_id"), w)
	}
	return func(of viewer.Case, r *record) []byte {
		rule, allowed := of.Decide()
		var fields []out
		for n, inner := range selected {
			w := writers[n]
			switch {
			case inner.Name == "__typename":
				w = literal(strconv.Quote(name))
			case inner.Name == "allowed":
				w = literal(strconv.FormatBool(allowed))
			case inner.Name == "rule":
				w = literal(strconv.Quote(string(rule)))
			case inner.Name == "explanation":
				w = literal(string(appendString(nil, []byte(of.Sentence(rule)))))
			case rule != models.AccessRuleMemberOfTenant:
				w = writeNull
			}
			fields = append(fields, member(inner.Alias, w))
		}
		return object(fields, b.budget)(nil, r)
	}, nil
}

// withAccess lists the users who see an item or a tenant: the rule by which they do is one expression
// on a user k and the item i, null for those who do not.
func (c *compiler) withAccess(f graphql.CollectedField, set *rows.Set) (*plan, error) {
	t, item, ok := explained(*set.Seeing)
	if !ok {
		return missing(set), nil
	}
	rule := `case when k.status <> 'ACTIVE' or k.role = 'CUSTOMER' and ` + t.internal() + ` then null
		when k.role = 'ADMIN' then 'ADMIN'
		when k.grandfathered then 'GRANDFATHERED'
		when ` + t.forAll() + ` then case
			when i.` + t.tenant + ` = '` + models.Everyone.String() + `' and (k.role = 'MEMBER' or k.tenant_count > 0) then 'PUBLISHED_TO_ALL'
			when i.` + t.tenant + ` = k.id then 'AUTHOR' end
		when i.` + t.tenant + ` = k.account_id then case when k.role = 'MEMBER' and k.tenant_count = 0 then 'TENANTLESS_WITHOUT_MEMBERSHIP' end
		when exists (select from app.memberships m where m.account_id = $1 and m.user_id = k.id and m.tenant_id = i.` + t.tenant + `)
			then 'MEMBER_OF_TENANT' end`
	l := &listing{
		t: types["User"], from: "app.users k join " + t.schema.Table + " i on i.account_id = $1", root: true,
		link: map[string]string{"link_rule": rule},
		given: []condition{func(c *compiler) string {
			return "i.id = " + c.arg(item) + " and (" + rule + ") is not null"
		}},
	}
	p, err := c.rootList(f, l, access.Account)
	if err != nil {
		return nil, err
	}
	return c.ifThere(t, item, p)
}

// uuids reads a uuid[] in binary format.
func uuids(v []byte) []uuid.UUID {
	var out []uuid.UUID
	if len(v) < 20 {
		return nil
	}
	for v = v[20:]; len(v) >= 20; v = v[20:] { // each with its length before it
		out = append(out, uuid.UUID(v[4:20]))
	}
	return out
}
