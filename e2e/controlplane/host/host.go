// Package host starts and stops the parts of the control plane in order, on one data folder.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"slipway.dev/e2e/controlplane/apiserver"
	"slipway.dev/e2e/controlplane/controllers"
)

// Options of one control plane.
type Options struct {
	DataDir  string
	AuditLog string
	// RemoveOrphaned is a folder around DataDir that goes at the end when the starter has gone before.
	RemoveOrphaned string
	// Orphaned is set when the starter is seen to have gone.
	Orphaned atomic.Bool
}

// Line is what the starter reads from standard output: one line when ready, one when stopped.
type Line struct {
	State      string `json:"state"`
	URL        string `json:"url,omitempty"`
	Kubeconfig string `json:"kubeconfig,omitempty"`
	PID        int    `json:"pid,omitempty"`
	Millis     int64  `json:"millis"`
}

const (
	readyPoll  = 50 * time.Millisecond
	readyLimit = 2 * time.Minute
)

// Run serves until ctx is cancelled or a part ends by itself, which is an error.
func Run(ctx context.Context, o *Options, out io.Writer) error {
	begin := time.Now()
	folder, err := openFolder(o.DataDir)
	if err != nil {
		return err
	}
	defer folder.close()
	if err := folder.insideOf(o.RemoveOrphaned); err != nil {
		return err
	}
	defer o.removeOrphaned()
	if err := ensureKeys(folder); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	listener, err := folder.listen()
	if err != nil {
		return err
	}
	url := "https://" + listener.Addr().String()
	if err := writeKubeconfig(folder, url); err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	settings := apiserver.Settings{Listener: listener, File: folder.key, AuditLog: o.AuditLog, AuditPolicy: folder.file("audit-policy.yaml")}
	if err := os.WriteFile(settings.AuditPolicy, []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	store, err := startEtcd(folder)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer store.close()
	settings.EtcdURL = store.url

	err = serve(ctx, folder, settings, func() error {
		return say(out, Line{State: "ready", URL: url, Kubeconfig: folder.file(kubeconfigName), PID: os.Getpid(), Millis: time.Since(begin).Milliseconds()})
	})
	if err != nil {
		return err
	}
	return say(out, Line{State: "stopped", Millis: time.Since(begin).Milliseconds()})
}

func (o *Options) removeOrphaned() {
	if o.Orphaned.Load() && o.RemoveOrphaned != "" {
		_ = os.RemoveAll(o.RemoveOrphaned)
	}
}

// serve runs API server and controllers above a running etcd. The controllers stop first, so that none of them
// sees the API server go.
func serve(ctx context.Context, folder *folder, settings apiserver.Settings, ready func() error) error {
	// Not derived from ctx: the order of stopping is ours.
	apiContext, stopAPI := context.WithCancel(context.Background())
	defer stopAPI()
	ended := make(chan error, 1)
	go func() { ended <- apiserver.Run(apiContext, settings) }()

	admin, err := clientcmd.BuildConfigFromFlags("", folder.file(kubeconfigName))
	if err != nil {
		return err
	}
	// Not cut short by ctx: an API server that is stopped while it starts ends the process by itself, with a failure.
	if err := waitReady(admin, ended); err != nil {
		return err
	}
	controllerContext, stopControllers := context.WithCancel(context.Background())
	defer stopControllers()
	wait, err := controllers.Start(controllerContext, controllers.Settings{Admin: admin, CAFile: folder.key("ca.crt"), SAKey: folder.key("sa.key")})
	if err != nil {
		return fmt.Errorf("controllers: %w", err)
	}
	if err := ready(); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return fmt.Errorf("the API server ended by itself: %w", err)
	case <-ctx.Done():
	}
	stopControllers()
	wait()
	stopAPI()
	return <-ended
}

func waitReady(admin *rest.Config, ended <-chan error) error {
	transport, err := rest.TransportFor(admin)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: transport, Timeout: time.Second}
	deadline := time.After(readyLimit)
	for {
		if answer, err := client.Get(admin.Host + "/readyz"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the API server did not start: %w", errors.Join(err))
		case <-deadline:
			return fmt.Errorf("the API server was not ready after %s", readyLimit)
		case <-time.After(readyPoll):
		}
	}
}

func say(out io.Writer, line Line) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return err
}

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`
