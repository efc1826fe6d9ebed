package host

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// folder is the data folder of one control plane: everything that a restart needs, and nothing outside it.
type folder struct {
	path string
	lock *os.File
}

// openFolder makes the folder private to this user and takes its lock: two servers on one folder would destroy it.
func openFolder(path string) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(path, "keys"), 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("another control plane runs on %s", path)
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func (f *folder) key(name string) string { return filepath.Join(f.path, "keys", name) }

func (f *folder) close() { _ = f.lock.Close() }

// insideOf refuses to remove anything but a folder that is there for this control plane.
func (f *folder) insideOf(outer string) error {
	if outer == "" {
		return nil
	}
	inner, err := filepath.Rel(outer, f.path)
	if err != nil || strings.HasPrefix(inner, "..") {
		return fmt.Errorf("the folder to remove, %s, does not hold the data folder %s", outer, f.path)
	}
	return nil
}

// Ports below the range from which systems hand out ports: one that was kept over a restart is not taken by a
// passing connection meanwhile.
const (
	firstPort = 20000
	lastPort  = 31999
	portTries = 200
)

// listen binds the port of the last run, or a free one that is then kept.
func (f *folder) listen() (net.Listener, error) {
	if text, err := os.ReadFile(f.file("port")); err == nil {
		port, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("the file port is damaged: %w", err)
		}
		if listener, err := bind(port); err == nil {
			return listener, nil
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
	listener, err := bindFree()
	if err != nil {
		return nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return listener, replaceFile(f.file("port"), []byte(strconv.Itoa(port)+"\n"))
}

func bind(port int) (net.Listener, error) {
	return net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
}

func bindFree() (net.Listener, error) {
	for range portTries {
		listener, err := bind(firstPort + rand.IntN(lastPort-firstPort+1))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return listener, err
		}
	}
	return bind(0)
}

// replaceFile writes the whole file or leaves the old one.
func replaceFile(path string, content []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
