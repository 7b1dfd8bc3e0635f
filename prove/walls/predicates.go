package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// compilers are the packages in which Go decides what somebody sees.
var compilers = []string{"internal/read", "internal/access"}

// switchboard is added to a package: it lets the bricks stand, but for the one that TENANTRY_TEST_PREDICATE names.
const switchboard = `package %s

import (
	"os"
	"strconv"
	"strings"
)

var brickGone, _ = strconv.Atoi(os.Getenv("TENANTRY_TEST_PREDICATE"))

// brickMet is a condition, or one that everything meets. What it has for arguments is still used.
func brickMet(n int, cond string) string {
	if n == brickGone {
		return "((" + cond + ") or true)"
	}
	return cond
}

// brickAll are conditions, or none.
func brickAll(n int, conds []string) []string {
	if n == brickGone {
		return nil
	}
	return conds
}

// brickAccount is a part of a statement, or the same without the account.
func brickAccount(n int, sql string) string {
	if n == brickGone {
		return strings.ReplaceAll(sql, "account_id = $1", "account_id is not null and $1::uuid is not null")
	}
	return sql
}

// brickSays is what a check says, or that there is nothing to say.
func brickSays(n int, yes bool) bool { return yes && n != brickGone }
`

// mason takes conditions out of a file's source, each so that it is still there unless it is chosen.
type mason struct {
	file    *token.File
	source  []byte
	edits   []edit
	bricks  *[]brick
	pkg, in string
	parents []ast.Node
}

// edit puts a text into the source, or in the place of a part.
type edit struct {
	at, end int
	text    string
}

// predicates finds the conditions, and writes the packages anew with a switch at each of them: one build
// serves for all. The overlay tells the go command to take these for the real ones.
func (s *site) predicates() ([]brick, error) {
	var all []brick
	replace := map[string]string{}
	for _, dir := range compilers {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("there is no source in %s: run from the root of the repository: %w", dir, err)
		}
		folder := filepath.Join(s.dir, "source", dir)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		put := func(name, content string) error {
			path, err := filepath.Abs(filepath.Join(dir, name))
			replace[path] = filepath.Join(folder, name)
			if err != nil {
				return err
			}
			return os.WriteFile(replace[path], []byte(content), 0o600)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			changed, err := take(name, &all)
			if err != nil {
				return nil, err
			}
			if err := put(filepath.Base(name), changed); err != nil {
				return nil, err
			}
		}
		if err := put("bricks.go", fmt.Sprintf(switchboard, filepath.Base(dir))); err != nil {
			return nil, err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	return all, os.WriteFile(filepath.Join(s.dir, "overlay.json"), overlay, 0o600)
}

// take finds the conditions of a file and gives its source with the switches.
func take(name string, all *[]brick) (string, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		return "", err
	}
	m := &mason{file: set.File(tree.Pos()), source: source, bricks: all, pkg: filepath.Base(filepath.Dir(name))}
	ast.Inspect(tree, m.visit)
	slices.SortStableFunc(m.edits, func(a, b edit) int { return a.at - b.at })
	var out strings.Builder
	at := 0
	for _, e := range m.edits {
		out.Write(source[at:e.at])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(source[at:])
	return out.String(), nil
}

func (m *mason) offset(p token.Pos) int { return m.file.Offset(p) }

func (m *mason) text(n ast.Node) string { return string(m.source[m.offset(n.Pos()):m.offset(n.End())]) }

// guard puts a switch around an expression.
func (m *mason) guard(function string, e ast.Expr) {
	n := len(*m.bricks) + 1
	what := strings.Join(strings.Fields(m.text(e)), " ")
	if len(what) > 110 {
		what = what[:110] + "…"
	}
	*m.bricks = append(*m.bricks, brick{
		kind: "predicate", name: fmt.Sprintf("%s:%d %s: %s", m.file.Name(), m.file.Line(e.Pos()), m.in, what),
		env: []string{fmt.Sprint("TENANTRY_TEST_PREDICATE=", n)},
	})
	start, end := m.offset(e.Pos()), m.offset(e.End())
	// What ends at a place ends before what begins there, and what is within ends before what is around.
	m.edits = append(m.edits, edit{start, start, fmt.Sprintf("%s(%d, ", function, n)})
	i := slices.IndexFunc(m.edits, func(x edit) bool { return x.at == end && strings.HasPrefix(x.text, ")") })
	if i < 0 {
		m.edits = append(m.edits, edit{end, end, ")"})
	} else {
		m.edits = slices.Insert(m.edits, i, edit{end, end, ")"})
	}
}

// walls are the names that a check of what somebody may see has in it.
var walls = regexp.MustCompile(`\b(Narrowed|Administers|Holds|Allows|Withheld|SelfOrAdmin|ReadOnly|byToken|AtLeast|gate|personal|whole|hidden|shown|internal|Kind|Role|account|AccountID)\b`)

var (
	listed      = regexp.MustCompile(`^(conds|l\.given|l\.where|parts)$`)
	accountText = regexp.MustCompile(`account_id = \$1`)
)

// visit looks at a node on the way through the file.
func (m *mason) visit(n ast.Node) bool {
	if n == nil {
		m.parents = m.parents[:len(m.parents)-1]
		return true
	}
	m.parents = append(m.parents, n)
	switch n := n.(type) {
	case *ast.FuncDecl:
		m.in = n.Name.Name
	case *ast.GenDecl:
		if n.Tok == token.CONST && accountText.MatchString(m.text(n)) { // a constant cannot be switched
			m.edits = append(m.edits, edit{m.offset(n.Pos()), m.offset(n.Pos()) + len("const"), "var"})
		}
	case *ast.IfStmt:
		if strings.Contains(m.text(n.Cond), "Unscoped") {
			m.parents = m.parents[:len(m.parents)-1]
			return false // of the tests of the other wall
		}
		if walls.MatchString(m.text(n.Cond)) && !adds(n.Body, m) {
			m.guard("brickSays", n.Cond)
		}
	case *ast.CaseClause:
		if s, ok := m.above(2).(*ast.SwitchStmt); ok && s.Tag == nil && m.pkg == "access" {
			for _, e := range n.List {
				if walls.MatchString(m.text(e)) {
					m.guard("brickSays", e)
				}
			}
		}
	case *ast.CallExpr:
		m.call(n)
	case *ast.CompositeLit:
		m.literal(n)
	case *ast.KeyValueExpr:
		if key := m.text(n.Key); key == "parent" {
			m.guard("brickMet", n.Value)
		} else if list, ok := n.Value.(*ast.CompositeLit); ok && key == "hidden" {
			for _, e := range list.Elts {
				m.guard("brickMet", e.(*ast.KeyValueExpr).Value)
			}
		}
	case *ast.BasicLit:
		if n.Kind == token.STRING && accountText.MatchString(n.Value) && !m.guarded(n) {
			m.guard("brickAccount", n)
		}
	}
	return true
}

// above is the node so many levels up.
func (m *mason) above(levels int) ast.Node {
	if i := len(m.parents) - 1 - levels; i >= 0 {
		return m.parents[i]
	}
	return nil
}

// adds tells whether a block adds conditions: then they are the bricks.
func adds(block *ast.BlockStmt, m *mason) (found bool) {
	ast.Inspect(block, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && m.isAppend(c) {
			found = true
		}
		return !found
	})
	return found
}

