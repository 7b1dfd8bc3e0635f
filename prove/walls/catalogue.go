package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"tenantry/internal/cluster"
	"tenantry/internal/postgres"
)

// bricks finds all, in the order of the kinds. The compiler's are made ready on the way.
func (s *site) bricks(ctx context.Context) ([]brick, error) {
	predicates, err := s.predicates()
	if err != nil {
		return nil, err
	}
	c, err := cluster.Open(ctx, filepath.Join(s.dir, "catalogue"), slog.New(slog.DiscardHandler), cluster.Fast)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if err := postgres.Migrate(ctx, c.OwnerURL(), slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, c.SuperuserURL())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	all := predicates
	for _, find := range []func(context.Context, *pgx.Conn) ([]brick, error){policies, foreignKeys, uniqueKeys, functions} {
		some, err := find(ctx, conn)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return append(all, directives()...), nil
}

// found are the rows of a query of the catalogue.
func found[T any](ctx context.Context, conn *pgx.Conn, sql string) ([]T, error) {
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

// accountOnly is the beginning of every policy.
var accountOnly = regexp.MustCompile(`^\(+(account_id = \( SELECT \(NULLIF\(current_setting\('app\.account'::text, true\), ''::text\)\)::uuid AS "nullif"\))`)

// policies are replaced by ones that let everything through, and by ones that ask for the account alone.
func policies(ctx context.Context, conn *pgx.Conn) (all []brick, err error) {
	type policy struct{ Table, Name, Using, Check string }
	list, err := found[policy](ctx, conn, `select tablename::text, policyname::text, coalesce(qual, ''), coalesce(with_check, '') from pg_policies
		where schemaname = 'app' and policyname <> 'owner' order by 1, 2`)
	for _, p := range list {
		change := func(how, rule string) {
			sql := fmt.Sprintf("alter policy %s on app.%s", p.Name, p.Table)
			if p.Using != "" {
				sql += " using (" + rule + ")"
			}
			if p.Check != "" {
				sql += " with check (" + rule + ")"
			}
			all = append(all, brick{kind: "policy", name: p.Table + " " + p.Name + " " + how, sql: sql})
		}
		change("lets everything through", "true")
		whole := p.Using
		if whole == "" {
			whole = p.Check
		}
		if account := accountOnly.FindStringSubmatch(whole); account != nil && strings.Trim(whole, "()") != strings.Trim(account[1], "()") {
			change("asks for the account alone", account[1])
		}
	}
	return all, err
}

// uniqueKeys lose the account: what is unique in an account becomes unique everywhere.
func uniqueKeys(ctx context.Context, conn *pgx.Conn) (all []brick, err error) {
	type key struct {
		Table, Name, Definition, Constraint, Rest string
		// Restore makes anew what hangs on the key: a unique key with the account, and foreign keys.
		Restore string
	}
	list, err := found[key](ctx, conn, `select i.indrelid::regclass::text, c.relname::text, pg_get_indexdef(i.indexrelid), coalesce(k.contype::text, ''),
			(select string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n) from generate_series(2, i.indnkeyatts) n),
			coalesce((select string_agg(format('alter table %s add constraint %I %s', f.conrelid::regclass, f.conname, pg_get_constraintdef(f.oid)), '; ')
				from pg_constraint f where f.conindid = i.indexrelid and f.contype = 'f'), '')
		from pg_index i join pg_class c on c.oid = i.indexrelid left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u')
		where c.relnamespace = 'app'::regnamespace and i.indisunique and i.indnkeyatts > 1 and pg_get_indexdef(i.indexrelid, 1, true) = 'account_id' order by 1, 2`)
	for _, k := range list {
		var sql string
		switch k.Constraint {
		case "":
			sql = "drop index app." + k.Name + "; " + strings.Replace(k.Definition, "(account_id, ", "(", 1)
		default:
			kind := map[string]string{"p": "primary key", "u": "unique"}[k.Constraint]
			sql = fmt.Sprintf("alter table %s drop constraint %s cascade; alter table %[1]s add unique (account_id, %s), add %s (%[3]s); %s", k.Table, k.Name, k.Rest, kind, k.Restore)
		}
		all = append(all, brick{kind: "key", name: k.Table + " " + k.Name + " without the account", sql: sql})
	}
	return all, err
}

// foreignKeys are replaced by triggers that do the same, but take a row of any account for the one that is
// pointed at.
func foreignKeys(ctx context.Context, conn *pgx.Conn) (all []brick, err error) {
	type key struct {
		Name, Child, Parent, There, Pointing, Moved string
		Deletes, Updates                            string
		Set                                         string
		Deferred                                    bool
	}
	list, err := found[key](ctx, conn, `with part as (
			select k.oid, n, quote_ident(c.attname) as c, quote_ident(p.attname) as p from pg_constraint k cross join unnest(k.conkey, k.confkey) with ordinality u(c, p, n)
			join pg_attribute c on c.attrelid = k.conrelid and c.attnum = u.c join pg_attribute p on p.attrelid = k.confrelid and p.attnum = u.p)
		select conname::text, conrelid::regclass::text, confrelid::regclass::text,
			string_agg(case when c <> 'account_id' then format('p.%s = new.%s', p, c) end, ' and ' order by n),
			string_agg(format('c.%s = old.%s', c, p), ' and ' order by n), string_agg(format('new.%s is distinct from old.%1$s', p), ' or ' order by n),
			confdeltype::text, confupdtype::text, string_agg(format('%s = new.%s', c, p), ', ' order by n), condeferred
		from pg_constraint k join part using (oid) where connamespace = 'app'::regnamespace and contype = 'f' and cardinality(conkey) > 1
			and exists (select from part a where a.oid = k.oid and a.c = 'account_id') group by k.oid, conname, conrelid, confrelid, confdeltype, confupdtype, condeferred order by 2, 1`)
	for _, k := range list {
		timing := ""
		if k.Deferred {
			timing = " deferrable initially deferred"
		}
		missing := "raise exception 'no such row' using errcode = 'foreign_key_violation'; "
		begin := func(name, body string) string {
			return "create function app." + name + "() returns trigger language plpgsql security definer as $brick$ begin " + body + "return null; end $brick$; "
		}
		sql := fmt.Sprintf("alter table %s drop constraint %s; ", k.Child, k.Name) +
			begin("brick_points", "if "+given(k.There)+" and not exists (select from "+k.Parent+" p where "+k.There+") then "+missing+"end if; ") +
			"create constraint trigger brick_points after insert or update on " + k.Child + timing + " for each row execute function app.brick_points(); "
		left := "if exists (select from " + k.Child + " c where " + k.Pointing + ") then " + missing + "end if; "
		onDelete := left
		if k.Deletes == "c" {
			onDelete = "delete from " + k.Child + " c where " + k.Pointing + "; "
		}
		onUpdate := left
		if k.Updates == "c" {
			onUpdate = "update " + k.Child + " c set " + k.Set + " where " + k.Pointing + "; "
		}
		sql += begin("brick_deleted", onDelete) + "create constraint trigger brick_deleted after delete on " + k.Parent + timing + " for each row execute function app.brick_deleted(); " +
			begin("brick_updated", onUpdate) + "create constraint trigger brick_updated after update on " + k.Parent + timing + " for each row when (" + k.Moved + ") execute function app.brick_updated(); "
		all = append(all, brick{kind: "key", name: k.Child + " " + k.Name + " to any account", sql: sql})
	}
	return all, err
}

var pointing = regexp.MustCompile(`new\.\w+`)

// given is the condition that a row points at one.
func given(there string) string {
	var parts []string
	for _, column := range pointing.FindAllString(there, -1) {
		parts = append(parts, column+" is not null")
	}
	return strings.Join(parts, " and ")
}
