//! The demos: an API server, simulated hardware and services, the shipped operator, and the table a person would watch.

#![expect(clippy::print_stdout, reason = "the demos are there to be watched")]

mod cluster;
mod hosts;
mod log_book;
mod racks;
mod story;
mod subscriptions;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use cluster::Cluster;

/// A demo gives up after this; a run takes about half a minute.
const LIMIT: Duration = Duration::from_mins(5);
/// Between two looks at the table.
const LOOK: Duration = Duration::from_millis(250);

/// What is shown.
#[derive(Clone, Copy)]
enum Subject {
    Hosts,
    Racks,
    Subscriptions,
}

/// Runs a demo. `arguments` are those of the command line: `racks` for the one of Compute Cloud@Customer, `subscriptions` for that of
/// OpenShift Cluster Manager, else hosts are installed; `--kubeconfig FILE` for a cluster of one's own.
pub async fn run(arguments: Vec<String>) -> anyhow::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (subject, rest) = match words.as_slice() {
        ["racks", rest @ ..] => (Subject::Racks, rest),
        ["subscriptions", rest @ ..] => (Subject::Subscriptions, rest),
        rest => (Subject::Hosts, rest),
    };
    let kubeconfig = match rest {
        [] => None,
        ["--kubeconfig", file] => Some(PathBuf::from(file)),
        _ => anyhow::bail!("usage: demo [racks|subscriptions] [--kubeconfig FILE]"),
    };
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let cluster = Cluster::get(kubeconfig).await?;
    let show = async {
        match subject {
            Subject::Hosts => hosts::show(&cluster).await,
            Subject::Racks => racks::show(&cluster).await,
            Subject::Subscriptions => subscriptions::show(&cluster).await,
        }
    };
    let shown = tokio::select! {
        shown = show => shown,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    println!();
    println!("demo: cleaning up");
    cluster.clean_up().await?;
    shown
}
