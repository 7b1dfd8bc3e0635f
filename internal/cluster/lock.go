package cluster

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lock takes the exclusive lock on a folder; closing the file frees it. It asks again and again, since
// a blocking flock knows no deadline.
func lock(ctx context.Context, dir string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	f, err := os.Open(dir) //#nosec G304 -- the operator names the folder
	if err != nil {
		return nil, err
	}
	for {
		got, err := try(f, syscall.LOCK_EX)
		if got {
			return f, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(20 * time.Millisecond):
				continue
			}
		}
		return nil, errors.Join(err, f.Close())
	}
}

// use takes the shared lock of a folder's users, and tells whether there are no others. The caller
// holds the lock under which users come and go.
func use(home string) (f *os.File, alone bool, err error) {
	if f, err = os.Open(home); err != nil { //#nosec G304 -- the operator names the folder
		return nil, false, err
	}
	if alone, err = try(f, syscall.LOCK_EX); err == nil {
		var got bool
		if got, err = try(f, syscall.LOCK_SH); err == nil && !got {
			err = errors.New("somebody else has locked " + home)
		}
	}
	if err != nil {
		return nil, false, errors.Join(err, f.Close())
	}
	return f, alone, nil
}

// leave gives up the shared lock, and tells whether there are no users left.
func leave(f *os.File) (last bool, err error) {
	return try(f, syscall.LOCK_EX)
}

func try(f *os.File, how int) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, err
		}
	}
}
