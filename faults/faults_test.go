package main

import "testing"

// TestFaultsAreGotOver tries each once; make faults tries all, and looks how long it takes.
func TestFaultsAreGotOver(t *testing.T) {
	if err := run(t.Context(), 1000, ""); err != nil {
		t.Fatal(err)
	}
}
