package metric

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// TestTheDashboardAsksForWhatThereIs looks for every name of deploy/grafana.json among the metrics, and the other way
// round for those of the product's own.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none") // nothing is asked of it
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	m := New()
	m.Pool(pool)
	m.Turns(func() (int, int) { return 0, 0 })
	m.Peers(func() int { return 0 })
	m.Answered(Operation{Kind: "query", Status: 200, Codes: []string{"INTERNAL"}})
	m.Open("operations")()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	told := w.Body.String()
	dashboard, err := os.ReadFile("../../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\b(tenantry|go|process)_[a-z_]+[a-z]`)
	asked := names.FindAllString(string(dashboard), -1)
	if len(asked) < 15 {
		t.Errorf("the dashboard asks for %q", asked)
	}
	for _, name := range asked {
		if !strings.Contains(told, "\n"+name+" ") && !strings.Contains(told, "\n"+name+"{") {
			t.Errorf("there is no metric %s", name)
		}
	}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (tenantry_[a-z_]+)`).FindAllStringSubmatch(told, -1) {
		if !strings.Contains(string(dashboard), line[1]) {
			t.Errorf("the dashboard does not show %s", line[1])
		}
	}
}
