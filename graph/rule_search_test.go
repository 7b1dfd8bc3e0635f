package graph

import "testing"

func TestSearchSmoke(t *testing.T) {
	a := newAPI(t)
	for _, text := range []string{"caisse", "cassie", "ecran", "4203", "disque", "dubois", "o'brien & | ! ( \" : * \\", "print", "ada"} {
		for _, who := range []string{admin, memberOfOne, memberOfTwo, customer} {
			r := a.as(who).ok(`query($t: String!) { search(text: $t) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { type title excerpt node { id __typename ... on Ticket { number tenant { name } } } } } }
				tickets(filter: { search: $t }) { totalCount nodes { subject } } }`, map[string]any{"t": text})
			t.Log(text, who, stable(t, r.raw))
		}
	}
}
