package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What processes use is read from Linux's /proc. Elsewhere there is nothing to read, and the columns
// stay empty.

// tick is the unit of times in /proc/PID/stat, a hundredth of a second on every machine that Go runs on.
const tick = 10 * time.Millisecond

// process is what /proc/PID/stat says.
type process struct {
	parent int
	own    time.Duration // processor time of all its threads
	ended  time.Duration // that of its children that ended
}

func readProcess(pid int) (p process, ok bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	// The second field is the name in brackets, which may hold blanks and brackets.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	number := func(i int) int { n, _ := strconv.Atoi(fields[i-3]); return n } // as proc(5) counts them
	p.parent = number(4)
	p.own = time.Duration(number(14)+number(15)) * tick
	p.ended = time.Duration(number(16)+number(17)) * tick
	return p, true
}

// processorTime is what a process has used until now.
func processorTime(pid int) (time.Duration, bool) {
	p, ok := readProcess(pid)
	return p.own, ok
}

// databaseTime is what a postmaster and all its children have used until now, those that ended included.
func databaseTime(postmaster int) (time.Duration, bool) {
	p, ok := readProcess(postmaster)
	if !ok {
		return 0, false
	}
	sum := p.own + p.ended
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if child, ok := readProcess(pid); ok && child.parent == postmaster {
			sum += child.own
		}
	}
	return sum, true
}

// resident is how many bytes of memory a process has, and the most it ever had; 0 if that is not known.
func resident(pid int) (now, most int64) {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(data)) {
		var kB int64
		switch {
		case strings.HasPrefix(line, "VmRSS:"):
			_, _ = fmt.Sscan(line[6:], &kB)
			now = kB << 10
		case strings.HasPrefix(line, "VmHWM:"):
			_, _ = fmt.Sscan(line[6:], &kB)
			most = kB << 10
		}
	}
	return now, most
}
