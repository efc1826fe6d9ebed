//! The Slipway operator: reads its arguments, starts the log, and runs until it is told to stop.

mod admission;
mod api_metrics;
mod args;
mod boot_key;
mod check;
mod confinement;
mod definitions;
mod external;
mod http;
mod lease;
mod process_metrics;
mod registrar_tokens;
mod rights;
mod serving_certificate;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use args::Task;

#[tokio::main]
async fn main() -> ExitCode {
    let (args, task) = args::read();
    // A list for people needs no log of how it was made, only why it was not.
    let filter = if task == Task::Check { "error,kube_client=off" } else { &args.log };
    if let Err(error) = telemetry::start(args.log_format, filter) {
        tracing::error!(error = %format!("{error:#}"), "Slipway cannot start");
        return ExitCode::from(2);
    }
    confinement::warn();
    // One TLS provider in the whole process (`facts/rust-crates.md §6`); a second call would only say that there is one.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let ended = match task {
        Task::Run => Box::pin(wiring::run(args)).await.map(|()| true),
        Task::Check => check::run(&args).await,
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "Slipway ended");
            ExitCode::FAILURE
        }
    }
}
