//! From creation to `Available` for N hosts: time, calls and memory. `make bench-hosts N=1000`.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for a person")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, PostParams};
use slipway_e2e::control_plane::ControlPlaneOptions;
use slipway_e2e::{ControlPlane, OperatorProcess, Rack, wait_for};
use slipway_sim::FleetConfig;

/// What the issue asks for, for 1,000 hosts with BMCs that take 20 ms to answer.
const LATENCY: Duration = Duration::from_millis(20);
/// Creations under way at once; more only add latency (`facts/controlplane.md §6`).
const CREATORS: usize = 16;
const LIMIT: Duration = Duration::from_mins(10);
/// Looks at a host at rest; memory is read after some of them.
const POLL: &str = "20s";
const POLLS: u64 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let hosts = hosts(std::env::args().skip(1));
    match bench(hosts).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-hosts: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `--hosts N`; cargo adds `--bench`, which says nothing.
fn hosts(arguments: impl Iterator<Item = String>) -> usize {
    let all: Vec<_> = arguments.collect();
    let position = all.iter().position(|argument| argument == "--hosts");
    position.and_then(|position| all.get(position + 1)?.parse().ok()).unwrap_or(1000)
}

async fn bench(hosts: usize) -> anyhow::Result<()> {
    let mut control_plane = ControlPlaneOptions::default().audit().start().await?;
    let fleet = FleetConfig { latency: LATENCY, recorded_calls: 0, ..FleetConfig::new(hosts) };
    let rack = Rack::options()
        .fleet(fleet)
        .operator(OperatorProcess::options().poll_interval(POLL))
        .start(&control_plane, "bench")
        .await?;
    let idle = rack.operator.resident_bytes()?;
    let rack = Arc::new(rack);
    let began = Instant::now();
    create(&control_plane, &rack, hosts).await?;
    let created = began.elapsed();
    all_available(&control_plane, &rack, hosts).await?;
    let available = began.elapsed();
    let counters = rack.fleet.counters();
    let writes = operator_writes(&control_plane)?;
    let peak = rack.operator.peak_bytes()?;
    println!("hosts                          {hosts}");
    println!("created within                 {:.1} s", created.as_secs_f64());
    println!("all Available after            {:.1} s", available.as_secs_f64());
    println!("API writes per host            {:.2}", ratio(writes, hosts));
    println!("BMC GETs per host              {:.2}", ratio(counters.gets, hosts));
    println!("BMC logins per host            {:.2}", ratio(counters.logins, hosts));
    println!("operator before                {:.1} MB", megabytes(idle));
    println!("operator at its peak           {:.1} MB", megabytes(peak));
    settle(&rack, hosts).await?;
    let settled = rack.operator.resident_bytes()?;
    println!("operator settled               {:.1} MB", megabytes(settled));
    println!(
        "growth per host                {:.1} KB",
        settled.saturating_sub(idle) as f64 / 1024.0 / hosts as f64
    );
    println!("API writes while settling      {}", operator_writes(&control_plane)? - writes);
    drop(rack);
    control_plane.stop().await
}

fn ratio(count: u64, hosts: usize) -> f64 {
    count as f64 / hosts as f64
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

async fn create(control_plane: &ControlPlane, rack: &Arc<Rack>, hosts: usize) -> anyhow::Result<()> {
    let api = api(control_plane, rack).await?;
    stream::iter(0..hosts)
        .map(|index| {
            let (api, rack) = (api.clone(), Arc::clone(rack));
            async move {
                let object: DynamicObject = serde_json::from_value(rack.host(index))?;
                api.create(&PostParams::default(), &object).await.with_context(|| format!("host {index}"))?;
                anyhow::Ok(())
            }
        })
        .buffer_unordered(CREATORS)
        .try_collect()
        .await
}

async fn api(control_plane: &ControlPlane, rack: &Rack) -> anyhow::Result<Api<DynamicObject>> {
    let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", "BareMetalHost");
    let resource = ApiResource::from_gvk_with_plural(&kind, "baremetalhosts");
    Ok(Api::namespaced_with(control_plane.client().await?, rack.namespace.name(), &resource))
}

async fn all_available(control_plane: &ControlPlane, rack: &Rack, hosts: usize) -> anyhow::Result<()> {
    let api = api(control_plane, rack).await?;
    wait_for("every host Available", LIMIT, || async {
        // From the watch cache, so that looking costs the API server little.
        let all = api.list(&ListParams::default().match_any()).await?;
        let available = all.iter().filter(|host| host.data["status"]["phase"] == "Available").count();
        anyhow::ensure!(available == hosts, "{available} of {hosts} are");
        Ok(())
    })
    .await
}

/// Waits until every BMC has been polled some times.
async fn settle(rack: &Rack, hosts: usize) -> anyhow::Result<()> {
    let before = rack.fleet.counters().gets;
    let wanted = before + POLLS * hosts as u64;
    wait_for("some polls of every host", LIMIT, || async {
        let gets = rack.fleet.counters().gets;
        anyhow::ensure!(gets >= wanted, "{gets} of {wanted} GETs");
        Ok(())
    })
    .await
}

fn operator_writes(control_plane: &ControlPlane) -> anyhow::Result<u64> {
    let requests = control_plane.audited()?;
    let ours = requests.iter().filter(|request| request.user.ends_with(":slipway") && request.is_write());
    // The operator's own Secret at its start belongs to no host.
    Ok(ours.filter(|request| request.resource != "secrets").count() as u64)
}
