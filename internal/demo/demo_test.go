package demo_test

import (
	"strings"
	"testing"

	"tenantry/internal/demo"
	"tenantry/internal/testdb"
)

func TestTheDemoIsFilledInOnce(t *testing.T) {
	db := testdb.Open(t)
	if err := demo.Fill(t.Context(), db.OwnerURL); err != nil {
		t.Fatal(err)
	}
	err := demo.Fill(t.Context(), db.OwnerURL)
	if err == nil || !strings.Contains(err.Error(), "has an account Northwind IT already") || strings.Contains(err.Error(), "SQLSTATE") {
		t.Errorf("a second time it says %v", err)
	}
}
