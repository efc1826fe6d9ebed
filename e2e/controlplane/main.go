// Command controlplane is a whole Kubernetes control plane in one process, for tests, the demo and benchmarks.
//
//	controlplane serve --data-dir DIR [--audit-log FILE] [--stop-with-stdin [--then-remove DIR]]
//	controlplane kubectl ...      (also when the program is called by the name kubectl)
//	controlplane version
//
// serve prints one line of JSON on standard output when it is ready and one when it has stopped. Logs go to standard error.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"k8s.io/component-base/version"

	"slipway.dev/e2e/controlplane/host"
	"slipway.dev/e2e/controlplane/kubectl"
)

func main() {
	if filepath.Base(os.Args[0]) == "kubectl" {
		os.Exit(kubectl.Run(os.Args[1:]))
	}
	if len(os.Args) < 2 {
		usage()
	}
	switch os.Args[1] {
	case "serve":
		if err := serve(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "controlplane:", err)
			os.Exit(1)
		}
	case "kubectl":
		os.Exit(kubectl.Run(os.Args[2:]))
	case "version":
		fmt.Println(version.Get().GitVersion)
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: controlplane serve --data-dir DIR | kubectl ... | version")
	os.Exit(2)
}

func serve(arguments []string) error {
	var options host.Options
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	flags.StringVar(&options.DataDir, "data-dir", "", "folder of this control plane: keys, port, etcd data (required)")
	flags.StringVar(&options.AuditLog, "audit-log", "", "file that gets one line of JSON for each request")
	flags.StringVar(&options.RemoveOrphaned, "then-remove", "", "folder around the data folder to remove after standard input has ended")
	stopWithStdin := flags.Bool("stop-with-stdin", false, "stop when standard input ends, so also when the starter dies")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if options.DataDir == "" {
		return fmt.Errorf("serve needs --data-dir")
	}
	// Halves the memory for a tenth of the speed; many instances run side by side on a small machine.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	// A starter that died reads no more; that must not end this program before it has cleaned up.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if *stopWithStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			options.Orphaned.Store(true)
			stop()
		}()
	}
	return host.Run(ctx, &options, os.Stdout)
}
