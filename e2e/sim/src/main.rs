//! A simulated rack as a program: starts a fleet, or a cloud with its racks, prints one line of JSON when ready, serves the
//! control API.

mod args;
mod site;

use anyhow::Context;
use args::{Args, Instead};
use clap::Parser;
use serde_json::{Value, json};
use site::Site;
use slipway_sim::{Fleet, serve_control};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let log = match &args.instead {
        Some(Instead::Cloud(cloud)) => &cloud.log,
        None => &args.log,
    };
    tracing_subscriber::fmt().with_env_filter(log.as_str()).with_writer(std::io::stderr).init();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        ended = run(&args) => ended,
        _ = terminated.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
    }
}

async fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(Instead::Cloud(cloud)) = &args.instead {
        let site = Site::start(cloud).await?;
        announce(site.ready())?;
        return site.serve().await.context("control API");
    }
    let fleet = Arc::new(Fleet::start(args.fleet()?).await?);
    let control =
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.control_port)).await.context("control port")?;
    std::fs::write(&args.ca_file, fleet.ca_pem())
        .with_context(|| format!("writing {}", args.ca_file.display()))?;
    announce(&ready(&fleet, &args.ca_file, &control)?)?;
    serve_control(fleet, control).await.context("control API")
}

/// The one line that says where everything is.
fn ready(fleet: &Fleet, ca_file: &Path, control: &TcpListener) -> anyhow::Result<Value> {
    Ok(json!({
        "ready": true,
        "count": fleet.len(),
        "base": fleet.socket(0).ip(),
        "port": fleet.port(),
        "ca": ca_file,
        "username": fleet.username(),
        "control": format!("http://{}", control.local_addr()?),
        "images": fleet.images().base_url(),
    }))
}

fn announce(line: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
