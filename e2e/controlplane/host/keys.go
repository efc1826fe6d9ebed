package host

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"
)

const (
	validFor = 10 * 365 * 24 * time.Hour
	// Clocks of the machines that talk to each other here may differ by this much.
	validBefore = time.Hour
)

// identity is one certificate to make: its subject, its issuer and what it is for.
type identity struct {
	file    string
	ca      string
	name    string
	groups  []string
	usage   x509.ExtKeyUsage
	names   []string
	address []net.IP
}

var authorities = []string{"ca", "front-proxy-ca"}

var identities = []identity{
	{file: "apiserver", ca: "ca", name: "kube-apiserver", usage: x509.ExtKeyUsageServerAuth,
		names:   []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		address: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 96, 0, 1)}},
	{file: "admin", ca: "ca", name: "admin", groups: []string{"system:masters"}, usage: x509.ExtKeyUsageClientAuth},
	{file: "front-proxy-client", ca: "front-proxy-ca", name: "front-proxy-client", usage: x509.ExtKeyUsageClientAuth},
}

// ensureKeys makes all keys and certificates of a new data folder. The last file written marks the set as whole.
func ensureKeys(f *folder) error {
	marker := f.key("complete")
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	issuers := map[string]*issuer{}
	for _, name := range authorities {
		made, err := makeAuthority(f, name)
		if err != nil {
			return err
		}
		issuers[name] = made
	}
	for _, wanted := range identities {
		if err := issuers[wanted.ca].issue(f, wanted); err != nil {
			return err
		}
	}
	if _, err := makeKey(f, "sa"); err != nil {
		return err
	}
	return replaceFile(marker, nil)
}

type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func makeAuthority(f *folder, name string) (*issuer, error) {
	key, err := makeKey(f, name)
	if err != nil {
		return nil, err
	}
	template, err := newTemplate("slipway-"+name, nil)
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &issuer{certificate: certificate, key: key}, writePEM(f.key(name+".crt"), "CERTIFICATE", der)
}

func (i *issuer) issue(f *folder, wanted identity) error {
	key, err := makeKey(f, wanted.file)
	if err != nil {
		return err
	}
	template, err := newTemplate(wanted.name, wanted.groups)
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{wanted.usage}
	template.DNSNames = wanted.names
	template.IPAddresses = wanted.address
	der, err := x509.CreateCertificate(rand.Reader, template, i.certificate, key.Public(), i.key)
	if err != nil {
		return err
	}
	return writePEM(f.key(wanted.file+".crt"), "CERTIFICATE", der)
}

func newTemplate(name string, groups []string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    now.Add(-validBefore),
		NotAfter:     now.Add(validFor),
	}, nil
}

func makeKey(f *folder, name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(f.key(name+".key"), "EC PRIVATE KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	return replaceFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
