//! What N hosts at rest cost the operator in memory. `make bench-memory N=10000`.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "figures for a person")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use slipway_e2e::control_plane::ControlPlaneOptions;
use slipway_e2e::{ControlPlane, OperatorProcess, Rack, wait_for};
use slipway_sim::{Fleet, FleetConfig};

/// Hosts unless `--hosts` says otherwise, and what that many may cost (issue 6).
const HOSTS: usize = 10_000;
const MOST_BYTES: u64 = 150_000_000;
/// As the shipped Deployment sets it (`config/manager`).
const ARENAS: (&str, &str) = ("MALLOC_ARENA_MAX", "1");
/// The operator's own default.
const POLL: &str = "60s";
/// Looks at each host at rest before memory is read: the first reads its interfaces.
const LOOKS: usize = 3;
/// Creations under way at once; more only add latency (`facts/controlplane.md §6`).
const CREATORS: usize = 16;
const LIMIT: Duration = Duration::from_mins(30);

#[tokio::main]
async fn main() -> ExitCode {
    let hosts = hosts(std::env::args().skip(1));
    match bench(hosts).await {
        Ok(settled) if hosts > HOSTS || settled <= MOST_BYTES => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("bench-memory: more than {:.0} MB", megabytes(MOST_BYTES));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench-memory: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `--hosts N`; cargo adds `--bench`, which says nothing.
fn hosts(arguments: impl Iterator<Item = String>) -> usize {
    let all: Vec<_> = arguments.collect();
    let position = all.iter().position(|argument| argument == "--hosts");
    position.and_then(|position| all.get(position + 1)?.parse().ok()).unwrap_or(HOSTS)
}

/// The operator's resident memory in bytes with that many hosts at rest: the larger one of that of the process that saw them come and of that
/// of one that found them there.
async fn bench(hosts: usize) -> anyhow::Result<u64> {
    let mut control_plane = ControlPlaneOptions::default().start().await?;
    let operator = OperatorProcess::options().poll_interval(POLL).env(ARENAS.0, ARENAS.1);
    let mut rack = Rack::options().operator(operator).start(&control_plane, "memory").await?;
    let idle = rack.operator.resident_bytes()?;
    println!("hosts                          {hosts}");
    println!("operator without hosts         {:.1} MB", megabytes(idle));
    // After the start of the operator: its Secrets are not for kubectl, which would take minutes.
    rack.fleet = Fleet::start(FleetConfig { recorded_calls: 0, ..FleetConfig::new(hosts) }).await?;
    let began = Instant::now();
    create(&control_plane, &rack, hosts).await?;
    println!("created within                 {:.1} s", began.elapsed().as_secs_f64());
    all_available(&rack, hosts).await?;
    println!("all Available after            {:.1} s", began.elapsed().as_secs_f64());
    println!("operator at its peak           {:.1} MB", megabytes(rack.operator.peak_bytes()?));
    let grown = rest(&rack, hosts).await?;
    println!("operator with hosts at rest    {:.1} MB", megabytes(grown));
    rack.operator.stop().await?;
    rack.operator.start_again().await?;
    let restarted = rest(&rack, hosts).await?;
    println!("its peak after a restart       {:.1} MB", megabytes(rack.operator.peak_bytes()?));
    println!("the same at rest               {:.1} MB", megabytes(restarted));
    let most = grown.max(restarted);
    println!(
        "growth per host                {:.1} KB",
        most.saturating_sub(idle) as f64 / 1e3 / hosts as f64
    );
    rack.operator.stop().await?;
    drop(rack);
    control_plane.stop().await?;
    Ok(most)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Makes the Secrets and the hosts.
async fn create(control_plane: &ControlPlane, rack: &Rack, hosts: usize) -> anyhow::Result<()> {
    let (client, namespace) = (control_plane.client().await?, rack.namespace.name());
    let secrets = api(&client, namespace, ("", "v1", "Secret"), "secrets");
    let objects = api(&client, namespace, ("slipway.dev", "v1alpha1", "BareMetalHost"), "baremetalhosts");
    // Those of the fleet that the rack began with.
    for old in ["bmc-ca".to_owned(), format!("{}-bmc", Rack::name(0))] {
        secrets.delete(&old, &kube::api::DeleteParams::default()).await?;
    }
    let Value::Array(logins) = rack.secrets()["items"].take() else {
        anyhow::bail!("the rack has no Secrets")
    };
    create_all(&secrets, logins).await?;
    create_all(&objects, (0..hosts).map(|index| rack.host(index))).await
}

async fn create_all(
    api: &Api<DynamicObject>,
    objects: impl IntoIterator<Item = Value>,
) -> anyhow::Result<()> {
    stream::iter(objects)
        .map(|object| async move {
            let object: DynamicObject = serde_json::from_value(object)?;
            let name = object.metadata.name.clone().unwrap_or_default();
            api.create(&PostParams::default(), &object).await.with_context(|| format!("creating {name}"))?;
            anyhow::Ok(())
        })
        .buffer_unordered(CREATORS)
        .try_collect()
        .await
}

fn api(client: &Client, namespace: &str, kind: (&str, &str, &str), plural: &str) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk(kind.0, kind.1, kind.2);
    let resource = ApiResource::from_gvk_with_plural(&kind, plural);
    Api::namespaced_with(client.clone(), namespace, &resource)
}

/// By the operator's own count, which costs the API server nothing.
async fn all_available(rack: &Rack, hosts: usize) -> anyhow::Result<()> {
    let wanted = json!(hosts).to_string();
    wait_for("every host Available", LIMIT, || async {
        let metrics = rack.operator.metrics().await?;
        let line = "slipway_host_state{state=\"Available\"} ";
        let available = metrics.lines().find_map(|metric| metric.strip_prefix(line)).unwrap_or_default();
        anyhow::ensure!(available == wanted, "{available} of {hosts} are");
        Ok(())
    })
    .await
}

/// Waits until every host has been looked at some times, and answers the operator's resident memory in bytes.
async fn rest(rack: &Rack, hosts: usize) -> anyhow::Result<u64> {
    let looks = f64::from(u32::try_from(LOOKS * hosts)?);
    rack.operator.wait_reconciles("baremetalhost", looks, LIMIT).await?;
    rack.operator.resident_bytes()
}
