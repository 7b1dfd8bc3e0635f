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

// processorTime is what a process and all its children have used until now, those that ended included.
func processorTime(pid int) (time.Duration, bool) {
	p, ok := readProcess(pid)
	if !ok {
		return 0, false
	}
	sum := p.own + p.ended
	for _, child := range childrenOf(pid) {
		c, _ := readProcess(child) // of one that ended just now the parent tells the next time
		sum += c.own
	}
	return sum, true
}

func childrenOf(parent int) (children []int) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if p, ok := readProcess(pid); ok && p.parent == parent {
			children = append(children, pid)
		}
	}
	return children
}

// resident is how many bytes of memory a process and its children have, and the most that each ever had;
// 0 if that is not known.
func resident(pid int) (now, most int64) {
	for _, pid := range append(childrenOf(pid), pid) {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(line, ":")
			var kB int64
			_, _ = fmt.Sscan(value, &kB)
			switch name {
			case "VmRSS":
				now += kB << 10
			case "VmHWM":
				most += kB << 10
			}
		}
	}
	return now, most
}
