// Package apiserver runs kube-apiserver inside this process.
package apiserver

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	basecompatibility "k8s.io/component-base/compatibility"
)

// Settings are the paths and addresses the API server works with.
type Settings struct {
	Listener    net.Listener
	EtcdURL     string
	File        func(name string) string
	AuditPolicy string
	AuditLog    string
}

const issuer = "https://kubernetes.default.svc"

func flags(s Settings) []string {
	list := []string{
		"--etcd-servers=" + s.EtcdURL,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", s.Listener.Addr().(*net.TCPAddr).Port),
		"--tls-cert-file=" + s.File("apiserver.crt"),
		"--tls-private-key-file=" + s.File("apiserver.key"),
		"--client-ca-file=" + s.File("ca.crt"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=" + issuer,
		"--api-audiences=" + issuer,
		"--service-account-key-file=" + s.File("sa.key"),
		"--service-account-signing-key-file=" + s.File("sa.key"),
		"--service-cluster-ip-range=10.96.0.0/16",
		// A loopback address may not stand in an Endpoints object: the default reconciler would log an error every 10 s.
		"--endpoint-reconciler-type=none",
		"--requestheader-client-ca-file=" + s.File("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + s.File("front-proxy-client.crt"),
		"--proxy-client-key-file=" + s.File("front-proxy-client.key"),
		"--profiling=false",
	}
	if s.AuditLog != "" {
		// Large enough that the log is never rotated: whoever counts requests reads one file.
		list = append(list, "--audit-log-path="+s.AuditLog, "--audit-policy-file="+s.AuditPolicy, "--audit-log-maxsize=10240")
	}
	return list
}

// Run serves until ctx is cancelled. It may be called once per process: logging is configured once.
func Run(ctx context.Context, s Settings) error {
	o := options.NewServerRunOptions()
	set := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	namedSets := o.Flags()
	for _, named := range namedSets.FlagSets {
		set.AddFlagSet(named)
	}
	if err := set.Parse(flags(s)); err != nil {
		return err
	}
	// The listener is handed over, so nobody else can take the port between choosing and binding it.
	o.SecureServing.Listener = s.Listener
	registry := o.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return err
	}
	gates, ok := registry.FeatureGateFor(basecompatibility.DefaultKubeComponent).(featuregate.MutableFeatureGate)
	if !ok {
		return fmt.Errorf("the feature gates of kube-apiserver cannot be read")
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	if err := logsapi.ValidateAndApply(o.Logs, gates); err != nil {
		return err
	}
	completed, err := o.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return utilerrors.NewAggregate(errs)
	}
	return app.Run(ctx, completed)
}
