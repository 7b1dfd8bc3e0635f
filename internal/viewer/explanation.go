package viewer

import (
	"fmt"

	"github.com/google/uuid"

	"tenantry/models"
)

// Item is what decides who sees an item or a tenant.
type Item struct {
	// SeenBy is whose reach must hold it: its tenant, the account's own id for a tenantless item, and
	// for articles see models.Article.
	SeenBy uuid.UUID
	// Article tells that the readership decides, and ForAll that it is for all tenants.
	Article, ForAll bool
	// Internal hides it from customers.
	Internal bool
}

// Sees tells whether the viewer, if active, finds the item.
func (v *Viewer) Sees(i Item) bool {
	reach := v.Reach()
	if i.Article {
		reach = v.Readership()
	}
	return reach.Holds(i.SeenBy) && !(i.Internal && v.Role == models.RoleCustomer)
}

// granted is the rule by which a user sees an item that they see.
func (v *Viewer) granted(i Item) models.AccessRule {
	switch {
	case v.Role == models.RoleAdmin:
		return models.AccessRuleAdmin
	case v.Grandfathered:
		return models.AccessRuleGrandfathered
	case i.ForAll && i.SeenBy == models.Everyone:
		return models.AccessRulePublishedToAll
	case i.ForAll:
		return models.AccessRuleAuthor
	case i.SeenBy == v.AccountID:
		return models.AccessRuleTenantlessWithoutMembership
	}
	return models.AccessRuleMemberOfTenant
}

// denied is the rule by which a user does not see an item that they do not see.
func (v *Viewer) denied(i Item) models.AccessRule {
	switch {
	case i.ForAll && i.SeenBy != models.Everyone, i.Internal && v.Reach().Holds(i.SeenBy):
		return models.AccessRuleInternal
	case i.SeenBy == v.AccountID:
		return models.AccessRuleTenantlessHidden
	}
	return models.AccessRuleNotMember
}

// Case is somebody, active or not, before an item, with the names to tell of it.
type Case struct {
	Viewer *Viewer
	Status models.UserStatus
	Item   Item
	// Over tells that the token has ended.
	Over bool
	// What is the item in a word, Tenant the name of its tenant, Token that of the token; empty if there
	// is none.
	What, Tenant, Token string
}

// Decide tells whether the item is seen, and by which rule or not.
func (c Case) Decide() (rule models.AccessRule, allowed bool) {
	owner := c.Viewer.Owner()
	switch {
	case c.Status != models.UserStatusActive || c.Over:
		return models.AccessRuleNotActive, false
	case !owner.Sees(c.Item):
		return owner.denied(c.Item), false
	case !c.Viewer.Sees(c.Item):
		return models.AccessRuleTokenNarrowed, false
	}
	return owner.granted(c.Item), true
}

// Sentence says what was decided to a person.
func (c Case) Sentence(rule models.AccessRule) string {
	who := c.Viewer.Name
	switch rule {
	case models.AccessRuleAdmin:
		return who + " is an admin, and admins see everything in the account."
	case models.AccessRuleGrandfathered:
		return who + " was here before tenant access was, has not been added to a tenant since, and so sees everything in the account."
	case models.AccessRuleMemberOfTenant:
		return fmt.Sprintf("%s is a member of %s.", who, c.Tenant)
	case models.AccessRuleTenantlessWithoutMembership:
		return fmt.Sprintf("The %s has no tenant, and %s is not a member of any: such agents see what has none.", c.What, who)
	case models.AccessRulePublishedToAll:
		return fmt.Sprintf("The article is published for all tenants, and so seen by agents and members of any tenant, as %s is.", who)
	case models.AccessRuleAuthor:
		return fmt.Sprintf("%s wrote the article, which is not published: until then its author sees it.", who)
	case models.AccessRuleInternal:
		if c.Item.ForAll {
			return fmt.Sprintf("The article is for all tenants and not published: until then its author, admins and grandfathered members see it, and %s is none of these.", who)
		}
		if c.Item.Article {
			return fmt.Sprintf("The article is not published, and %s is a customer.", who)
		}
		return fmt.Sprintf("The comment is internal, and %s is a customer.", who)
	case models.AccessRuleTenantlessHidden:
		if c.Viewer.Role == models.RoleCustomer {
			return fmt.Sprintf("The %s has no tenant, and %s is a customer.", c.What, who)
		}
		return fmt.Sprintf("The %s has no tenant, and %s is a member of tenants: such agents see what is theirs alone.", c.What, who)
	case models.AccessRuleTokenNarrowed:
		return fmt.Sprintf("%s sees the %s, but the token “%s” is for other tenants.", who, c.What, c.Token)
	case models.AccessRuleNotMember:
		if c.Item.ForAll {
			return fmt.Sprintf("The article is for all tenants, and %s is a customer and not a member of any.", who)
		}
		return fmt.Sprintf("%s is not a member of %s.", who, c.Tenant)
	}
	switch {
	case c.Status == models.UserStatusInvited:
		return who + " has not accepted the invitation yet, and sees nothing."
	case c.Status == models.UserStatusSuspended:
		return who + " is suspended, and sees nothing."
	}
	return fmt.Sprintf("The token “%s” is over, and sees nothing.", c.Token)
}
