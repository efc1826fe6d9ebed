package host

import (
	"os"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const kubeconfigName = "admin.kubeconfig"

// writeKubeconfig writes the administrator's access, with its certificates inside, so that the file can be copied.
func writeKubeconfig(f *folder, url string) error {
	var parts [3][]byte
	for i, name := range []string{"ca.crt", "admin.crt", "admin.key"} {
		content, err := os.ReadFile(f.key(name))
		if err != nil {
			return err
		}
		parts[i] = content
	}
	const name = "slipway"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: url, CertificateAuthorityData: parts[0]}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: parts[1], ClientKeyData: parts[2]}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	text, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return replaceFile(f.file(kubeconfigName), text)
}
