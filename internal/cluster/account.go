package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// account is the user as whom PostgreSQL's programs run. They refuse to run as root, so root lets
// "postgres", or else "nobody", run them; everybody else is that user already.
type account struct {
	name       string
	uid, gid   int
	credential *syscall.Credential // nil for the user who runs this process
}

// unprivileged is the account for a new cluster.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return accountOf(os.Geteuid())
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			if uid, err := strconv.Atoi(u.Uid); err == nil && uid != 0 {
				return accountOf(uid)
			}
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
}

// owner is the account for an existing cluster: whoever made it, so that root can run an ordinary
// user's and leaves nothing behind that this user could not use.
func owner(home string) (*account, error) {
	info, err := os.Stat(home)
	if err != nil {
		return nil, err
	}
	uid := int(info.Sys().(*syscall.Stat_t).Uid)
	if uid == 0 {
		return nil, fmt.Errorf("%s belongs to root, as whom PostgreSQL does not run", home)
	}
	a, err := accountOf(uid)
	if err == nil && os.Geteuid() != 0 && uid != os.Geteuid() {
		err = fmt.Errorf("%s belongs to the user %s: run this as that user or as root, or choose another folder with TENANTRY_DATA_DIR", home, a.name)
	}
	return a, err
}

func accountOf(uid int) (*account, error) {
	a := &account{name: strconv.Itoa(uid), uid: uid, gid: os.Getegid()}
	if u, err := user.LookupId(a.name); err == nil {
		a.name = u.Username
		if a.gid, err = strconv.Atoi(u.Gid); err != nil {
			return nil, err
		}
	}
	if os.Geteuid() == 0 {
		a.credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} //#nosec G115 -- ids that the system's own list has
	}
	return a, nil
}

// command is a program run as the account: in a process group of its own, so that Ctrl-C reaches
// this process alone, which then stops postgres in order; in a folder that everybody can enter; and
// without the caller's environment, whose PG… variables would lead it elsewhere.
func (a *account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //#nosec G204 -- PostgreSQL's own programs
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: a.credential}
	cmd.WaitDelay = time.Second
	return cmd
}

// reaches tells whether the account can enter a folder. The kernel knows best, so ask as the account.
func (a *account) reaches(ctx context.Context, dir string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return a.command(ctx, "/bin/sh", "-c", `cd "$0"`, dir).Run() == nil
}

// give makes a file or folder the account's.
func (a *account) give(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}
