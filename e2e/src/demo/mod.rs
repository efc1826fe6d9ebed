//! The demo: an API server, twelve simulated hosts, the shipped operator, and the table a person would watch.

#![expect(clippy::print_stdout, reason = "the demo is there to be watched")]

mod cluster;
mod story;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use slipway_sim::{FleetConfig, Timings};
use tokio::signal::unix::{SignalKind, signal};

use crate::objects::list;
use crate::{Access, OperatorProcess, Rack};
use cluster::Cluster;
use story::Story;

/// Hosts in the rack.
const HOSTS: usize = 12;
/// The demo gives up after this; a run takes about half a minute.
const LIMIT: Duration = Duration::from_mins(5);

/// Runs the demo. `arguments` are those of the command line: none, or `--kubeconfig FILE` for a cluster of one's own.
pub async fn run(arguments: Vec<String>) -> anyhow::Result<()> {
    let kubeconfig = match arguments.as_slice() {
        [] => None,
        [flag, file] if flag == "--kubeconfig" => Some(PathBuf::from(file)),
        _ => anyhow::bail!("usage: demo [--kubeconfig FILE]"),
    };
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let cluster = Cluster::get(kubeconfig).await?;
    let shown = tokio::select! {
        shown = show(&cluster) => shown,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    println!();
    println!("demo: cleaning up");
    cluster.clean_up().await?;
    shown
}

async fn show(cluster: &Cluster) -> anyhow::Result<()> {
    let started = Instant::now();
    let access = cluster.access()?;
    println!("   API server at {}", access.url);
    let rack = start_rack(&access).await?;
    println!("   {HOSTS} simulated BMCs at {} and the following addresses", rack.fleet.address(0));
    println!("   operator with the rights of config/rbac; boot service at http://{}", rack.boot);
    let hosts = list((0..HOSTS).map(|index| rack.host_to_install(index, "1")));
    let applied = Instant::now();
    rack.apply(&hosts).await?;
    println!("   {HOSTS} BareMetalHosts and one InstallProfile applied");
    println!();
    let story = watch(&rack, applied).await?;
    println!();
    println!(
        "All {HOSTS} hosts are installed, {:.1} s after they were applied.",
        applied.elapsed().as_secs_f64()
    );
    println!(
        "The first was installed {:.1} s after the demo began to run.",
        (applied - started + story.first()).as_secs_f64()
    );
    println!();
    print!("{story}");
    println!();
    where_to_look(&rack, &access.kubeconfig, &cluster.kubectl().await?);
    std::future::pending::<()>().await;
    Ok(())
}

/// A rack whose steps take long enough to be seen.
async fn start_rack(access: &Access) -> anyhow::Result<Rack> {
    let timings = Timings {
        power_on: Duration::from_millis(300),
        post: Duration::from_millis(1500),
        install: Duration::from_secs(3),
        ..Timings::default()
    };
    let fleet = FleetConfig {
        timings,
        latency: Duration::from_millis(20),
        boot_order: slipway_sim::BootOrder::NetworkThenDisk,
        ..FleetConfig::new(HOSTS)
    };
    let operator = OperatorProcess::options().poll_interval("10s");
    let options = Rack::options().fleet(fleet).operator(operator);
    options.start_at(access, "demo").await.context("starting the rack")
}

/// Shows the table until every host is installed.
async fn watch(rack: &Rack, applied: Instant) -> anyhow::Result<Story> {
    let mut story = Story::new(applied);
    let mut table = table::Table::default();
    loop {
        let hosts = rack.list().await?;
        story.take(&hosts);
        table.show(&rack.kubectl.ok(&["get", "sbmh"]).await?)?;
        if story.is_over(HOSTS) {
            return Ok(story);
        }
        anyhow::ensure!(
            applied.elapsed() < LIMIT,
            "not every host was installed within {} s",
            LIMIT.as_secs()
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn where_to_look(rack: &Rack, kubeconfig: &Path, kubectl: &Path) {
    let metrics = rack.operator.metrics_address().map(|address| address.to_string()).unwrap_or_default();
    println!("Look around (Ctrl-C ends the demo and removes everything):");
    println!("  export KUBECONFIG={}", kubeconfig.display());
    println!("  alias kubectl={}", kubectl.display());
    println!("  kubectl -n {} get sbmh -o wide", rack.namespace.name());
    println!("  kubectl -n {} describe sbmh u00", rack.namespace.name());
    println!("  curl http://{metrics}/metrics");
    println!("  curl 'http://{}/v1/script?mac={}'", rack.boot, rack.fleet.mac(0));
    println!("  less {}", rack.operator.log_file().display());
}
