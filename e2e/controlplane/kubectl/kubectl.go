// Package kubectl is the command-line client of the same release as the API server.
package kubectl

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

// Run runs kubectl with these arguments and returns its exit code.
func Run(arguments []string) int {
	// kubectl reads os.Args itself, to look for plugins and for the verbosity.
	os.Args = append([]string{"kubectl"}, arguments...)
	return cli.Run(cmd.NewDefaultKubectlCommand())
}
