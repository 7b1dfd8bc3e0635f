package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	busy   = 64 // connections, and clients that keep them busy
	starts = 5
)

// printFootprint prints how soon the product answers after it is started, and its memory when it is busy.
func printFootprint(ctx context.Context, out io.Writer, binary string, d *database, people []caller) error {
	var took []float64
	for range starts {
		t, err := startTime(ctx, binary, d, &people[0])
		if err != nil {
			return err
		}
		took = append(took, float64(t.Microseconds())/1000)
	}
	fmt.Fprintf(out, "\n%s answers a query %.0f ms after its process was started, the median of %d starts on the migrated database.\n", productName, median(took), starts)

	c, err := startProduct(ctx, binary, d, busy)
	if err != nil {
		return err
	}
	defer c.stop()
	if _, err := load(ctx, d, c, works[1:3], people, busy, 3*slice, 1); err != nil {
		return err
	}
	now, most := resident(c.pid())
	fmt.Fprintf(out, "With %d busy connections (%s and %s mixed) it has %s MB resident, at most %s MB.\n", busy, works[1].key, works[2].key,
		known(now > 0, "%.0f", megabytes(now)), known(most > 0, "%.0f", megabytes(most)))
	return nil
}

// startTime is how long it takes from the start of the process to its first answer.
func startTime(ctx context.Context, binary string, d *database, c *caller) (time.Duration, error) {
	began := time.Now()
	product, err := startProduct(ctx, binary, d, clients)
	if err != nil {
		return 0, err
	}
	defer product.stop()
	r, err := product.request(works[0], c, c.draw(works[0], rand.New(rand.NewPCG(0, 0))))
	if err != nil {
		return 0, err
	}
	err = answer(http.DefaultClient, r, &bytes.Buffer{})
	return time.Since(began), err
}
