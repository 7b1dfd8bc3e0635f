package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// asked are the root fields with arguments: what the oracle says of them, or with which code they are refused.
var asked = map[string]func(j *judge, ctx context.Context, f *collected, args map[string]any) (want any, code string, err error){
	"node": func(j *judge, _ context.Context, _ *collected, args map[string]any) (any, string, error) {
		if ref := j.named("", args["id"]); ref != nil {
			return ref, "", nil
		}
		return nil, "NOT_FOUND", nil
	},
	"nodes": func(j *judge, _ context.Context, _ *collected, args map[string]any) (any, string, error) {
		list := []any{}
		for _, id := range args["ids"].([]any) {
			list = append(list, j.named("", id))
		}
		return list, "", nil
	},
	"tenant": one("Tenant"), "device": one("Device"), "deviceGroup": one("DeviceGroup"), "ticket": one("Ticket"), "user": one("User"),
	"remoteSession": one("RemoteSession"), "asset": one("Asset"), "article": one("Article"),
	"ticketByNumber": func(j *judge, _ context.Context, _ *collected, args map[string]any) (any, string, error) {
		for id, r := range j.sight.rows["Ticket"] {
			if plain(r["number"], "Int") == plain(args["number"], "Int") {
				return id, "", nil
			}
		}
		return nil, "NOT_FOUND", nil
	},
	"assignableUsers":   assignable,
	"search":            found,
	"usersWithAccess":   withAccess,
	"accessExplanation": explained,
}

// one is a root field that names an object of a type.
func one(typ string) func(*judge, context.Context, *collected, map[string]any) (any, string, error) {
	return func(j *judge, _ context.Context, _ *collected, args map[string]any) (any, string, error) {
		if ref := j.named(typ, args["id"]); ref != nil {
			return ref, "", nil
		}
		return nil, "NOT_FOUND", nil
	}
}

// named is a reference to what an id of the API names, if it is seen; else nil.
func (j *judge) named(typ string, id any) any {
	text, _ := id.(string)
	of, decoded, ok := ids.Decode(text)
	k := key(decoded)
	if !ok || typ != "" && of != typ {
		return nil
	}
	if of == "User" { // anybody can be met, but not everybody found
		if admin := j.sight.rows["Query"][j.sight.account]["users"]; admin != nil && !slices.Contains(admin.([]any), any(k)) || admin == nil && k != j.me() {
			return nil
		}
	}
	if !j.sight.sees(of, k) {
		return nil
	}
	return "ref:" + of + ":" + hex(k)
}

func hex(k key) string { return fmt.Sprintf("%x-%x-%x-%x-%x", k[:4], k[4:6], k[6:8], k[8:10], k[10:]) }

// me is the user who asks.
func (j *judge) me() key { return j.sight.rows["Query"][j.sight.account]["viewer"].(key) }

// admin tells whether an admin of the whole account asks.
func (j *judge) admin() bool { return j.sight.rows["Query"][j.sight.account]["users"] != nil }

// agent tells whether an agent asks: only they see how many articles are in review.
func (j *judge) agent() bool {
	return j.sight.rows["Dashboard"][j.sight.account]["articlesInReview"] != nil
}

func assignable(j *judge, ctx context.Context, _ *collected, args map[string]any) (any, string, error) {
	if !j.agent() {
		return nil, "FORBIDDEN", nil
	}
	place := j.sight.account
	if id, ok := args["tenantId"].(string); ok {
		var known bool
		if place, known = decode("Tenant", id); !known || place == j.sight.account {
			return nil, "NOT_FOUND", nil
		}
	}
	rows, err := j.oracle.says(ctx, j.sight, "assignable", place)
	if err != nil || len(rows) == 0 || rows[0]["f"] == nil {
		return nil, "NOT_FOUND", err
	}
	return rows[0]["f"], "", nil
}

func decode(typ, id string) (key, bool) {
	k, ok := ids.DecodeAs(typ, id)
	return k, ok
}

