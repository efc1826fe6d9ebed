//! Twelve simulated hosts, installed.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use slipway_sim::{FleetConfig, Timings};

use super::cluster::Cluster;
use super::story::Story;
use super::table::Table;
use super::{LIMIT, LOOK};
use crate::objects::list;
use crate::{Access, OperatorProcess, Rack};

/// Hosts in the rack.
const HOSTS: usize = 12;

/// Installs the hosts, and stays until it is ended.
pub(super) async fn show(cluster: &Cluster) -> anyhow::Result<()> {
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
    let mut table = Table::default();
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
        tokio::time::sleep(LOOK).await;
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
