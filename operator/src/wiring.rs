//! Puts the parts together and runs them until a signal ends them.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::Timestamp;
use kube::{Client, Config, client::ClientBuilder};
use prometheus_client::registry::Registry;
use slipway_controllers::{Context, Ledger, Options, Ports, metrics::Metrics};
use slipway_core::{clock::Clock, host::Timings};
use slipway_netboot::{BootConfig, BootService, OutboundImages, TokenKey};
use slipway_oci::{Environment, Keyring, OciCloud, OperatorIdentity, Rack};
use slipway_ocm::OcmRegistrar;
use slipway_openshift::Clusters;
use slipway_outbound::{Connector, Policy};
use slipway_redfish::{Limits, RedfishHosts};
use slipway_webhook::WebhookRegistrar;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use uuid::Uuid;

use crate::{
    api_metrics::CountRequests, args::Args, boot_key, boot_key::BootKey, external::External, http,
    process_metrics, registrar_tokens,
};

/// Images larger than this are refused: the largest installation media are about 16 GiB.
const LARGEST_IMAGE: usize = 32 << 30;

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Runs the operator.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let mut registry = Registry::default();
    process_metrics::register(&mut registry);
    let client = client(CountRequests::register(&mut registry)).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connector = Arc::new(Connector::new(policy(&args)));
    let ledger = Arc::new(Ledger::default());
    let BootKey { key, installation } = boot_key::load(client.clone(), &args.operator_namespace).await?;
    let key = TokenKey::new(key);
    let images = Arc::new(OutboundImages::new(Arc::clone(&connector), LARGEST_IMAGE));
    let boot =
        BootService::new(boot_config(&args, key), images, ledger.clone(), clock.clone(), &mut registry)?;
    let external = External::register(&mut registry);
    let hosts =
        Arc::new(RedfishHosts::new(connector.clone(), clock.clone(), Limits::default(), external.clone()));
    external.count_breakers_of(&mut registry, &hosts);
    let metrics = Metrics::register(&mut registry, clock.clone());
    let ocm = Arc::new(ocm(&args, &connector, &clock, &external));
    registrar_tokens::register(&mut registry, &ocm);
    let ports = Ports {
        hosts: hosts.clone(),
        boot: Arc::new(boot.clone()),
        cloud: Arc::new(cloud(&args, &connector, &clock, &external)?),
        racks: Arc::new(Rack::new(connector.clone(), slipway_oci::Limits::default(), external.clone())),
        ocm,
        webhook: Arc::new(webhook(&args, &connector, &clock, &external)),
        clusters: Arc::new(Clusters::new(connector, external)),
    };
    let context =
        Arc::new(Context::new(client, ports, clock, ledger, metrics, options(&args, &installation)));

    let boot_listener = listen("boot", args.boot_bind).await?;
    let metrics_listener = listen("metrics", args.metrics_bind).await?;
    let stop = stop_on_signal()?;
    let pages =
        http::Pages { registry: Arc::new(registry), context: Arc::clone(&context), boot: boot.clone() };
    let scopes =
        if args.namespaces.is_empty() { vec![None] } else { args.namespaces.into_iter().map(Some).collect() };
    let pages =
        axum::serve(metrics_listener, http::router(pages)).with_graceful_shutdown(stopped(stop.clone()));
    let (pages, served, ()) = tokio::join!(
        pages.into_future(),
        boot.serve(boot_listener, stopped(stop.clone())),
        slipway_controllers::run(context, scopes, stop),
    );
    hosts.close().await;
    tracing::info!("Stopped");
    pages.context("serving metrics")?;
    served.context("serving the boot service")
}

/// kube's own retries may take a quarter of an hour and repeat creations: a reconcile has its own
/// (`facts/rust-crates.md §3`).
async fn client(counted: CountRequests) -> anyhow::Result<Client> {
    let mut config = Config::infer()
        .await
        .context("finding the Kubernetes API: neither a kubeconfig nor a service account is there")?;
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    Ok(ClientBuilder::try_from(config)?.with_layer(&counted).build())
}

fn policy(args: &Args) -> Policy {
    Policy {
        allowed: args.allow_networks.clone(),
        denied: args.deny_networks.clone(),
        allow_insecure: args.allow_insecure_tls,
        ..Policy::default()
    }
}

fn cloud(
    args: &Args,
    connector: &Arc<Connector>,
    clock: &Arc<dyn Clock>,
    external: &Arc<External>,
) -> anyhow::Result<OciCloud> {
    let own = if args.allow_oci_principal { OperatorIdentity::Permitted } else { OperatorIdentity::Refused };
    let environment =
        Environment::from_process().context("reading the operator's own identity at Oracle Cloud")?;
    let keyring = Arc::new(Keyring::new(connector.clone(), environment, own));
    let limits =
        slipway_oci::Limits { calls_per_minute: args.oci_calls_per_minute, ..slipway_oci::Limits::default() };
    Ok(OciCloud::new(connector.clone(), keyring, clock.clone(), limits, external.clone()))
}

fn ocm(
    args: &Args,
    connector: &Arc<Connector>,
    clock: &Arc<dyn Clock>,
    external: &Arc<External>,
) -> OcmRegistrar {
    let limits = slipway_ocm::Limits {
        requests_per_second: args.registrar_calls_per_second,
        burst: args.registrar_calls_per_second.saturating_mul(2),
        ..slipway_ocm::Limits::default()
    };
    OcmRegistrar::new(connector.clone(), clock.clone(), limits, external.clone())
}

fn webhook(
    args: &Args,
    connector: &Arc<Connector>,
    clock: &Arc<dyn Clock>,
    external: &Arc<External>,
) -> WebhookRegistrar {
    let interval = Duration::from_secs(1) / args.registrar_calls_per_second;
    let limits = slipway_webhook::Limits { interval, ..slipway_webhook::Limits::default() };
    WebhookRegistrar::new(connector.clone(), clock.clone(), external.clone()).with_limits(limits)
}

fn boot_config(args: &Args, key: TokenKey) -> BootConfig {
    BootConfig {
        base_url: args.boot_url.clone(),
        efi_program: args.http_boot_program.clone(),
        ..BootConfig::new(args.data_dir.clone(), key)
    }
}

fn options(args: &Args, installation: &str) -> Options {
    let timings = Timings {
        poll: args.poll_interval,
        transition: Timings::default().transition.min(args.poll_interval),
        settle: args.reset_timeout,
        graceful: args.shutdown_timeout,
        boot: args.boot_timeout,
        retry: args.retry_pause,
    };
    Options {
        timings,
        allow_insecure_tls: args.allow_insecure_tls,
        deletion_timeout: args.deletion_timeout,
        installation: mark(installation, &args.namespaces),
        delete_orphans: args.delete_orphaned_subscriptions,
    }
}

/// The mark of an installation that serves these namespaces: operators that share the Secret of the boot key and serve others are others.
fn mark(installation: &str, namespaces: &[String]) -> String {
    let served: BTreeSet<_> = namespaces.iter().collect();
    let words: Vec<_> = served.iter().map(|namespace| namespace.as_str()).collect();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{installation}/{}", words.join(",")).as_bytes()).to_string()
}

async fn listen(name: &'static str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address} (--{name}-bind)"))?;
    tracing::info!(listener = name, address = %listener.local_addr()?, "Serving");
    Ok(listener)
}

fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("Stopping");
        sender.send_replace(true);
    });
    Ok(receiver)
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means the same as one that says stop.
    stop.wait_for(|stop| *stop).await.ok();
}
