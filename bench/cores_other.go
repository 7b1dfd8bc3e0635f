//go:build !linux

package main

// useTwoCores does nothing: only Linux lets a process choose its cores.
func useTwoCores() error { return nil }
