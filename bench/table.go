package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// printWork prints what the contenders did of one work: the medians of the rounds.
func printWork(out io.Writer, w work, all contenders, results []result) {
	table := [][]string{{w.key + " " + w.title, "1/s", "p50, ms", "p99, ms", "CPU of server, ms", "CPU of database, ms", "memory, MB"}}
	for i, c := range all {
		r := results[i]
		milliseconds := func(of func(outcome) time.Duration) string {
			m := median(r.each(func(o outcome) float64 { return float64(of(o)) / float64(time.Millisecond) }))
			return known(m >= 0, "%.3f", m)
		}
		table = append(table, []string{
			c.name, fmt.Sprintf("%.0f", median(r.each(perSecond))),
			milliseconds(func(o outcome) time.Duration { return o.p50 }), milliseconds(func(o outcome) time.Duration { return o.p99 }),
			milliseconds(func(o outcome) time.Duration { return o.server }), milliseconds(func(o outcome) time.Duration { return o.database }),
			known(r.memory > 0, "%.0f", megabytes(r.memory)),
		})
	}
	printTable(out, table)
}

// printRatios prints how many times what each other contender did the product did, with the lowest and the
// highest round: in requests a second and, which what else the machine does changes less, in requests for the
// processor time of server and database.
func printRatios(out io.Writer, all contenders, did []work, results [][]result) {
	product := slices.IndexFunc(all, func(c *contender) bool { return c.name == productName })
	table := [][]string{{"work"}}
	for i, c := range all {
		if i != product {
			table[0] = append(table[0], productName+" / "+c.name, "by CPU")
		}
	}
	for k, w := range did {
		row := []string{w.key + " " + w.title}
		for i := range all {
			if i != product {
				a, b := results[k][product], results[k][i]
				row = append(row, ratio(ratios(a, b, perSecond)))
				if perProcessor(b.rounds[0]) > 0 {
					row = append(row, ratio(ratios(a, b, perProcessor)))
				} else {
					row = append(row, "unknown")
				}
			}
		}
		table = append(table, row)
	}
	printTable(out, table)
}

func ratio(rounds []float64) string {
	return fmt.Sprintf("%.2f (%.2f…%.2f)", median(rounds), slices.Min(rounds), slices.Max(rounds))
}

// printTable prints rows below their heading, as Markdown that can be read as it is.
func printTable(out io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	fmt.Fprintln(out)
	for i, row := range rows {
		for k, cell := range row {
			fmt.Fprint(out, "| ", cell, strings.Repeat(" ", widths[k]-len([]rune(cell))+1))
		}
		fmt.Fprintln(out, "|")
		if i == 0 {
			for _, width := range widths {
				fmt.Fprint(out, "| ", strings.Repeat("-", width), " ")
			}
			fmt.Fprintln(out, "|")
		}
	}
}

// known writes a number, or that it is not known on this system.
func known(is bool, format string, number float64) string {
	if !is {
		return "unknown"
	}
	return fmt.Sprintf(format, number)
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }
