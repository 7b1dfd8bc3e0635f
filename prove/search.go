package main

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// hits compares what a search found: which objects, in whatever order, and what is said of each.
func (j *judge) hits(at string, ret *ast.Definition, want hits, f *collected, got any) error {
	answer, _ := got.(map[string]any)
	size := 25
	if n, ok := j.arguments(f.Field)["first"].(int64); ok {
		size = int(n)
	}
	for name, part := range j.collect(ret.Name, f.set, nil) {
		var err error
		switch part.Name {
		case "totalCount":
			err = j.same(at+"."+name, float64(len(want)), answer[name])
		case "pageInfo":
			err = j.pageInfo(at+"."+name, part, answer[name], len(want), size)
		case "nodes", "edges":
			list, _ := answer[name].([]any)
			if part.Name == "edges" {
				if list, part = j.ofEdges(ret, part, list); part == nil {
					continue
				}
			}
			left := slices.Clone(want)
			if len(list) != min(len(want), size) {
				return differ(at, "the oracle finds %d, the answer has %d", len(want), len(list))
			}
			for _, hit := range list {
				if left, err = j.hit(at, left, part, hit); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) hit(at string, left hits, f *collected, got any) (hits, error) {
	m, _ := got.(map[string]any)
	node, _ := m["node"].(map[string]any)
	text, _ := node["id"].(string)
	typ, id, _ := ids.Decode(text)
	i := slices.IndexFunc(left, func(r row) bool { return r["type"] == typ && r["id"] == key(id) })
	if i < 0 {
		return left, differ(at, "the oracle does not find %q, or not twice", text)
	}
	r := row{"node": "ref:" + typ + ":" + hex(id), "type": strings.ToUpper(typ), "title": left[i]["title"]}
	return slices.Delete(left, i, i+1), j.object(at, "SearchResult", r, f.set, got)
}

// ofEdges are the nodes of edges, and what was selected of them: nothing if that is not enough to know them by.
func (j *judge) ofEdges(connection *ast.Definition, f *collected, list []any) (nodes []any, node *collected) {
	for name, part := range j.collect(connection.Fields.ForName("edges").Type.Name(), f.set, nil) {
		if part.Name != "node" || j.collect("SearchResult", part.set, nil)["node"] == nil {
			continue
		}
		for _, edge := range list {
			m, _ := edge.(map[string]any)
			nodes = append(nodes, m[name])
		}
		return nodes, part
	}
	return nil, nil
}