// isAppend tells a call that adds conditions.
func (m *mason) isAppend(c *ast.CallExpr) bool {
	return m.text(c.Fun) == "append" && listed.MatchString(m.text(c.Args[0]))
}

// call looks for conditions that are added, and for those that a method writes.
func (m *mason) call(c *ast.CallExpr) {
	switch {
	case m.isAppend(c):
		for _, e := range c.Args[1:] {
			switch f := e.(type) {
			case *ast.FuncLit:
				m.returned(f)
			case *ast.Ident:
			default:
				if c.Ellipsis.IsValid() {
					m.guard("brickAll", e)
				} else {
					m.guard("brickMet", e)
				}
			}
		}
	case regexp.MustCompile(`^[bc]\.(seen|among)$`).MatchString(m.text(c.Fun)):
		if outer, ok := m.above(1).(*ast.CallExpr); !ok || !m.isAppend(outer) {
			m.guard("brickMet", c)
		}
	}
}

// returned are the conditions that a function gives which is added.
func (m *mason) returned(f *ast.FuncLit) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			m.guard("brickMet", r.Results[0])
		}
		return true
	})
}

// literal looks for lists of conditions.
func (m *mason) literal(l *ast.CompositeLit) {
	if l.Type == nil {
		return
	}
	switch m.text(l.Type) {
	case "[]string":
		if s, ok := m.above(1).(*ast.AssignStmt); ok && listed.MatchString(m.text(s.Lhs[0])) {
			for _, e := range l.Elts {
				m.guard("brickMet", e)
			}
		}
	case "[]condition":
		for _, e := range l.Elts {
			if f, ok := e.(*ast.FuncLit); ok {
				m.returned(f)
			}
		}
	}
}

// guarded tells whether a switch is around the node already.
func (m *mason) guarded(n ast.Node) bool {
	at := m.offset(n.Pos())
	return slices.ContainsFunc(m.edits, func(e edit) bool { return e.at == at && strings.HasPrefix(e.text, "brick") })
}
