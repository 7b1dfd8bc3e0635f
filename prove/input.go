package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"tenantry/internal/ids"
)

// input makes a value of an input type.
func (w *writer) input(s *sight, mutation string, def *ast.Definition) (string, error) {
	var parts []string
	for _, f := range def.Fields {
		if !f.Type.NonNull && !w.chance(35) || f.Name == "version" {
			continue
		}
		value, err := w.value(s, mutation, f)
		if err != nil {
			return "", err
		}
		if f.Type.Elem != nil {
			value = "[" + value + "]"
		}
		parts = append(parts, f.Name+": "+value)
	}
	return "{ " + strings.Join(parts, ", ") + " }", nil
}

func (w *writer) value(s *sight, mutation string, f *ast.FieldDefinition) (string, error) {
	def := w.trial.schema.Types[f.Type.Name()]
	switch def.Kind {
	case ast.Enum:
		return def.EnumValues[w.IntN(len(def.EnumValues))].Name, nil
	case ast.InputObject:
		return w.input(s, mutation, def)
	}
	switch def.Name {
	case "ID":
		return w.id(s, mutation, f.Name)
	case "Boolean":
		return fmt.Sprint(w.chance(30)), nil
	case "Int":
		return fmt.Sprint(40 + w.IntN(9)), nil
	case "Float":
		return "12.5", nil
	case "Date":
		return `"2027-01-02"`, nil
	case "DateTime":
		return `"2099-01-02T03:04:05Z"`, nil
	case "String":
		w.names++
		if strings.Contains(strings.ToLower(f.Name), "email") {
			return fmt.Sprintf(`"new%d@mail.example"`, w.names), nil
		}
		if f.Name == "locale" {
			return `"en"`, nil
		}
		if f.Name == "timeZone" {
			return `"Europe/Paris"`, nil
		}
		return fmt.Sprintf(`"written %d"`, w.names), nil
	}
	return "", fmt.Errorf("nothing is known of the values of %s", def.Name)
}

// called are the types of what arguments name.
var called = map[string]string{"moveTo": "Tenant", "sessionId": "RemoteSession", "groupId": "DeviceGroup", "assigneeId": "User", "requesterId": "User"}

// id is mostly that of something in sight, and else of anything of its type, of any account.
func (w *writer) id(s *sight, mutation, name string) (string, error) {
	typ := called[name]
	if typ == "" {
		word := strings.TrimSuffix(strings.TrimSuffix(name, "s"), "Id")
		if name == "id" {
			word = strings.TrimSuffix(mutation, "s")
		}
		for _, known := range slices.Sorted(maps.Keys(w.world.ids)) {
			if strings.EqualFold(known, word) || name == "id" && strings.HasSuffix(word, known) && len(known) > len(typ) {
				typ = known
			}
		}
	}
	if typ == "" {
		return "", fmt.Errorf("nothing is known of what %s names", name)
	}
	all := w.world.ids[typ]
	if rows := s.rows[typ]; len(rows) > 0 && w.chance(80) {
		all = nil
		for k := range rows {
			all = append(all, k.(key))
		}
		slices.SortFunc(all, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	}
	return fmt.Sprintf("%q", ids.Encode(typ, all[w.IntN(len(all))])), nil
}
