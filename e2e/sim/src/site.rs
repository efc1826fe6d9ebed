//! The program's second face: a cloud with its racks (`slipway-sim cloud`).

use crate::args::CloudArgs;
use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use slipway_sim::{Account, Cloud, CloudConfig, Fault, Rack, RackConfig, Trouble, serve_cloud_control};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;

/// What is on the site. In a file, or from the arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Plan {
    /// Seconds of the service's clock a second.
    #[serde(default = "one")]
    speed: f64,
    /// Faults of the cloud.
    #[serde(default)]
    faults: Vec<Fault<Trouble>>,
    racks: Vec<RackPlan>,
}

/// One rack.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RackPlan {
    name: String,
    /// TCP port; 0 asks the system.
    #[serde(default)]
    port: u16,
    /// Makes an infrastructure of the rack's name beforehand.
    #[serde(default)]
    infrastructure: bool,
    /// Faults of the rack.
    #[serde(default)]
    faults: Vec<Fault<Trouble>>,
}

fn one() -> f64 {
    1.0
}

impl Plan {
    fn of(args: &CloudArgs) -> anyhow::Result<Self> {
        let Some(file) = &args.file else {
            let rack = |number| RackPlan {
                name: format!("rack-{number}"),
                infrastructure: args.create,
                ..RackPlan::default()
            };
            return Ok(Self {
                speed: args.speed.unwrap_or(1.0),
                faults: Vec::new(),
                racks: (1..=args.racks).map(rack).collect(),
            });
        };
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let mut plan: Self = serde_yaml::from_str(&text).with_context(|| file.display().to_string())?;
        plan.speed = args.speed.unwrap_or(plan.speed);
        Ok(plan)
    }
}

/// A running site.
#[derive(Debug)]
pub(crate) struct Site {
    cloud: Cloud,
    racks: Vec<Rack>,
    control: TcpListener,
    ready: Value,
}

impl Site {
    /// Starts everything and writes the clients' files.
    pub(crate) async fn start(args: &CloudArgs) -> anyhow::Result<Self> {
        let plan = Plan::of(args)?;
        std::fs::create_dir_all(&args.folder).context("folder for the clients' files")?;
        let folder = std::path::absolute(&args.folder)?;
        let config = CloudConfig { port: args.port, speed: plan.speed, ..CloudConfig::default() };
        let cloud = Cloud::start(config).await?;
        for fault in plan.faults {
            cloud.add_fault(fault);
        }
        let account = cloud.add_account()?;
        cloud.set_instance(&account)?;
        let (mut racks, mut lines) = (Vec::new(), Vec::new());
        for wanted in plan.racks {
            let (rack, line) = rack(&cloud, &account, wanted, &folder).await?;
            racks.push(rack);
            lines.push(line);
        }
        let control =
            TcpListener::bind((Ipv4Addr::LOCALHOST, args.control_port)).await.context("control port")?;
        let files = cloud.write_client_files(&account, &folder)?;
        let ready = json!({
            "ready": true,
            "endpoint": cloud.endpoint(),
            "plainEndpoint": cloud.plain_endpoint(),
            "metadata": cloud.metadata_url(),
            "ca": files.ca,
            "config": files.config,
            "key": files.key,
            "tenancy": account.tenancy,
            "user": account.user,
            "fingerprint": account.fingerprint,
            "compartment": account.compartment,
            "subnet": account.subnet,
            "region": account.region,
            "control": format!("http://{}", control.local_addr()?),
            "racks": lines,
        });
        Ok(Self { cloud, racks, control, ready })
    }

    /// The one line that says where everything is.
    pub(crate) fn ready(&self) -> &Value {
        &self.ready
    }

    /// Serves the control API.
    pub(crate) async fn serve(self) -> std::io::Result<()> {
        serve_cloud_control(self.cloud, self.racks, self.control).await
    }
}

async fn rack(
    cloud: &Cloud,
    account: &Account,
    wanted: RackPlan,
    folder: &Path,
) -> anyhow::Result<(Rack, Value)> {
    let config = RackConfig { port: wanted.port, ..RackConfig::named(&wanted.name) };
    let rack = Rack::start(cloud, config).await.with_context(|| wanted.name.clone())?;
    for fault in wanted.faults {
        rack.add_fault(fault);
    }
    let ca: PathBuf = folder.join(format!("{}-ca.pem", wanted.name));
    std::fs::write(&ca, rack.ca_pem()).with_context(|| ca.display().to_string())?;
    let infrastructure = wanted.infrastructure.then(|| cloud.create_infrastructure(account, &wanted.name));
    let line = json!({
        "name": wanted.name,
        "endpoint": rack.endpoint(),
        "url": rack.url(),
        "ca": ca,
        "infrastructure": infrastructure,
    });
    Ok((rack, line))
}
