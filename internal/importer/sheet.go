package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tenantry/models"
)

// sheet is one CSV file, read whole.
type sheet struct {
	*kind
	file string
	// at is where a column of the kind stands in the file.
	at    map[string]int
	rows  []*row
	out   *FileReport
	added []*row
	// changed are rows that were there before and get other values.
	changed []*row
}

// row is one record of a file.
type row struct {
	cells []string
	lines []int
	// external is how files name the object.
	external string
	id       uuid.UUID
	// values are by the columns of the table; old is what the table has, nil for a new row.
	values, old values
	bad         bool
}

type values map[string]any

// open reads all files of the folder. Wrong headers are an error: with one nothing of the file could
// be understood, nor what refers to it.
func (r *run) open() error {
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, e := range entries {
		if !e.IsDir() && strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			names[e.Name()] = true
		}
	}
	var wrong []error
	for _, k := range kinds {
		if !names[k.file] {
			continue
		}
		delete(names, k.file)
		s, err := r.read(k)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		r.sheets = append(r.sheets, s)
		r.report.Files = append(r.report.Files, s.out)
	}
	for name := range names {
		r.report.LeftOut = append(r.report.LeftOut, name)
	}
	slices.Sort(r.report.LeftOut)
	if len(wrong) == 0 && len(r.sheets) == 0 {
		wrong = append(wrong, fmt.Errorf("there is nothing to import in %s: its files would be %s", r.Dir, strings.Join(fileNames(), " ")))
	}
	return errors.Join(wrong...)
}

func (r *run) read(k *kind) (*sheet, error) {
	data, err := os.ReadFile(filepath.Join(r.Dir, k.file))
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(data))
	in.FieldsPerRecord = -1
	in.Comma = separator(data)
	s := &sheet{kind: k, file: k.file, at: map[string]int{}, out: &FileReport{File: k.file}}
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:1: the first line must name the columns", k.file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.file, err)
	}
	if err := r.head(s, header); err != nil {
		return nil, err
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		w := &row{cells: cells}
		var parse *csv.ParseError
		switch {
		case errors.As(err, &parse):
			w.lines = []int{parse.StartLine}
			s.refuse(w, "", "the quotes are not as CSV has them: "+parse.Err.Error())
		case err != nil:
			return nil, fmt.Errorf("%s: %w", k.file, err)
		default:
			for i := range cells {
				line, _ := in.FieldPos(i)
				w.lines = append(w.lines, line)
			}
			if len(cells) != len(header) {
				s.refuse(w, "", fmt.Sprintf("there are %d values for %d columns", len(cells), len(header)))
			}
		}
		s.rows = append(s.rows, w)
	}
}

// separator is a semicolon where the first line has more of them than commas: so some spreadsheets write.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// head finds the columns.
func (r *run) head(s *sheet, header []string) error {
	var wrong []error
	for i, name := range header {
		name = strings.TrimSpace(name)
		_, twice := s.at[name]
		switch {
		case twice:
			wrong = append(wrong, fmt.Errorf("%s:1:%s: the column is there twice", s.file, name))
		case !slices.Contains(s.names(), name):
			wrong = append(wrong, fmt.Errorf("%s:1:%s: there is no such column; there are %s", s.file, name, strings.Join(s.names(), " ")))
		}
		s.at[name] = i
	}
	for _, name := range s.key {
		if _, has := s.at[name]; !has {
			wrong = append(wrong, fmt.Errorf("%s:1:%s: the column is missing", s.file, name))
		}
	}
	return errors.Join(wrong...)
}

// refuse notes what is wrong in a row.
func (s *sheet) refuse(w *row, column, message string) {
	if !w.bad {
		w.bad = true
		s.out.refused++
	}
	s.out.Bad = append(s.out.Bad, s.problem(w, column, message))
}

// warn notes what is not as the file has it.
func (s *sheet) warn(w *row, column, message string) {
	s.out.Warnings = append(s.out.Warnings, s.problem(w, column, message))
}

func (s *sheet) problem(w *row, column, message string) Problem {
	p := Problem{File: s.file, Column: column, Message: message, Line: w.lines[0]}
	if i, has := s.at[column]; has && i < len(w.lines) {
		p.Line = w.lines[i]
	}
	return p
}

// name is the external id in a column, as all files must write it; empty if there is none.
func (s *sheet) name(w *row, column string) string {
	i, has := s.at[column]
	if !has || i >= len(w.cells) {
		return ""
	}
	text, err := models.Text(w.cells[i], lineMost)
	if err != nil {
		return w.cells[i] // refused when the row is read
	}
	return text
}

// quoted is the name of an object in messages.
func quoted(s string) string { return fmt.Sprintf("%.60q", s) }
