// Package controllers runs the six controllers that garbage collection, namespaces and service accounts need.
//
// They are wired by hand because kube-controller-manager notices a new kind only after 30 s.
package controllers

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
	tokens "k8s.io/kubernetes/pkg/serviceaccount"
)

// How soon garbage collection learns of a new kind.
const discoveryPeriod = 2 * time.Second

// Settings say whom the controllers talk to and with which keys.
type Settings struct {
	Admin  *rest.Config
	CAFile string
	SAKey  string
}

// runner is what every controller comes down to.
type runner func(ctx context.Context)

type set struct {
	settings Settings
	client   kubernetes.Interface
	shared   informers.SharedInformerFactory
	started  chan struct{}
}

// Start builds all controllers and runs them until ctx is cancelled. The returned function waits for their end.
func Start(ctx context.Context, settings Settings) (wait func(), err error) {
	admin := rest.CopyConfig(settings.Admin)
	admin.QPS = -1
	settings.Admin = admin
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return nil, err
	}
	s := &set{settings: settings, client: client, shared: informers.NewSharedInformerFactory(client, 0), started: make(chan struct{})}
	var all []runner
	for _, build := range []func(context.Context) ([]runner, error){
		s.serviceAccountTokens, s.serviceAccounts, s.rootCA, s.clusterRoles, s.namespaces, s.garbage,
	} {
		runners, err := build(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, runners...)
	}
	s.shared.Start(ctx.Done())
	close(s.started)
	var group sync.WaitGroup
	for _, run := range all {
		group.Go(func() { run(ctx) })
	}
	return group.Wait, nil
}

// as gives the configuration of a built-in controller account. RBAC's bootstrap roles then apply to it, and no
// token is needed for it.
func (s *set) as(name string) *rest.Config {
	config := rest.CopyConfig(s.settings.Admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:kube-system:" + name}
	return config
}

func (s *set) clientAs(name string) (kubernetes.Interface, error) {
	return kubernetes.NewForConfig(s.as(name))
}

func (s *set) serviceAccountTokens(ctx context.Context) ([]runner, error) {
	key, err := keyutil.PrivateKeyFromFile(s.settings.SAKey)
	if err != nil {
		return nil, err
	}
	generator, err := tokens.JWTTokenGenerator(tokens.LegacyIssuer, key)
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(s.settings.CAFile)
	if err != nil {
		return nil, err
	}
	core := s.shared.Core().V1()
	c, err := serviceaccount.NewTokensController(klog.FromContext(ctx), core.ServiceAccounts(), core.Secrets(), s.client,
		serviceaccount.TokensControllerOptions{TokenGenerator: generator, RootCA: ca})
	if err != nil {
		return nil, fmt.Errorf("service account tokens: %w", err)
	}
	return []runner{func(ctx context.Context) { c.Run(ctx, 2) }}, nil
}

func (s *set) serviceAccounts(ctx context.Context) ([]runner, error) {
	client, err := s.clientAs("service-account-controller")
	if err != nil {
		return nil, err
	}
	core := s.shared.Core().V1()
	c, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx), core.ServiceAccounts(), core.Namespaces(),
		client, serviceaccount.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return nil, fmt.Errorf("service accounts: %w", err)
	}
	return []runner{func(ctx context.Context) { c.Run(ctx, 1) }}, nil
}

func (s *set) rootCA(context.Context) ([]runner, error) {
	client, err := s.clientAs("root-ca-cert-publisher")
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(s.settings.CAFile)
	if err != nil {
		return nil, err
	}
	core := s.shared.Core().V1()
	c, err := rootcacertpublisher.NewPublisher(core.ConfigMaps(), core.Namespaces(), client, ca)
	if err != nil {
		return nil, fmt.Errorf("root CA publisher: %w", err)
	}
	return []runner{func(ctx context.Context) { c.Run(ctx, 1) }}, nil
}

func (s *set) clusterRoles(context.Context) ([]runner, error) {
	client, err := s.clientAs("clusterrole-aggregation-controller")
	if err != nil {
		return nil, err
	}
	c := clusterroleaggregation.NewClusterRoleAggregation(s.shared.Rbac().V1().ClusterRoles(), client.RbacV1())
	return []runner{func(ctx context.Context) { c.Run(ctx, 1) }}, nil
}

func (s *set) namespaces(ctx context.Context) ([]runner, error) {
	config := s.as("namespace-controller")
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	c := namespace.NewNamespaceController(ctx, client, objects, client.Discovery().ServerPreferredNamespacedResources,
		s.shared.Core().V1().Namespaces(), 5*time.Minute, v1.FinalizerKubernetes)
	return []runner{func(ctx context.Context) { c.Run(ctx, 4) }}, nil
}

func (s *set) garbage(ctx context.Context) ([]runner, error) {
	config := s.as("generic-garbage-collector")
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	// The mapper may look into a cache; the loop that finds new kinds may not.
	fresh, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	factory := informerfactory.NewInformerFactory(s.shared, metadatainformer.NewSharedInformerFactory(objects, 0))
	c, err := garbagecollector.NewGarbageCollector(ctx, client, objects, mapper, garbagecollector.DefaultIgnoredResources(),
		factory, s.started)
	if err != nil {
		return nil, fmt.Errorf("garbage collector: %w", err)
	}
	return []runner{
		func(ctx context.Context) { c.Run(ctx, 4, 30*time.Second) },
		func(ctx context.Context) { c.Sync(ctx, fresh, discoveryPeriod) },
	}, nil
}
