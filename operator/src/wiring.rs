//! Puts the parts together and runs them until a signal ends them.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::Timestamp;
use kube::{Client, Config, client::ClientBuilder};
use prometheus_client::registry::Registry;
use slipway_controllers::{Appointment, Context, Duty, Ledger, Options, Ports, metrics::Metrics};
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
    admission::Admission,
    api_metrics::CountRequests,
    args::Args,
    boot_key,
    boot_key::BootKey,
    external::External,
    http,
    lease::{Claims, Election, Heartbeat, MasterStatus},
    process_metrics, registrar_tokens,
    serving_certificate::ServingCertificate,
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

/// How long reconciles that are under way may take to end when the process is told to stop; then another replica goes on with them.
const HANDOVER: Duration = Duration::from_secs(2);

/// Runs the operator.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let mut registry = Registry::default();
    process_metrics::register(&mut registry);
    let certificate = ServingCertificate::named(&args)?;
    let client = client(CountRequests::register(&mut registry)).await?;
    let BootKey { key, installation } = boot_key::load(client.clone(), &args.operator_namespace).await?;
    let (appointment, asked) = Appointment::new();
    let appointment = Arc::new(appointment);
    let parts = Parts::new(&args, key, &appointment.duty(), &mut registry)?;
    let (hosts, boot) = (Arc::clone(&parts.hosts), parts.boot.clone());
    let context =
        parts.context(client.clone(), appointment.duty(), options(&args, &installation), &mut registry);
    let mut election = election(&args, &client, &appointment, &mut registry);
    let claims =
        Claims::new(client.clone(), installation_name(&args), args.lease_duration, appointment, asked);
    let admission = Admission::new(client);

    let boot_listener = listen("boot", args.boot_bind).await?;
    let metrics_listener = listen("metrics", args.metrics_bind).await?;
    let stop = stop_on_signal()?;
    let pages = http::router(http::Pages {
        registry: Arc::new(registry),
        context: Arc::clone(&context),
        boot: boot.clone(),
        admission: Arc::clone(&admission),
        health: health(&context, [("election", election.heartbeat()), ("claims", claims.heartbeat())]),
    });
    let scopes =
        if args.namespaces.is_empty() { vec![None] } else { args.namespaces.into_iter().map(Some).collect() };
    let controllers = admission.serve(scopes, stop.clone(), |scopes| {
        slipway_controllers::run(Arc::clone(&context), scopes, stop.clone())
    });
    let leading = async {
        let controllers = bounded(controllers, stop.clone());
        let (controlled, (), ()) =
            tokio::join!(controllers, election.run(stop.clone()), claims.run(stop.clone()));
        // The sessions are ours to end while we lead.
        hosts.close().await;
        election.resign().await;
        controlled
    };
    let (pages, served, controlled) = tokio::join!(
        http::serve(metrics_listener, pages, certificate, stopped(stop.clone())),
        boot.serve(boot_listener, stopped(stop.clone())),
        leading,
    );
    tracing::info!("Stopped");
    controlled?;
    pages.context("serving metrics")?;
    served.context("serving the boot service")
}

/// Waits for the controllers, which end soon after they are told to stop. One that does not is left behind: what it was at is gone on with as
/// after a crash.
async fn bounded(
    controllers: impl Future<Output = anyhow::Result<()>>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let late = async {
        stopped(stop).await;
        tokio::time::sleep(HANDOVER).await;
    };
    tokio::select! {
        ended = controllers => ended,
        () = late => {
            tracing::info!("Reconciles under way are left to the next leader");
            Ok(())
        }
    }
}

/// A loop or a reconcile that does not go on is mended by a restart only.
fn health<const N: usize>(context: &Arc<Context>, loops: [(&'static str, Heartbeat); N]) -> http::Verdict {
    let context = Arc::clone(context);
    Arc::new(move || {
        let stuck = loops.iter().find_map(|(name, heartbeat)| Some((name, heartbeat.stuck()?)));
        match stuck {
            Some((name, silent)) => {
                Err(format!("the loop of the {name} has not gone round for {} s", silent.as_secs()))
            }
            None => context.is_alive(),
        }
    })
}

fn election(
    args: &Args,
    client: &Client,
    appointment: &Arc<Appointment>,
    registry: &mut Registry,
) -> Election {
    let lease = (args.operator_namespace.as_str(), args.lease_name.as_str());
    let status = MasterStatus::register(registry, &args.lease_name);
    Election::new(client.clone(), lease, &args.identity, args.lease_duration, Arc::clone(appointment), status)
}

/// What all replicas of this installation, and no other installation of the cluster, call themselves.
fn installation_name(args: &Args) -> String {
    format!("{}/{}", args.operator_namespace, args.lease_name)
}

/// What the controllers are made of.
struct Parts {
    clock: Arc<dyn Clock>,
    ledger: Arc<Ledger>,
    hosts: Arc<RedfishHosts>,
    boot: BootService,
    ports: Ports,
}

impl Parts {
    fn new(args: &Args, key: [u8; 32], duty: &Duty, registry: &mut Registry) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let anyones = Arc::new(Connector::new(policy(args)));
        let connector = Arc::new(anyones.fenced(Arc::new(duty.clone())));
        let ledger = Arc::new(Ledger::default());
        // Every replica serves hosts that boot.
        let images = Arc::new(OutboundImages::new(anyones, LARGEST_IMAGE));
        let config = boot_config(args, TokenKey::new(key));
        let boot = BootService::new(config, images, ledger.clone(), clock.clone(), registry)?;
        let external = External::register(registry);
        let limits = Limits::default();
        let hosts = Arc::new(RedfishHosts::new(connector.clone(), clock.clone(), limits, external.clone()));
        external.count_breakers_of(registry, &hosts);
        let ocm = Arc::new(ocm(args, &connector, &clock, &external));
        registrar_tokens::register(registry, &ocm);
        let ports = Ports {
            hosts: hosts.clone(),
            boot: Arc::new(boot.clone()),
            cloud: Arc::new(cloud(args, &connector, &clock, &external)?),
            racks: Arc::new(Rack::new(connector.clone(), slipway_oci::Limits::default(), external.clone())),
            ocm,
            webhook: Arc::new(webhook(args, &connector, &clock, &external)),
            clusters: Arc::new(Clusters::new(connector, external)),
        };
        Ok(Self { clock, ledger, hosts, boot, ports })
    }

    fn context(self, client: Client, duty: Duty, options: Options, registry: &mut Registry) -> Arc<Context> {
        let metrics = Metrics::register(registry, self.clock.clone());
        Arc::new(Context::new(client, self.ports, self.clock, duty, self.ledger, metrics, options))
    }
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