// explainable are the types of which access can be explained.
var explainable = []string{"Tenant", "Device", "DeviceGroup", "Ticket", "TicketComment", "RemoteSession", "Asset", "Article"}

func withAccess(j *judge, _ context.Context, f *collected, args map[string]any) (any, string, error) {
	if !j.admin() {
		return nil, "FORBIDDEN", nil
	}
	typ, id, _ := ids.Decode(args["nodeId"].(string))
	if !slices.Contains(explainable, typ) || !j.sight.sees(typ, id) {
		return nil, "NOT_FOUND", nil
	}
	from := typ + ":" + hex(id)
	users := []any{}
	for k, r := range j.sight.rows["UserAccessEdge"] {
		if k.(link).from == from {
			users = append(users, r["id"])
		}
	}
	return linked{from, users}, "", nil
}

// linked is a list whose edges say something of what it was asked for.
type linked struct {
	from any
	keys []any
}

func explained(j *judge, ctx context.Context, _ *collected, args map[string]any) (any, string, error) {
	if !j.admin() {
		return nil, "FORBIDDEN", nil
	}
	user, ok := decode("User", args["userId"].(string))
	typ, item, known := ids.Decode(args["nodeId"].(string))
	if !ok || !known {
		return nil, "NOT_FOUND", nil
	}
	var program any
	if text, ok := args["tokenId"].(string); ok {
		if program, ok = decode("ApiToken", text); !ok {
			return nil, "NOT_FOUND", nil
		}
	}
	rows, err := j.oracle.says(ctx, j.sight, "explain", user, program, typ, key(item))
	if err != nil || len(rows) == 0 {
		return nil, "NOT_FOUND", err
	}
	return map[string]any(rows[0]), "", nil
}

// found is what a search finds, as objects that say of themselves what they are. The oracle says nothing of the order.
func found(j *judge, ctx context.Context, _ *collected, args map[string]any) (any, string, error) {
	rows, err := j.oracle.says(ctx, j.sight, "search", args["text"])
	return hits(rows), "", err
}

// hits are the results of a search.
type hits []row

// root compares the answer of a root field, and the code with which it was refused.
func (j *judge) root(ctx context.Context, f *collected, got any, code string) error {
	at := f.Alias
	if f.Name == "__typename" {
		return j.same(at, "Query", got)
	}
	ret := j.schema.Types[f.Definition.Type.Name()]
	want, there := j.sight.rows["Query"][j.sight.account][f.Name]
	refused := ""
	if there && want == nil {
		refused = "FORBIDDEN"
	} else if !there {
		ask := asked[f.Name]
		if ask == nil {
			return differ(at, "the oracle does not know Query.%s", f.Name)
		}
		var err error
		if want, refused, err = ask(j, ctx, f, j.arguments(f.Field)); err != nil {
			return err
		}
	}
	if j.values++; refused != code {
		return differ(at, "the oracle says %q, the answer %q", refused, code)
	}
	if j.fields != nil {
		j.fields["Query."+f.Name] = true
	}
	if refused != "" {
		return j.same(at, nil, got)
	}
	switch want := want.(type) {
	case linked:
		return j.connection(at, ret, want.from, want.keys, f, got)
	case hits:
		return j.hits(at, ret, want, f, got)
	case []any:
		if f.Name == "nodes" {
			return j.nodes(at, ret, want, f, got)
		}
	}
	return j.leading(at, ret, nil, want, f, got)
}

// nodes compares a list in which there is null for what is missing.
func (j *judge) nodes(at string, ret *ast.Definition, want []any, f *collected, got any) error {
	list, ok := got.([]any)
	if !ok || len(list) != len(want) {
		return differ(at, "%d were asked for, the answer is %v", len(want), got)
	}
	for i := range want {
		here := fmt.Sprintf("%s[%d]", at, i)
		err := j.same(here, want[i] == nil, list[i] == nil)
		if err == nil && want[i] != nil {
			err = j.leading(here, ret, nil, want[i], f, list[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
