package host

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

const (
	// Longest path of a unix socket on Linux.
	socketPathLimit = 107
	// The default of 64 MB would preallocate 128 MB of disk for each control plane.
	walSegment    = 8 << 20
	etcdReadyWait = 60 * time.Second
)

type etcd struct {
	url   string
	close func()
}

// startEtcd listens on a socket inside the private folder only: over TCP every local user could write to it.
func startEtcd(f *folder) (*etcd, error) {
	socket, removeSocketFolder, err := socketPath(f)
	if err != nil {
		return nil, err
	}
	wal.SegmentSizeBytes = walSegment
	config := embed.NewConfig()
	config.Dir = f.file("etcd")
	config.LogLevel = "error"
	config.LogOutputs = []string{"stderr"}
	config.ListenClientUrls = []url.URL{{Scheme: "unix", Path: socket}}
	config.ListenPeerUrls = nil
	// Must be a host and port even though nobody ever uses them.
	unused := url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	config.AdvertiseClientUrls = []url.URL{unused}
	config.AdvertisePeerUrls = []url.URL{unused}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.TickMs, config.ElectionMs = 20, 200
	// Safe against the death of this process; only loss of power would lose writes.
	config.UnsafeNoFsync = true
	server, err := embed.StartEtcd(config)
	if err != nil {
		removeSocketFolder()
		return nil, err
	}
	// Close panics when it is called twice.
	stop := sync.OnceFunc(func() { server.Close(); removeSocketFolder() })
	select {
	case <-server.Server.ReadyNotify():
		return &etcd{url: "unix://" + socket, close: stop}, nil
	case err := <-server.Err():
		stop()
		return nil, err
	case <-time.After(etcdReadyWait):
		stop()
		return nil, fmt.Errorf("not ready after %s", etcdReadyWait)
	}
}

func socketPath(f *folder) (path string, remove func(), err error) {
	path, remove = f.file("etcd.sock"), func() {}
	if len(path) > socketPathLimit {
		short, err := os.MkdirTemp("", "slipway-etcd-")
		if err != nil {
			return "", nil, err
		}
		path, remove = filepath.Join(short, "s"), func() { _ = os.RemoveAll(short) }
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", nil, err
	}
	return path, remove, nil
}
