package main

import (
	"strconv"
	"time"

	"tenantry/internal/ids"
)

// comma separates from what came before in a list.
func comma(dst []byte) []byte {
	if dst[len(dst)-1] == '[' {
		return dst
	}
	return append(dst, ',')
}

func text(dst []byte, key string, s *string) []byte {
	dst = append(append(dst, '"'), key...)
	dst = append(dst, '"', ':')
	if s == nil {
		return append(dst, "null"...)
	}
	return strconv.AppendQuote(dst, *s) // the data has no character that Go and JSON quote differently
}

// ref is the id of an object.
func ref(dst []byte, typ string, id row) []byte {
	return append(ids.Append(append(dst, `"id":"`...), typ, id[:]), '"')
}

func moment(dst []byte, key string, t time.Time) []byte {
	dst = append(append(append(dst, '"'), key...), `":"`...)
	return append(t.UTC().AppendFormat(dst, time.RFC3339Nano), '"')
}

// named is an object that has a name, or null.
func named(dst []byte, key string, name *string) []byte {
	dst = append(append(append(dst, '"'), key...), `":`...)
	if name == nil {
		return append(dst, "null"...)
	}
	return append(text(append(dst, '{'), "name", name), '}')
}
