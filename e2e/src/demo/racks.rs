//! Three simulated Compute Cloud@Customer racks: one is connected, one shows a fingerprint that is not its own, one waits for a person.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_sim::{CloudConfig, Trouble};
use tokio::process::Command;

use super::cluster::Cluster;
use super::log_book::LogBook;
use super::table::Table;
use super::{LIMIT, LOOK};
use crate::objects::{condition, list};
use crate::{Access, OperatorProcess, Site, program};

/// The one that is connected.
const PLAIN: usize = 0;
/// The one with the wrong fingerprint.
const WRONG: usize = 1;
/// The one that waits for a person.
const MANUAL: usize = 2;
const RACKS: [usize; 3] = [PLAIN, WRONG, MANUAL];
/// Seconds of Oracle Cloud's clock a second: 20 minutes in `REJECT` take ten.
const SPEED: f64 = 120.0;
/// The clock begins so long ago and does not catch up, so that kubectl can tell the age of what it shows.
const AGO: Duration = Duration::from_hours(6);

/// Connects the racks, shows what came of it, and ends.
pub(super) async fn show(cluster: &Cluster) -> anyhow::Result<()> {
    let access = cluster.access()?;
    println!("   API server at {}", access.url);
    let site = start(&access).await?;
    println!("   simulated Oracle Cloud at {}; its clock runs {SPEED} times as fast", site.cloud.endpoint());
    println!(
        "   {} simulated racks; the fingerprint that {} shows is not its own",
        RACKS.len(),
        Site::name(WRONG)
    );
    println!("   operator with the rights of config/rbac");
    let applied = Instant::now();
    site.apply(&list(RACKS.map(|index| object(&site, index)))).await?;
    println!("   {} Infrastructures applied, {} with approval: Manual", RACKS.len(), Site::name(MANUAL));
    println!();
    let met = |object: &Value, index| match index {
        PLAIN => is_for(object, "Connected"),
        WRONG => is_for(object, "FingerprintMismatch"),
        _ => is_for(object, "ApprovalAwaited"),
    };
    watch(&site, met).await?;
    println!();
    approve(&site, &access).await?;
    println!();
    watch(&site, |object, index| index != MANUAL || is_for(object, "Connected")).await?;
    println!();
    println!(
        "Over {:.1} s after they were applied. The log books, as in `kubectl describe sinfra`:",
        applied.elapsed().as_secs_f64()
    );
    for index in RACKS {
        println!();
        print!("{}", LogBook::read(&site, index).await?);
    }
    Ok(())
}

/// A site in which a handshake takes as long as a person can watch.
async fn start(access: &Access) -> anyhow::Result<Site> {
    let usual = CloudConfig::default();
    let cloud = CloudConfig { epoch: usual.epoch.checked_sub(AGO)?, speed: SPEED, ..usual };
    let operator = OperatorProcess::options().poll_interval("500ms");
    let options = Site::options().cloud(cloud).racks(RACKS.len()).operator(operator);
    let site = options.start_at(access, "demo").await.context("starting the racks")?;
    site.apply(&list(RACKS.map(|index| site.own_account(index)))).await?;
    for index in RACKS {
        drop(site.record(index));
    }
    site.racks.get(WRONG).context("no such rack")?.add_fault(Trouble::FingerprintWrong.into());
    Ok(site)
}

fn object(site: &Site, index: usize) -> Value {
    let approval = if index == MANUAL { "Manual" } else { "Automatic" };
    let window = json!({"start": "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", "duration": "4h"});
    let policy = json!({"approval": approval, "refresh": {"before": "10d", "window": window}});
    let mut object = site.to_connect(index, &policy);
    object["spec"]["oci"]["credentialsRef"]["name"] = json!(Site::own_secret(index));
    object
}

fn is_for(object: &Value, reason: &str) -> bool {
    condition(object, "Ready")["reason"] == reason
}

/// Shows the table until each rack was seen once as `met` wants it.
async fn watch(site: &Site, met: impl Fn(&Value, usize) -> bool) -> anyhow::Result<()> {
    let (began, mut table) = (Instant::now(), Table::default());
    let mut seen = RACKS.map(|_| false);
    loop {
        for (index, seen) in RACKS.into_iter().zip(&mut seen) {
            *seen |= met(&site.get(index).await?, index);
        }
        table.show(&site.kubectl.ok(&["get", "sinfra"]).await?)?;
        if seen.into_iter().all(|seen| seen) {
            return Ok(());
        }
        anyhow::ensure!(
            began.elapsed() < LIMIT,
            "the racks did not come so far within {} s",
            LIMIT.as_secs()
        );
        tokio::time::sleep(LOOK).await;
    }
}

/// A person reads the fingerprint at the rack and approves it with kubectl's plugin.
async fn approve(site: &Site, access: &Access) -> anyhow::Result<()> {
    let (name, namespace) = (Site::name(MANUAL), site.namespace.name());
    let posts = site.racks.get(MANUAL).context("no such rack")?.posts();
    let read =
        posts.into_iter().rev().find_map(|post| post.fingerprint).context("the rack shows no fingerprint")?;
    println!("$ kubectl slipway approve {name} --yes --fingerprint {}…", read.get(..8).unwrap_or_default());
    let mut plugin = Command::new(program::kubectl_plugin().await?);
    plugin.args(["approve", &name, "--namespace", namespace, "--yes", "--fingerprint", &read]);
    plugin
        .env("KUBECONFIG", &access.kubeconfig)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let output = plugin.output().await?;
    anyhow::ensure!(output.status.success(), "kubectl slipway approve ended with {}", output.status);
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
