package password

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestOnlyThePasswordItselfMatches(t *testing.T) {
	h, ctx := New(1), context.Background()
	long := strings.Repeat("x", 73)
	hash, err := h.Hash(ctx, long)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{long: true, long[:72] + "y": false, "": false, strings.Repeat("x", Longest+1): false} {
		if got, err := h.Matches(ctx, password, hash); got != want || err != nil {
			t.Errorf("%d bytes: %v, %v", len(password), got, err)
		}
	}
	if got, err := h.Matches(ctx, "", ""); got || err != nil {
		t.Errorf("the empty password matched a user without one: %v, %v", got, err)
	}
}

func TestHashesWaitForTheirTurn(t *testing.T) {
	h := New(1)
	h.slots <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := h.Hash(ctx, "patience"); err == nil {
		t.Error("a second hash ran beside the first")
	}
}
