package main

import "testing"

// TestAttacksDoNoHarm tries one in a hundred; make attack tries all of them.
func TestAttacksDoNoHarm(t *testing.T) {
	if err := run(t.Context(), 100, 512, ""); err != nil {
		t.Fatal(err)
	}
}
