package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

// site is where the walls are built without a brick.
type site struct {
	dir   string
	limit time.Duration
	// quick runs the sighted tests alone.
	quick bool

	// done are the bricks that were taken out before, by kind and name.
	done map[string]result

	mu sync.Mutex
	// said are the places in tests that say something though all bricks are in place; learning: they are.
	said     map[string]bool
	learning bool
}

// suites are the packages whose tests look at the walls; those first that see the most of them.
var suites = []string{"graph", "migrations", "internal/store", "internal/command", "internal/postgres", "internal/importer", "internal/tally", "internal/read", "prove"}

// sighted are the tests of graph that see most of the bricks of a kind: they run before all others, in this order,
// so that what is seen soon is seen in seconds.
var sighted = map[string][]string{
	"policy":    {"TestTheDatabaseAlone", "TestAnswersEqual|TestEachTextIsFound"},
	"directive": {"TestWhatEachRoleMay|TestEveryEdge|TestAToken|TestWhichVerbs|TestWhoSeesWhich", "TestAnswersEqual|TestAnExplanation", "TestEveryFilterAndOrder|TestEveryNumberIs"},
	"key":       {"TestNoKeyReaches", "TestAnswersEqual"},
	"predicate": {"TestTheCompilerAlone|TestWhatCannotBeExplained|TestADashboardOfManyTenants|TestEveryStatementOf|TestUsersWithAccess|TestADeletedUser|TestPagesOf|TestWhatEachRoleMay", "TestAnswersEqual|TestAnExplanation|TestAToken|TestWalking",
		"TestEveryFilterAndOrder|TestASearchAnd|TestEveryNumberIs|TestEveryArgument|TestEachTextIsFound|TestWhatIsFound"},
	"function": {"TestTheFunctions|TestATrigger|TestAnInjected", "TestSessionsEnd|TestInvitations|TestAnInvitation|TestAToken|TestTheCode|TestEveryFailureToAnswer|TestAnAnswerRests|TestWhoMaySignIn|" +
		"TestOneAddress|TestWhoseRole|TestTheUse|TestLongPasswords", "TestEachTextIsFound|TestWhatIsFound|TestNobodyReads"},
}

// formal are tests of form and not of what somebody sees: golden files, and lints of schema and catalogue.
const formal = "AsAgreed$|AreAgreedTo$|IsAgreedTo$|TestEveryMutationDoesWhatItSays|TestEveryRootFieldAndEdge|TestEveryDirectiveIs|TestEveryTypeWith|" +
	"TestEveryMutationTakes|TestEverythingInTheSchema|TestWhatBelongsToATenantOrToOneself|TestEveryTableIsUnder|TestEveryPolicyBegins|TestEveryKeyStarts|TestEveryTableIsOf"

// result is what became of a brick: which test missed it, or nobody, or why it could not be told.
type result struct {
	brick
	missed string
	// form tells that only a test of form missed it: somebody would have seen nothing, as another wall stands behind.
	form bool
	err  error
	took time.Duration
}

// binary is where a package's tests are built.
func (s *site) binary(suite string) string {
	return filepath.Join(s.dir, strings.ReplaceAll(suite, "/", "-")+".test")
}

// build compiles the tests once, with all conditions of the compiler made so that each can be taken out.
func (s *site) build(ctx context.Context) error {
	for _, suite := range suites {
		args := []string{"test", "-c", "-o", s.binary(suite), "-overlay", filepath.Join(s.dir, "overlay.json"), "./" + suite}
		if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}

// takeOut runs the suite without each of the bricks, after once with all in place.
func (s *site) takeOut(ctx context.Context, chosen []brick, parallel int) ([]result, error) {
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	folders := make(chan string, parallel) // each with a PostgreSQL of its own
	for i := range parallel {
		folder := filepath.Join(s.dir, fmt.Sprint("tmp", i))
		if err := os.Mkdir(folder, 0o777); err != nil {
			return nil, err
		}
		folders <- folder
	}
	folder := <-folders
	s.said, s.learning = map[string]bool{}, true
	whole := s.suite(ctx, brick{name: "nothing"}, folder, false)
	for _, kind := range kinds {
		if s.quick && whole.missed == "" && whole.err == nil && slices.ContainsFunc(chosen, func(b brick) bool { return b.kind == kind }) {
			whole = s.suite(ctx, brick{kind: kind, name: "nothing"}, folder, false)
		}
	}
	s.learning = false
	folders <- folder
	if whole.missed != "" || whole.err != nil {
		return nil, fmt.Errorf("with all bricks in place: %s", whole)
	}
	fmt.Printf("with all bricks in place the tests pass, in %s\n", whole.took.Round(time.Second))
	results := make([]result, len(chosen))
	var group sync.WaitGroup
	for i, b := range chosen {
		earlier, ok := s.done[b.kind+"\t"+b.name]
		if ok && earlier.missed != "" {
			earlier.brick = b
			results[i] = earlier
			continue
		}
		folder := <-folders
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			results[i] = s.suite(ctx, b, folder, ok)
			folders <- folder
			fmt.Printf("%s\t%s\t%s\n", b.kind, b.name, results[i])
		})
	}
	group.Wait()
	return results, ctx.Err()
}

