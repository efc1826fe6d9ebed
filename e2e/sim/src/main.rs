//! A simulated rack as a program: starts a fleet, prints one line of JSON when ready, serves the control API.

mod args;

use anyhow::Context;
use args::Args;
use clap::Parser;
use serde_json::json;
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
    tracing_subscriber::fmt().with_env_filter(args.log.as_str()).with_writer(std::io::stderr).init();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let fleet = Arc::new(Fleet::start(args.fleet()?).await?);
    let control =
        TcpListener::bind((Ipv4Addr::LOCALHOST, args.control_port)).await.context("control port")?;
    std::fs::write(&args.ca_file, fleet.ca_pem())
        .with_context(|| format!("writing {}", args.ca_file.display()))?;
    announce(&fleet, &args.ca_file, &control)?;
    tokio::select! {
        served = serve_control(fleet, control) => served.context("control API"),
        _ = terminated.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
    }
}

/// The one line that says where everything is.
fn announce(fleet: &Fleet, ca_file: &Path, control: &TcpListener) -> anyhow::Result<()> {
    let line = json!({
        "ready": true,
        "count": fleet.len(),
        "base": fleet.socket(0).ip(),
        "port": fleet.port(),
        "ca": ca_file,
        "username": fleet.username(),
        "control": format!("http://{}", control.local_addr()?),
        "images": fleet.images().base_url(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
