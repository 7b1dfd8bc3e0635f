package importer

import (
	"fmt"
	"strings"
	"time"
)

// Problem is what is wrong in a file: the line as an editor counts it, and the column by its name.
type Problem struct {
	File    string
	Line    int
	Column  string
	Message string
}

// String is file:line:column and what is wrong.
func (p Problem) String() string {
	if p.Column == "" { // the row as a whole
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
	}
	return fmt.Sprintf("%s:%d:%s: %s", p.File, p.Line, p.Column, p.Message)
}

// FileReport is what became of one file.
type FileReport struct {
	File                            string
	Read, Added, Updated, Unchanged int
	// Bad are the rows that were refused, with everything that is wrong in them.
	Bad []Problem
	// Warnings are about rows that are in, but not quite as the file has them.
	Warnings []Problem
	refused  int
}

// Refused is how many rows were refused.
func (f *FileReport) Refused() int { return f.refused }

// String is a line with the numbers.
func (f *FileReport) String() string {
	return fmt.Sprintf("%-20s %8d %8d %8d %10d %8d", f.File, f.Read, f.Added, f.Updated, f.Unchanged, f.refused)
}

// Report is what an import did.
type Report struct {
	Account        string
	DryRun, Strict bool
	Files          []*FileReport
	// LeftOut are the files that were not read: nothing in Tenantry holds what is in them.
	LeftOut []string
	Took    time.Duration
	done    bool
}

func (r *Report) refused() (n int) {
	for _, f := range r.Files {
		n += f.refused
	}
	return n
}

// ExitCode is 0 when every row that was read is in, also if it was before, and 2 when some were
// refused; 1 when for these nothing was done.
func (r *Report) ExitCode() int {
	switch {
	case r.refused() == 0:
		return 0
	case r.Strict:
		return 1
	}
	return 2
}

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	for _, f := range r.Files {
		for _, p := range f.Bad {
			fmt.Fprintln(&b, p)
		}
	}
	for _, f := range r.Files {
		for _, p := range f.Warnings {
			fmt.Fprintln(&b, "warning:", p)
		}
	}
	fmt.Fprintf(&b, "%-20s %8s %8s %8s %10s %8s\n", "file", "read", "added", "updated", "unchanged", "refused")
	for _, f := range r.Files {
		fmt.Fprintln(&b, f)
	}
	for _, name := range r.LeftOut {
		fmt.Fprintf(&b, "left out: %s\n", name)
	}
	switch {
	case r.DryRun && r.ExitCode() != 1:
		fmt.Fprint(&b, "A dry run: nothing was kept.")
	case r.done:
		fmt.Fprintf(&b, "Imported into %s.", r.Account)
	default:
		fmt.Fprint(&b, "Nothing was done: some rows are bad.")
	}
	fmt.Fprintf(&b, " It took %.1f s.\n", r.Took.Seconds())
	return b.String()
}