// String is what became of the brick.
func (r result) String() string {
	switch took := r.took.Round(100 * time.Millisecond); {
	case r.err != nil:
		return fmt.Sprintf("?? %v", r.err)
	case r.missed == "":
		return fmt.Sprintf("SURVIVES (%s)", took)
	case r.form:
		return fmt.Sprintf("form: %s (%s)", r.missed, took)
	default:
		return fmt.Sprintf("%s (%s)", r.missed, took)
	}
}

// suite runs the tests without a brick until the first fails: first those that are sighted, unless it survived them
// in an earlier run.
func (s *site) suite(ctx context.Context, b brick, folder string, survived bool) result {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	env := append(append(os.Environ(), "TMPDIR="+folder), b.env...)
	if b.sql != "" {
		file := filepath.Join(folder, "brick.sql")
		if err := os.WriteFile(file, []byte(b.sql), 0o600); err != nil {
			return result{brick: b, err: err}
		}
		env = append(env, "TENANTRY_TEST_SQL="+file)
	}
	out := result{brick: b}
	first := sighted[b.kind]
	for _, some := range first {
		if out.missed == "" && out.err == nil && !survived {
			out.missed, out.err = s.tests(ctx, "graph", env, "-test.run", some, "-test.skip", formal, "-test.parallel", "1")
		}
	}
	for _, suite := range suites {
		if out.missed != "" || out.err != nil || s.quick {
			break
		}
		skip := formal
		if suite == "graph" && first != nil {
			skip += "|" + strings.Join(first, "|")
		}
		out.missed, out.err = s.tests(ctx, suite, env, "-test.skip", skip)
	}
	for _, suite := range []string{"graph", "migrations"} {
		if out.missed != "" || out.err != nil {
			break
		}
		out.missed, out.err = s.tests(ctx, suite, env, "-test.run", formal)
		out.form = out.missed != ""
	}
	if ctx.Err() == context.DeadlineExceeded && out.missed == "" {
		out.missed = "(no test ended in time)" // as unusable as it could be, and nobody's data
	}
	out.took = time.Since(start)
	return out
}

var (
	failure = regexp.MustCompile(`^\s*--- FAIL: (\S+)|^panic: |(^FAIL)`)
	running = regexp.MustCompile(`^=== (?:RUN|CONT|NAME)\s+(\S+)`)
	saying  = regexp.MustCompile(`^\s+(\w+_test\.go:\d+): `)
)

// tests runs tests of a package; the first that complains ends them all. It gives its name. A test that says what
// it does not say when all is well complains: that it fails is only printed once it has ended.
func (s *site) tests(ctx context.Context, suite string, env []string, args ...string) (failed string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary(suite), append(args, "-test.v", "-test.timeout", "10m")...)
	cmd.Dir, cmd.Env = suite, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return "", err
	}
	var last, test string
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = lines.Text()
		if m := running.FindStringSubmatch(last); m != nil {
			test = m[1]
		}
		if m := saying.FindStringSubmatch(last); m != nil && failed == "" && !s.known(m[1]) {
			failed = test
			cancel()
		}
		if m := failure.FindStringSubmatch(last); m != nil && failed == "" {
			if failed = m[1]; failed == "" {
				failed = suite + ": " + last
			}
			cancel()
		}
	}
	_, _ = io.Copy(io.Discard, pipe)
	if err := cmd.Wait(); err != nil && failed == "" && ctx.Err() == nil {
		return "", fmt.Errorf("%s: %w: %s", suite, err, last)
	}
	return failed, nil
}

// known tells whether something is said there though nothing is wrong; while all bricks are in place, that is learned.
func (s *site) known(place string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.learning {
		s.said[place] = true
	}
	return s.said[place]
}

var outcome = regexp.MustCompile(`^(\w+\t[^\t]+)\t(.+) \((\S+)\)$`)

// before reads what an earlier run printed, so that this one goes on where it ended.
func before(file string) (map[string]result, error) {
	done := map[string]result{}
	if file == "" {
		return done, nil
	}
	text, err := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		m := outcome.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || strings.HasPrefix(m[2], "??") {
			continue
		}
		r := result{}
		r.missed, r.form = strings.CutPrefix(m[2], "form: ")
		if r.missed == "SURVIVES" {
			r.missed = ""
		}
		r.took, _ = time.ParseDuration(m[3])
		done[m[1]] = r
	}
	return done, err
}

// report prints the table, and each brick that nobody missed or a test of form alone.
func report(w io.Writer, results []result) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "kind\tbricks\tseen\tby form alone\tsurvivors\t")
	var red, bricks, forms int
	for _, kind := range kinds {
		var n, missed, form int
		for _, r := range results {
			if r.kind == kind && r.err == nil {
				n++
				if r.missed != "" {
					missed++
				}
				if r.form {
					form++
				}
			}
		}
		if n > 0 {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", kind, n, missed-form, form, n-missed)
		}
		red, bricks, forms = red+missed, bricks+n, forms+form
	}
	fmt.Fprintf(table, "all\t%d\t%d\t%d\t%d\t\n", bricks, red-forms, forms, bricks-red)
	_ = table.Flush()
	fmt.Fprintf(w, "%.1f %% of the bricks are missed when they are gone\n", 100*float64(red)/float64(max(1, bricks)))
	for _, r := range results {
		if r.err != nil || r.name != "" && (r.missed == "" || r.form) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", r.kind, r.name, r)
		}
	}
}
