package main

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"sync"

	"github.com/jackc/pgx/v5"
)

//go:embed oracle.sql
var oracleSQL string

// oracle says who sees what. It asks the tables, and knows nothing else of the project.
type oracle struct {
	mu   sync.Mutex
	conn *pgx.Conn
	// views are the columns of each of its views.
	views map[string]map[string]bool
	// said is what its functions said since the last look.
	said map[string][]row
}

// row is an object as somebody sees it: a value for each field. An edge is a key, a list is keys.
type row map[string]any

// key is that of a row, in its account.
type key = [16]byte

// sight is all that somebody sees.
type sight struct {
	account, eye key
	// rows are by type and key; those of the links of a list by what they lead from and to.
	rows map[string]map[any]row
}

// link is the key of what a list says of one of its elements.
type link struct {
	from any
	to   key
}

// newOracle takes a connection of a superuser.
func newOracle(ctx context.Context, conn *pgx.Conn) (*oracle, error) {
	if _, err := conn.Exec(ctx, oracleSQL); err != nil {
		return nil, fmt.Errorf("oracle.sql: %w", err)
	}
	o := &oracle{conn: conn, views: map[string]map[string]bool{}}
	rows, err := conn.Query(ctx, "select table_name, column_name from information_schema.columns where table_schema = 'oracle' and table_name <> lower(table_name)")
	if err != nil {
		return nil, err
	}
	var view, column string
	_, err = pgx.ForEachRow(rows, []any{&view, &column}, func() error {
		if o.views[view] == nil {
			o.views[view] = map[string]bool{}
		}
		o.views[view][column] = true
		return nil
	})
	return o, err
}

// look takes in what the tables hold now.
func (o *oracle) look(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said = map[string][]row{}
	_, err := o.conn.Exec(ctx, "call oracle.look()")
	return err
}

// asks tells with which session somebody asks.
func (o *oracle) asks(ctx context.Context, account, eye, session key) error {
	_, err := o.conn.Exec(ctx, "insert into oracle.asking values ($1, $2, $3) on conflict do nothing", account, eye, session)
	return err
}

// through is all that somebody sees; nothing at all for who is not signed in.
func (o *oracle) through(ctx context.Context, account, eye key) (*sight, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &sight{account: account, eye: eye, rows: map[string]map[any]row{}}
	for view := range o.views {
		found, err := o.rows(ctx, `select * from oracle."`+view+`" v where v."in" = $1 and v."by" = $2`, account, eye)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", view, err)
		}
		s.rows[view] = map[any]row{}
		for _, r := range found {
			if also, ok := r["also"].(map[string]any); ok {
				maps.Copy(r, also)
			}
			id, _ := r["id"].(key)
			if from, ok := r["parent"]; ok {
				s.rows[view][link{from, id}] = r
			} else {
				s.rows[view][id] = r
			}
		}
	}
	return s, nil
}

func (o *oracle) rows(ctx context.Context, sql string, args ...any) ([]row, error) {
	rows, err := o.conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) { return pgx.RowToMap(r) })
}

// says asks a function of the oracle about somebody's eyes.
func (o *oracle) says(ctx context.Context, s *sight, function string, args ...any) ([]row, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	question := fmt.Sprint(s.account, s.eye, function, args)
	if rows, known := o.said[question]; known {
		return rows, nil
	}
	list := ""
	for i := range args {
		list += fmt.Sprintf(", $%d", i+3)
	}
	rows, err := o.rows(ctx, "select f.* from oracle.eyes e, oracle."+function+"(e"+list+") f where e.account = $1 and e.eye = $2", append([]any{s.account, s.eye}, args...)...)
	o.said[question] = rows
	return rows, err
}

// active tells whether somebody is signed in.
func (s *sight) active() bool { return len(s.rows["Query"]) > 0 }

// sees tells whether somebody finds an object.
func (s *sight) sees(typ string, id key) bool { return s.rows[typ][id] != nil }
