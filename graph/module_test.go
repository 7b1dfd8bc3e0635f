package graph

import "maps"

// module is what the tests of all mutations need to know of a part of the API. A new one registers its
// own in modules, in a file of its own; its mutations are then tried by everybody, with every wrong id.
type module struct {
	// good has an input for each mutation that goes well for an admin and, where they may use it, for
	// the member and the customer of Boulangerie Dubois.
	good func(a *api) map[string]in
	// deeds are calls that go well, one after the other, by each role that may; what they answer and
	// what the audit keeps is in testdata/deeds.
	deeds func(a *api) []deed
	// links is the outcome, by mutation and input field, where an id cannot be linked to; elsewhere it
	// is NOT_FOUND.
	links map[string]string
	// typeOf has the type of each input field with an id, but for "id".
	typeOf map[string]string
	// foreign and hidden name an object of each type in the other account, and one out of reach of the
	// member and the customer of Boulangerie Dubois.
	foreign, hidden map[string]string
	// keys has for each type the query that finds an object of the demo by its name, without the account.
	keys map[string]string
}

var modules = map[string]module{}

// good has the good inputs of all modules.
func (a *api) good() map[string]in {
	all := map[string]in{}
	for _, m := range modules {
		maps.Copy(all, m.good(a))
	}
	return all
}
